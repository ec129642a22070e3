//! Verified tokens are remembered (threats J55, J56): never longer than they hold, and never for another one.

use e2e::{Bootstrap, Key, Request, Stack, Update, eventually, now};
use serde_json::json;

use super::gate::Gate;
use super::setting::{Issuer, JWKS, bearer, draft, fetched, set};

e2e::tests![
    a_remembered_token_expires,
    a_withdrawn_key_takes_its_tokens_along,
    a_revoked_token_is_forgotten,
    a_new_policy_forgets_all,
    another_signature_is_another_token,
    bad_tokens_push_nobody_out,
];

async fn a_remembered_token_expires() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["clock_skew"] = json!("0s");
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let expires = now() + 3;
    let token = draft().claim("exp", expires).sign(&issuer.es);
    let mut served = 0;
    loop {
        let asked = now();
        if gate.stack.send(bearer(&token)).await.status != 200 {
            break;
        }
        assert!(asked < expires, "asked at {asked} and served, expired at {expires}");
        served += 1;
    }
    assert!(served > 20, "it was remembered: {served}");
    gate.recount().await;
    gate.refuses("expired", "expired", bearer(&token)).await;
    gate.end().await;
}

async fn a_withdrawn_key_takes_its_tokens_along() {
    let issuer = Issuer::new();
    let gate = Gate::start_cold(Bootstrap::auth().policy(&fetched("200ms", "")), issuer.good()).await;
    let keys = gate.stack.lists.at(JWKS);
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    let token = draft().sign(&issuer.ed);
    for _ in 0..8 {
        gate.allows("before", bearer(&token)).await;
    }
    keys.serve(set(&[&issuer.rs, &issuer.es]).to_string()).await;
    everybody(&gate.stack, &bearer(&token), 401).await;
    gate.recount().await;
    gate.refuses("withdrawn", "unknown_key", bearer(&token)).await;
    // The same name, another key.
    keys.serve(set(&[&issuer.rs, &issuer.es, &Key::ed25519("ed")]).to_string()).await;
    let changed = async || {
        let entry = gate.logged(&gate.stack.client(e2e::Protocol::Http1), bearer(&token)).await;
        entry["details"] == "sluice_auth{signature}"
    };
    eventually("the new key", changed).await;
    gate.recount().await;
    // And back.
    keys.serve(issuer.set().to_string()).await;
    everybody(&gate.stack, &bearer(&token), 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn a_revoked_token_is_forgotten() {
    let issuer = Issuer::new();
    let (gate, list) = issuer.revoking_gate().await;
    list.serve(json!({ "revoked": [] }).to_string()).await;
    gate.warm().await;
    let token = bearer(&draft().claim("jti", "soon").sign(&issuer.es));
    for _ in 0..8 {
        gate.allows("before", token.clone()).await;
    }
    list.serve(json!({ "revoked": [{ "iss": super::setting::ISSUER, "jti": "soon" }] }).to_string()).await;
    everybody(&gate.stack, &token, 401).await;
    gate.recount().await;
    gate.refuses("revoked", "revoked", token.clone()).await;
    // Whatever becomes of the source, the list stays.
    for (name, document) in [
        ("garbage", "<html>".to_owned()),
        ("an unknown member", json!({ "revoked": [], "more": 1 }).to_string()),
        ("an entry of nothing", json!({ "revoked": [{}] }).to_string()),
        ("an unknown member of an entry", json!({ "revoked": [{ "sub": "a", "until": 1 }] }).to_string()),
        ("cut", "{\"revoked\": [".to_owned()),
        ("a list", "[]".to_owned()),
    ] {
        let before = list.fetches().await;
        list.serve(document).await;
        eventually("two more fetches", async || list.fetches().await >= before + 2).await;
        gate.refuses(name, "revoked", token.clone()).await;
    }
    for mode in [e2e::Mode::Error, e2e::Mode::Garbage] {
        let before = list.fetches().await;
        list.switch(mode).await;
        eventually("two more fetches", async || list.fetches().await >= before + 2).await;
        gate.refuses(&format!("{mode:?}"), "revoked", token.clone()).await;
    }
    list.serve(json!({ "revoked": [] }).to_string()).await;
    list.switch(e2e::Mode::Up).await;
    everybody(&gate.stack, &token, 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn a_new_policy_forgets_all() {
    let issuer = Issuer::new();
    let policy = |audience: &str| {
        let mut policy = issuer.policy();
        policy["providers"][0]["audiences"] = json!([audience]);
        policy.to_string()
    };
    let both = |name: &str| {
        bearer(&draft().claim("aud", json!(["orders", "audit"])).claim("name", name).sign(&issuer.es))
    };
    let bootstrap = Bootstrap::auth_over_xds().policy(&policy("orders"));
    let mut gate = Gate::start(bootstrap, both("good")).await;
    let token = issuer.good();
    for _ in 0..8 {
        gate.allows("before", token.clone()).await;
    }
    assert_eq!(gate.stack.update_policy(&policy("audit")).await, Update::Accepted);
    everybody(&gate.stack, &token, 401).await;
    gate.recount().await;
    gate.refuses("another audience", "audience", token.clone()).await;
    assert_eq!(gate.stack.update_policy(&policy("orders")).await, Update::Accepted);
    everybody(&gate.stack, &token, 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn another_signature_is_another_token() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    for key in issuer.all() {
        let good = draft().sign(key);
        for _ in 0..8 {
            gate.allows("remembered", bearer(&good)).await;
        }
        let (input, signature) = good.rsplit_once('.').expect("a dot");
        let (header, claims) = input.split_once('.').expect("a dot");
        let other = draft().claim("sub", "root").sign(key);
        let parts: Vec<&str> = other.split('.').collect();
        let flip = |text: &str, at: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).expect("ASCII")
        };
        let mut rows = vec![
            ("another's signature".to_owned(), "signature", format!("{input}.{}", parts[2])),
            ("another's claims".to_owned(), "signature", format!("{header}.{}.{signature}", parts[1])),
            ("no signature".to_owned(), "malformed", format!("{input}.")),
        ];
        for at in [0, 1, signature.len() / 2, signature.len() - 3] {
            rows.push((
                format!("character {at} of the signature"),
                "signature",
                format!("{input}.{}", flip(signature, at)),
            ));
        }
        rows.push((
            "a character of the claims".to_owned(),
            "signature|malformed",
            format!("{header}.{}.{signature}", flip(claims, claims.len() / 2)),
        ));
        gate.refuses_tokens(&rows).await;
    }
    gate.end().await;
}

async fn bad_tokens_push_nobody_out() {
    let issuer = Issuer::new();
    let gate = Gate::start(Bootstrap::auth().policy_value(issuer.policy()).workers(1), issuer.good()).await;
    let verified = async || gate.stack.stats().await.of("sluice.auth.verified", &[]);
    let token = issuer.token();
    gate.allows("first", bearer(&token)).await;
    let before = verified().await;
    let good = issuer.token();
    let (input, _) = good.rsplit_once('.').expect("a dot");
    let mut connection = gate.stack.client(e2e::Protocol::Http1).connect().await.expect("a connection");
    for n in 0..1000_u32 {
        let forged = format!("{input}.{}", e2e::base64url([n.to_be_bytes().repeat(16)].concat()));
        let status = connection.send(&bearer(&forged)).await.expect("an answer").status;
        assert_eq!(status, 401);
    }
    gate.allows("after a thousand bad ones", bearer(&token)).await;
    assert_eq!(verified().await, before, "it was still remembered");
    gate.end().await;
}

/// Waits until every worker answers so, and stays so.
pub(super) async fn everybody(stack: &Stack, request: &Request, status: u16) {
    eventually(&format!("{status} from every worker"), async || {
        for _ in 0..16 {
            if stack.send(request.clone()).await.status != status {
                return false;
            }
        }
        true
    })
    .await;
}
