use super::{InvalidJson, Json};
use std::borrow::Cow;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn text(text: &str) -> Json<'_> {
    Json::Text(Cow::Borrowed(text))
}

fn number(text: &str) -> Json<'_> {
    Json::Number(Cow::Borrowed(text))
}

#[test]
fn refuses() {
    for (name, json) in NOT_JSON {
        let error = Json::parse(json).expect_err(name);
        assert!(matches!(error, InvalidJson::Syntax { .. }), "{name}: {error}");
    }
}

#[test]
fn refuses_duplicates_wherever_they_are() {
    for (name, json) in [
        ("side by side", r#"{"a": 1, "a": 1}"#.to_owned()),
        ("apart", r#"{"a": 1, "b": 2, "a": 3}"#.to_owned()),
        ("one of them escaped", r#"{"a": 1, "\u0061": 2}"#.to_owned()),
        ("empty names", r#"{"": 1, "": 2}"#.to_owned()),
        ("in a map in a list in a map", r#"{"x": [{"y": {"a": 1, "a": 2}}]}"#.to_owned()),
        ("among many", format!("{{{}\"n7\": 0}}", many_names(40))),
    ] {
        let error = Json::parse(json.as_bytes()).expect_err(name);
        assert!(matches!(error, InvalidJson::Duplicate { .. }), "{name}: {error}");
    }
}

/// Not in the square of their number.
#[test]
fn reads_many_names() {
    let json = format!("{{{}\"last\": 0}}", many_names(40_000));
    let Json::Map(members) = Json::parse(json.as_bytes()).unwrap() else { panic!("a map") };
    assert_eq!(members.len(), 40_001);
}

fn many_names(count: usize) -> String {
    (0..count).map(|name| format!("\"n{name}\": {name}, ")).collect()
}

#[test]
fn reads() {
    for (name, json, want) in [
        ("null", " null\t", Json::Null),
        ("true", "true", Json::Bool(true)),
        ("false", "\r\nfalse", Json::Bool(false)),
        ("number above 2^53", "9007199254740993", number("9007199254740993")),
        ("number of any size", "-0.0e-400", number("-0.0e-400")),
        ("exponent in capitals", "1E+2", number("1E+2")),
        ("string", r#""a\"\\\/\b\f\n\r\tz""#, text("a\"\\/\u{8}\u{c}\n\r\tz")),
        ("unicode", r#""ä\u00e4\uD834\uDD1E""#, text("ää𝄞")),
        ("NUL by its escape", r#""\u0000""#, text("\0")),
        ("empty list", "[ ]", Json::List(vec![])),
        ("empty map", "{ }", Json::Map(vec![])),
        ("list", "[1 , [\"a\"]]", Json::List(vec![number("1"), Json::List(vec![text("a")])])),
        (
            "map in the order of the text",
            r#"{"b" : 1, "a":{"b":null}}"#,
            Json::Map(vec![
                ("b".into(), number("1")),
                ("a".into(), Json::Map(vec![("b".into(), Json::Null)])),
            ]),
        ),
    ] {
        assert_eq!(Json::parse(json.as_bytes()), Ok(want), "{name}");
    }
}

#[test]
fn goes_so_deep_and_no_deeper() {
    for (name, open, close) in [("lists", "[", "]"), ("maps", "{\"a\":", "}")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(Json::parse(nested(Json::MAX_DEPTH).as_bytes()).is_ok(), "{name}");
        assert_eq!(Json::parse(nested(Json::MAX_DEPTH + 1).as_bytes()), Err(InvalidJson::TooDeep), "{name}");
        assert_eq!(Json::parse(open.repeat(100_000).as_bytes()), Err(InvalidJson::TooDeep), "{name}");
    }
}

/// `serde_json` is the oracle: what we read it reads, too, and we refuse no more than we say.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn agrees_with_another_reader() {
    use crate::testing::Arbitrary;
    let seed =
        br#"{"a": [1, -2.5e3, true, null, "x\u00e4\n\ud834\udd1e"], "b": {"c": {}, "d": []}, "e": 1e400}"#;
    let mut arbitrary = Arbitrary::new(7);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let mut json = seed.to_vec();
        arbitrary.mutate(&mut json, br#"{}[]",:\u0aed8.+-eE 1truefalsn"#);
        let other = serde_json::from_slice::<serde_json::Value>(&json);
        match (Json::parse(&json), other) {
            (Ok(_), Ok(_)) => good += 1,
            (Ok(_), Err(error)) => {
                assert!(error.to_string().contains("number out of range"), "{error}: {json:?}");
            }
            (Err(InvalidJson::Duplicate { .. } | InvalidJson::TooDeep), Ok(_)) | (Err(_), Err(_)) => bad += 1,
            (Err(error), Ok(_)) => panic!("{error}: {}", String::from_utf8_lossy(&json)),
        }
    }
    assert!(good > 20 && bad > 10_000, "{good} good, {bad} bad");
}

const NOT_JSON: [(&str, &[u8]); 46] = [
    ("nothing", b""),
    ("white space only", b" \n"),
    ("two documents", b"1 2"),
    ("rest behind the document", b"{}x"),
    ("byte order mark", b"\xEF\xBB\xBF{}"),
    ("NUL", b"\0"),
    ("form feed is no white space", b"\x0C1"),
    ("no-break space is no white space", "\u{a0}1".as_bytes()),
    ("comment", b"1 // one"),
    ("word in another case", b"True"),
    ("word cut off", b"nul"),
    ("word that goes on", b"nulls"),
    ("NaN", b"NaN"),
    ("infinity", b"-Infinity"),
    ("plus", b"+1"),
    ("minus alone", b"-"),
    ("two minuses", b"--1"),
    ("leading zero", b"01"),
    ("negative leading zero", b"-01"),
    ("point first", b".5"),
    ("point last", b"5."),
    ("point before exponent", b"5.e1"),
    ("exponent without digits", b"1e"),
    ("exponent with a sign only", b"1e+"),
    ("hexadecimal", b"0x10"),
    ("digits of another script", "１".as_bytes()),
    ("string without end", b"\"abc"),
    ("string in single quotes", b"'abc'"),
    ("line feed in a string", b"\"a\nb\""),
    ("NUL in a string", b"\"a\0b\""),
    ("escape that is none", br#""\x41""#),
    ("escape at the end", br#""\"#),
    ("unicode escape with a sign", br#""\u+041""#),
    ("unicode escape too short", br#""\u041""#),
    ("high surrogate alone", br#""\ud800""#),
    ("low surrogate alone", br#""\udc00""#),
    ("high surrogate twice", br#""\ud800\ud800""#),
    ("bytes that are not UTF-8", b"\"\xFF\""),
    ("overlong UTF-8", b"\"\xC0\xAF\""),
    ("surrogate in UTF-8", b"\"\xED\xA0\x80\""),
    ("comma last in a list", b"[1,]"),
    ("comma first in a list", b"[,1]"),
    ("list without end", b"[1"),
    ("name without quotes", b"{a: 1}"),
    ("comma last in a map", br#"{"a": 1,}"#),
    ("no value", br#"{"a"}"#),
];
