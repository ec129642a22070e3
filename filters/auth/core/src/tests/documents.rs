//! Keys over HTTP: cold start, outage, rotation, withdrawal (threats B01 to B10, J12, J55).

use super::minted::{ES256, JWKS, ROTATED, RS256};
use super::{NOW, arrive, bearer, compile, document, in_words, mint, verdict};
use crate::Policy;
use filter_api::UnixTime;
use filter_api::fake::FakeRequest;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn fetching(http: &str) -> Policy {
    compile(&format!(
        r#"{{"providers": [{{"name": "idp", "issuer": "https://issuer.example", "audiences": ["orders"],
            "keys": {{"http": {{"cluster": "idp", "path": "/jwks" {http}}}}}}}],
            "rules": [{{"when": {{"path": {{"exact": "/healthz"}}}}, "allow": "anyone"}}, {{"require": {{"token": "idp"}}}}]}}"#
    ))
}

fn later(secs: u64) -> UnixTime {
    NOW.plus(Duration::from_secs(secs))
}

fn waits(policy: &Policy, request: &FakeRequest) -> String {
    in_words(policy.authorize(request, true))
}

#[test]
fn documents_have_their_defaults() {
    let policy = fetching("");
    let document = document(&policy, "idp");
    assert_eq!(document.kind(), "keys");
    let source = document.source();
    assert_eq!((source.refresh, source.max_bytes), (Duration::from_secs(600), 256 * 1024));
    assert!(!document.is_wanted());
}

/// B01.
#[test]
fn a_cold_start_waits_and_then_fails_closed() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    assert_eq!(verdict(&policy, &FakeRequest::get("/healthz")), "pass rule-0", "other routes serve");
    assert_eq!(verdict(&policy, &FakeRequest::get("/")), "401 no_token", "what needs no keys needs no wait");
    assert!(!keys.is_wanted());
    assert_eq!(waits(&policy, &bearer(RS256)), "wait");
    assert!(keys.is_wanted());
    assert_eq!(verdict(&policy, &bearer(RS256)), "503 keys_missing");
    assert_eq!(arrive(&keys, JWKS, NOW), Ok(2));
    assert!(!keys.is_wanted());
    assert_eq!(waits(&policy, &bearer(RS256)), "pass rule-1");
    assert_eq!(waits(&policy, &bearer(ES256)), "pass rule-1");
}

