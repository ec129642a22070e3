//! Policies that are wrong (threats K01 to K09, K17): refused with the place of each mistake, and the last good one serves.

use e2e::{Bootstrap, Load, Protocol, Request, Stack, Update, eventually};
use serde_json::json;

use super::gate::Gate;
use super::setting::Issuer;

e2e::tests![
    what_is_wrong_is_said_with_its_path,
    envoy_does_not_start_with_a_wrong_policy,
    bad_updates_under_load_lose_no_request,
    a_policy_as_json_text_is_the_same_policy,
];

/// A policy with these keys and rules; the rest is as it should be.
fn with(change: &str) -> String {
    let keys = r#"{ inline: { keys: [] } }"#;
    let base = format!(
        "providers: [{{ name: idp, issuer: https://i.example, audiences: [a], keys: {keys} }}]\nrules: [{{ require: {{ token: idp }} }}]\n"
    );
    let (from, to) = change.split_once(" => ").unwrap_or_else(|| panic!("{change}"));
    assert!(base.contains(from), "{from}");
    base.replace(from, to)
}

/// What is wrong, the change that makes it so, and what the log says.
const REFUSED: &[(&str, &str, &[&str])] = &[
    ("an unknown field", "name: idp => name: idp, isuer: x", &["providers[0]", "isuer"]),
    ("an unknown field on top", "rules: [ => rulez: [], rules: [", &["rulez"]),
    ("no name", "name: idp, => ", &["providers[0].name"]),
    ("no issuer", "issuer: https://i.example, => ", &["providers[0].issuer"]),
    ("an empty issuer", "https://i.example => ''", &["providers[0].issuer"]),
    ("no audience", "audiences: [a] => audiences: []", &["providers[0].audiences"]),
    ("an empty audience", "audiences: [a] => audiences: ['']", &["providers[0].audiences[0]"]),
    ("audiences missing", "audiences: [a], => ", &["providers[0].audiences"]),
    ("no algorithm", "name: idp, => name: idp, algorithms: [],", &["providers[0].algorithms"]),
    ("none", "name: idp, => name: idp, algorithms: [none],", &["providers[0].algorithms[0]"]),
    (
        "an algorithm in small letters",
        "name: idp, => name: idp, algorithms: [rs256],",
        &["providers[0].algorithms[0]"],
    ),
    ("no keys", "{ inline: { keys: [] } } => {}", &["providers[0].keys"]),
    (
        "keys twice",
        "{ inline: { keys: [] } } => { inline: { keys: [] }, http: { cluster: c, path: /k } }",
        &["providers[0].keys"],
    ),
    (
        "a set that is none",
        "{ inline: { keys: [] } } => { inline: { kes: [] } }",
        &["providers[0].keys.inline"],
    ),
    (
        "only bad keys",
        "{ inline: { keys: [] } } => { inline: { keys: [{ kty: oct, k: YQ }] } }",
        &["providers[0].keys.inline", "keys[0]"],
    ),
    (
        "a timeout of nothing",
        "{ inline: { keys: [] } } => { http: { cluster: c, path: /k, timeout: 0s } }",
        &["providers[0].keys.http.timeout"],
    ),
    (
        "a refresh of nothing",
        "{ inline: { keys: [] } } => { http: { cluster: c, path: /k, refresh: 0s } }",
        &["providers[0].keys.http.refresh"],
    ),
    (
        "stale before fresh",
        "{ inline: { keys: [] } } => { http: { cluster: c, path: /k, refresh: 1h, max_stale: 1m } }",
        &["max_stale"],
    ),
    ("no path", "{ inline: { keys: [] } } => { http: { cluster: c } }", &["providers[0].keys.http.path"]),
    ("a skew of a day", "name: idp, => name: idp, clock_skew: 24h,", &["providers[0].clock_skew"]),
    ("a negative skew", "name: idp, => name: idp, clock_skew: -1s,", &["providers[0].clock_skew"]),
    ("an unknown provider", "token: idp => token: [idp, nobody]", &["rules[0].require.token[1]", "nobody"]),
    ("svids without a domain", "token: idp => token: jwt_svid", &["rules[0].require.token"]),
    ("no rules", "[{ require: { token: idp } }] => []", &["rules"]),
    ("a rule without a verdict", "{ require: { token: idp } } => { name: x }", &["rules[0]"]),
    (
        "a rule with two",
        "{ require: { token: idp } } => { allow: anyone, require: { token: idp } }",
        &["rules[0]"],
    ),
    ("anybody", "{ require: { token: idp } } => { allow: anybody }", &["rules[0].allow"]),
    ("nothing required", "{ token: idp } => {}", &["rules[0].require"]),
    ("no peer", "{ token: idp } => { peer: [] }", &["rules[0].require.peer"]),
    (
        "a peer that is no pattern",
        "{ token: idp } => { peer: ['spiffe://Example/*x'] }",
        &["rules[0].require.peer[0]"],
    ),
    ("no claims", "{ token: idp } => { token: idp, claims: [] }", &["rules[0].require.claims"]),
    (
        "claims of nobody",
        "{ token: idp } => { tls: { mutual: true }, claims: [{ name: a, exact: b }] }",
        &["rules[0].require.claims"],
    ),
    (
        "a version that is a number",
        "{ token: idp } => { tls: { min_version: 1.3 } }",
        &["rules[0].require.tls.min_version"],
    ),
    (
        "a version to come",
        "{ token: idp } => { tls: { min_version: '1.4' } }",
        &["rules[0].require.tls.min_version"],
    ),
    ("a mode", "{ token: idp } => { token: idp, bound: always }", &["rules[0].require.bound"]),
    (
        "a claim before it is verified",
        "{ require: => { when: { claim: { name: sub, exact: x } }, require:",
        &["rules[0].when"],
    ),
    (
        "a bad expression",
        "{ require: => { when: { path: { regex: '(' } }, require:",
        &["rules[0].when.path.regex"],
    ),
    (
        "two of one name",
        "[{ require: => [{ name: r, allow: anyone }, { name: r, require:",
        &["rules[1].name"],
    ),
    (
        "a header of others",
        "name: idp, => name: idp, forward: { claims: [{ claim: sub, header: authorization }] },",
        &["providers[0].forward.claims[0].header"],
    ),
    (
        "a header that is none",
        "name: idp, => name: idp, forward: { claims: [{ claim: sub, header: 'a b' }] },",
        &["providers[0].forward.claims[0].header"],
    ),
    (
        "a pseudo header",
        "name: idp, => name: idp, forward: { claims: [{ claim: sub, header: ':path' }] },",
        &["providers[0].forward.claims[0].header"],
    ),
    (
        "two problems",
        "audiences: [a] => audiences: [], clock_skew: no",
        &["providers[0].audiences", "providers[0].clock_skew"],
    ),
    ("perhaps", "rules: [ => dry_run: perhaps, rules: [", &["dry_run"]),
];

