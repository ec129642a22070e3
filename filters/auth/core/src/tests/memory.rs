//! Tokens that are known already (threats J55, J56).

use super::{HEADER, IDP_SECRET, NOW, NOW_SECS, bearer, counted, mint, policy, policy_with, token, verdict};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULE: &str = r#"{"require": {"token": "idp"}}"#;

#[test]
fn a_token_is_verified_once() {
    let policy = policy(RULE);
    let token = token("");
    assert_eq!(counted(&policy, &bearer(&token)), ["verified.issuer=.=idp;.;", "allowed.rule=.=rule-0;.;"]);
    assert_eq!(counted(&policy, &bearer(&token)), ["allowed.rule=.=rule-0;.;"]);
    assert_eq!(policy.callers.len(), 1);
}

/// J55: to the instant, skew included.
#[test]
fn a_known_token_expires_when_it_expires() {
    let policy = policy_with(r#", "clock_skew": "5s""#, "", RULE);
    let claims =
        format!(r#"{{"iss":"https://issuer.example","aud":"orders","exp":{}}}"#, NOW_SECS.saturating_add(10));
    let token = mint(HEADER, &claims, IDP_SECRET);
    let after = |millis| bearer(&token).at(NOW.plus(Duration::from_millis(millis)));
    for (millis, want) in [
        (0, "pass rule-0"),
        (14_999, "pass rule-0"),
        (15_000, "401 expired"),
        (15_001, "401 expired"),
        (14_999, "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &after(millis)), want, "{millis} ms");
    }
}

/// J56: every byte of a token counts.
#[test]
fn a_token_with_another_signature_is_another_token() {
    let policy = policy(RULE);
    let good = token("");
    assert_eq!(verdict(&policy, &bearer(&good)), "pass rule-0");
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let forged = mint(HEADER, "{}", b"another key");
    let (_, other) = forged.rsplit_once('.').expect("three parts");
    for (name, token, want) in [
        ("another signature", format!("{signed}.{other}"), "401 signature"),
        ("none", format!("{signed}."), "401 malformed"),
        ("one more byte", format!("{good}A"), "401 signature"),
        ("padding", format!("{good}="), "401 malformed"),
        ("cut", format!("{signed}.{}", &signature[..42]), "401 "),
    ] {
        assert!(verdict(&policy, &bearer(&token)).starts_with(want), "{name}");
    }
    assert_eq!(policy.callers.len(), 1);
}

/// A flood of bad tokens moves no good one out.
#[test]
fn refused_tokens_are_not_remembered() {
    let policy = policy_with(r#", "forward": {"claims": [{"claim": "sub", "header": "x-sub"}]}"#, "", RULE);
    for (name, token, want) in [
        (
            "expired",
            mint(HEADER, r#"{"iss":"https://issuer.example","aud":"orders","exp":1}"#, IDP_SECRET),
            "401 expired",
        ),
        (
            "signature",
            mint(HEADER, r#"{"iss":"https://issuer.example","aud":"orders","exp":4102444800}"#, b"x"),
            "401 signature",
        ),
        ("a value that cannot be forwarded", token(r#""sub":"\n""#), "401 claim_value"),
        ("claims of one path", token(r#""a.b":1,"a":{"b":1}"#), "401 claims_ambiguous"),
    ] {
        assert_eq!(verdict(&policy, &bearer(&token)), want, "{name}");
        assert_eq!(policy.callers.len(), 0, "{name}");
    }
}

#[test]
fn without_random_bits_nothing_is_remembered() {
    let policy = policy(RULE);
    let token = token("");
    for _ in 0..2 {
        assert_eq!(verdict(&policy, &bearer(&token).random_bits(None)), "pass rule-0");
    }
    assert_eq!(policy.callers.len(), 0);
}

/// A capability restriction may withhold the clock; then nothing would ever expire.
#[test]
fn without_a_clock_no_token_is_taken() {
    let policy = policy(RULE);
    let long_expired = mint(HEADER, r#"{"iss":"https://issuer.example","aud":"orders","exp":1}"#, IDP_SECRET);
    for token in [token(""), long_expired] {
        assert_eq!(
            verdict(&policy, &bearer(&token).at(filter_api::UnixTime::default())),
            "503 clock_missing"
        );
    }
}
