//! What is no pattern, what a pattern matches and does not, and what hostile patterns cost.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

#[cfg(not(target_arch = "wasm32"))]
mod arbitrary;
mod hostile;
#[cfg(not(target_arch = "wasm32"))]
mod oracle;
mod refused;

use super::Regex;
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Pattern, values that it does not match, values that it matches.
type Row = (&'static str, &'static [&'static [u8]], &'static [&'static [u8]]);

fn check(rows: &[Row]) {
    for (pattern, others, matches) in rows {
        let regex = Regex::parse(pattern).unwrap_or_else(|error| panic!("{error}"));
        for value in *others {
            assert!(!regex.is_match(value), "{pattern} matches b\"{}\"", value.escape_ascii());
        }
        for value in *matches {
            assert!(regex.is_match(value), "{pattern} does not match b\"{}\"", value.escape_ascii());
        }
    }
}

#[test]
fn matches_the_whole_value_only() {
    check(&[
        ("", &[b"a", b"\n"], &[b""]),
        ("canary", &[b"", b"canar", b"canaryy", b" canary", b"CANARY", b"canary\n"], &[b"canary"]),
        ("a|ab", &[b"", b"abb", b"b"], &[b"a", b"ab"]),
        ("ab|a", &[b"", b"abb", b"b"], &[b"a", b"ab"]),
        ("a|b|", &[b"ab", b"ba"], &[b"", b"a", b"b"]),
        ("a.*", &[b"", b"ba"], &[b"a", b"ab", b"a-"]),
        ("(a|b)c", &[b"a", b"b", b"ac/", b"cc"], &[b"ac", b"bc"]),
        ("(?:)", &[b"a"], &[b""]),
        (
            "/api/v\\d+(/.*)?",
            &[b"/api/v", b"/api/vx", b"/api/v1x", b"x/api/v1"],
            &[b"/api/v1", b"/api/v12", b"/api/v1/", b"/api/v1/a/b"],
        ),
        ("canary|beta", &[b"canary|beta", b"canarybeta", b"canaryeta"], &[b"canary", b"beta"]),
        ("|a", &[b"aa"], &[b"", b"a"]),
        ("v[0-9]+", &[b"v", b"v42x", b"xv42"], &[b"v4", b"v42"]),
        ("/users/[0-9]+", &[b"/users/", b"/users/7/cart"], &[b"/users/7"]),
        (".*canary.*", &[b"canar", b"a\ncanary"], &[b"canary", b"x canary y"]),
    ]);
}

#[test]
fn reads_bytes_and_characters() {
    check(&[
        (".", &[b"", b"\n", b"\xC3\xA9", b"ab"], &[b"a", b"\0", b"\r", b"\x80", b"\xFF"]),
        ("(?s).", &[b"", b"ab"], &[b"a", b"\n", b"\xFF"]),
        ("\u{e9}", &[b"\xE9", b"\xC3", b"e"], &[b"\xC3\xA9"]),
        ("..", &[b"a"], &[b"\xC3\xA9"]),
        (".*", &[b"\n"], &[b"", b"\x80\xFE\xFF\xC0\xAF"]),
        ("caf\u{e9}", &[b"caf\xE9"], &[b"caf\xC3\xA9"]),
        ("\u{20ac}{2}", &[b"\xE2\x82\xAC", b"\xE2\x82\xAC\xAC"], &[b"\xE2\x82\xAC\xE2\x82\xAC"]),
        ("\\x{20ac}?", &[b"\xE2\x82", b"\xE2\x82\xAC\xE2\x82\xAC"], &[b"", b"\xE2\x82\xAC"]),
        ("\\x{e9}", &[b"\xE9"], &[b"\xC3\xA9"]),
        ("\\xe9", &[b"\xC3\xA9"], &[b"\xE9"]),
        ("\\x41\\x{42}\\x{00043}", &[b"abc"], &[b"ABC"]),
        ("\\a\\f\\n\\r\\t\\v", &[b"afnrtv"], &[b"\x07\x0C\n\r\t\x0B"]),
        ("\\.\\*\\\\\\/\\-\\ \\_", &[b"a*\\/- _"], &[b".*\\/- _"]),
        ("a b]c}", &[b"ab]c}"], &[b"a b]c}"]),
    ]);
}

#[test]
fn reads_classes() {
    check(&[
        ("[abc]", &[b"", b"d", b"ab"], &[b"a", b"b", b"c"]),
        ("[b-d]", &[b"a", b"e"], &[b"b", b"c", b"d"]),
        ("[^b-d]", &[b"b", b"c", b"d", b""], &[b"a", b"e", b"\n", b"\xFF"]),
        ("[]a]", &[b"[", b"[]a]"], &[b"]", b"a"]),
        ("[^]a]", &[b"]", b"a"], &[b"^", b"["]),
        ("[-a]", &[b"b"], &[b"-", b"a"]),
        ("[a-]", &[b"b"], &[b"-", b"a"]),
        ("[^-a]", &[b"-", b"a"], &[b"^", b"b"]),
        ("[a^]", &[b"b"], &[b"^", b"a"]),
        ("[+-.]", &[b"*", b"/"], &[b"+", b",", b"-", b"."]),
        ("[\\]\\-\\[&~^.]", &[b"a", b"\\"], &[b"]", b"-", b"[", b"&", b"~", b"^", b"."]),
        ("[\\x00-\\x1f\\x7f-\\xff]", &[b" ", b"~"], &[b"\0", b"\x1F", b"\x7F", b"\x80", b"\xFF"]),
        ("[\\w.-]+", &[b"a b", b""], &[b"a_9.-Z"]),
        ("\\d\\D", &[b"11", b"aa"], &[b"1a", b"0\xFF"]),
        ("\\s\\S", &[b"  ", b"aa", b"\xA0a"], &[b" a", b"\ta", b"\x0Ba", b"\x0Ca", b"\r\0"]),
        ("\\w\\W", &[b"aa", b"--", b"\xE9-"], &[b"_-", b"Z\xE9", b"0 "]),
        ("[^\\W\\d]", &[b"1", b"-"], &[b"a", b"_"]),
        ("[[:alpha:]]", &[b"1", b":", b"_", b"\xE9"], &[b"a", b"Z"]),
        ("[[:^alpha:]]", &[b"a"], &[b"1", b"\n"]),
        ("[[:digit:][:space:]x]", &[b"y"], &[b"7", b"\x0B", b"x"]),
        ("[^[:punct:]]", &[b"!", b"`", b"~", b"_"], &[b"a", b" "]),
        ("[[:graph:]]", &[b" ", b"\x7F"], &[b"!", b"~"]),
        ("[[:print:]]", &[b"\x1F", b"\x7F"], &[b" ", b"~"]),
        ("[[:cntrl:]]", &[b" ", b"~"], &[b"\0", b"\x1F", b"\x7F"]),
        ("[[:blank:]]", &[b"\n"], &[b" ", b"\t"]),
        ("[[:ascii:]]", &[b"\x80"], &[b"\0", b"\x7F"]),
        ("[[:alnum:]][[:word:]]", &[b"__", b"a-"], &[b"a_", b"9Z"]),
        ("[[:lower:]][[:upper:]][[:xdigit:]]", &[b"AAF", b"aag"], &[b"aAF", b"zZ0"]),
        ("[^\\x00-\\xff]", &[b"", b"a"], &[]),
    ]);
}

#[test]
fn repeats() {
    check(&[
        ("a*", &[b"b", b"aab"], &[b"", b"a", b"aaaa"]),
        ("a+", &[b"", b"ab"], &[b"a", b"aaaa"]),
        ("a?", &[b"aa"], &[b"", b"a"]),
        ("a{0}", &[b"a"], &[b""]),
        ("a{2}", &[b"a", b"aaa"], &[b"aa"]),
        ("a{2,}", &[b"a"], &[b"aa", b"aaa", b"aaaaaaaaa"]),
        ("a{2,4}", &[b"a", b"aaaaa"], &[b"aa", b"aaa", b"aaaa"]),
        ("a{0,1}b{1,1}", &[b"aab", b"a"], &[b"b", b"ab"]),
        ("a*?b+?c??d{1,2}?", &[b"", b"ad"], &[b"bd", b"aabbcdd"]),
        ("ab*", &[b"abab"], &[b"a", b"abbb"]),
        ("(ab)*", &[b"a", b"aba"], &[b"", b"abab"]),
        ("(?:ab|c){2}", &[b"ab", b"abcc"], &[b"abc", b"cc", b"cab"]),
        ("(a*)*", &[b"b"], &[b"", b"aaa"]),
        ("(a*b?)+c", &[b"", b"ba"], &[b"c", b"abac"]),
        ("(|a){3}", &[b"aaaa"], &[b"", b"a", b"aaa"]),
        ("(){2,}", &[b"a"], &[b""]),
    ]);
}

#[test]
fn groups_and_sets_flags() {
    check(&[
        ("(a)(?:b)(?P<one>c)(?<two>d)", &[b"abc"], &[b"abcd"]),
        ("((a|b)c|d)e", &[b"ae", b"ce"], &[b"ace", b"bce", b"de"]),
        ("(?i)canary-\\x41[^b-d]", &[b"canary-aB", b"canary-ad", b"canary_ae"], &[b"CaNaRy-aE"]),
        ("(?i)[[:^lower:]][k-l]", &[b"Ak", b"ak", b"1m"], &[b"1K", b"-l"]),
        ("a(?i)b|c", &[b"Ab"], &[b"ab", b"aB", b"C"]),
        ("(a(?i)b)c", &[b"aBC"], &[b"aBc"]),
        ("(?i:a)b", &[b"aB"], &[b"Ab"]),
        ("(?i)a(?-i)b(?-i:c)", &[b"aBc"], &[b"Abc"]),
        ("(?is-m:a.)", &[b"a"], &[b"A\n"]),
        ("(?s).(?-s).", &[b"\n\n"], &[b"\na"]),
        ("(?U)a*b", &[b"a"], &[b"aab"]),
        ("(?-u:[\\x00-\\xFF])", &[b"", b"\xC3\xA9"], &[b"\0", b"\n", b"\xFF"]),
        ("(?i)", &[b"i"], &[b""]),
        ("(?i)@[`-{]", &[b"`a", b"@@", b"@["], &[b"@`", b"@A", b"@z", b"@{"]),
    ]);
}

#[test]
fn looks_at_neighbors() {
    check(&[
        ("^a$", &[b"a\n", b"\na", b""], &[b"a"]),
        ("^a|b$", &[b"ab", b"ax", b"xb"], &[b"a", b"b"]),
        ("a\\b", &[b"ab"], &[b"a"]),
        ("(?m)a$", &[b"a\nb"], &[b"a"]),
        ("(?m)^b", &[b"a\nb"], &[b"b"]),
        ("\\Aa\\z", &[b"a\n"], &[b"a"]),
        ("(^a|b)+", &[b"ba", b"aa"], &[b"a", b"b", b"abb"]),
        ("(a$|b)+", &[b"ab", b"aa"], &[b"a", b"bba"]),
        ("a|^$|b", &[b"ab"], &[b"", b"a", b"b"]),
        ("a^b", &[b"ab", b"a^b"], &[]),
        ("a$b", &[b"ab", b"a$b", b"a\nb"], &[]),
        ("^*a$+", &[b""], &[b"a"]),
        ("(?:^|,)a(?:,a)*$", &[b",", b"aa"], &[b"a", b",a", b"a,a"]),
        ("(?m)a$\\n^b", &[b"ab"], &[b"a\nb"]),
        ("(?m)(^a$|\\n)*", &[b"aa", b"a\naa"], &[b"", b"a", b"\n", b"a\na\n\na"]),
        ("(?m)\\Aa\\z", &[b"a\n"], &[b"a"]),
        (".*\\bcanary\\b.*", &[b"canaryx", b"_canary", b"a"], &[b"canary", b"a canary.", b"\xE9canary\xE9"]),
        ("\\b", &[b"", b"a"], &[]),
        ("\\B", &[b"a"], &[b""]),
        ("a\\Bb\\b-\\B-", &[b"ab-"], &[b"ab--"]),
        ("(\\b\\w+\\b ?)+", &[b" a", b"a  b"], &[b"a", b"a b", b"a b "]),
    ]);
}

#[test]
fn tells_all_bytes_apart() {
    let parse = |pattern| Regex::parse(pattern).unwrap();
    let (dot, any, word) = (parse("a.b"), parse("a[\\x00-\\xFF]b"), parse("a\\wb"));
    for byte in 0..=u8::MAX {
        let value = [b'a', byte, b'b'];
        assert_eq!(dot.is_match(&value), byte != b'\n', "{byte:#04x}");
        assert!(any.is_match(&value), "{byte:#04x}");
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_';
        assert_eq!(word.is_match(&value), is_word, "{byte:#04x}");
    }
}

/// Runs under wasm, too, where the oracle does not.
#[test]
fn agrees_with_a_plain_search_on_arbitrary_values() {
    let regex = Regex::parse("(?:a|ab)(?:c|bcd)*").unwrap();
    let mut arbitrary = Arbitrary::new(8);
    let mut matches = 0;
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
        matches += u32::from(want);
    }
    assert!(matches > 1_000, "{matches}");
}

#[test]
fn shows_its_pattern_and_not_its_table() {
    let regex = Regex::parse("a\\d").unwrap();
    assert_eq!(format!("{:?}", regex.clone()), r#"Regex("a\\d")"#);
}
