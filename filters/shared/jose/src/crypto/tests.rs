mod altered;
#[cfg(not(target_arch = "wasm32"))]
mod oracle;
#[cfg(not(target_arch = "wasm32"))]
mod other_host;
mod wycheproof;

use crate::testing::vectors::{VECTORS, Vector};
use crate::testing::{Host, base64url, keys, reason, verify};
use crate::{KeySet, Room, Token, TokenError};
use filter_api::HostVerdict;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// All vectors' keys in one set.
pub(crate) fn all_keys() -> KeySet {
    keys(&VECTORS.map(|vector| vector.jwk).join(","))
}

fn host_can(vector: &Vector) -> bool {
    vector.name.starts_with("RS") || vector.name.starts_with("ES")
}

#[test]
fn verifies_tokens_of_another_maker() {
    let keys = all_keys();
    assert_eq!((keys.len(), keys.skipped()), (VECTORS.len(), &[][..]));
    for Vector { name, token, .. } in &VECTORS {
        let mut room = Room::default();
        let verified = verify(*token, &mut room, &keys).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            verified.claims().at("realm_access.roles").map(|roles| roles.as_list().unwrap().len()),
            Some(2)
        );
        // Once more: what was computed at the first use serves.
        assert_eq!(reason(token, &keys), "accepted", "{name}");
    }
}

/// No call for what the host cannot do; one for what it can; none for a signature that cannot be right.
#[test]
fn asks_the_host_once() {
    let keys = all_keys();
    for vector in &VECTORS {
        let Vector { name, token, .. } = vector;
        for (verdict, want) in [
            (HostVerdict::Valid, "accepted"),
            (HostVerdict::Invalid, "signature"),
            (HostVerdict::Unavailable, "accepted"),
        ] {
            let host = Host::saying(verdict);
            let mut room = Room::default();
            let got = Token::parse(token.as_bytes(), &mut room).unwrap().verify(&keys, &[], &host);
            let want = if host_can(vector) { want } else { "accepted" };
            assert_eq!(got.err().map_or("accepted", |error| error.reason()), want, "{name}, {verdict:?}");
            assert_eq!(host.calls(), usize::from(host_can(vector)), "{name}, {verdict:?}");
        }
    }
}

