use super::{jwk, refusal};
use crate::{KeyRefusal, Origin};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// J21, S14, B07.
#[test]
fn judges_what_a_key_is_for() {
    for (name, changes, fetched, bundle) in PURPOSES {
        assert_eq!(refusal(&jwk("RS256-2048", changes), Origin::Fetched), fetched, "{name}");
        assert_eq!(refusal(&jwk("RS256-2048", changes), Origin::SpiffeBundle), bundle, "{name}, in a bundle");
    }
    assert_eq!(refusal("5", Origin::Fetched), Some(KeyRefusal::Member("the key")));
}

/// Name, changes to the key, what is said of it in a fetched set and in a bundle.
type Purpose =
    (&'static str, &'static [(&'static str, &'static str)], Option<KeyRefusal>, Option<KeyRefusal>);

const PURPOSES: [Purpose; 22] = [
    ("nothing said", &[], None, Some(KeyRefusal::Use)),
    ("sig", &[("use", r#""sig""#)], None, Some(KeyRefusal::Use)),
    ("enc", &[("use", r#""enc""#)], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    ("Sig", &[("use", r#""Sig""#)], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    (
        "use a list",
        &[("use", r#"["sig"]"#)],
        Some(KeyRefusal::Member("use")),
        Some(KeyRefusal::Member("use")),
    ),
    ("jwt-svid", &[("use", r#""jwt-svid""#)], Some(KeyRefusal::Use), None),
    ("x509-svid", &[("use", r#""x509-svid""#)], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    ("wit-svid", &[("use", r#""wit-svid""#)], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    (
        "jwt-svid without kid",
        &[("use", r#""jwt-svid""#), ("kid", "")],
        Some(KeyRefusal::Use),
        Some(KeyRefusal::Member("kid")),
    ),
    ("to sign", &[("key_ops", r#"["sign"]"#)], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    ("to do nothing", &[("key_ops", "[]")], Some(KeyRefusal::Use), Some(KeyRefusal::Use)),
    (
        "key_ops a text",
        &[("key_ops", r#""verify""#)],
        Some(KeyRefusal::Member("key_ops")),
        Some(KeyRefusal::Member("key_ops")),
    ),
    ("to sign and verify", &[("key_ops", r#"["sign", "verify"]"#)], None, Some(KeyRefusal::Use)),
    ("without kid", &[("kid", "")], None, Some(KeyRefusal::Use)),
    ("kid number", &[("kid", "5")], Some(KeyRefusal::Member("kid")), Some(KeyRefusal::Use)),
    ("kid empty", &[("kid", r#""""#)], Some(KeyRefusal::Member("kid")), Some(KeyRefusal::Use)),
    ("alg number", &[("alg", "5")], Some(KeyRefusal::Member("alg")), Some(KeyRefusal::Use)),
    (
        "for encryption",
        &[("alg", r#""RSA-OAEP""#)],
        Some(KeyRefusal::Unsupported("alg")),
        Some(KeyRefusal::Use),
    ),
    ("no kty", &[("kty", "")], Some(KeyRefusal::Member("kty")), Some(KeyRefusal::Member("kty"))),
    ("kty of tomorrow", &[("kty", r#""AKP""#)], Some(KeyRefusal::Unsupported("kty")), Some(KeyRefusal::Use)),
    (
        "kty in another case",
        &[("kty", r#""rsa""#)],
        Some(KeyRefusal::Unsupported("kty")),
        Some(KeyRefusal::Use),
    ),
    ("members of tomorrow", &[("x5t#S256", r#""AA""#), ("exp", "5")], None, Some(KeyRefusal::Use)),
];
