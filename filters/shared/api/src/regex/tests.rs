//! Full matches only, bytes, and patterns that must not be made expensive.

use super::{InvalidRegex, MAX_PATTERN_BYTES, MAX_TABLE_BYTES, Regex};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn regex(pattern: &str) -> Regex {
    Regex::parse(pattern).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn refuses_what_is_no_pattern() {
    for (pattern, want) in [
        ("(", "`(` is not a regular expression: unclosed group"),
        (")", "`)` is not a regular expression: unopened group"),
        ("a)(b", "`a)(b` is not a regular expression: unopened group"),
        ("a)|(?:b", "`a)|(?:b` is not a regular expression: unopened group"),
        ("[a", "`[a` is not a regular expression: unclosed character class"),
        (
            "[z-a]",
            "`[z-a]` is not a regular expression: invalid character class range, the start must be <= the end",
        ),
        ("a{", "`a{` is not a regular expression: unclosed counted repetition"),
        ("*", "`*` is not a regular expression: repetition operator missing expression"),
        (
            "a{2,1}",
            "`a{2,1}` is not a regular expression: invalid repetition count range, the start must be <= the end",
        ),
        (
            r"a\",
            r"`a\` is not a regular expression: incomplete escape sequence, reached end of pattern prematurely",
        ),
        (r"\q", r"`\q` is not a regular expression: unrecognized escape sequence"),
        (r"(a)\1", r"`(a)\1` is not a regular expression: backreferences are not supported"),
        (
            "a(?=b)",
            "`a(?=b)` is not a regular expression: look-around, including look-ahead and look-behind, is not supported",
        ),
        (
            "(?<!a)b",
            "`(?<!a)b` is not a regular expression: look-around, including look-ahead and look-behind, is not supported",
        ),
        ("(?z)", "`(?z)` is not a regular expression: unrecognized flag"),
    ] {
        assert_eq!(Regex::parse(pattern).unwrap_err().to_string(), want);
        assert!(matches!(Regex::parse(pattern), Err(InvalidRegex::Syntax { .. })), "{pattern}");
    }
}

#[test]
fn refuses_unicode_classes() {
    for pattern in [r"\p{Greek}", r"(?u)\w", r"(?u:\b)a", r"(?u)\d", "(?iu)k", "[\u{e9}]"] {
        let error = Regex::parse(pattern).unwrap_err();
        assert!(matches!(error, InvalidRegex::Syntax { .. }), "{error}");
    }
}

#[test]
fn refuses_long_patterns() {
    let (longest, longer) = ("a".repeat(MAX_PATTERN_BYTES), "a".repeat(MAX_PATTERN_BYTES.saturating_add(1)));
    assert!(regex(&longest).is_match(longest.as_bytes()));
    assert_eq!(Regex::parse(&longer).unwrap_err(), InvalidRegex::TooLong(1025));
    let want = "the pattern is 1025 bytes long, at most 1024 are allowed";
    assert_eq!(Regex::parse(&longer).unwrap_err().to_string(), want);
}

/// Patterns that take a backtracking engine or a careless compiler minutes or gigabytes.
#[test]
fn refuses_tables_above_their_bound() {
    for pattern in [
        "(a|b)*a(a|b){20}",
        "((a{100}){100}){100}",
        "(?:a{0,1000}){0,1000}",
        "a{1000000}",
        "[ab]*a[ab]{14}c",
        ".*.{1,500}x.{500}",
    ] {
        assert_eq!(Regex::parse(pattern).unwrap_err(), InvalidRegex::TooLarge(pattern.to_owned()));
    }
    let want = "`a{1000000}` needs too large a table; use shorter repetitions";
    assert_eq!(Regex::parse("a{1000000}").unwrap_err().to_string(), want);
}

/// Each of these makes some engine take exponential or cubic time; here each byte is one step in a small table.
#[test]
fn accepts_what_is_expensive_elsewhere() {
    let run = "a".repeat(60_000);
    for (pattern, matches) in [
        ("(a+)+b", false),
        ("(a|a)*b", false),
        ("(a|aa)+", true),
        ("(a*)*(a*)*(a*)*", true),
        ("(.*)(.*)(.*)(.*)x", false),
        ("(x+x+)+y", false),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", false),
        ("(a?){40}a{40}.*", true),
    ] {
        let regex = regex(pattern);
        assert!(regex.table.memory_usage() <= MAX_TABLE_BYTES, "{pattern}");
        assert_eq!(regex.is_match(run.as_bytes()), matches, "{pattern}");
    }
}

#[test]
fn matches_the_whole_value_only() {
    for (pattern, refused, accepted) in [
        ("", "a \n", ""),
        ("a", "ab ba aa A", "a"),
        ("ab", "a b abb aab", "ab"),
        ("a|ab", "abb b", "a ab"),
        ("ab|a", "abb b", "a ab"),
        ("a|b|", "ab ba", "a b"),
        ("^a|b$", "ab ax xb", "a b"),
        ("a.*", "ba", "a ab a-"),
        ("a*?", "b ab", "a aa aaa"),
        ("(a|b)c", "a b ac/ cc", "ac bc"),
        ("(?:)", "a", ""),
        ("a$", "aa ab", "a"),
        (r"\Aa\z", "aa", "a"),
        (r"a\b", "ab", "a"),
        (r"/api/v\d+(/.*)?", "/api/v /api/vx /api/v1x x/api/v1", "/api/v1 /api/v12 /api/v1/ /api/v1/a/b"),
    ] {
        let regex = regex(pattern);
        for value in refused.split(' ') {
            assert!(!regex.is_match(value.as_bytes()), "{pattern} {value:?}");
        }
        for value in accepted.split(' ') {
            assert!(regex.is_match(value.as_bytes()), "{pattern} {value:?}");
        }
    }
    assert!(!regex("a").is_match(b"a\n"), "no line end is let through");
    assert!(!regex("(?m)a$").is_match(b"a\nb"));
    assert!(!regex("(?m)^b").is_match(b"a\nb"));
    assert!(regex("(?m)a$\n^b").is_match(b"a\nb"));
}

#[test]
fn flags_hold_to_the_end_of_the_pattern_and_no_further() {
    for (pattern, refused, accepted) in [
        ("(?i)canary", "canarys canar", "canary CANARY Canary"),
        ("(?i:can)ary", "CANARY canARY", "canary CANary"),
        ("(?i)a|b", "ab", "a A b B"),
        ("a(?i)b|c", "AB Abc", "ab aB c C"),
        ("(?x) a b ", "a/b", "ab"),
        ("(?x) a # the comment", "a/b", "a"),
        ("(?x) a # )", "aa", "a"),
        ("(?U)a+", "b", "a aa"),
    ] {
        let regex = regex(pattern);
        for value in refused.split(' ') {
            assert!(!regex.is_match(value.as_bytes()), "{pattern} {value:?}");
        }
        for value in accepted.split(' ') {
            assert!(regex.is_match(value.as_bytes()), "{pattern} {value:?}");
        }
    }
}

#[test]
fn values_are_bytes() {
    let rows: [(&str, &[u8], bool); 17] = [
        (".", b"\xFF", true),
        (".", b"\0", true),
        (".", b"\n", false),
        ("(?s).", b"\n", true),
        (".", "\u{e9}".as_bytes(), false),
        ("..", "\u{e9}".as_bytes(), true),
        (".*", b"\x80\xFE\xFF\xC0\xAF", true),
        ("[^a]", b"\xFF", true),
        ("[^a]", b"\n", true),
        (r"\w", b"\xE9", false),
        (r"\W", b"\xE9", true),
        (r"\d", b"\xD9", false),
        ("caf\u{e9}", "caf\u{e9}".as_bytes(), true),
        ("caf\u{e9}", b"caf\xE9", false),
        (r"caf\xE9", b"caf\xE9", true),
        (r"caf\x{e9}", "caf\u{e9}".as_bytes(), true),
        ("(?i)\u{e9}", "\u{c9}".as_bytes(), false),
    ];
    for (pattern, value, want) in rows {
        assert_eq!(regex(pattern).is_match(value), want, "{pattern} {value:?}");
    }
    for byte in (0..=u8::MAX).filter(|byte| *byte != b'\n') {
        let value = [b'a', byte, b'b'];
        assert!(regex("a.b").is_match(&value), "{byte:#04x}");
        assert!(regex("(?-u:a[\\x00-\\xFF]b)").is_match(&value), "{byte:#04x}");
        assert_eq!(
            regex(r"a\wb").is_match(&value),
            byte.is_ascii_alphanumeric() || byte == b'_',
            "{byte:#04x}"
        );
    }
}

#[test]
fn agrees_with_a_plain_search_on_arbitrary_values() {
    let regex = regex("(?:a|ab)(?:c|bcd)*");
    let mut arbitrary = Arbitrary::new(8);
    let mut matches = 0_u32;
    for _ in 0..20_000 {
        let length = arbitrary.below(8);
        let value = arbitrary.bytes_of(b"abcd", length);
        let want = [b"a".as_slice(), b"ab"].into_iter().any(|head| {
            value.strip_prefix(head).is_some_and(|rest| {
                let mut rest = rest;
                while let Some(tail) = rest.strip_prefix(b"bcd").or_else(|| rest.strip_prefix(b"c")) {
                    rest = tail;
                }
                rest.is_empty()
            })
        });
        assert_eq!(regex.is_match(&value), want, "{}", String::from_utf8_lossy(&value));
        matches = matches.saturating_add(u32::from(want));
    }
    assert!(matches > 1_000, "{matches}");
}

#[test]
fn no_pattern_and_no_value_make_it_panic() {
    let mut arbitrary = Arbitrary::new(9);
    let mut compiled = 0_u32;
    for _ in 0..3_000 {
        let length = arbitrary.below(16);
        let pattern = arbitrary.bytes_of(br"aab()[]{}|*+?.^$\,0129-:!<=(?ixsm)#bBwdpAz", length);
        let value = arbitrary.bytes(length);
        if let Ok(regex) = Regex::parse(&String::from_utf8_lossy(&pattern)) {
            compiled = compiled.saturating_add(1);
            let _ = (regex.is_match(&value), regex.is_match(b""));
        }
    }
    assert!(compiled > 300, "{compiled}");
}

#[test]
fn shows_its_pattern_and_not_its_table() {
    assert_eq!(format!("{:?}", regex("a|b")), "Regex(\"a|b\")");
}
