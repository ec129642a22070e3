use super::super::{Place, Prefix};
use super::read;
use filter_api::FieldName;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Name, `from:`, problems.
const REFUSED: [(&str, &str, &[&str]); 23] = [
    ("no places", "[]", &["is empty"]),
    ("a bare place", r#"{"header": "a"}"#, &["wants a list, is a mapping"]),
    ("a bare name", r#"["authorization"]"#, &["[0]: wants a mapping, is a string"]),
    ("an empty place", "[{}]", &["[0]: needs one of header, cookie, query"]),
    (
        "two at once",
        r#"[{"header": "a", "cookie": "b"}]"#,
        &["[0]: has more than one of header, cookie, query; make each an item of its own"],
    ),
    (
        "a misspelt field",
        r#"[{"headers": "a"}]"#,
        &[
            "[0].headers: unknown field, known here: header, prefix, cookie, query",
            "[0]: needs one of header, cookie, query",
        ],
    ),
    ("prefix of a cookie", r#"[{"cookie": "a", "prefix": "b "}]"#, &["[0].prefix: goes with header only"]),
    ("prefix of nothing", r#"[{"prefix": "b "}]"#, &["[0].prefix: goes with header only"]),
    (
        "a pseudo-header",
        r#"[{"header": ":path"}]"#,
        &["[0].header: :path is a pseudo-header; use the predicates path, method and authority"],
    ),
    (
        "a header of the connection",
        r#"[{"header": "te"}]"#,
        &["[0].header: te belongs to the connection; a filter must not write it"],
    ),
    (
        "cookies as a header",
        r#"[{"header": "Cookie"}]"#,
        &["[0].header: cookies are read by `cookie: <name>`"],
    ),
    ("an empty header", r#"[{"header": ""}]"#, &["[0].header: is 0 bytes long, 1 to 256 are allowed"]),
    (
        "an empty prefix",
        r#"[{"header": "a", "prefix": ""}]"#,
        &["[0].prefix: is empty; leave it out where the token stands alone"],
    ),
    (
        "Bearer without a space",
        r#"[{"header": "authorization", "prefix": "bearer"}]"#,
        &["[0].prefix: has no space at its end, tokens would begin with one"],
    ),
    ("a comma in a prefix", r#"[{"header": "a", "prefix": "b,"}]"#, &[COMMA]),
    ("a line end in a prefix", r#"[{"header": "a", "prefix": "b\n"}]"#, &[COMMA]),
    ("a space first", r#"[{"header": "a", "prefix": " b"}]"#, &[COMMA]),
    (
        "both wrong",
        r#"[{"header": "a b", "prefix": ""}]"#,
        &[
            "[0].header: has the character ' ', which no field name may have",
            "[0].prefix: is empty; leave it out where the token stands alone",
        ],
    ),
    ("an empty cookie", r#"[{"cookie": ""}]"#, &["[0].cookie: is not a cookie name"]),
    ("a cookie with a space", r#"[{"cookie": "a b"}]"#, &["[0].cookie: is not a cookie name"]),
    ("an encoded parameter", r#"[{"query": "a%5Fb"}]"#, &["[0].query: is not a name of A-Z a-z 0-9 - . _ ~"]),
    ("a parameter as a number", r#"[{"query": 7}]"#, &["[0].query: wants a string, is a number"]),
    (
        "the same twice",
        r#"[{"cookie": "a"}, {"header": "X", "prefix": "BEARER "}, {"header": "x", "prefix": "bearer "}, {"cookie": "a"}]"#,
        &["[2]: is the same place as one before it", "[3]: is the same place as one before it"],
    ),
];

const COMMA: &str =
    "[0].prefix: starts with a space or has a character that it may not have: a comma, a control, not ASCII";

#[test]
fn refuses_what_is_too_long() {
    for (start, end, length, problem) in [
        (r#"[{"header": "a", "prefix": ""#, r#""}]"#, 64, "[0].prefix: is longer than 64 bytes"),
        (r#"[{"cookie": ""#, r#""}]"#, 256, "[0].cookie: is not a cookie name"),
        (r#"[{"query": ""#, r#""}]"#, 256, "[0].query: is not a name of A-Z a-z 0-9 - . _ ~"),
    ] {
        let text = |length| [start, &"x".repeat(length), end].concat();
        assert!(read(&text(length)).is_ok(), "{problem}");
        assert_eq!(read(&text(length + 1)).unwrap_err(), [problem]);
    }
}

#[test]
fn refuses() {
    for (name, json, problems) in REFUSED {
        assert_eq!(read(json).unwrap_err(), problems, "{name}");
    }
}

#[test]
fn reads() {
    let header = |name: &str, prefix| Place::Header { name: FieldName::parse(name).unwrap(), prefix };
    let rows: [(&str, Vec<Place>); 6] = [
        (r#"[{"header": "Authorization", "prefix": "bearer "}]"#, Place::standard()),
        (
            r#"[{"header": "authorization", "prefix": "Bearer "}]"#,
            vec![header("authorization", Some(Prefix::bearer()))],
        ),
        (r#"[{"header": "X-Token"}]"#, vec![header("x-token", None)]),
        (r#"[{"header": "x", "prefix": "JWT "}]"#, vec![header("x", Some(Prefix::parse("JWT ").unwrap()))]),
        (r#"[{"cookie": "__Host-t"}]"#, vec![Place::Cookie("__Host-t".into())]),
        (r#"[{"query": "t"}, {"cookie": "t"}]"#, vec![Place::Query("t".into()), Place::Cookie("t".into())]),
    ];
    for (json, want) in rows {
        assert_eq!(read(json).as_ref(), Ok(&want), "{json}");
    }
}
