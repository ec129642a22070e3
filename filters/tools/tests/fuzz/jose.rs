use crate::{choice, fuzz};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::Value;
use filter_api::fake::FakeRequest;
use filter_jose::{Json, KeySet, Origin, Room, Token, TokenError};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

const MEMBERS: [&[u8]; 30] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"null",
    b"1",
    b"-0.5",
    b"\"alg\":",
    b"\"ES256\"",
    b"\"ES384\"",
    b"\"EdDSA\"",
    b"\"HS256\"",
    b"\"none\"",
    b"\"kid\":\"p256\"",
    b"\"typ\":\"JWT\"",
    b"\"crit\":[\"b64\"]",
    b"\"b64\":false",
    b"\"iss\":",
    b"\"sub\":",
    b"\"aud\":",
    b"\"exp\":",
    b"\"https://issuer.example\"",
    b"{\"a\":",
    b"\\u0000",
    b"\\ud800",
    b"\xEF\xBB\xBF",
    b" ",
];

/// Nobody's signature is good, whatever stands in header and payload.
#[test]
fn token() {
    let keys = KeySet::parse(key_set().as_bytes(), Origin::Inline).expect("keys");
    assert_eq!(keys.len(), 4);
    let host = FakeRequest::get("/");
    fuzz("token", &MEMBERS, |bytes| {
        let (kind, bytes) = choice(bytes, 8);
        let text = if kind == 0 { bytes.to_vec() } else { compact(kind, bytes) };
        let (mut room, mut other_room) = (Room::default(), Room::default());
        let Ok(token) = Token::parse(&text, &mut room) else { return };
        assert!(text.len() <= Token::MAX_BYTES);
        let _ = (token.key_id(), token.typ(), token.unverified_issuer(), token.unverified_subject());
        let again = Token::parse(&text, &mut other_room).expect("the same text");
        assert_eq!(token.algorithm(), again.algorithm());
        if let Err(error) = token.verify(&keys, &[], &host) {
            assert!(TokenError::REASONS.contains(&error.reason()), "{error}");
        } else {
            panic!("forged: {}", text.escape_ascii());
        }
    });
}

/// Header and payload of the lines, most of them with a beginning that is good; the signature is the last line.
fn compact(kind: usize, bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut part = |start: &[u8]| [start, lines.next().unwrap_or_default()].concat();
    let header = match kind {
        1 => part(b""),
        2 => part(b"{\"alg\":\"HS256\","),
        3 => [&part(b"{\"alg\":\"ES256\",\"kid\":\"p256\""), &b"}"[..]].concat(),
        4 => [&part(b"{\"alg\":\"ES384\""), &b"}"[..]].concat(),
        5 => [&part(b"{\"alg\":\"EdDSA\""), &b"}"[..]].concat(),
        _ => [&part(b"{\"alg\":\"HS256\""), &b"}"[..]].concat(),
    };
    let payload = [&part(b"{\"iss\":\"https://issuer.example\""), &b"}"[..]].concat();
    let mut signature = part(b"");
    signature.resize([32, 64, 96, signature.len()][kind % 4], 1);
    [header, payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".").into_bytes()
}

const KEYS: [&[u8]; 24] = [
    b"{\"keys\":[",
    b"]}",
    b"{",
    b"}",
    b",",
    b"\"kty\":\"EC\"",
    b"\"kty\":\"RSA\"",
    b"\"kty\":\"OKP\"",
    b"\"kty\":\"oct\"",
    b"\"crv\":\"P-256\"",
    b"\"crv\":\"Ed25519\"",
    b"\"x\":",
    b"\"y\":",
    b"\"n\":",
    b"\"e\":\"AQAB\"",
    b"\"k\":",
    b"\"d\":\"AA\"",
    b"\"use\":\"jwt-svid\"",
    b"\"kid\":\"a\"",
    b"\"alg\":\"ES256\"",
    b"\"key_ops\":[\"verify\"]",
    b"\"spiffe_sequence\":18446744073709551615",
    b"\"AAAA\"",
    b":",
];

/// A set of keys from anywhere: bounded, and never a secret from a fetched one.
#[test]
fn key_set_document() {
    let good = key_set();
    let cut: Vec<&[u8]> = good.as_bytes().chunks(9).chain(KEYS).collect();
    fuzz("key_set", &cut, |bytes| {
        let (kind, bytes) = choice(bytes, 4);
        let text = match kind {
            0 => bytes.to_vec(),
            1 => [b"{\"keys\":[", bytes, b"]}"].concat(),
            2 => [b"{\"keys\":[{", bytes, b"}]}"].concat(),
            _ => replaced(good.as_bytes(), bytes),
        };
        for origin in [Origin::Inline, Origin::Fetched, Origin::SpiffeBundle] {
            let Ok(set) = KeySet::parse(&text, origin) else { continue };
            assert!(set.len() + set.skipped().len() <= KeySet::MAX_KEYS);
            let _ = (set.sequence(), set.has_key_id("a"), format!("{set:?}"));
        }
    });
}

fn replaced(good: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut text = good.to_vec();
    for change in bytes.as_chunks::<3>().0.iter().take(3) {
        let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % text.len();
        text[place] = change[2];
    }
    text
}

/// The strict reader takes nothing that an ordinary one refuses.
#[test]
fn json() {
    fuzz("json", &MEMBERS, |bytes| {
        let Ok(json) = Json::parse(bytes) else { return };
        let _ = (json.get("a"), json.as_text(), json.as_list());
        // Numbers keep their text here; elsewhere 1e999 is out of range.
        if !bytes.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            assert!(Value::from_json(bytes).is_ok(), "{}", bytes.escape_ascii());
        }
    });
}

/// Keys of several kinds, made anew for each run.
fn key_set() -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let ec = |name: &str, kid: &str, algorithm| {
        let point = KeyPair::generate_for(algorithm).expect("a key").public_key_raw().to_vec();
        let (x, y) = point[1..].split_at(point.len() / 2);
        format!(r#"{{"kty":"EC","crv":"{name}","kid":"{kid}","x":"{}","y":"{}"}}"#, encode(x), encode(y))
    };
    let edwards = KeyPair::generate_for(&PKCS_ED25519).expect("a key").public_key_raw().to_vec();
    let keys = [
        ec("P-256", "p256", &PKCS_ECDSA_P256_SHA256),
        ec("P-384", "p384", &PKCS_ECDSA_P384_SHA384),
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"{}"}}"#, encode(&edwards)),
        format!(r#"{{"kty":"oct","kid":"secret","k":"{}"}}"#, encode(&edwards)),
    ];
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}
