//! What a rule requires of claims.

use super::{bearer, policy, token, verdict};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CLAIMS: &str = r#""sub":"u-1","scope":"orders.read orders.write","level":3,"admin":false,"roles":["dev","beta tester",5],
    "realm_access":{"roles":["staff"],"deep":{"er":"x"}},"https://ns.example/tenant":"acme","none":null,"act":{},"empty":"""#;

fn judge(claim: &str) -> String {
    let policy = policy(&format!(r#"{{"require": {{"token": "idp", "claims": [{claim}]}}}}"#));
    verdict(&policy, &bearer(&token(CLAIMS)))
}

#[test]
fn claims_that_are_not_enough() {
    for claim in [
        r#"{"name": "sub", "exact": "u-2"}"#,
        r#"{"name": "Sub", "exact": "u-1"}"#,
        r#"{"name": "sub", "in": ["u-2", "u"]}"#,
        r#"{"name": "tenant", "exact": "acme"}"#,
        r#"{"name": "ns.example/tenant", "exact": "acme"}"#,
        r#"{"name": "roles", "contains": "beta"}"#,
        r#"{"name": "roles", "exact": "dev"}"#,
        r#"{"name": "roles", "regex": ".*"}"#,
        r#"{"name": "realm_access", "contains": "staff"}"#,
        r#"{"name": "realm_access.roles.staff", "present": true}"#,
        r#"{"name": "act", "present": false}"#,
        r#"{"name": "realm_access", "present": false}"#,
        r#"{"name": "none", "present": true}"#,
        r#"{"name": "empty", "present": false}"#,
        r#"{"name": "level", "exact": "3.0"}"#,
    ] {
        assert_eq!(judge(claim), "403 claims", "{claim}");
    }
}

#[test]
fn scope_has_a_reason_of_its_own() {
    for (claim, want) in [
        (r#"{"name": "scope", "contains": "orders"}"#, "403 scope"),
        (r#"{"name": "scope", "contains": "orders.admin"}"#, "403 scope"),
        (r#"{"name": "scp", "contains": "orders.read"}"#, "403 scope"),
        (r#"{"name": "scope", "contains": "orders.write"}, {"name": "sub", "exact": "u-2"}"#, "403 claims"),
        (r#"{"name": "scope", "contains": "orders.write"}"#, "pass rule-0"),
    ] {
        assert_eq!(judge(claim), want, "{claim}");
    }
}

#[test]
fn claims_that_are_enough() {
    for claim in [
        r#"{"name": "sub", "exact": "u-1"}"#,
        r#"{"name": "sub", "in": ["u-2", "u-1"]}"#,
        r#"{"name": "sub", "prefix": "u-"}"#,
        r#"{"name": "sub", "regex": "u-[0-9]"}"#,
        r#"{"name": "https://ns.example/tenant", "exact": "acme"}"#,
        r#"{"name": "level", "exact": "3"}"#,
        r#"{"name": "admin", "exact": "false"}"#,
        r#"{"name": "roles", "contains": "beta tester"}"#,
        r#"{"name": "roles", "contains": "5"}"#,
        r#"{"name": "realm_access.roles", "contains": "staff"}"#,
        r#"{"name": "realm_access.deep.er", "exact": "x"}"#,
        r#"{"name": "act", "present": true}"#,
        r#"{"name": "none", "present": false}"#,
        r#"{"name": "nobody", "present": false}"#,
        r#"{"name": "empty", "exact": ""}"#,
        r#"{"name": "sub", "present": true}, {"name": "level", "in": ["3", "4"]}"#,
    ] {
        assert_eq!(judge(claim), "pass rule-0", "{claim}");
    }
}

/// A path must not lead to another claim than the one its author means.
#[test]
fn refuses_two_claims_of_one_path() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    for (name, claims, want) in [
        ("a dotted name and a nested one", r#""a.b":1,"a":{"b":2}"#, "401 claims_ambiguous"),
        ("the other way round", r#""a":{"b":2},"a.b":1"#, "401 claims_ambiguous"),
        ("dots in different places", r#""a.b":{"c":1},"a":{"b.c":2}"#, "401 claims_ambiguous"),
        ("an object and a scalar", r#""a.b":{},"a":{"b":2}"#, "401 claims_ambiguous"),
        ("null is a claim too", r#""a.b":null,"a":{"b":2}"#, "401 claims_ambiguous"),
        ("dots alone do no harm", r#""a.b":1,"a":{"c":2}"#, "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &bearer(&token(claims))), want, "{name}");
    }
}

/// Long names around many members would make a record of megabytes out of a token of 12 KiB.
#[test]
fn refuses_claims_that_swell() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    let members: Vec<_> = (0..500).map(|n| format!(r#""{n}":1"#)).collect();
    let nested = |name: usize| token(&format!(r#""{}":{{{}}}"#, "n".repeat(name), members.join(",")));
    assert_eq!(verdict(&policy, &bearer(&nested(4000))), "401 claims_too_large");
    assert_eq!(verdict(&policy, &bearer(&nested(100))), "pass rule-0");
}
