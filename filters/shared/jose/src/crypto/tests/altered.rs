//! Tokens and key sets with bytes changed at random: none is accepted that says anything else, nothing panics.
//!
//! `SLUICE_FUZZ=<rounds>` makes it as long as wished, `SLUICE_FUZZ_SEED=<number>` another run (native only).

use super::all_keys;
use crate::testing::vectors::VECTORS;
use crate::testing::{Arbitrary, base64url, reason, verify};
use crate::{Json, KeySet, Origin, Room, Token};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn arbitrary() -> Arbitrary {
    Arbitrary::new(u64::try_from(number("SLUICE_FUZZ_SEED", 1)).unwrap())
}

const TOKEN: &[u8] = b"ABCXYZabcxyz0129-_.=+/ \0\xFF";
const JSON: &[u8] = br#"{}[]",:\u0aed8.+-eE 1truefalsnkidgpcyHS256"#;

/// Any text that differs from the token it was made of is refused.
#[test]
fn altered_tokens_are_refused() {
    let (keys, mut arbitrary) = (all_keys(), arbitrary());
    // Those that cost little come often: the form is what is tried here.
    let vectors: Vec<_> =
        VECTORS.iter().filter(|vector| vector.name.starts_with("HS") || vector.name == "EdDSA").collect();
    for round in 0..number("SLUICE_FUZZ", 1_500) {
        let vector = if round % 50 == 0 {
            &VECTORS[arbitrary.below(VECTORS.len())]
        } else {
            vectors[arbitrary.below(vectors.len())]
        };
        let mut token = vector.token.as_bytes().to_vec();
        arbitrary.mutate(&mut token, TOKEN);
        let want_refused = token != vector.token.as_bytes();
        assert_eq!(reason(&token, &keys) != "accepted", want_refused, "{}", String::from_utf8_lossy(&token));
    }
}

/// Whatever the header and the payload say, a token without a right signature is none; what is read is read again.
#[test]
fn altered_json_is_refused() {
    let (keys, mut arbitrary) = (all_keys(), arbitrary());
    for _ in 0..number("SLUICE_FUZZ", 3_000) {
        let vector = &VECTORS[arbitrary.below(VECTORS.len())];
        let parts: Vec<_> = vector.token.split('.').collect();
        let [header, payload, signature] = parts[..] else { panic!("three parts") };
        let [mut header, mut payload] = [header, payload].map(|part| crate::base64url::decode(part).unwrap());
        let changed = if arbitrary.below(2) == 0 { &mut header } else { &mut payload };
        let before = changed.clone();
        arbitrary.mutate(changed, JSON);
        if *changed == before {
            continue;
        }
        let token = format!("{}.{}.{signature}", base64url(&header), base64url(&payload));
        // Only the form, mostly: signatures have their own tests.
        let _ = Token::parse(token.as_bytes(), &mut Room::default())
            .map(|token| (token.typ().map(str::len), token.unverified_issuer().map(str::len)));
        if arbitrary.below(20) == 0 {
            assert_ne!(reason(&token, &keys), "accepted", "{token}");
        }
    }
}

/// A set of altered keys still is a set or is refused, and what it verifies the unaltered key verifies, too.
#[test]
fn altered_key_sets_are_read_or_refused() {
    let mut arbitrary = arbitrary();
    let mut read = 0;
    for _ in 0..number("SLUICE_FUZZ", 1_000) {
        let vector = &VECTORS[arbitrary.below(VECTORS.len())];
        let mut set = format!(r#"{{"keys": [{}], "spiffe_sequence": 5}}"#, vector.jwk).into_bytes();
        arbitrary.mutate(&mut set, JSON);
        for origin in [Origin::Inline, Origin::Fetched, Origin::SpiffeBundle] {
            let Ok(keys) = KeySet::parse(&set, origin) else { continue };
            read += 1;
            assert!(Json::parse(&set).is_ok());
            if !keys.is_empty() && arbitrary.below(20) == 0 {
                let _ = verify(vector.token, &mut Room::default(), &keys);
            }
        }
    }
    assert!(read > 0);
}
