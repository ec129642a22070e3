use super::{Malformed, TokenError};
use crate::Algorithm;
use filter_api::UnixTime;
use std::collections::BTreeSet;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn all() -> [TokenError; 22] {
    let token = Algorithm::RS256;
    let kid = "a\r\nb".to_owned();
    let [exp, nbf, iat, now] = [1, 2, 3, 4].map(UnixTime::from_secs);
    let [lifetime, max] = [Duration::from_secs(5), Duration::from_secs(6)];
    [
        TokenError::Malformed(Malformed::Parts),
        TokenError::TooLarge { bytes: 1 },
        TokenError::Encrypted,
        TokenError::Nested,
        TokenError::Critical,
        TokenError::KeyId,
        TokenError::UnknownAlgorithm,
        TokenError::AlgorithmNotAllowed { token },
        TokenError::WrongAlgorithm { token },
        TokenError::UnknownKey { kid: Some(kid.clone()) },
        TokenError::UnusableKey { kid },
        TokenError::Signature,
        TokenError::Missing { claim: "exp" },
        TokenError::WrongType { claim: "aud" },
        TokenError::Expired { exp, now },
        TokenError::NotYetValid { nbf, now },
        TokenError::IssuedInFuture { iat, now },
        TokenError::Lifetime { lifetime, max },
        TokenError::Issuer,
        TokenError::Audience,
        TokenError::Typ,
        TokenError::UnknownKey { kid: None },
    ]
}

#[test]
fn reasons_are_the_published_ones() {
    let reasons: BTreeSet<&str> = all().iter().map(TokenError::reason).collect();
    let published: BTreeSet<&str> = TokenError::REASONS.iter().copied().collect();
    assert_eq!(reasons, published);
    assert_eq!(published.len(), TokenError::REASONS.len(), "a reason is there twice");
}

/// J11, V27: what a token says of its key makes one line, whatever it says.
#[test]
fn messages_are_one_line() {
    for error in all() {
        assert!(!error.to_string().contains(char::is_control), "{error}");
    }
}
