use super::Expected;
use crate::error::TokenError;
use crate::testing::{Host, secret_keys, signed, verify};
use crate::{Room, Token};
use filter_api::UnixTime;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: u64 = 1_800_000_000;

fn expected() -> Expected {
    Expected {
        issuer: Some("https://issuer.example".to_owned()),
        audiences: vec!["orders".to_owned(), "payments".to_owned()],
        clock_skew: Duration::from_secs(60),
        max_lifetime: None,
        typ: None,
        require_subject: false,
    }
}

/// A good payload with some members replaced; `null` in Rust's sense: an empty value removes the member.
fn payload(changes: &[(&str, &str)]) -> String {
    let good = [("iss", r#""https://issuer.example""#), ("aud", r#""orders""#), ("exp", "1800000100")];
    let kept = good.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    let members = kept.chain(changes).filter(|(_, value)| !value.is_empty());
    let members: Vec<String> = members.map(|(name, value)| format!(r#""{name}": {value}"#)).collect();
    format!("{{{}}}", members.join(", "))
}

fn check_with(expected: &Expected, header: &str, changes: &[(&str, &str)]) -> Result<(), TokenError> {
    let (token, mut room) = (signed(header, payload(changes)), Room::default());
    let token = Token::parse(token.as_ref(), &mut room).unwrap();
    let checked = token.check(expected, UnixTime::from_secs(NOW));
    token.verify(&secret_keys(), &[], &Host::none()).unwrap();
    checked
}

fn check(changes: &[(&str, &str)]) -> Result<(), TokenError> {
    check_with(&expected(), r#"{"alg": "HS256"}"#, changes)
}

fn reason(changes: &[(&str, &str)]) -> &'static str {
    check(changes).err().map_or("accepted", |error| error.reason())
}

/// J39, J40, J41, J42.
#[test]
fn judges_times() {
    for (name, changes, want) in [
        ("no exp", &[("exp", "")][..], "claim_missing"),
        ("exp 0 is not never", &[("exp", "0")], "expired"),
        ("exp negative", &[("exp", "-1")], "claim_type"),
        ("exp below zero", &[("exp", "-0.5")], "claim_type"),
        ("exp 1e400", &[("exp", "1e400")], "claim_type"),
        ("exp 2^63", &[("exp", "9223372036854775808")], "claim_type"),
        ("exp 2^64", &[("exp", "18446744073709551616")], "claim_type"),
        ("exp 1e19", &[("exp", "1e19")], "claim_type"),
        ("exp text", &[("exp", r#""1800000100""#)], "claim_type"),
        ("exp true", &[("exp", "true")], "claim_type"),
        ("exp null", &[("exp", "null")], "claim_type"),
        ("exp list", &[("exp", "[1800000100]")], "claim_type"),
        ("exp map", &[("exp", "{}")], "claim_type"),
        ("exp a second before the skew", &[("exp", "1799999939")], "expired"),
        ("exp at the skew", &[("exp", "1799999940")], "expired"),
        ("exp a second within the skew", &[("exp", "1799999941")], "accepted"),
        ("exp a fraction within the skew", &[("exp", "1799999940.5")], "accepted"),
        ("exp in the year 9999", &[("exp", "253402300799")], "accepted"),
        ("nbf a second within the skew", &[("nbf", "1800000059")], "accepted"),
        ("nbf at the skew", &[("nbf", "1800000060")], "accepted"),
        ("nbf a second beyond the skew", &[("nbf", "1800000061")], "not_yet_valid"),
        ("nbf fraction beyond the skew", &[("nbf", "1800000060.5")], "not_yet_valid"),
        ("nbf 0", &[("nbf", "0")], "accepted"),
        ("nbf text", &[("nbf", r#""0""#)], "claim_type"),
        ("nbf null", &[("nbf", "null")], "claim_type"),
        ("nbf negative", &[("nbf", "-1")], "claim_type"),
        ("iat at the skew", &[("iat", "1800000060")], "accepted"),
        ("iat a second beyond the skew", &[("iat", "1800000061")], "issued_in_future"),
        ("iat fraction", &[("iat", "1.5")], "accepted"),
        ("iat text", &[("iat", r#""1""#)], "claim_type"),
    ] {
        assert_eq!(reason(changes), want, "{name}");
    }
}

/// J43.
#[test]
fn judges_the_lifetime() {
    let expected = Expected { max_lifetime: Some(Duration::from_secs(3600)), ..expected() };
    for (name, changes, want) in [
        ("no iat", &[][..], "claim_missing"),
        ("a second more", &[("iat", "1799996499")], "lifetime"),
        ("as long as allowed", &[("iat", "1799996500")], "accepted"),
        ("a second less", &[("iat", "1799996501")], "accepted"),
        ("never ending", &[("iat", "1799999999"), ("exp", "253402300799")], "lifetime"),
    ] {
        let got = check_with(&expected, r#"{"alg": "HS256"}"#, changes);
        assert_eq!(got.err().map_or("accepted", |error| error.reason()), want, "{name}");
    }
}

/// J44, F9.
#[test]
fn judges_the_issuer() {
    for (name, iss, want) in [
        ("missing", "", "claim_missing"),
        ("another", r#""https://other.example""#, "issuer"),
        ("another case", r#""https://Issuer.example""#, "issuer"),
        ("slash behind", r#""https://issuer.example/""#, "issuer"),
        ("empty", r#""""#, "issuer"),
        ("list", r#"["https://issuer.example"]"#, "claim_type"),
        ("map", r#"{"https://issuer.example": 1}"#, "claim_type"),
        ("null", "null", "claim_type"),
        ("the one", r#""https://issuer.example""#, "accepted"),
        ("the one, escaped", r#""https:\/\/issuer.example""#, "accepted"),
    ] {
        assert_eq!(reason(&[("iss", iss)]), want, "{name}");
    }
    let anyone = Expected { issuer: None, ..expected() };
    assert_eq!(check_with(&anyone, r#"{"alg": "HS256"}"#, &[("iss", "")]), Ok(()));
}

/// J45, J46, F9, K04.
#[test]
fn judges_the_audience() {
    let thousand: Vec<String> = (0..1000).map(|number| format!(r#""a{number}""#)).collect();
    let with_ours = format!(r#"[{}, "orders"]"#, thousand.join(", "));
    let without = format!("[{}]", thousand.join(", "));
    for (name, aud, want) in [
        ("missing", "", "claim_missing"),
        ("empty list", "[]", "audience"),
        ("another", r#""other""#, "audience"),
        ("map", r#"{"orders": true}"#, "claim_type"),
        ("number", "5", "claim_type"),
        ("null", "null", "claim_type"),
        ("empty text", r#""""#, "audience"),
        ("prefix", r#""order""#, "audience"),
        ("suffix", r#""my-orders""#, "audience"),
        ("another case", r#""Orders""#, "audience"),
        ("two in one text", r#""orders payments""#, "audience"),
        ("ours and a number", r#"["orders", 5]"#, "claim_type"),
        ("nested", r#"[["orders"]]"#, "claim_type"),
        ("a thousand others", &without, "audience"),
        ("ours", r#""orders""#, "accepted"),
        ("the other of ours", r#"["x", "payments"]"#, "accepted"),
        ("ours among a thousand", &with_ours, "accepted"),
    ] {
        assert_eq!(reason(&[("aud", aud)]), want, "{name}");
    }
    let nobody = Expected { audiences: Vec::new(), ..expected() };
    assert_eq!(check_with(&nobody, r#"{"alg": "HS256"}"#, &[]), Err(TokenError::Audience));
}

/// J47, F9.
#[test]
fn judges_subject_and_id() {
    for (name, changes, want) in [
        ("sub number", &[("sub", "5")][..], "claim_type"),
        ("sub list", &[("sub", r#"["a"]"#)], "claim_type"),
        ("sub null", &[("sub", "null")], "claim_type"),
        ("jti number", &[("jti", "5")], "claim_type"),
        ("sub with NUL", &[("sub", r#""a\u0000b""#)], "accepted"),
        ("no sub", &[], "accepted"),
    ] {
        assert_eq!(reason(changes), want, "{name}");
    }
    let somebody = Expected { require_subject: true, ..expected() };
    let missing = check_with(&somebody, r#"{"alg": "HS256"}"#, &[]);
    assert_eq!(missing, Err(TokenError::Missing { claim: "sub" }));
    assert_eq!(check_with(&somebody, r#"{"alg": "HS256"}"#, &[("sub", r#""u""#)]), Ok(()));
}

/// Text is compared byte by byte: twins of Unicode are two.
#[test]
fn text_is_what_it_is() {
    let token = signed(r#"{"alg": "HS256"}"#, r#"{"sub": "\u00e9", "n": 9007199254740993}"#);
    let mut room = Room::default();
    let token = verify(&token, &mut room, &secret_keys()).unwrap();
    assert_eq!(token.claims().get("sub").unwrap().as_text(), Some("\u{e9}"));
    assert_ne!(token.claims().get("sub").unwrap().as_text(), Some("e\u{301}"));
    assert_eq!(token.claims().get("n"), Some(&crate::Json::Number("9007199254740993".into())));
    assert_eq!(token.not_after(), None);
}

/// J48.
#[test]
fn judges_the_type() {
    let access = Expected { typ: Some("at+jwt".to_owned()), ..expected() };
    for (name, header, want) in [
        ("none", r#"{"alg": "HS256"}"#, "typ"),
        ("ID token", r#"{"alg": "HS256", "typ": "JWT"}"#, "typ"),
        ("another case", r#"{"alg": "HS256", "typ": "AT+JWT"}"#, "typ"),
        ("with application/", r#"{"alg": "HS256", "typ": "application/at+jwt"}"#, "typ"),
        ("empty", r#"{"alg": "HS256", "typ": ""}"#, "typ"),
        ("the one", r#"{"alg": "HS256", "typ": "at+jwt"}"#, "accepted"),
    ] {
        let got = check_with(&access, header, &[]);
        assert_eq!(got.err().map_or("accepted", |error| error.reason()), want, "{name}");
    }
    assert_eq!(check_with(&expected(), r#"{"alg": "HS256", "typ": "anything"}"#, &[]), Ok(()));
}
