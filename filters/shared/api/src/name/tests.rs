//! Which names are refused, over every character.

use super::{FieldName, InvalidFieldName, InvalidName, Name, is_token};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NAME_CHARACTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
/// RFC 9110 section 5.6.2, `tchar`.
const TOKEN_CHARACTERS: &str =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn characters() -> impl Iterator<Item = char> {
    ('\0'..='\u{17F}').chain(['\u{2024}', '\u{FF0D}', '\u{1F600}'])
}

#[test]
fn refuses_names() {
    let (longest, longer) = ("a".repeat(64), "a".repeat(65));
    assert_eq!(Name::parse(""), Err(InvalidName::Empty));
    assert_eq!(Name::parse(&longer), Err(InvalidName::TooLong(65)));
    assert_eq!(Name::parse(&"\u{e9}".repeat(33)), Err(InvalidName::TooLong(66)), "bytes count");
    assert_eq!(Name::parse(&longest).map(|name| name.to_string()), Ok(longest));
    for character in characters() {
        let text = format!("a{character}");
        let want = if NAME_CHARACTERS.contains(character) {
            Ok(text.clone())
        } else {
            Err(InvalidName::Character(character))
        };
        assert_eq!(Name::parse(&text).map(|name| name.as_str().to_owned()), want);
    }
}

#[test]
fn refuses_field_names() {
    let (longest, longer) = ("a".repeat(256), "a".repeat(257));
    let pseudo = |text: &str| InvalidFieldName::Pseudo(text.to_owned());
    for (text, want) in [
        ("", InvalidFieldName::Length(0)),
        (longer.as_str(), InvalidFieldName::Length(257)),
        (":path", pseudo(":path")),
        (":", pseudo(":")),
        ("Host", InvalidFieldName::Host),
        ("x-user id", InvalidFieldName::Character(' ')),
        ("x-user:", InvalidFieldName::Character(':')),
        ("x\r\ny", InvalidFieldName::Character('\r')),
    ] {
        assert_eq!(FieldName::parse(text), Err(want), "{text}");
    }
    assert_eq!(FieldName::parse(&longest).map(|name| name.as_str().to_owned()), Ok(longest));
    for character in characters() {
        let want = if TOKEN_CHARACTERS.contains(character) {
            Ok(format!("x{character}").to_ascii_lowercase())
        } else {
            Err(InvalidFieldName::Character(character))
        };
        let name = FieldName::parse(&format!("x{character}"));
        assert_eq!(name.map(|name| name.as_str().to_owned()), want);
    }
}

#[test]
fn bytes_of_tokens_are_those_of_the_document() {
    for byte in 0..=u8::MAX {
        assert_eq!(is_token(byte), TOKEN_CHARACTERS.as_bytes().contains(&byte), "{byte:#04x}");
    }
}

#[test]
fn fields_that_a_filter_must_not_write() {
    for text in [
        "host",
        "Host",
        "Content-Length",
        "transfer-encoding",
        "Connection",
        "keep-alive",
        "proxy-connection",
        "upgrade",
        "TE",
        "trailer",
    ] {
        let reserved = Err(InvalidFieldName::Reserved(text.to_owned()));
        assert_eq!(FieldName::parse_writable(text), reserved, "{text}");
    }
    assert_eq!(FieldName::parse_writable(":path"), Err(InvalidFieldName::Pseudo(":path".to_owned())));
    for text in ["x-sluice-subset", "X-Host", "trailers", "tea"] {
        assert_eq!(FieldName::parse_writable(text), FieldName::parse(text), "{text}");
    }
}

#[test]
fn case_has_no_meaning_in_a_field_name_and_one_in_a_name() {
    assert_eq!(FieldName::parse("X-User-ID"), FieldName::parse("x-user-id"));
    assert_ne!(Name::parse("Canary"), Name::parse("canary"));
}

#[test]
fn problems_say_what_is_allowed() {
    for (problem, want) in [
        (InvalidName::Empty.to_string(), "is empty"),
        (InvalidName::TooLong(65).to_string(), "is 65 bytes long, at most 64 are allowed"),
        (
            InvalidName::Character('\n').to_string(),
            r"has the character '\n', allowed are letters, digits, `.`, `_` and `-`",
        ),
        (InvalidFieldName::Length(0).to_string(), "is 0 bytes long, 1 to 256 are allowed"),
        (
            InvalidFieldName::Pseudo(":path".to_owned()).to_string(),
            ":path is a pseudo-header; use the predicates path, method and authority",
        ),
        (
            InvalidFieldName::Host.to_string(),
            "host reaches a filter as :authority; use the predicate authority",
        ),
        (
            InvalidFieldName::Character('"').to_string(),
            "has the character '\"', which no field name may have",
        ),
        (
            InvalidFieldName::Reserved("te".to_owned()).to_string(),
            "te belongs to the connection; a filter must not write it",
        ),
    ] {
        assert_eq!(problem, want);
    }
}
