//! What a source of keys or revocations may answer (threats B04 to B08), and who it may be.

use super::gate::Gate;
use super::memory::everybody;
use super::setting::{Issuer, bearer, draft, fetched, set};
use e2e::{Bootstrap, Key, Lists, Mode, Request, eventually};
use serde_json::json;

e2e::tests![
    answers_that_are_no_set_leave_the_last_good_one,
    an_empty_set_revokes,
    an_issuer_that_nobody_knows,
    revocations_that_are_not_there,
];

/// Two rounds: an answer that was on its way when the mode changed may be one of them.
async fn two_more(keys: &Lists) {
    let before = keys.fetches().await;
    eventually("two more fetches", async || keys.fetches().await >= before + 2).await;
}

async fn answers_that_are_no_set_leave_the_last_good_one() {
    let issuer = Issuer::new();
    let (gate, keys) = issuer.cold_gate(&fetched("200ms", ""), |b| b).await;
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    let stranger = Key::p256("stranger");
    let text = set(&[&stranger]).to_string();
    let strange = bearer(&draft().sign(&stranger));
    for (name, document) in documents(&stranger) {
        keys.serve(document).await;
        two_more(&keys).await;
        for _ in 0..2 {
            gate.lives(name).await;
        }
        gate.refuses(name, "unknown_key", strange.clone()).await;
    }
    keys.serve(text).await;
    for mode in [
        Mode::Error,
        Mode::Garbage,
        Mode::Status(404),
        Mode::Status(401),
        Mode::Status(302),
        Mode::Status(307),
        Mode::Status(204),
        Mode::Status(206),
        Mode::Status(429),
        Mode::Huge,
    ] {
        keys.switch(mode).await;
        two_more(&keys).await;
        gate.lives(&format!("{mode:?}")).await;
        gate.refuses(&format!("{mode:?}"), "unknown_key", strange.clone()).await;
    }
    assert_eq!(gate.stack.lists.at("/elsewhere").fetches().await, 0, "no redirect is followed");
    keys.switch(Mode::Up).await;
    everybody(&gate.stack, &strange, 200).await;
    gate.recount().await;
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    gate.end().await;
}

/// What is no key set, with a good key in it as far as that can be.
fn documents(stranger: &Key) -> Vec<(&'static str, String)> {
    let text = set(&[stranger]).to_string();
    let many: Vec<_> = (0..101).map(|n| stranger.named(&format!("k{n}")).jwk()).collect();
    let mut large = set(&[stranger]);
    large["fill"] = json!("x".repeat(257 << 10));
    vec![
        ("empty", String::new()),
        ("HTML", "<html><body>Welcome to the login page</body></html>".to_owned()),
        ("cut", text[..text.len() - 3].to_owned()),
        ("more behind", format!("{text}{text}")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("a list", format!("[{text}]")),
        ("null", "null".to_owned()),
        ("no keys", "{}".to_owned()),
        ("keys that are no list", json!({ "keys": stranger.jwk() }).to_string()),
        ("keys null", json!({ "keys": null }).to_string()),
        ("keys twice", format!("{{\"keys\":[],{}", &text[1..])),
        ("an error", json!({ "error": "temporarily_unavailable" }).to_string()),
        ("one key alone", stranger.jwk().to_string()),
        ("101 keys", json!({ "keys": many }).to_string()),
        ("257 KiB", large.to_string()),
        ("deep", format!("{{\"keys\":{}", "[".repeat(100_000))),
        ("deep objects", format!("{{\"keys\":[{}", "{\"a\":".repeat(40_000))),
        ("gzip", "\u{1f}\u{8b}\u{8}".to_owned()),
    ]
}

async fn an_empty_set_revokes() {
    let issuer = Issuer::new();
    let (mut gate, keys) = issuer.cold_gate(&fetched("200ms", ""), |b| b.workers(4)).await;
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    gate.good_is(Request::get("/healthz"));
    keys.serve(json!({ "keys": [] }).to_string()).await;
    everybody(&gate.stack, &issuer.good(), 401).await;
    gate.recount().await;
    gate.refuses("revoked", "unknown_key", issuer.good()).await;
    // Keys that are all bad are no empty set by mistake: nobody is trusted either way.
    let mut weak = issuer.es.jwk();
    weak["use"] = json!("enc");
    keys.serve(json!({ "keys": [weak] }).to_string()).await;
    two_more(&keys).await;
    gate.refuses("no good key", "unknown_key|unusable_key|keys_missing", issuer.good()).await;
    keys.serve(issuer.set().to_string()).await;
    everybody(&gate.stack, &issuer.good(), 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn an_issuer_that_nobody_knows() {
    let issuer = Issuer::new();
    let policy = fetched("1s", "").replace("cluster: idp", "cluster: nowhere");
    let (mut gate, _) = issuer.cold_gate(&policy, |b| b).await;
    gate.good_is(Request::get("/healthz"));
    for _ in 0..3 {
        gate.refuses("no such cluster", "keys_missing", issuer.good()).await;
    }
    gate.end().await;
}

async fn revocations_that_are_not_there() {
    let issuer = Issuer::new();
    for required in [false, true] {
        let mut policy = issuer.policy();
        policy["revoked"] = json!({
            "required": required,
            "http": { "cluster": "revocations", "path": "/revoked", "refresh": "200ms" },
        });
        let mut gate = Gate::start_cold(Bootstrap::auth().policy_value(policy), issuer.good()).await;
        let list = gate.stack.records.at("/revoked");
        list.switch(Mode::Error).await;
        gate.stack.envoy.restart().await;
        gate.good_is(Request::get("/healthz"));
        gate.recount().await;
        if required {
            gate.refuses("not there", "revocations_missing", issuer.good()).await;
        } else {
            gate.allows("not there", issuer.good()).await;
            assert!(gate.stack.stats().await.of("sluice.auth.revocations_unknown", &[]) >= 1);
        }
        list.serve(json!({ "revoked": [] }).to_string()).await;
        list.switch(Mode::Up).await;
        everybody(&gate.stack, &issuer.good(), 200).await;
        gate.recount().await;
        gate.end().await;
    }
}
