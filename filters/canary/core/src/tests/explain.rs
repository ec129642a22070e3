//! What callers are told who may know, and what all others are not.

use super::{changes, compile, host_calls, policy, user};
use filter_api::IdentityRecord;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const FIELDS: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "rules": [
        {"name": "dyed", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"},
        {"name": "ios", "when": {"header": {"name": "x-device", "prefix": "ios"}}, "weights": {"stable": 5000, "next": 5000}}
    ],
    "inherit": {"peers": ["spiffe://example.org/*"]},
    "explain": {"for": [{"claims": [{"name": "groups", "contains": "platform"}]}]}"#;

fn claims(groups: &str) -> Vec<u8> {
    IdentityRecord::default()
        .text("iss", "https://idp")
        .text("sub", "ada")
        .text("groups", groups)
        .into_bytes()
}

#[test]
fn an_insider_is_told_how_it_was_decided() {
    let policy = policy(FIELDS);
    let insider = |user: &str| super::user(user).identity(claims("platform"));
    for (name, request, want) in [
        // u-1 has bucket 371, u-2 has 9591.
        ("draw", insider("u-1"), r#""stable";reason=draw;bucket=371;share=8900"#),
        ("draw of another", insider("u-2"), r#""canary";reason=draw;bucket=9591;share=1000"#),
        ("rule", insider("u-1").field("x-env", "canary"), r#""canary";reason=rule;rule="dyed""#),
        (
            "cohort",
            insider("u-2").field("x-device", "ios"),
            r#""next";reason=cohort;rule="ios";bucket=9591;share=5000"#,
        ),
        (
            "random",
            FakeRequest::get("/").identity(claims("platform")),
            r#""stable";reason=random;bucket=1694;share=8900"#,
        ),
        (
            "inherited",
            insider("u-1").field("x-sluice-subset", "next").peer("spiffe://example.org/gateway"),
            r#""next";reason=inherited"#,
        ),
    ] {
        let want = format!(r#"x-sluice-explain-canary: {want}, identity;iss="https://idp";sub="ada""#);
        assert_eq!(changes(&policy.apply(&request).response), [want], "{name}");
    }
}

#[test]
fn the_share_is_that_of_the_ramp() {
    let ramp = r#""ramp": {"start": "1970-01-01T00:00:00Z", "steps": [{"after": "0s", "weights": {"next": 10000}}]}"#;
    let policy = policy(&format!("{FIELDS}, {ramp}"));
    let told = policy.apply(&user("u-1").identity(claims("platform")));
    assert!(changes(&told.response)[0].contains(r#""next";reason=draw;bucket=371;share=10000"#), "{told:?}");
}

/// The field of a service behind goes, and that is all.
#[test]
fn others_are_told_nothing() {
    let policy = policy(FIELDS);
    for (name, request) in [
        ("nobody", user("u-1")),
        ("somebody else", user("u-1").identity(claims("staff"))),
        ("who says so", user("u-1").field("groups", "platform").field("x-sluice-explain-canary", "1")),
    ] {
        let effects = policy.apply(&request);
        assert_eq!(changes(&effects.response), ["- x-sluice-explain-canary"], "{name}");
        assert_eq!((request.reads(), host_calls(&effects)), (2, 3), "{name}");
    }
}

#[test]
fn a_dry_run_says_what_it_would_choose() {
    let policy = policy(&format!(r#"{FIELDS}, "dry_run": true"#));
    let told = |request: &FakeRequest| changes(&policy.apply(request).response);
    assert_eq!(
        told(&user("u-2").identity(claims("platform"))),
        [concat!(
            r#"x-sluice-explain-canary: "canary";reason=draw;bucket=9591;share=1000;dry-run, "#,
            r#"identity;iss="https://idp";sub="ada""#
        )]
    );
    assert_eq!(told(&user("u-2")), ["- x-sluice-explain-canary"]);
}

/// Nothing is read or written for it where it is not wanted.
#[test]
fn without_it_nothing_is_done() {
    let policy =
        compile(r#"{"subsets": [{"name": "stable", "weight": 10000}], "sticky": [{"header": "x-user-id"}]}"#);
    let request = user("u-1").identity(claims("platform"));
    let effects = policy.apply(&request);
    assert_eq!((request.reads(), host_calls(&effects), effects.response.len()), (1, 3, 0));
}
