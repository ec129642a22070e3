//! Documents in both forms against one tree, and every way in which they can be broken.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

mod digest;
mod wire;

use super::{Value, WireError, namespace};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;
use wire::{bytes_field, encode_struct, entry, metadata, varint};

/// A document with every kind of node.
const POLICY: &str = r#"{
    "subsets": [{"name": "stable", "weight": 9500}, {"name": "canary", "weight": 500}],
    "sticky": [{"header": "x-user-id"}, {"source_ip": {"v6_prefix": 64}}],
    "dry_run": false, "on": true, "share": 0.25, "cold": -40, "nothing": null,
    "empty": "", "none": [], "bare": {}, "caf\u00e9": "\u65e5\u672c \ud83d\ude00"
}"#;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

#[test]
fn refuses_what_is_not_json() {
    let deep = "[".repeat(129);
    let rows: [(&str, &[u8], &str); 13] = [
        ("white space only", b" \t\r ", "not valid JSON: EOF while parsing a value at line 1 column 4"),
        ("cut", b"{\"a\": 1", "not valid JSON: EOF while parsing an object at line 1 column 7"),
        ("two documents", b"{} {}", "not valid JSON: trailing characters at line 1 column 4"),
        ("YAML", b"subsets: []", "not valid JSON: expected value at line 1 column 1"),
        ("a comment", b"{} # all", "not valid JSON: trailing characters at line 1 column 4"),
        ("comma at the end", b"{\"a\": 1,}", "not valid JSON: trailing comma at line 1 column 9"),
        ("leading zero", b"[01]", "not valid JSON: invalid number at line 1 column 3"),
        ("not a number", b"[NaN]", "not valid JSON: expected value at line 1 column 2"),
        ("number above doubles", b"[1e400]", "not valid JSON: number out of range at line 1 column 6"),
        (
            "half a surrogate pair",
            b"[\"\\ud83d\"]",
            "not valid JSON: unexpected end of hex escape at line 1 column 9",
        ),
        ("byte order mark", b"\xEF\xBB\xBF{}", "not valid JSON: expected value at line 1 column 1"),
        ("not UTF-8", b"[\"\xFF\"]", "not valid JSON: invalid unicode code point at line 1 column 3"),
        ("129 levels", deep.as_bytes(), "not valid JSON: recursion limit exceeded at line 1 column 128"),
    ];
    for (name, bytes, want) in rows {
        assert_eq!(Value::from_configuration(bytes).unwrap_err().to_string(), want, "{name}");
    }
}

#[test]
fn refuses_what_is_not_a_struct() {
    let rows: [(&str, Vec<u8>, WireError); 12] = [
        ("a tag alone", vec![0x0A], WireError::Truncated),
        ("a length too long by one", vec![0x0A, 3, 0x0A, 0], WireError::Truncated),
        ("a length without an end", vec![0x0A, 0x80], WireError::Truncated),
        ("a double of seven bytes", entry("a", &[0x11, 0, 0, 0, 0, 0, 0, 0]), WireError::Truncated),
        ("a fixed32 of three bytes", vec![0x15, 0, 0, 0], WireError::Truncated),
        ("start of a group", vec![0x0B], WireError::WireType(3)),
        ("end of a group", vec![0x0C], WireError::WireType(4)),
        ("wire type 6", vec![0x0E], WireError::WireType(6)),
        ("wire type 7", vec![0x0F], WireError::WireType(7)),
        ("a varint of eleven bytes", vec![0x80; 11], WireError::Overflow),
        ("a varint of 65 bits", [vec![0xFF; 9], vec![2]].concat(), WireError::Overflow),
        ("a key that is not UTF-8", bytes_field(1, &bytes_field(1, b"\xFF")), WireError::NotUtf8),
    ];
    for (name, bytes, want) in rows {
        let want = format!("not a google.protobuf.Struct: {want}");
        assert_eq!(Value::from_struct(&bytes).unwrap_err().to_string(), want, "{name}");
    }
    let text = entry("a", &bytes_field(3, b"\xC3"));
    let want = "not a google.protobuf.Struct: a string is not UTF-8";
    assert_eq!(Value::from_struct(&text).unwrap_err().to_string(), want);
}

