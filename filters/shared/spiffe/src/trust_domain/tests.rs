use super::{InvalidTrustDomain, TrustDomain};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses() {
    let character = |found, at| InvalidTrustDomain::Character { found, at };
    let long = "a".repeat(256);
    for (name, text, want) in [
        ("nothing", "", InvalidTrustDomain::Empty),
        ("256 bytes", &long, InvalidTrustDomain::TooLong { bytes: 256 }),
        ("upper case", "example.Org", character('O', 8)),
        ("port", "example.org:443", character(':', 11)),
        ("userinfo", "me@example.org", character('@', 2)),
        ("an ID", "spiffe://example.org", character(':', 6)),
        ("wildcard", "*.example.org", character('*', 0)),
        ("percent-encoding", "example%2eorg", character('%', 7)),
        ("not ASCII", "ex\u{e4}mple.org", character('\u{e4}', 2)),
        ("white space", "example.org ", character(' ', 11)),
    ] {
        assert_eq!(TrustDomain::parse(text).unwrap_err(), want, "{name}");
    }
}

#[test]
fn accepts_39_of_the_first_256_characters() {
    let accepted = (0..=255_u8).map(char::from).filter(|c| TrustDomain::parse(&format!("a{c}b")).is_ok());
    assert_eq!(accepted.collect::<String>(), "-.0123456789_abcdefghijklmnopqrstuvwxyz");
}

#[test]
fn accepts() {
    let long = "a".repeat(255);
    for text in ["example.org", "a", "1.2.3.4", "-", "..", "my_domain-1", &long] {
        let domain = TrustDomain::parse(text).unwrap();
        assert_eq!((domain.as_str(), domain.to_string().as_str()), (text, text));
    }
}

#[test]
fn problems_say_what_was_found() {
    for (text, want) in [
        ("", "the trust domain is empty"),
        ("Example.org", "'E' at byte 0 of the trust domain is none of a-z 0-9 . - _"),
        (&"a".repeat(300), "a trust domain of 300 bytes is above 255"),
    ] {
        assert_eq!(TrustDomain::parse(text).unwrap_err().to_string(), want);
    }
}
