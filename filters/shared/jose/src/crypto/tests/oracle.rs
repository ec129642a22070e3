//! Others' arithmetic as the oracle of ours.

use super::all_keys;
use crate::crypto::ed25519::table;
use crate::crypto::montgomery::Montgomery;
use crate::testing::vectors::VECTORS;
use crate::testing::{Arbitrary, reason};
use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation};
use num_bigint::BigUint;

/// Moduli of all lengths, full of ones and zeros as often as of anything: carries are where such code goes wrong.
#[test]
fn powers_are_those_of_another_library() {
    let mut arbitrary = Arbitrary::new(3);
    for round in 0..400 {
        let length = 1 + arbitrary.below(40);
        let number = |arbitrary: &mut Arbitrary| -> Vec<u8> {
            let kind = arbitrary.below(4);
            let byte = |arbitrary: &mut Arbitrary| u8::try_from(arbitrary.below(256)).unwrap();
            (0..length).map(|_| [0xFF, 0, byte(arbitrary), byte(arbitrary)][kind]).collect()
        };
        let mut modulus = number(&mut arbitrary);
        modulus[0] |= 1 + u8::try_from(arbitrary.below(128)).unwrap();
        modulus[length - 1] |= 1;
        let modulus_number = BigUint::from_bytes_be(&modulus);
        let base = BigUint::from_bytes_be(&number(&mut arbitrary)) % &modulus_number;
        let mut bytes = base.to_bytes_be();
        bytes.splice(0..0, vec![0; length - bytes.len()]);
        for exponent in [1, 3, 65_537, u32::MAX, 1 + u32::try_from(arbitrary.below(1 << 31)).unwrap()] {
            let want = base.modpow(&BigUint::from(exponent), &modulus_number);
            let got = Montgomery::new(&modulus).pow(&bytes, exponent);
            assert_eq!(
                BigUint::from_bytes_be(&got),
                want,
                "round {round}: {base}^{exponent} mod {modulus_number}"
            );
            assert_eq!(got.len(), length);
        }
    }
}

#[test]
fn sums_are_those_of_dalek() {
    let mut arbitrary = Arbitrary::new(5);
    let scalar = |arbitrary: &mut Arbitrary| {
        let bytes: Vec<u8> = (0..32).map(|_| u8::try_from(arbitrary.below(256)).unwrap()).collect();
        Scalar::from_bytes_mod_order(bytes.try_into().unwrap())
    };
    let edges = [
        Scalar::ZERO,
        Scalar::ONE,
        -Scalar::ONE,
        Scalar::from(31_u8),
        Scalar::from(32_u8),
        Scalar::from(33_u8),
    ];
    for round in 0..100 {
        let point = ED25519_BASEPOINT_POINT * scalar(&mut arbitrary);
        let multiples = table::Table::new(&point);
        let mut pick = || edges.get(arbitrary.below(12)).copied().unwrap_or_else(|| scalar(&mut arbitrary));
        let (a, b) = (pick(), pick());
        let got = table::Table::with_base(|base| table::sum(&[(&multiples, &a), (base, &b)])).unwrap();
        assert_eq!(got, EdwardsPoint::vartime_double_scalar_mul_basepoint(&a, &point, &b), "round {round}");
    }
}

/// What we accept `jsonwebtoken` accepts, too, with its own cryptography and its own reading of keys.
#[test]
fn jsonwebtoken_agrees() {
    let keys = all_keys();
    let mut arbitrary = Arbitrary::new(11);
    // It does not know ES512.
    for vector in VECTORS.iter().filter(|vector| vector.name != "ES512") {
        let jwk: Jwk = serde_json::from_str(vector.jwk).unwrap();
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let header = jsonwebtoken::decode_header(vector.token).unwrap();
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&["orders"]);
        validation.validate_exp = false;
        let agrees =
            |token: &[u8]| jsonwebtoken::decode::<serde_json::Value>(token, &key, &validation).is_ok();
        assert!(agrees(vector.token.as_bytes()), "{}", vector.name);
        for _ in 0..10 {
            let mut token = vector.token.as_bytes().to_vec();
            arbitrary.mutate(&mut token, b"ABCabc019-_.=");
            let ours = reason(&token, &keys) == "accepted";
            assert!(!ours || agrees(&token), "{}: {}", vector.name, String::from_utf8_lossy(&token));
        }
    }
}