/// B02.
#[test]
fn the_last_good_keys_serve_until_max_stale() {
    let policy = fetching(r#", "refresh": "1m", "max_stale": "1h""#);
    let keys = document(&policy, "idp");
    arrive(&keys, JWKS, NOW).expect("keys");
    for (name, at, want) in [
        ("at once", NOW, "pass rule-1"),
        ("in time", later(3600), "pass rule-1"),
        ("a second late", later(3601), "503 keys_stale"),
        ("the clock stepped back", NOW, "pass rule-1"),
    ] {
        // The second token is known from the first row on, the other never is.
        assert_eq!(waits(&policy, &bearer(ES256).at(at)), want, "{name}");
    }
    keys.checked(later(3600));
    assert_eq!(verdict(&policy, &bearer(RS256).at(later(7000))), "pass rule-1", "confirmed by a 304");
    assert_eq!(
        verdict(&policy, &bearer(ES256).at(later(7201))),
        "503 keys_stale",
        "known, and stale all the same"
    );
}

/// B04, B05, B08, S17: what is no set leaves the one in use.
#[test]
fn what_is_no_key_set_changes_nothing() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    arrive(&keys, JWKS, NOW).expect("keys");
    let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; 101].join(","));
    let deep = format!("{}{}", r#"{"keys":"#, "[".repeat(20_000));
    let large = format!(r#"{{"keys":[],"pad":"{}"}}"#, "p".repeat(256 * 1024));
    for (name, body) in [
        ("nothing", ""),
        ("a page", "<html>502</html>"),
        ("cut", &JWKS[..100]),
        ("a list", "[]"),
        ("no keys", "{}"),
        ("keys that are none", r#"{"keys":{}}"#),
        ("a byte order mark", "\u{feff}{\"keys\":[]}"),
        ("twice", r#"{"keys":[],"keys":[]}"#),
        ("101 keys", &many),
        ("20,000 deep", &deep),
        ("256 KiB", &large),
    ] {
        assert!(arrive(&keys, body, later(1)).is_err(), "{name}");
        assert_eq!(verdict(&policy, &bearer(RS256)), "pass rule-1", "{name}");
    }
}

/// B06, B09, J55: in force at once, for known tokens too.
#[test]
fn withdrawn_keys_are_withdrawn_at_once() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    arrive(&keys, JWKS, NOW).expect("keys");
    for token in [RS256, ES256] {
        assert_eq!(verdict(&policy, &bearer(token)), "pass rule-1");
    }
    assert_eq!(arrive(&keys, ROTATED, later(1)), Ok(1));
    assert_eq!(verdict(&policy, &bearer(RS256).at(later(1))), "401 unknown_key");
    assert_eq!(verdict(&policy, &bearer(ES256).at(later(1))), "pass rule-1");
    assert_eq!(arrive(&keys, r#"{"keys":[]}"#, later(2)), Ok(0));
    assert_eq!(verdict(&policy, &bearer(ES256).at(later(2))), "401 unknown_key");
}

/// B10: another key under the same name.
#[test]
fn a_new_key_of_the_same_name_replaces_the_old_one() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    arrive(&keys, &JWKS.replace("ec-1", "k-1"), NOW).expect("keys");
    arrive(&keys, ROTATED, NOW).expect("keys");
    assert_eq!(verdict(&policy, &bearer(ES256)), "pass rule-1");
    // The same name for the other key's numbers.
    let swapped = super::minted::PARTNER_BUNDLE
        .replace("svid-1", "ec-1")
        .replace("jwt-svid", "sig")
        .replace("\"x\":\"A", "\"x\":\"B");
    assert_eq!(arrive(&keys, &swapped, NOW), Ok(0), "not a point of the curve");
    assert_eq!(verdict(&policy, &bearer(ES256)), "401 unusable_key");
}

/// J12, B09, B12: a key that is not there may be new.
#[test]
fn an_unknown_key_is_waited_for_unless_the_set_is_of_just_now() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    arrive(&keys, ROTATED, NOW).expect("keys");
    let at = |secs| bearer(RS256).at(later(secs));
    assert_eq!(waits(&policy, &at(9)), "401 unknown_key", "asked 9 s ago");
    assert!(!keys.is_wanted());
    assert_eq!(waits(&policy, &at(10)), "wait", "asked 10 s ago");
    assert!(keys.is_wanted());
    assert_eq!(verdict(&policy, &at(10)), "401 unknown_key", "when there is no more waiting");
    keys.checked(later(10));
    assert!(!keys.is_wanted());
    assert_eq!(waits(&policy, &at(11)), "401 unknown_key", "the source has no more keys");
    arrive(&keys, JWKS, later(12)).expect("keys");
    assert_eq!(waits(&policy, &at(12)), "pass rule-1", "now it has");
    // A wrong signature by a key that is there makes nobody fetch.
    let forged = format!("{}A{}", &ES256[..ES256.len() - 20], &ES256[ES256.len() - 19..]);
    assert_eq!(waits(&policy, &bearer(&forged).at(later(60))), "401 signature");
    // Nor does a token without a name for its key, or of nobody.
    let nameless = mint(r#"{"alg":"HS256"}"#, r#"{"iss":"https://issuer.example"}"#, b"x");
    let strange = mint(r#"{"alg":"HS256","kid":"x"}"#, r#"{"iss":"https://evil.example"}"#, b"x");
    for token in [nameless, strange] {
        assert!(waits(&policy, &bearer(&token).at(later(60))).starts_with("401 "));
    }
    assert!(!keys.is_wanted());
}

/// While the source is down, made-up names of keys hold requests up for 2 of 10 seconds.
#[test]
fn nobody_waits_long_after_the_first_who_asked() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    arrive(&keys, ROTATED, NOW).expect("keys");
    for (secs, want) in [
        (20, "wait"),
        (21, "wait"),
        (22, "401 unknown_key"),
        (29, "401 unknown_key"),
        (30, "wait"),
        (32, "401 unknown_key"),
    ] {
        assert_eq!(waits(&policy, &bearer(RS256).at(later(secs))), want, "after {secs} s");
        assert_eq!(waits(&policy, &bearer(ES256).at(later(secs))), "pass rule-1", "after {secs} s");
        assert!(keys.is_wanted());
    }
}

#[test]
fn fetched_sets_never_hold_shared_secrets() {
    let policy = fetching("");
    let secret = r#"{"keys":[{"kty":"oct","kid":"k-1","alg":"HS256","k":"YSBzZWNyZXQgb2YgdGhlIGlzc3VlciwgMzIgYnl0ZXM"}]}"#;
    assert_eq!(arrive(&document(&policy, "idp"), secret, NOW), Ok(0));
    assert_eq!(verdict(&policy, &bearer(&super::token(""))), "401 unusable_key");
}

/// B07, K08: what a set has and we do not use is said, except what was never for us.
#[test]
fn keys_that_are_not_used_are_remarked() {
    let policy = fetching("");
    let keys = document(&policy, "idp");
    let remark = |json: &str| {
        arrive(&keys, json, NOW).expect("keys");
        keys.remark().unwrap_or_default()
    };
    assert_eq!(remark(JWKS), "");
    assert_eq!(remark(r#"{"keys": [{"kty": "RSA", "use": "enc"}]}"#), "", "for encryption");
    assert_eq!(
        remark(r#"{"keys": [{"kty": "oct", "kid": "s", "k": "AAAA"}, {"kty": "RSA"}]}"#),
        "keys[0] (`s`) is not used: a shared secret in a set that is not inline; \
         keys[1] is not used: n is missing or of the wrong type"
    );
    let many = vec![r#"{"kty": "RSA"}"#; 50].join(",");
    assert_eq!(remark(&format!(r#"{{"keys": [{many}]}}"#)).matches("not used").count(), 5);
}
