//! What the filters behind and access logs learn.

use super::{NOW, bearer, effects, policy, policy_with, state, token};
use filter_api::fake::FakeRequest;
use filter_api::{Claim, IDENTITY, Identity, Predicate, Value, config};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PEER: &str = "spiffe://example.org/ns/prod/sa/checkout";

fn identity(policy: &crate::Policy, request: &FakeRequest) -> Option<Vec<u8>> {
    let effects = effects(policy, request);
    effects.state.iter().find(|(key, _)| *key == IDENTITY).map(|(_, record)| record.to_vec())
}

/// What `canary` and `ratelimit` match on is what was verified, nested claims, lists, numbers and booleans alike.
#[test]
fn the_record_reads_back() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    let claims = r#""sub":"u-1","level":3,"ratio":1.5e3,"staff":true,"none":null,"roles":["a",5,true,null,{"x":1},"b c"],
        "realm_access":{"roles":["dev"],"deep":{"er":{"est":"x"}}},"https://ns.example/tenant":"acme","act":{}"#;
    let record = identity(&policy, &bearer(&token(claims))).expect("a record");
    let identity = Identity::new(&record).expect("of this version");
    for (path, want) in [
        ("iss", "https://issuer.example"),
        ("aud", "orders"),
        ("exp", "1800000300"),
        ("sub", "u-1"),
        ("level", "3"),
        ("ratio", "1.5e3"),
        ("staff", "true"),
        ("realm_access.deep.er.est", "x"),
        ("https://ns.example/tenant", "acme"),
    ] {
        assert_eq!(identity.claim(path).and_then(Claim::scalar), Some(want.as_bytes()), "{path}");
    }
    let list = |path| match identity.claim(path) {
        Some(Claim::List(items)) => {
            items.map(|item| String::from_utf8_lossy(item).into_owned()).collect::<Vec<_>>()
        }
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(list("roles"), ["a", "5", "true", "b c"], "scalars only");
    assert_eq!(list("realm_access.roles"), ["dev"]);
    for path in ["realm_access", "realm_access.deep", "act"] {
        assert_eq!(identity.claim(path), Some(Claim::Map), "{path}");
    }
    for path in ["none", "nobody", "realm_access.deep.er.est.x", "roles.0", ""] {
        assert_eq!(identity.claim(path), None, "{path}");
    }
    assert_eq!(identity.spiffe_id(), None, "the rule did not ask for a peer");
}

/// The predicates of another filter, on the record that this one wrote.
#[test]
fn predicates_match_on_the_record() {
    let policy = policy(&format!(r#"{{"require": {{"token": "idp", "peer": ["{PEER}"]}}}}"#));
    let claims = r#""sub":"u-1","scope":"a b","level":3,"staff":true,"realm_access":{"roles":["dev"]}"#;
    let record = identity(&policy, &bearer(&token(claims)).svid(PEER)).expect("a record");
    let peer = Identity::new(&record).and_then(Identity::spiffe_id).map(<[u8]>::to_vec);
    assert_eq!(peer.as_deref(), Some(PEER.as_bytes()));
    let request = FakeRequest::get("/").identity(record);
    for (json, want) in [
        (r#"{"claim": {"name": "sub", "exact": "u-1"}}"#, true),
        (r#"{"claim": {"name": "scope", "contains": "b"}}"#, true),
        (r#"{"claim": {"name": "level", "in": ["3"]}}"#, true),
        (r#"{"claim": {"name": "staff", "exact": "true"}}"#, true),
        (r#"{"claim": {"name": "realm_access.roles", "contains": "dev"}}"#, true),
        (r#"{"claim": {"name": "realm_access", "present": true}}"#, true),
        (r#"{"claim": {"name": "realm_access.roles", "contains": "ops"}}"#, false),
        (r#"{"claim": {"name": "email", "present": true}}"#, false),
    ] {
        let value = Value::from_json(json.as_bytes()).expect("JSON");
        let predicate = config::read(&value, |node| Predicate::read(&node, &[])).expect("a predicate");
        assert_eq!(predicate.matches(&request), want, "{json}");
    }
}

#[test]
fn logs_learn_what_was_proven_and_no_more() {
    let policy = policy(&format!(
        r#"{{"name": "open", "when": {{"path": {{"exact": "/open"}}}}, "allow": "anyone"}},
           {{"name": "mesh", "when": {{"path": {{"exact": "/mesh"}}}}, "require": {{"peer": ["{PEER}"]}}}},
           {{"name": "tls", "when": {{"path": {{"exact": "/tls"}}}}, "require": {{"tls": {{"mutual": true}}}}}},
           {{"name": "token", "require": {{"token": "idp"}}}}"#
    ));
    let keys = |request: &FakeRequest| {
        let effects = effects(&policy, request);
        effects.state.iter().map(|(key, _)| key.replace("sluice.", "")).collect::<Vec<_>>().join(" ")
    };
    let certificate = filter_api::ClientCertificate::Validated { digest: [7; 32] };
    for (request, want) in [
        (FakeRequest::get("/open").svid(PEER).field("authorization", "Bearer x"), "auth.rule"),
        (FakeRequest::get("/mesh").svid(PEER), "identity auth.peer auth.rule"),
        (FakeRequest::get("/tls").certificate(certificate), "auth.rule"),
        (bearer(&token("")), "identity auth.issuer auth.rule"),
        (bearer(&token(r#""sub":"u-1""#)).svid(PEER), "identity auth.subject auth.issuer auth.rule"),
    ] {
        assert_eq!(keys(&request), want);
    }
    let mesh = identity(&policy, &FakeRequest::get("/mesh").svid(PEER)).expect("a record");
    let mesh = Identity::new(&mesh).expect("a record");
    assert_eq!((mesh.spiffe_id(), mesh.claim("sub")), (Some(PEER.as_bytes()), None));
}

#[test]
fn nothing_is_left_for_logs_unless_asked() {
    for (log, want) in
        [("[]", ""), (r#"["peer"]"#, ""), (r#"["rule", "subject"]"#, " auth.rule auth.subject")]
    {
        let policy = policy_with("", &format!(r#", "log": {log}"#), r#"{"require": {"token": "idp"}}"#);
        let effects = effects(&policy, &bearer(&token(r#""sub":"u-1""#)));
        let keys: String = effects.state.iter().map(|(key, _)| key.replace("sluice.", " ")).collect();
        assert_eq!(keys, format!(" identity{want}"), "{log}");
    }
}

/// CVE-2024-45808: what a token says must not forge lines of an access log.
#[test]
fn log_values_are_escaped() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    let subject = |json: &str| {
        state(&effects(&policy, &bearer(&token(&format!(r#""sub":"{json}""#)))), "sluice.auth.subject")
    };
    for (name, sub, want) in [
        ("plain", "u-1", "u-1"),
        ("a mail address", "ada@example.org", "ada@example.org"),
        ("a line end", r"a\r\nb", "a%0D%0Ab"),
        ("a space, a quote, a percent sign", r#"a b\"c%d\\"#, "a%20b%22c%25d%5C"),
        ("not ASCII", "\u{e4}", "%C3%A4"),
        ("empty", "", ""),
    ] {
        assert_eq!(subject(sub), want, "{name}");
    }
    assert_eq!(subject(&"s".repeat(1000)).len(), 256);
    let at = effects(
        &policy,
        &FakeRequest::get("/").at(NOW).field("authorization", format!("Bearer {}", token(""))),
    );
    assert_eq!(state(&at, "sluice.auth.subject"), "-", "no subject");
}
