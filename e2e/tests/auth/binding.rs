//! Tokens bound to certificates (RFC 8705; threats C01 to C12).

use e2e::{Authority, Identity, Tls, base64url, base64url_decode};
use serde_json::{Value, json};

use super::mesh::{BATCH, Mesh};
use super::setting::{Issuer, at, draft, inline};

e2e::tests![
    a_bound_token_works_with_its_certificate_only,
    confirmations_that_say_nothing,
    what_the_rule_wants
];

/// Rules for each mode.
fn policy(issuer: &Issuer) -> Value {
    let mut policy = inline(issuer.set());
    let rule = |mode: &str| {
        json!({ "name": mode, "when": { "path": { "prefix": format!("/{mode}") } },
                "require": { "token": "idp", "bound": mode } })
    };
    policy["rules"] = json!([
        rule("required"),
        rule("if_present"),
        rule("ignore"),
        { "name": "new", "when": { "path": { "prefix": "/new" } },
          "require": { "token": "idp", "bound": "required", "tls": { "min_version": "1.3", "mutual": true } } },
        { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
        { "name": "default", "require": { "token": "idp" } },
    ]);
    policy
}

pub(super) fn bound(thumbprint: &str) -> e2e::Draft {
    draft().claim("cnf", json!({ "x5t#S256": thumbprint }))
}

async fn a_bound_token_works_with_its_certificate_only() {
    let issuer = Issuer::new();
    let mesh = Mesh::start(policy(&issuer), |bootstrap, _| bootstrap).await;
    let gate = &mesh.gate;
    let mine = mesh.authority.svid(&[BATCH]).expect("a certificate");
    // Another certificate of the very same workload is another certificate.
    let twin = mesh.authority.svid(&[BATCH]).expect("a certificate");
    let stranger = Authority::new("stranger").expect("an authority").svid(&[BATCH]).expect("a certificate");
    let token = bound(mine.thumbprint()).sign(&issuer.es);
    let client = |listener: &str, identity: Option<&Identity>, tls| mesh.client(listener, identity, tls);
    let plain = gate.stack.client(e2e::Protocol::Http1);
    for path in ["/required", "/if_present", "/default"] {
        for (name, by) in [
            ("TLS 1.2", client("https", Some(&mine), Tls::V1_2)),
            ("TLS 1.3", client("https", Some(&mine), Tls::V1_3)),
            ("h2", client("https", Some(&mine), Tls::V1_3).over(e2e::Protocol::Http2)),
            ("the listener that wants one", client("mutual", Some(&mine), Tls::Any)),
        ] {
            // Seen here first, and so remembered, before it is stolen.
            gate.allows_by(&by, &format!("{path} {name}"), at(path, &token)).await;
        }
        for (name, by) in [
            ("plain", plain.clone()),
            ("no certificate", client("https", None, Tls::V1_3)),
            ("another certificate", client("https", Some(&twin), Tls::V1_3)),
            ("not validated", client("untrusted", Some(&stranger), Tls::V1_3)),
        ] {
            let name = format!("{path} {name}");
            gate.refuses_by(&by, &name, "bound_elsewhere", at(path, &token)).await;
            let hash: String = base64url_decode(mine.thumbprint())
                .expect("base64url")
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            let forged =
                at(path, &token).header("x-forwarded-client-cert", format!("Hash={hash};URI={BATCH}"));
            gate.refuses_by(&by, &format!("{name}, XFCC"), "bound_elsewhere", forged).await;
        }
        // Its own certificate, but nobody vouches for that.
        let own = bound(stranger.thumbprint()).sign(&issuer.es);
        let by = client("untrusted", Some(&stranger), Tls::V1_3);
        gate.refuses_by(&by, &format!("{path}: its own, not validated"), "bound_elsewhere", at(path, &own))
            .await;
        gate.allows_by(&client("https", Some(&mine), Tls::Any), "and again", at(path, &token)).await;
    }
    gate.allows_by(&plain, "ignored on purpose", at("/ignore", &token)).await;
    mesh.gate.end().await;
}

async fn confirmations_that_say_nothing() {
    let issuer = Issuer::new();
    let mesh = Mesh::start(policy(&issuer), |bootstrap, _| bootstrap).await;
    let mine = mesh.authority.svid(&[BATCH]).expect("a certificate");
    let client = mesh.client("https", Some(&mine), Tls::Any);
    for (name, cnf) in confirmations(mine.thumbprint(), &issuer) {
        let mut rows = vec!["/required", "/if_present", "/default"];
        if cnf.is_null() {
            rows.truncate(1);
        }
        for path in rows {
            // `Draft::claim` keeps null as a value.
            let token = draft().claim("cnf", cnf.clone()).sign(&issuer.es);
            let reasons = "binding|bound_elsewhere|unbound|claim_type";
            mesh.gate.refuses_by(&client, &format!("{path}: {name}"), reasons, at(path, &token)).await;
        }
    }
    mesh.gate.end().await;
}

/// What almost names this certificate.
fn confirmations(good: &str, issuer: &Issuer) -> Vec<(&'static str, Value)> {
    let raw = base64url_decode(good).expect("base64url");
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let with = |value: Value| json!({ "x5t#S256": value });
    let mut tail = good.to_owned();
    let last = tail.pop().expect("a character");
    // 43 characters hold two bits more than 32 bytes have.
    tail.push(char::from(last as u8 + 1));
    let mut one_bit = raw.clone();
    one_bit[31] ^= 1;
    let mut first_bit = raw.clone();
    first_bit[0] ^= 0x80;
    vec![
        ("a string", json!(good)),
        ("a list", json!([good])),
        ("null", Value::Null),
        ("true", json!(true)),
        ("empty", json!({})),
        ("a number inside", with(json!(1))),
        ("a list inside", with(json!([good]))),
        ("null inside", with(Value::Null)),
        ("an empty text inside", with(json!(""))),
        ("hex", with(json!(hex))),
        ("hex in capitals", with(json!(hex.to_uppercase()))),
        ("padded", with(json!(format!("{good}=")))),
        ("the other alphabet", with(json!(format!("+{}", &good[1..])))),
        ("in capitals", with(json!(good.to_uppercase()))),
        ("a space behind", with(json!(format!("{good} ")))),
        ("bits beyond the last byte", with(json!(tail))),
        ("half", with(json!(base64url(&raw[..16])))),
        ("a byte less", with(json!(base64url(&raw[..31])))),
        ("a byte more", with(json!(base64url([raw.as_slice(), &[0]].concat())))),
        ("the last bit", with(json!(base64url(one_bit)))),
        ("the first bit", with(json!(base64url(first_bit)))),
        ("SHA-1", json!({ "x5t": base64url(&raw[..20]) })),
        ("another member", json!({ "jkt": good })),
        ("another member beside it", json!({ "jkt": good, "x5t#S256": good })),
        ("a key", json!({ "jwk": issuer.es.jwk() })),
        ("in other letters", json!({ "X5T#s256": good })),
    ]
}

async fn what_the_rule_wants() {
    let issuer = Issuer::new();
    let mesh = Mesh::start(policy(&issuer), |bootstrap, _| bootstrap).await;
    let mine = mesh.authority.svid(&[BATCH]).expect("a certificate");
    let unbound = issuer.token();
    let by = |identity, tls| mesh.client("https", identity, tls);
    let gate = &mesh.gate;
    gate.refuses_by(&by(Some(&mine), Tls::Any), "an unbound one", "unbound", at("/required", &unbound)).await;
    gate.refuses_by(&by(None, Tls::Any), "unbound, no certificate", "unbound", at("/required", &unbound))
        .await;
    gate.allows_by(&by(None, Tls::Any), "an unbound one where it may be", at("/if_present", &unbound)).await;
    gate.allows_by(&by(Some(&mine), Tls::Any), "with a certificate, too", at("/default", &unbound)).await;
    let token = bound(mine.thumbprint()).sign(&issuer.es);
    gate.allows_by(&by(Some(&mine), Tls::V1_3), "1.3", at("/new", &token)).await;
    gate.refuses_by(&by(Some(&mine), Tls::V1_2), "1.2", "tls_version", at("/new", &token)).await;
    gate.refuses_by(&by(None, Tls::V1_3), "no certificate", "no_certificate", at("/new", &token)).await;
    let plain = gate.stack.client(e2e::Protocol::Http1);
    gate.refuses_by(&plain, "no TLS", "tls_version|no_certificate", at("/new", &token)).await;
    mesh.gate.end().await;
}