#[test]
fn wire_errors_say_what_is_wrong() {
    for (error, want) in [
        (WireError::Truncated, "cut short"),
        (WireError::WireType(3), "wire type 3 is not in use"),
        (WireError::Overflow, "a number is too large"),
        (WireError::NotUtf8, "a string is not UTF-8"),
        (WireError::TooDeep, "nested too deep"),
    ] {
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn nesting_ends_at_64_levels_of_struct_and_128_of_json() {
    let maps = |levels: usize| (1..levels).fold(Value::Map(vec![]), |inner, _| map([("a", inner)]));
    let lists = |levels: usize| {
        map([("a", (2..levels).fold(Value::List(vec![]), |inner, _| Value::List(vec![inner])))])
    };
    for (name, build) in [("maps", &maps as &dyn Fn(usize) -> Value), ("lists", &lists)] {
        for levels in [2, 63, 64] {
            let value = build(levels);
            assert_eq!(Value::from_struct(&encode_struct(&value)), Ok(value), "{levels} {name}");
        }
        let error = Value::from_struct(&encode_struct(&build(65))).unwrap_err();
        assert_eq!(error.to_string(), "not a google.protobuf.Struct: nested too deep", "{name}");
    }
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(Value::from_json(nested(127).as_bytes()).is_ok());
    assert!(Value::from_json(nested(128).as_bytes()).is_err());
    assert!(Value::from_json("[".repeat(100_000).as_bytes()).is_err());
    let deep_struct = (0..1_000).fold(vec![], |inner, _| entry("a", &bytes_field(5, &inner)));
    assert!(Value::from_struct(&deep_struct).is_err());
}

#[test]
fn a_struct_and_its_json_are_the_same_tree() {
    for text in ["{}", r#"{"a": null}"#, r#"{"": ""}"#, r#"{"a": {"b": [[], {}, [0, ""]]}}"#, POLICY] {
        let value = json(text);
        let bytes = encode_struct(&value);
        assert_eq!(Value::from_struct(&bytes).as_ref(), Ok(&value), "{text}");
        assert_eq!(Value::from_configuration(&bytes).as_ref(), Ok(&value), "{text}");
        assert_eq!(Value::from_configuration(text.as_bytes()).as_ref(), Ok(&value), "{text}");
    }
    assert_eq!(Value::from_configuration(b""), Ok(Value::Map(vec![])), "Envoy passes nothing on as no bytes");
}

#[test]
fn keeps_order_and_duplicates() {
    let want = Value::Map(vec![
        ("b".to_owned(), Value::Number(1.0)),
        ("a".to_owned(), Value::Null),
        ("b".to_owned(), Value::Number(2.0)),
    ]);
    assert_eq!(json(r#"{"b": 1, "a": null, "b": 2}"#), want);
    assert_eq!(Value::from_struct(&encode_struct(&want)), Ok(want));
}

#[test]
fn numbers_are_doubles() {
    for (text, want) in [
        ("0", 0.0),
        ("-0", 0.0),
        ("9007199254740992", 9_007_199_254_740_992.0),
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("18446744073709551615", 18_446_744_073_709_551_615.0),
        ("-9223372036854775808", -9_223_372_036_854_775_808.0),
        ("1e3", 1000.0),
        ("0.1", 0.1),
    ] {
        assert_eq!(json(text), Value::Number(want), "{text}");
    }
}

#[test]
fn json_that_begins_with_a_line_end_is_not_taken_for_a_struct() {
    // 0x0A is also the tag of a Struct's first entry and the byte after it that entry's length, `{` for 123 bytes.
    let plain = format!("\n{POLICY}\n");
    // Those are then unknown fields, which protobuf skips: one of 115 bytes (`"` is tag 4 and type bytes, `s` is 115)
    // and three varints (a space is tag 4 and type varint). Only the order of trying tells the two apart.
    let readable_as_struct = format!("\n{{\"s{}\": 0     }}", "x".repeat(115 - 4));
    let spaces_behind = format!("{readable_as_struct}      ");
    for (name, text) in [
        ("ordinary", &plain),
        ("a well-formed Struct", &readable_as_struct),
        ("and spaces behind", &spaces_behind),
    ] {
        assert_eq!(Value::from_configuration(text.as_bytes()), Ok(json(text)), "{name}");
    }
    assert!(Value::from_struct(readable_as_struct.as_bytes()).is_ok(), "the row tests nothing otherwise");
}

#[test]
fn a_struct_whose_second_byte_is_a_brace_is_read() {
    // Tag and length of the key, tag and length of the value, tag and length of the string: 2 + 1 + 2 + 2 = 7.
    let value = map([("k", Value::Text("v".repeat(123 - 7)))]);
    let bytes = encode_struct(&value);
    assert_eq!(bytes[..2], *b"\n{");
    assert_eq!(Value::from_configuration(&bytes), Ok(value));
}

#[test]
fn a_broken_document_is_called_what_it_looks_like() {
    for (name, bytes, want) in [
        ("JSON", b"\n{\"a\": 1".as_slice(), "not valid JSON: EOF while parsing an object at line 2 column 7"),
        ("a Struct", b"\x0A\x09\x0A\x01a\x12", "not a google.protobuf.Struct: cut short"),
        ("a line end", b"\n", "not a google.protobuf.Struct: cut short"),
    ] {
        assert_eq!(Value::from_configuration(bytes).unwrap_err().to_string(), want, "{name}");
    }
}

#[test]
fn skips_unknown_fields_and_takes_the_last_of_a_oneof() {
    let fixed32 = [vec![0x1D], vec![0; 4]].concat();
    let unknown = [bytes_field(9, b"x"), varint(8 << 3), varint(300), fixed32].concat();
    let value = [bytes_field(3, b"first"), unknown.clone(), bytes_field(3, b"last")].concat();
    let bytes = [unknown, entry("a", &value), entry("b", &[])].concat();
    let want = map([("a", Value::Text("last".to_owned())), ("b", Value::Null)]);
    assert_eq!(Value::from_struct(&bytes), Ok(want));
}

#[test]
fn namespace_finds_the_last_entry_of_its_name() {
    let (one, two) = (encode_struct(&json(r#"{"a": 1}"#)), encode_struct(&json(r#"{"a": 2}"#)));
    let typed = bytes_field(2, &[bytes_field(1, b"sluice.canary"), bytes_field(2, b"any")].concat());
    let value_first = bytes_field(1, &[bytes_field(2, &two), bytes_field(1, b"sluice.canary")].concat());
    type Row<'a> = (&'a str, Vec<u8>, Option<&'a [u8]>);
    let rows: [Row<'_>; 9] = [
        ("no metadata", vec![], None),
        ("another namespace", metadata("sluice.auth", &one), None),
        ("a longer name", metadata("sluice.canary2", &one), None),
        ("a shorter name", metadata("sluice.canar", &one), None),
        ("typed metadata", typed, None),
        ("the only one", metadata("sluice.canary", &one), Some(&one)),
        ("an empty one", metadata("sluice.canary", b""), Some(b"")),
        (
            "the last one wins",
            [metadata("sluice.canary", &one), metadata("a", &one), metadata("sluice.canary", &two)].concat(),
            Some(&two),
        ),
        ("the value before the name", value_first, Some(&two)),
    ];
    for (name, bytes, want) in rows {
        assert_eq!(namespace(&bytes, "sluice.canary"), Ok(want), "{name}");
    }
    let bytes = metadata("sluice.canary", &one);
    for length in (0..bytes.len()).filter(|length| *length > 0) {
        assert_eq!(namespace(&bytes[..length], "sluice.canary"), Err(WireError::Truncated), "{length} bytes");
    }
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let whole = encode_struct(&json(POLICY));
    let mut arbitrary = Arbitrary::new(2);
    for length in 0..whole.len() {
        let _ = Value::from_configuration(&whole[..length]);
        for byte in arbitrary.bytes(16) {
            let mut damaged = whole.clone();
            damaged[length] = byte;
            let _ = (Value::from_struct(&damaged), namespace(&damaged, "subsets"));
        }
    }
    for _ in 0..20_000 {
        let length = arbitrary.below(48);
        let bytes = arbitrary.bytes(length);
        let tags = arbitrary
            .bytes_of(b"\x00\x01\x02\x03\x08\x09\x0A\x11\x12\x1A\x20\x2A\x32\x80\xFF{}[]\",:", length);
        for bytes in [bytes, tags] {
            let _ = (Value::from_configuration(&bytes), Value::from_struct(&bytes), namespace(&bytes, ""));
        }
    }
}
