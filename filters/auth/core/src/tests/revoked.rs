//! The revocation list in use.

use super::{NOW, arrive, bearer, counted, document, in_words, policy_with, token, verdict};
use crate::Policy;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULE: &str = r#"{"require": {"token": "idp"}}"#;

fn revoking(more: &str) -> Policy {
    policy_with(
        "",
        &format!(r#", "revoked": {{"http": {{"cluster": "r", "path": "/revoked"}} {more}}}"#),
        RULE,
    )
}

#[test]
fn tokens_on_the_list_are_refused_at_once() {
    let policy = revoking("");
    let list = document(&policy, "revoked");
    assert_eq!((list.kind(), list.source().refresh), ("revocations", Duration::from_secs(10)));
    let victim = token(r#""sub":"u-1","jti":"t-1""#);
    let other = token(r#""sub":"u-2","jti":"t-2""#);
    assert_eq!(verdict(&policy, &bearer(&victim)), "pass rule-0", "before the first list");
    for (name, entry, want) in [
        ("issuer and number", r#"{"iss":"https://issuer.example","jti":"t-1"}"#, "401 revoked"),
        ("subject", r#"{"sub":"u-1"}"#, "401 revoked"),
        ("issuer and subject", r#"{"sub":"u-1","iss":"https://issuer.example"}"#, "401 revoked"),
        ("all three", r#"{"sub":"u-1","iss":"https://issuer.example","jti":"t-1"}"#, "401 revoked"),
        ("a number", r#"{"jti":"t-1"}"#, "401 revoked"),
        ("an issuer", r#"{"iss":"https://issuer.example"}"#, "401 revoked"),
        ("another issuer", r#"{"iss":"https://partner.example","jti":"t-1"}"#, "pass rule-0"),
        ("another number", r#"{"iss":"https://issuer.example","jti":"t-10"}"#, "pass rule-0"),
        ("half of it is of another", r#"{"sub":"u-1","jti":"t-2"}"#, "pass rule-0"),
        ("another case", r#"{"sub":"U-1"}"#, "pass rule-0"),
        ("values in each other's place", r#"{"sub":"t-1"},{"jti":"u-1"}"#, "pass rule-0"),
    ] {
        assert!(arrive(&list, &format!(r#"{{"revoked":[{entry}]}}"#), NOW).is_ok(), "{name}");
        assert_eq!(verdict(&policy, &bearer(&victim)), want, "{name}");
        assert_eq!(verdict(&policy, &bearer(&victim)), want, "{name}, again");
    }
    arrive(&list, r#"{"revoked":[{"sub":"u-1"}]}"#, NOW).expect("a list");
    assert_eq!(verdict(&policy, &bearer(&other)), "pass rule-0");
    assert_eq!(verdict(&policy, &bearer(&victim)), "401 revoked");
    arrive(&list, r#"{"revoked":[]}"#, NOW).expect("a list");
    assert_eq!(verdict(&policy, &bearer(&victim)), "pass rule-0", "given back");
}

#[test]
fn what_is_no_list_leaves_the_last_one() {
    let policy = revoking("");
    let list = document(&policy, "revoked");
    arrive(&list, r#"{"revoked":[{"sub":"u-1"}]}"#, NOW).expect("a list");
    for body in [
        "",
        "[]",
        "{}",
        "<html>",
        r#"{"revoked":{}}"#,
        r#"{"revoked":["u-1"]}"#,
        r#"{"revoked":[{}]}"#,
        r#"{"revoked":[{"sub":7}]}"#,
        r#"{"revoked":[{"sub":null}]}"#,
        r#"{"revoked":[{"user":"u-1"}]}"#,
        r#"{"revoked":[{"sub":"u-2","since":"now"}]}"#,
        r#"{"revoked":[],"next":"/2"}"#,
        r#"{"revoked":[],"revoked":[]}"#,
        r#"{"revoked":[{"sub":"a","sub":"b"}]}"#,
    ] {
        assert!(arrive(&list, body, NOW).is_err(), "{body}");
        assert_eq!(verdict(&policy, &bearer(&token(r#""sub":"u-1""#))), "401 revoked", "{body}");
    }
    let reason = arrive(&list, r#"{"revoked":[{"sub":"a"},{}]}"#, NOW).unwrap_err();
    assert_eq!(reason, "revoked[1]: empty: every token would be revoked");
}

#[test]
fn before_the_first_list() {
    let open = revoking("");
    let want = ["revocations_unknown", "verified.issuer=.=idp;.;", "allowed.rule=.=rule-0;.;"];
    assert_eq!(counted(&open, &bearer(&token(""))), want);
    assert!(!document(&open, "revoked").is_wanted());

    let closed = revoking(r#", "required": true"#);
    let list = document(&closed, "revoked");
    assert_eq!(in_words(closed.authorize(&bearer(&token("")), true)), "wait");
    assert!(list.is_wanted());
    assert_eq!(verdict(&closed, &bearer(&token(""))), "503 revocations_missing");
    arrive(&list, r#"{"revoked":[]}"#, NOW).expect("a list");
    assert!(!list.is_wanted());
    assert_eq!(verdict(&closed, &bearer(&token(""))), "pass rule-0");
    assert_eq!(counted(&closed, &bearer(&token(""))), ["allowed.rule=.=rule-0;.;"]);
}
