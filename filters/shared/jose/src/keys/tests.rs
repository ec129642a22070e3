mod purpose;

use super::{KeyRefusal, KeySet, KeySetError, Origin};
use crate::json::InvalidJson;
use crate::testing::{base64url, keys, reason, vectors::VECTORS, verify};
use crate::{Algorithm, Room, Token, TokenError};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The vector's key with some members replaced; an empty value removes the member.
fn jwk(vector: &str, changes: &[(&str, &str)]) -> String {
    let vector = VECTORS.iter().find(|candidate| candidate.name == vector).unwrap();
    let crate::Json::Map(members) = crate::Json::parse(vector.jwk.as_bytes()).unwrap() else {
        panic!("a map")
    };
    let kept = members.iter().filter_map(|(name, value)| {
        let unchanged = changes.iter().all(|(changed, _)| changed != name);
        unchanged.then(|| (name.as_ref(), format!(r#""{}""#, value.as_text().unwrap())))
    });
    let changes = changes.iter().map(|(name, value)| (*name, (*value).to_owned()));
    let members = kept.chain(changes).filter(|(_, value)| !value.is_empty());
    let members: Vec<String> = members.map(|(name, value)| format!(r#""{name}": {value}"#)).collect();
    format!("{{{}}}", members.join(", "))
}

fn parse(jwks: &str, origin: Origin) -> Result<KeySet, KeySetError> {
    KeySet::parse(format!(r#"{{"keys": [{jwks}]}}"#).as_bytes(), origin)
}

/// Why the only key of a set is skipped.
fn refusal(jwk: &str, origin: Origin) -> Option<KeyRefusal> {
    let set = parse(jwk, origin).unwrap();
    assert_eq!([set.len(), set.skipped().len()].iter().sum::<usize>(), 1);
    set.skipped().first().map(|skipped| skipped.why)
}

fn quoted(bytes: impl AsRef<[u8]>) -> String {
    format!(r#""{}""#, base64url(bytes))
}

/// J17, J18, J19. Moduli need no factors to be refused or accepted.
#[test]
fn judges_rsa_keys() {
    let modulus = |bits: usize| {
        let mut n = vec![0xA5; bits.div_ceil(8)];
        n[0] = 0x80 >> ((8 - bits % 8) % 8);
        *n.last_mut().unwrap() = 1;
        quoted(n)
    };
    let size = |bits| Some(KeyRefusal::Size { bits, min: 2048, max: 4096 });
    let even = quoted([&[0x80][..], &[0; 255]].concat());
    let zero_first = quoted([&[0, 0x80][..], &[1; 255]].concat());
    for (name, changes, want) in [
        ("1024 bits", &[("n", modulus(1024).as_str())][..], size(1024)),
        ("2047 bits", &[("n", &modulus(2047))], size(2047)),
        ("2048 bits", &[("n", &modulus(2048))], None),
        ("2049 bits", &[("n", &modulus(2049))], None),
        ("4096 bits", &[("n", &modulus(4096))], None),
        ("4097 bits", &[("n", &modulus(4097))], size(4097)),
        ("8192 bits", &[("n", &modulus(8192))], size(8192)),
        ("16384 bits", &[("n", &modulus(16384))], size(16384)),
        ("even", &[("n", &even)], Some(KeyRefusal::Modulus)),
        ("zero before", &[("n", &zero_first)], Some(KeyRefusal::Encoding("n"))),
        ("no n", &[("n", "")], Some(KeyRefusal::Member("n"))),
        ("n number", &[("n", "5")], Some(KeyRefusal::Member("n"))),
        ("n padded", &[("n", r#""AAA=""#)], Some(KeyRefusal::Encoding("n"))),
        ("n empty", &[("n", r#""""#)], Some(KeyRefusal::Encoding("n"))),
        ("e 0", &[("e", &quoted([0]))], Some(KeyRefusal::Encoding("e"))),
        ("e 1", &[("e", &quoted([1]))], Some(KeyRefusal::Exponent)),
        ("e 2", &[("e", &quoted([2]))], Some(KeyRefusal::Exponent)),
        ("e even", &[("e", &quoted([1, 0, 0]))], Some(KeyRefusal::Exponent)),
        ("e 3", &[("e", &quoted([3]))], None),
        ("e 2^32 - 1", &[("e", &quoted([255; 4]))], None),
        ("e 2^32 + 1", &[("e", &quoted([1, 0, 0, 0, 1]))], Some(KeyRefusal::Exponent)),
        ("e 2^33 + 1", &[("e", &quoted([2, 0, 0, 0, 1]))], Some(KeyRefusal::Exponent)),
        ("zero before e", &[("e", &quoted([0, 1, 0, 1]))], Some(KeyRefusal::Encoding("e"))),
        ("x and y", &[("x", r#""AA""#), ("y", r#""AA""#)], Some(KeyRefusal::Foreign("x"))),
        ("crv", &[("crv", r#""P-256""#)], Some(KeyRefusal::Foreign("crv"))),
        ("k", &[("k", r#""AA""#)], Some(KeyRefusal::Foreign("k"))),
    ] {
        assert_eq!(refusal(&jwk("RS256-2048", changes), Origin::Fetched), want, "{name}");
    }
}

/// J06, J20.
#[test]
fn judges_points() {
    let point = Some(KeyRefusal::Point);
    let es256 = VECTORS.iter().find(|vector| vector.name == "ES256").unwrap().jwk;
    let x =
        crate::Json::parse(es256.as_bytes()).unwrap().get("x").and_then(|x| x.as_text()).map(str::to_owned);
    let x = format!(r#""{}""#, x.unwrap());
    // The identity, y = 1; of order 4, y = 0; y = p + 1, which is 1 in another form.
    let [identity, order_4, mut unusual] = [[&[1][..], &[0; 31]].concat(), vec![0; 32], vec![0xFF; 32]];
    (unusual[0], unusual[31]) = (0xEE, 0x7F);
    for (name, vector, changes, want) in [
        ("y is x", "ES256", &[("y", x.as_str())][..], point),
        ("infinity", "ES256", &[("x", &quoted([0; 32])), ("y", &quoted([0; 32]))], point),
        ("x above p", "ES256", &[("x", &quoted([0xFF; 32]))], point),
        ("x a byte short", "ES256", &[("x", &quoted([1; 31]))], Some(KeyRefusal::Encoding("x"))),
        ("x a byte long", "ES256", &[("x", &quoted([0; 33]))], Some(KeyRefusal::Encoding("x"))),
        ("no y", "ES256", &[("y", "")], Some(KeyRefusal::Member("y"))),
        ("another curve", "ES256", &[("crv", r#""P-384""#)], Some(KeyRefusal::Encoding("x"))),
        ("curve we do not have", "ES256", &[("crv", r#""secp256k1""#)], Some(KeyRefusal::Unsupported("crv"))),
        ("P-521, but short", "ES256", &[("crv", r#""P-521""#)], Some(KeyRefusal::Encoding("x"))),
        ("ES256 on P-521", "ES512", &[("alg", r#""ES256""#)], Some(KeyRefusal::Algorithm)),
        ("x above p", "ES512", &[("x", &quoted([0xFF; 66]))], point),
        ("no curve", "ES256", &[("crv", "")], Some(KeyRefusal::Member("crv"))),
        ("n beside x", "ES256", &[("n", r#""AA""#)], Some(KeyRefusal::Foreign("n"))),
        ("ES384 on P-256", "ES256", &[("alg", r#""ES384""#)], Some(KeyRefusal::Algorithm)),
        ("ES521", "ES256", &[("alg", r#""ES521""#)], Some(KeyRefusal::Unsupported("alg"))),
        ("its algorithm", "ES384", &[("alg", r#""ES384""#)], None),
        ("x above p", "ES384", &[("x", &quoted([0xFF; 48]))], point),
        ("identity", "EdDSA", &[("x", &quoted(identity))], point),
        ("order 4", "EdDSA", &[("x", &quoted(order_4))], point),
        ("not canonical", "EdDSA", &[("x", &quoted(unusual))], point),
        ("not on the curve", "EdDSA", &[("x", &quoted([2; 32]))], point),
        ("a byte short", "EdDSA", &[("x", &quoted([1; 31]))], Some(KeyRefusal::Encoding("x"))),
        ("Ed448", "EdDSA", &[("crv", r#""Ed448""#)], Some(KeyRefusal::Unsupported("crv"))),
        ("X25519", "EdDSA", &[("crv", r#""X25519""#)], Some(KeyRefusal::Unsupported("crv"))),
        ("y beside x", "EdDSA", &[("y", r#""AA""#)], Some(KeyRefusal::Foreign("y"))),
        ("ES256 with Ed25519", "EdDSA", &[("alg", r#""ES256""#)], Some(KeyRefusal::Algorithm)),
    ] {
        assert_eq!(refusal(&jwk(vector, changes), Origin::Fetched), want, "{vector}: {name}");
    }
}

/// J15, J16.
#[test]
fn judges_secrets() {
    let secret =
        |bytes: usize, alg: &str| format!(r#"{{"kty": "oct", "k": {}{alg}}}"#, quoted(vec![7; bytes]));
    let size = |bits, min| Some(KeyRefusal::Size { bits, min, max: 8192 });
    for (name, jwk, want) in [
        ("empty", secret(0, ""), size(0, 256)),
        ("31 bytes", secret(31, ""), size(248, 256)),
        ("32 bytes", secret(32, ""), None),
        ("31 bytes for HS256", secret(31, r#", "alg": "HS256""#), size(248, 256)),
        ("47 bytes for HS384", secret(47, r#", "alg": "HS384""#), size(376, 384)),
        ("63 bytes for HS512", secret(63, r#", "alg": "HS512""#), size(504, 512)),
        ("64 bytes for HS512", secret(64, r#", "alg": "HS512""#), None),
        ("1025 bytes", secret(1025, ""), size(8200, 256)),
        ("for RS256", secret(64, r#", "alg": "RS256""#), Some(KeyRefusal::Algorithm)),
        ("for encryption", secret(32, r#", "alg": "A256GCM""#), Some(KeyRefusal::Unsupported("alg"))),
        ("for key wrapping", secret(32, r#", "alg": "A256KW""#), Some(KeyRefusal::Unsupported("alg"))),
        ("with a point", secret(32, r#", "x": "AA""#), Some(KeyRefusal::Foreign("x"))),
    ] {
        assert_eq!(refusal(&jwk, Origin::Inline), want, "{name}");
        assert!(refusal(&jwk, Origin::Fetched).is_some(), "{name}");
    }
    assert_eq!(refusal(&secret(64, ""), Origin::Fetched), Some(KeyRefusal::Secret));
    assert!(!format!("{:?}", parse(&secret(32, ""), Origin::Inline).unwrap()).contains("7, 7"));
}

/// S10: a bundle's keys are for RS*, PS* and ES*.
#[test]
fn bundles_have_no_other_keys() {
    for (name, want) in [
        ("EdDSA", Some(KeyRefusal::Unsupported("kty"))),
        ("HS256", Some(KeyRefusal::Secret)),
        ("ES384", None),
        ("ES512", None),
        ("PS256-2048", None),
    ] {
        assert_eq!(refusal(&jwk(name, &[("use", r#""jwt-svid""#)]), Origin::SpiffeBundle), want, "{name}");
    }
}

/// B05, B06, B08, S15, S16, J38.
#[test]
fn judges_sets() {
    let syntax = |at| Err(KeySetError::Json(InvalidJson::Syntax { at }));
    let many = |count: usize| format!(r#"{{"keys": [{}]}}"#, vec!["{}"; count].join(","));
    let bundle = |sequence: &str| format!(r#"{{"keys": [], "spiffe_sequence": {sequence}}}"#);
    for (name, json, want) in [
        ("nothing", String::new(), syntax(0)),
        ("HTML", "<html>".to_owned(), syntax(0)),
        ("cut off", r#"{"keys": ["#.to_owned(), syntax(10)),
        ("byte order mark", "\u{feff}{\"keys\": []}".to_owned(), syntax(0)),
        (
            "too deep",
            format!(r#"{{"keys": {}"#, "[".repeat(20_000)),
            Err(KeySetError::Json(InvalidJson::TooDeep)),
        ),
        (
            "a member twice",
            r#"{"keys": [{"kty": 1, "kty": 2}]}"#.to_owned(),
            Err(KeySetError::Json(InvalidJson::Duplicate { at: 30 })),
        ),
        (
            "keys twice",
            r#"{"keys": [], "keys": []}"#.to_owned(),
            Err(KeySetError::Json(InvalidJson::Duplicate { at: 24 })),
        ),
        ("a list", "[]".to_owned(), Err(KeySetError::Shape)),
        ("no keys", "{}".to_owned(), Err(KeySetError::Shape)),
        ("keys a map", r#"{"keys": {}}"#.to_owned(), Err(KeySetError::Shape)),
        ("101 keys", many(101), Err(KeySetError::TooMany { keys: 101 })),
        ("10 000 keys", many(10_000), Err(KeySetError::TooMany { keys: 10_000 })),
        ("100 keys", many(100), Ok(None)),
        (
            "too long",
            " ".repeat(KeySet::MAX_BYTES + 1),
            Err(KeySetError::TooLarge { bytes: KeySet::MAX_BYTES + 1 }),
        ),
        ("as long as can be", r#"{"keys": []}"#.to_owned() + &" ".repeat(KeySet::MAX_BYTES - 12), Ok(None)),
        ("empty", r#"{"keys": []}"#.to_owned(), Ok(None)),
        ("with other members", r#"{"keys": [], "x": {"y": 1}}"#.to_owned(), Ok(None)),
        ("sequence", bundle("18446744073709551615"), Ok(Some(u64::MAX))),
        ("sequence 0", bundle("0"), Ok(Some(0))),
        ("sequence beyond", bundle("18446744073709551616"), Err(KeySetError::Sequence)),
        ("sequence negative", bundle("-1"), Err(KeySetError::Sequence)),
        ("sequence a fraction", bundle("1.5"), Err(KeySetError::Sequence)),
        ("sequence 1e3", bundle("1e3"), Err(KeySetError::Sequence)),
        ("sequence a text", bundle(r#""1""#), Err(KeySetError::Sequence)),
    ] {
        let got = KeySet::parse(json.as_bytes(), Origin::SpiffeBundle);
        assert_eq!(got.map(|set| set.sequence()), want, "{name}");
    }
    let elsewhere = KeySet::parse(bundle(r#""1""#).as_bytes(), Origin::Fetched).unwrap();
    assert!(elsewhere.is_empty() && elsewhere.sequence().is_none());
}

/// J13, J14, B07.
#[test]
fn chooses_keys() {
    let token = |name: &str| VECTORS.iter().find(|vector| vector.name == name).unwrap().token;
    let [rsa, other, ec] = [jwk("RS256-2048", &[]), jwk("RS256-4096", &[]), jwk("ES256", &[])];
    let renamed = jwk("RS256-4096", &[("kid", r#""RS256-2048""#)]);
    let broken = jwk("RS256-2048", &[("e", r#""AA""#)]);
    for (name, jwks, want) in [
        ("its key", rsa.clone(), "accepted"),
        ("its key among others", [ec.as_str(), &other, &rsa].join(","), "accepted"),
        ("beside a bad key", [r#"{"kty": "?"}"#, &rsa].join(","), "accepted"),
        ("no key", String::new(), "unknown_key"),
        ("other keys", other.clone(), "unknown_key"),
        ("a key without kid is nobody's", jwk("RS256-2048", &[("kid", "")]), "unknown_key"),
        ("another key of its name", renamed.clone(), "signature"),
        ("two keys of its name", [rsa.as_str(), &renamed].join(","), "unusable_key"),
        ("its key twice", [rsa.as_str(), &rsa].join(","), "unusable_key"),
        ("its key, broken", broken.clone(), "unusable_key"),
        ("its key, and a broken one of its name", [rsa.as_str(), &broken].join(","), "accepted"),
        ("a key of its name for another algorithm", jwk("ES256", &[("kid", r#""RS256-2048""#)]), "algorithm"),
    ] {
        assert_eq!(reason(token("RS256-2048"), &keys(&jwks)), want, "{name}");
    }
    let set = keys(&[r#"{"kty": "?", "kid": "q"}"#, &rsa, &renamed, &ec].join(","));
    assert_eq!(
        (set.len(), set.skipped().iter().map(|key| key.place).collect::<Vec<_>>()),
        (1, vec![0, 1, 2])
    );
    assert!(["q", "RS256-2048", "ES256"].iter().all(|kid| set.has_key_id(kid)) && !set.has_key_id("x"));
}

/// J03, J04, J05, RFC 8725 section 3.1.
#[test]
fn binds_the_algorithm_to_the_key() {
    for (name, vector, changes, want) in [
        ("PS512 key, RS256 token", "RS256-2048", &[("alg", r#""PS512""#)][..], "algorithm"),
        ("RS512 key, RS256 token", "RS256-2048", &[("alg", r#""RS512""#)], "algorithm"),
        ("PS384 key, PS256 token", "PS256-2048", &[("alg", r#""PS384""#)], "algorithm"),
        ("its own", "PS256-2048", &[("alg", r#""PS256""#)], "accepted"),
        ("HS512 key, HS256 token", "HS256", &[("alg", r#""HS512""#)], "algorithm"),
    ] {
        let token = VECTORS.iter().find(|candidate| candidate.name == vector).unwrap().token;
        assert_eq!(reason(token, &keys(&jwk(vector, changes))), want, "{name}");
    }
    let short = keys(&format!(r#"{{"kty": "oct", "kid": "HS512", "k": {}}}"#, quoted([7; 32])));
    let hs512 = VECTORS.iter().find(|vector| vector.name == "HS512").unwrap().token;
    assert_eq!(reason(hs512, &short), "algorithm", "a key of 32 bytes is none for HS512");
}

#[test]
fn allows_what_the_policy_allows() {
    let vector = &VECTORS[0];
    let check = |algorithms: &[Algorithm]| {
        let mut room = Room::default();
        let token = Token::parse(vector.token.as_bytes(), &mut room).unwrap();
        token.verify(&keys(vector.jwk), algorithms, &crate::testing::Host::none()).map(|_| ())
    };
    assert_eq!(check(&[]), Ok(()));
    assert_eq!(check(&[Algorithm::ES256, Algorithm::RS256]), Ok(()));
    assert_eq!(check(&[Algorithm::ES256]), Err(TokenError::AlgorithmNotAllowed { token: Algorithm::RS256 }));
}

/// K08.
#[test]
fn says_which_keys_are_exposed() {
    let set = keys(&[jwk("ES256", &[]), jwk("RS256-2048", &[("d", r#""AA""#)])].join(","));
    assert_eq!((set.len(), set.exposed()), (2, &[1][..]));
    assert!(verify(VECTORS[0].token, &mut Room::default(), &set).is_ok());
}
