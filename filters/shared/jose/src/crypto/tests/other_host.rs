//! A host whose cryptography is not ours: `ring`, which grew out of BoringSSL, as Envoy's did. It takes the very bytes that
//! Envoy's `verify_signature` takes, so what we write in DER is read by somebody else.

use super::all_keys;
use crate::testing::Host;
use crate::testing::vectors::VECTORS;
use crate::{Room, Token, TokenError};
use filter_api::{HashFunction, HostCrypto, HostVerdict};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};

pub(super) struct Ring;

impl HostCrypto for Ring {
    fn verify_signature(
        &self,
        hash: HashFunction,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> HostVerdict {
        let Some((algorithm, key)) = algorithm(hash, key) else {
            assert_eq!(
                (hash, key.len()),
                (HashFunction::Sha512, 158),
                "a key for ES512, which ring does not know"
            );
            return HostVerdict::Unavailable;
        };
        match UnparsedPublicKey::new(algorithm, key).verify(message, signature) {
            Ok(()) => HostVerdict::Valid,
            Err(_) => HostVerdict::Invalid,
        }
    }
}

type Found<'k> = (&'static dyn VerificationAlgorithm, &'k [u8]);

/// Takes a `SubjectPublicKeyInfo` apart, strictly: SEQUENCE { algorithm, BIT STRING }.
fn algorithm(hash: HashFunction, info: &[u8]) -> Option<Found<'_>> {
    let (0x30, info, []) = tlv(info)? else { return None };
    let (0x30, algorithm, info) = tlv(info)? else { return None };
    let (0x03, [0, key @ ..], []) = tlv(info)? else { return None };
    let algorithm: &dyn VerificationAlgorithm = match (algorithm.len(), hash) {
        (13, HashFunction::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (13, HashFunction::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (13, HashFunction::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (19, HashFunction::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (16, HashFunction::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    };
    Some((algorithm, key))
}

/// Tag, contents, rest.
fn tlv(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = match length {
        0..=0x7F => (usize::from(*length), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((*tag, contents, rest))
}

#[test]
fn both_paths_say_the_same() {
    let keys = all_keys();
    for vector in &VECTORS {
        let (text, signature) = vector.token.rsplit_once('.').unwrap();
        let signature = crate::base64url::decode(signature).unwrap();
        let mut altered = signature.clone();
        altered[7] ^= 1;
        for (bytes, want) in [(signature, Ok(())), (altered, Err(TokenError::Signature))] {
            let token = format!("{text}.{}", crate::testing::base64url(&bytes));
            let mut room = Room::default();
            let token = Token::parse(token.as_bytes(), &mut room).unwrap();
            let here = token.clone().verify(&keys, &[], &Host::none()).map(|_| ());
            let there = token.verify(&keys, &[], &Ring).map(|_| ());
            assert_eq!((&here, &there), (&want, &want), "{}", vector.name);
        }
    }
}
