//! JWT-SVIDs (threats S09 to S18): tokens of workloads, checked by the bundle of their own trust domain.

use e2e::{Bootstrap, Draft, Key, eventually, now};
use serde_json::{Value, json};

use super::gate::Gate;
use super::mesh::BATCH;
use super::setting::{PLANTED, bearer};

e2e::tests![a_workload_is_who_its_bundle_says, bundles_of_all_kinds, an_empty_bundle_revokes_at_once];

pub(super) const US: &str = "spiffe://example.org/ns/prod/sa/orders";

pub(super) fn svid(subject: &str) -> Draft {
    Draft::new(json!({
        "sub": subject, "aud": [US], "exp": now() + 300, "iat": now(), "planted": format!("{PLANTED}-claim"),
    }))
}

/// A key as a bundle has it.
pub(super) fn authority(key: &Key) -> Value {
    let mut jwk = key.jwk();
    jwk["use"] = json!("jwt-svid");
    jwk.as_object_mut().expect("an object").remove("alg");
    jwk
}

fn policy(domains: &[(&str, Value)]) -> Value {
    let domains: Vec<Value> =
        domains.iter().map(|(name, keys)| json!({ "name": name, "bundle": keys })).collect();
    json!({
        "spiffe": { "trust_domains": domains, "audiences": [US] },
        "rules": [
            { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
            { "name": "workloads", "require": { "token": "jwt_svid" } },
        ],
    })
}

fn inline(keys: &[Value]) -> Value {
    json!({ "inline": { "keys": keys, "spiffe_sequence": 1, "spiffe_refresh_hint": 60 } })
}

async fn a_workload_is_who_its_bundle_says() {
    let (es, rs, es384) = (Key::p256("es"), Key::shared_rsa("rs"), Key::p384("es384"));
    let theirs = Key::p256("theirs");
    let policy = policy(&[
        ("example.org", inline(&[authority(&es), authority(&rs), authority(&es384)])),
        ("other.org", inline(&[authority(&theirs)])),
    ]);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), bearer(&svid(BATCH).sign(&es))).await;
    for (key, algorithm) in
        [(&es, "ES256"), (&es384, "ES384"), (&rs, "RS256"), (&rs, "RS512"), (&rs, "PS256")]
    {
        gate.allows(algorithm, bearer(&svid(BATCH).sign_as(key, algorithm))).await;
    }
    gate.allows("typ JWT", bearer(&svid(BATCH).header("typ", "JWT").sign(&es))).await;
    gate.allows("typ JOSE", bearer(&svid(BATCH).header("typ", "JOSE").sign(&es))).await;
    let late = svid(BATCH).claim("exp", now() - 20).sign(&es);
    gate.allows("expired, but within the clock skew of a minute", bearer(&late)).await;
    gate.allows("one audience as a text", bearer(&svid(BATCH).claim("aud", US).sign(&es))).await;
    gate.allows("the other domain", bearer(&svid("spiffe://other.org/a").sign(&theirs))).await;
    let mut rows = forged(&es, &theirs);
    for sub in NO_WORKLOADS {
        rows.push((format!("sub {sub:?}"), "svid_subject|issuer", svid(sub).sign(&es)));
    }
    for sub in [json!(1), json!([BATCH]), json!({ "id": BATCH })] {
        rows.push((
            format!("sub {sub}"),
            "svid_subject|issuer|claim_type",
            svid(BATCH).claim("sub", sub).sign(&es),
        ));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

/// Tokens that are no JWT-SVIDs of anybody's.
fn forged(es: &Key, theirs: &Key) -> Vec<(String, &'static str, String)> {
    [
        ("another domain by our key", "signature|unknown_key", svid("spiffe://other.org/a").sign(es)),
        ("our domain by their key", "signature|unknown_key", svid(BATCH).sign(theirs)),
        ("their key under our name", "signature", svid(BATCH).sign(&theirs.named("es"))),
        (
            "a domain without a bundle",
            "svid_subject|issuer|unknown_key",
            svid("spiffe://third.org/a").sign(es),
        ),
        ("no kid", "svid_header", svid(BATCH).header("kid", Value::Null).sign(es)),
        ("another typ", "svid_header", svid(BATCH).header("typ", "at+jwt").sign(es)),
        ("typ in small letters", "svid_header", svid(BATCH).header("typ", "jwt").sign(es)),
        ("another member", "svid_header", svid(BATCH).header("x5t", "AAAA").sign(es)),
        (
            "an audience of others",
            "audience",
            svid(BATCH).claim("aud", json!(["spiffe://example.org/x"])).sign(es),
        ),
        ("no audience", "claim_missing|audience", svid(BATCH).without("aud").sign(es)),
        (
            "an empty audience",
            "audience|claim_missing|claim_type",
            svid(BATCH).claim("aud", json!([])).sign(es),
        ),
        ("no exp", "claim_missing", svid(BATCH).without("exp").sign(es)),
        ("expired", "expired", svid(BATCH).claim("exp", now() - 100).sign(es)),
        ("no sub", "svid_subject|issuer|claim_missing", svid(BATCH).without("sub").sign(es)),
        ("HS256", "algorithm|unknown_key", svid(BATCH).sign(&Key::secret("es", es.public()))),
        ("none", "algorithm|malformed", svid(BATCH).seal("es", "none", |_| vec![])),
        ("EdDSA", "algorithm|unknown_key", svid(BATCH).sign(&Key::ed25519("es"))),
    ]
    .into_iter()
    .map(|(name, reasons, token)| (name.to_owned(), reasons, token))
    .collect()
}

/// None of these is the ID of a workload of ours.
const NO_WORKLOADS: [&str; 21] = [
    "spiffe://example.org",
    "spiffe://example.org/",
    "spiffe://example.org/a/",
    "spiffe://example.org//a",
    "spiffe://example.org/a/../b",
    "spiffe://example.org/%61",
    "SPIFFE://example.org/a",
    "spiffe://Example.org/a",
    "spiffe:/example.org/a",
    "https://example.org/a",
    "spiffe://example.org:1/a",
    "spiffe://u@example.org/a",
    "spiffe://example.org/a?b",
    "spiffe://example.org/a#b",
    "spiffe://",
    "",
    "batch",
    " spiffe://example.org/a",
    "spiffe://example.org/a\0",
    "spiffe://example.org.evil/a",
    "spiffe://xexample.org/a",
];

async fn bundles_of_all_kinds() {
    let good = Key::p256("good");
    let key = Key::p256("k");
    let mut keys = vec![authority(&good)];
    let mut rows = Vec::new();
    for (kid, member, value) in [
        ("x509", "use", json!("x509-svid")),
        ("wit", "use", json!("wit-svid")),
        ("sig", "use", json!("sig")),
        ("unknown use", "use", json!("anything")),
        ("no use", "use", Value::Null),
        ("use in capitals", "use", json!("JWT-SVID")),
        ("a list of uses", "use", json!(["jwt-svid"])),
    ] {
        let mut jwk = authority(&key.named(kid));
        match value {
            Value::Null => drop(jwk.as_object_mut().expect("an object").remove(member)),
            value => jwk[member] = value,
        }
        keys.push(jwk);
        rows.push((kid.to_owned(), "unusable_key|unknown_key", svid(BATCH).sign(&key.named(kid))));
    }
    let mut nameless = authority(&key);
    nameless.as_object_mut().expect("an object").remove("kid");
    keys.push(nameless);
    rows.push(("no kid in the bundle".to_owned(), "unknown_key", svid(BATCH).sign(&key)));
    let (ed, secret) = (Key::ed25519("ed"), Key::secret("oct", [7; 32]));
    keys.extend([authority(&ed), authority(&secret)]);
    rows.push(("Ed25519".to_owned(), "algorithm|unusable_key|unknown_key", svid(BATCH).sign(&ed)));
    rows.push(("oct".to_owned(), "algorithm|unusable_key|unknown_key", svid(BATCH).sign(&secret)));
    let source = json!({ "http": { "cluster": "spire", "authority": "spire.example", "path": "/bundle", "refresh": "200ms" } });
    let policy = policy(&[("example.org", source)]);
    let gate =
        Gate::start_cold(Bootstrap::auth().policy_value(policy), bearer(&svid(BATCH).sign(&good))).await;
    gate.stack.records.at("/bundle").serve(json!({ "keys": keys, "spiffe_sequence": 5 }).to_string()).await;
    gate.warm().await;
    gate.refuses_tokens(&rows).await;
    earlier_bundles_take_nothing_back(&gate).await;
    gate.end().await;
}

async fn earlier_bundles_take_nothing_back(gate: &Gate) {
    let bundle = gate.stack.records.at("/bundle");
    for (name, document) in [
        (
            "an earlier one",
            json!({ "keys": [authority(&Key::p256("old"))], "spiffe_sequence": 4 }).to_string(),
        ),
        ("an earlier empty one", json!({ "keys": [], "spiffe_sequence": 1 }).to_string()),
        ("a list", "[]".to_owned()),
        ("keys twice", "{\"keys\": [], \"keys\": []}".to_owned()),
        ("no keys", "{}".to_owned()),
        ("garbage", "<html>".to_owned()),
    ] {
        let before = bundle.fetches().await;
        bundle.serve(document).await;
        eventually("two more fetches", async || bundle.fetches().await >= before + 2).await;
        gate.lives(name).await;
    }
}

async fn an_empty_bundle_revokes_at_once() {
    let (es, theirs) = (Key::p256("es"), Key::p256("theirs"));
    let source = |path: &str| json!({ "http": { "cluster": "spire", "authority": "spire.example", "path": path, "refresh": "200ms" } });
    let policy = policy(&[("example.org", source("/ours")), ("other.org", source("/theirs"))]);
    let (ours, other) = (bearer(&svid(BATCH).sign(&es)), bearer(&svid("spiffe://other.org/a").sign(&theirs)));
    let mut gate = Gate::start_cold(Bootstrap::auth().policy_value(policy), ours.clone()).await;
    gate.stack.records.at("/ours").serve(json!({ "keys": [authority(&es)] }).to_string()).await;
    gate.stack.records.at("/theirs").serve(json!({ "keys": [authority(&theirs)] }).to_string()).await;
    gate.warm().await;
    gate.good_is(other);
    gate.warm().await;
    gate.stack.records.at("/ours").serve(json!({ "keys": [] }).to_string()).await;
    super::memory::everybody(&gate.stack, &ours, 401).await;
    gate.recount().await;
    gate.refuses("revoked", "unknown_key", ours).await;
    gate.end().await;
}