async fn what_is_wrong_is_said_with_its_path() {
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth_over_xds().policy_value(issuer.policy());
    let mut gate = Gate::start(bootstrap, issuer.good()).await;
    for (name, change, said) in REFUSED {
        let policy = with(change)
            .replace("dry_run: perhaps, rules", "dry_run: perhaps\nrules")
            .replace("rulez: [], rules", "rulez: []\nrules");
        let before = gate.stack.envoy.log().len();
        assert_eq!(gate.stack.update_policy(&policy).await, Update::Rejected, "{name}: {policy}");
        let log = gate.stack.envoy.log().split_off(before);
        for said in *said {
            assert!(log.contains(said), "{name}: {said} in\n{log}");
        }
        gate.lives(name).await;
    }
    for text in ["{}", "providers: []", "rules: {}", "[]"] {
        if text != "[]" {
            assert_eq!(gate.stack.update_policy(text).await, Update::Rejected, "{text}");
        }
        gate.refuses("still", "no_token", Request::get("/orders")).await;
    }
    gate.end().await;
}

async fn envoy_does_not_start_with_a_wrong_policy() {
    let text = "rules: [{ requir: { token: idp } }]";
    let json =
        |value: &str| json!({ "@type": "type.googleapis.com/google.protobuf.StringValue", "value": value });
    for (bootstrap, said) in [
        (Bootstrap::auth().policy(text), "requir"),
        (Bootstrap::auth().configuration(json("{\"rules\": [")), "sluice.auth"),
        (Bootstrap::auth().configuration(json("")), "sluice.auth"),
    ] {
        let Err(error) = Stack::try_start(bootstrap).await else { panic!("Envoy took {said}") };
        assert!(error.log.contains(said), "{said} in\n{}", error.log);
    }
}

async fn bad_updates_under_load_lose_no_request() {
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth_over_xds().policy_value(issuer.policy());
    let mut gate = Gate::start(bootstrap, issuer.good()).await;
    let load = Load { client: gate.stack.client(Protocol::Http1), connections: 4, streams: 1 };
    let good = issuer.good();
    let stream = load.stream(200, move |_| good.clone()).await.expect("connections");
    let policy = issuer.policy().to_string();
    for round in 0..10 {
        let seen = stream.begun();
        let (next, want) = match round % 2 {
            0 => (with("rules: [ => rulez: ["), Update::Rejected),
            _ => (policy.clone(), Update::Accepted),
        };
        assert_eq!(gate.stack.update_policy(&next).await, want, "round {round}");
        eventually("requests after it", async || stream.begun() > seen + 10).await;
    }
    let tally = stream.stop().await;
    assert_eq!((tally.statuses.get(&200), tally.lost.len()), (Some(&tally.sent()), 0), "{tally:?}");
    gate.recount().await;
    gate.end().await;
}

async fn a_policy_as_json_text_is_the_same_policy() {
    let issuer = Issuer::new();
    let any = json!({
        "@type": "type.googleapis.com/google.protobuf.StringValue", "value": issuer.policy().to_string(),
    });
    let gate = Gate::start(Bootstrap::auth().configuration(any), issuer.good()).await;
    gate.refuses("no token", "no_token", Request::get("/orders")).await;
    gate.end().await;
}