/// J13: a token without `kid` costs four tries at most, whatever the set.
#[test]
fn tries_four_keys_at_most() {
    let (rsa, ec) = (without_kid(&VECTORS[0]), without_kid(&VECTORS[7]));
    let payload = VECTORS[0].token.split('.').nth(1).unwrap();
    let token = format!("{}.{payload}.{}", base64url(r#"{"alg": "RS256"}"#), base64url([1; 256]));
    for (rsa_keys, want) in [(0, 0), (1, 1), (3, 3), (4, 4), (5, 4), (90, 4)] {
        let jwks = [vec![ec.as_str(); 10], vec![rsa.as_str(); rsa_keys]].concat().join(",");
        let host = Host::saying(HostVerdict::Invalid);
        let error = Token::parse(token.as_bytes(), &mut Room::default())
            .unwrap()
            .verify(&keys(&jwks), &[], &host)
            .unwrap_err();
        let wanted = if rsa_keys == 0 { TokenError::UnknownKey { kid: None } } else { TokenError::Signature };
        assert_eq!((error, host.calls()), (wanted, want), "{rsa_keys} keys");
    }
}

fn without_kid(vector: &Vector) -> String {
    vector.jwk.replace(&format!(r#", "kid": "{}""#, vector.name), "")
}

/// J22, J23, J26, J27, J28: signatures that no key ever makes, refused before the host is asked where that can be.
#[test]
fn refuses_impossible_signatures() {
    let keys = all_keys();
    for vector in &VECTORS {
        let (text, signature) = vector.token.rsplit_once('.').unwrap();
        let signature = crate::base64url::decode(signature).unwrap();
        let long = [signature.as_slice(), &[0]].concat();
        let short = &signature[..signature.len() - 1];
        let padded = [&[0], signature.as_slice()].concat();
        let half = &signature[..signature.len() / 2];
        let mut rows = vec![long, short.to_vec(), padded, half.to_vec(), vec![0; 739]];
        if !vector.name.starts_with("RS") || vector.name.starts_with("HS") {
            rows.extend([vec![0; signature.len()], vec![0xFF; signature.len()]]);
        }
        for row in rows {
            let token = format!("{text}.{}", base64url(&row));
            let host = Host::saying(HostVerdict::Valid);
            let mut room = Room::default();
            let got = Token::parse(token.as_bytes(), &mut room).unwrap().verify(&keys, &[], &host);
            assert_eq!(
                (got, host.calls()),
                (Err(TokenError::Signature), 0),
                "{}: {} bytes",
                vector.name,
                row.len()
            );
        }
        let zeros = format!("{text}.{}", base64url(vec![0; signature.len()]));
        assert_eq!(reason(zeros, &keys), "signature", "{}", vector.name);
    }
}

/// J22: the sixteen psychic signatures, on all curves; the host is not even asked.
#[test]
fn refuses_psychic_signatures() {
    let keys = all_keys();
    for (vector, order) in [
        (&VECTORS[7], super::ecdsa::ORDER_P256.as_slice()),
        (&VECTORS[8], &super::ecdsa::ORDER_P384),
        (&VECTORS[9], &super::ecdsa::ORDER_P521),
    ] {
        let (text, _) = vector.token.rsplit_once('.').unwrap();
        let with_last = |number: &[u8], last: u8| [&number[..number.len() - 1], &[last]].concat();
        let zero = vec![0; order.len()];
        let less = with_last(order, order[order.len() - 1] - 1);
        let numbers = [zero.clone(), with_last(&zero, 1), less, order.to_vec()];
        let in_range = |number: &Vec<u8>| *number != zero && number != order;
        for r in &numbers {
            for s in &numbers {
                let token = format!("{text}.{}", base64url([r.as_slice(), s].concat()));
                assert_eq!(reason(&token, &keys), "signature", "{r:?} {s:?}");
                let host = Host::saying(HostVerdict::Invalid);
                drop(Token::parse(token.as_bytes(), &mut Room::default()).unwrap().verify(&keys, &[], &host));
                assert_eq!(host.calls(), usize::from(in_range(r) && in_range(s)), "{r:?} {s:?}");
            }
        }
    }
}

/// J27: S and S + L are the same number to a lenient verifier.
#[test]
fn refuses_a_second_signature_of_the_same_kind() {
    let vector = VECTORS.iter().find(|vector| vector.name == "EdDSA").unwrap();
    let (text, signature) = vector.token.rsplit_once('.').unwrap();
    let mut signature = crate::base64url::decode(signature).unwrap();
    // The order of the group, 2^252 + 27742317777372353535851937790883648493, little endian (RFC 8032 section 5.1).
    let mut order = [0; 32];
    order[..16].copy_from_slice(&27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes());
    order[31] = 0x10;
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(more);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(reason(format!("{text}.{}", base64url(signature)), &all_keys()), "signature");
}

/// J56: the same text with the signature of another.
#[test]
fn a_signature_is_for_its_own_text() {
    let keys = all_keys();
    for one in &VECTORS {
        for other in &VECTORS {
            let (text, _) = one.token.rsplit_once('.').unwrap();
            let (_, signature) = other.token.rsplit_once('.').unwrap();
            let want = if one.name == other.name { "accepted" } else { "signature" };
            assert_eq!(
                reason(format!("{text}.{signature}"), &keys),
                want,
                "{} with {}",
                one.name,
                other.name
            );
        }
    }
}

/// J03, J04: a public key, in any form, is no shared secret.
#[test]
fn a_public_key_signs_nothing() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    for vector in VECTORS.iter().filter(|vector| !vector.name.starts_with("HS")) {
        let jwk = crate::Json::parse(vector.jwk.as_bytes()).unwrap();
        let parts = ["n", "x"].into_iter().filter_map(|name| jwk.get(name)?.as_text());
        let raw = parts.clone().filter_map(crate::base64url::decode);
        for secret in [vector.jwk.as_bytes().to_vec()]
            .into_iter()
            .chain(raw)
            .chain(parts.clone().map(|text| text.as_bytes().to_vec()))
        {
            for kid in ["".to_owned(), format!(r#", "kid": "{}""#, vector.name)] {
                let header = base64url(format!(r#"{{"alg": "HS256"{kid}}}"#));
                let text = format!("{header}.{}", vector.token.split('.').nth(1).unwrap());
                let mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap().chain_update(&text);
                let token = format!("{text}.{}", base64url(mac.finalize().into_bytes()));
                assert_eq!(reason(token, &keys(vector.jwk)), "algorithm", "{}", vector.name);
            }
        }
    }
}
