//! Each matcher over one value and over the lines of a field.

use super::Matcher;
use crate::config::Node;
use crate::testing::{read, refusal};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn matcher(node: Node<'_>) -> Option<Matcher> {
    let mut map = node.map()?;
    let matcher = Matcher::read(&mut map);
    map.finish();
    matcher
}

fn of(json: &str) -> Matcher {
    read(json, matcher).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn refuses() {
    let names = "exact, prefix, suffix, regex, in, contains, present";
    for (json, want) in [
        ("[]", "wants a mapping, is a list".to_owned()),
        (r#""a""#, "wants a mapping, is a string".to_owned()),
        ("{}", format!("needs one of {names}")),
        (r#"{"exacts": "a"}"#, format!("needs one of {names}; exacts: unknown field, known here: {names}")),
        (r#"{"exact": 1}"#, "exact: wants a string, is a number".to_owned()),
        (r#"{"exact": null}"#, "exact: wants a string, is nothing".to_owned()),
        (r#"{"exact": ["a"]}"#, "exact: wants a string, is a list".to_owned()),
        (r#"{"prefix": ""}"#, "prefix: is empty".to_owned()),
        (r#"{"suffix": ""}"#, "suffix: is empty".to_owned()),
        (r#"{"contains": ""}"#, "contains: is empty".to_owned()),
        (
            r#"{"regex": "("}"#,
            "regex: `(` is not a regular expression: this group is not closed, at character 1".to_owned(),
        ),
        (r#"{"in": "a"}"#, "in: wants a list, is a string".to_owned()),
        (r#"{"in": []}"#, "in: is empty".to_owned()),
        (
            r#"{"in": ["a", 1, true]}"#,
            "in[1]: wants a string, is a number; in[2]: wants a string, is a boolean".to_owned(),
        ),
        (r#"{"in": ["b", "a", "b"]}"#, "in: names a value twice".to_owned()),
        (r#"{"present": "true"}"#, "present: wants true or false, is a string".to_owned()),
        (r#"{"present": 1}"#, "present: wants true or false, is a number".to_owned()),
        (
            r#"{"suffix": "b", "prefix": "a"}"#,
            "has both prefix and suffix; use all, any or one of them".to_owned(),
        ),
        (
            r#"{"present": true, "exact": "a", "in": []}"#,
            "has both exact and in; use all, any or one of them".to_owned(),
        ),
        (r#"{"exact": "a", "exact": "b"}"#, "exact: given twice".to_owned()),
        (
            r#"{"exact": "a", "ignore_case": true}"#,
            format!("ignore_case: unknown field, known here: {names}"),
        ),
    ] {
        assert_eq!(refusal(json, matcher), want, "{json}");
    }
}

#[test]
fn compares_bytes() {
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);
    let rows: [Row<'_>; 12] = [
        (r#"{"exact": "ab"}"#, &["", "a", "AB", "abc", " ab", "ab "], &["ab"]),
        (r#"{"exact": ""}"#, &["a", " "], &[""]),
        (r#"{"prefix": "ab"}"#, &["", "a", "ba", " ab", "AB"], &["ab", "abc"]),
        (r#"{"suffix": "ab"}"#, &["", "b", "abc", "ab ", "AB"], &["ab", "cab"]),
        (r#"{"regex": "a[bc]+"}"#, &["", "a", "ad", "xab", "abx", "AB"], &["ab", "abcb"]),
        (r#"{"regex": ""}"#, &["a"], &[""]),
        (r#"{"in": ["b", "", "abc"]}"#, &["a", "ab", "abcd", "B", "b,abc"], &["b", "", "abc"]),
        (
            r#"{"contains": "a b"}"#,
            &["", "a", "a,b", "a b c", "A B"],
            &["a b", "a b,c", "c, a b ,d", ",,a b"],
        ),
        (r#"{"contains": "a,b"}"#, &["a,b", "a, b"], &[]),
        (r#"{"present": true}"#, &[], &["", "a"]),
        (r#"{"present": false}"#, &["", "a"], &[]),
        (r#"{"exact": "\u00e9"}"#, &["e", "\u{e8}"], &["\u{e9}"]),
    ];
    for (json, refused, accepted) in rows {
        for (values, want) in [(refused, false), (accepted, true)] {
            for value in values {
                assert_eq!(of(json).matches(Some(value.as_bytes())), want, "{json} {value:?}");
            }
        }
    }
}

#[test]
fn an_absent_value_satisfies_its_absence_only() {
    for (json, want) in [
        (r#"{"exact": ""}"#, false),
        (r#"{"prefix": "a"}"#, false),
        (r#"{"suffix": "a"}"#, false),
        (r#"{"regex": ".*"}"#, false),
        (r#"{"in": [""]}"#, false),
        (r#"{"contains": "a"}"#, false),
        (r#"{"present": true}"#, false),
        (r#"{"present": false}"#, true),
    ] {
        assert_eq!(of(json).matches(None), want, "{json}");
        assert_eq!(of(json).matches_any(std::iter::empty()), want, "{json}");
    }
}

#[test]
fn one_line_of_a_repeated_field_is_enough() {
    let lines = [b"a".as_slice(), b"", b"b, c"];
    for (json, want) in [
        (r#"{"exact": "a"}"#, true),
        (r#"{"exact": ""}"#, true),
        (r#"{"exact": "b, c"}"#, true),
        (r#"{"exact": "b"}"#, false),
        (r#"{"exact": "a, b, c"}"#, false),
        (r#"{"prefix": "b"}"#, true),
        (r#"{"suffix": "c"}"#, true),
        (r#"{"suffix": "b"}"#, false),
        (r#"{"regex": "b.*"}"#, true),
        (r#"{"in": ["x", "a"]}"#, true),
        (r#"{"contains": "c"}"#, true),
        (r#"{"contains": "b, c"}"#, false),
        (r#"{"present": true}"#, true),
        (r#"{"present": false}"#, false),
    ] {
        assert_eq!(of(json).matches_any(lines.into_iter()), want, "{json}");
    }
}

#[test]
fn any_byte_is_compared_and_none_is_decoded() {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for byte in 0..=u8::MAX {
        assert!(!of(r#"{"exact": "a"}"#).matches(Some(&[byte, b'a'])), "{byte:#04x}");
        assert!(of(r#"{"suffix": "a"}"#).matches(Some(&[byte, b'a'])), "{byte:#04x}");
        assert_eq!(
            of(r#"{"contains": "a"}"#).matches(Some(&[byte, b'a'])),
            b"\t\n\x0C\r a,".contains(&byte) && byte != b'a',
            "{byte:#04x}"
        );
    }
    assert!(of(r#"{"regex": "(?s).*"}"#).matches(Some(&all)));
    assert!(of(r#"{"present": true}"#).matches(Some(&all)));
    assert!(!of(r#"{"exact": "\u00ff"}"#).matches(Some(b"\xFF")), "a policy is UTF-8");
}
