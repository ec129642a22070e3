//! The fields of `sticky_cookie` and the line that they make.

use super::StickyCookie;
use filter_api::{Value, config};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn read(json: &str) -> Result<StickyCookie, Vec<String>> {
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    let result = config::read(&value, |node| StickyCookie::read(&node));
    result.map_err(|error| error.problems.iter().map(ToString::to_string).collect())
}

/// Name, `sticky_cookie`, problem.
const REFUSED: [(&str, &str, &str); 27] = [
    ("a bare name", r#""id""#, "wants a mapping, is a string"),
    ("no name", "{}", "name: missing"),
    ("an empty name", r#"{"name": ""}"#, "name: is not a cookie name"),
    ("a space in the name", r#"{"name": "a b"}"#, "name: is not a cookie name"),
    ("an equals sign in the name", r#"{"name": "a=b"}"#, "name: is not a cookie name"),
    ("a semicolon in the name", r#"{"name": "a;b"}"#, "name: is not a cookie name"),
    ("a letter that is not ASCII", r#"{"name": "é"}"#, "name: is not a cookie name"),
    (
        "an empty path",
        r#"{"name": "id", "path": ""}"#,
        "path: is empty or has a character that no cookie attribute may have",
    ),
    (
        "a path that begins an attribute",
        r#"{"name": "id", "path": "/;Secure"}"#,
        "path: is empty or has a character that no cookie attribute may have",
    ),
    (
        "a path with a line end",
        r#"{"name": "id", "path": "/\r\nx: y"}"#,
        "path: is empty or has a character that no cookie attribute may have",
    ),
    (
        "a relative path",
        r#"{"name": "id", "path": "shop"}"#,
        "path: does not start with `/`; browsers ignore it then",
    ),
    (
        "a domain with a semicolon",
        r#"{"name": "id", "domain": "a;b"}"#,
        "domain: is empty or has a character that no cookie attribute may have",
    ),
    (
        "a domain with a space",
        r#"{"name": "id", "domain": "a b"}"#,
        "domain: is empty or has a character that no cookie attribute may have",
    ),
    ("an age in seconds", r#"{"name": "id", "max_age": 86400}"#, "max_age: wants a string, is a number"),
    (
        "an age of nothing",
        r#"{"name": "id", "max_age": "0s"}"#,
        "max_age: is shorter than 1s; browsers drop the cookie at once",
    ),
    (
        "less than a second",
        r#"{"name": "id", "max_age": "999ms"}"#,
        "max_age: is shorter than 1s; browsers drop the cookie at once",
    ),
    (
        "an age that is too long",
        r#"{"name": "id", "max_age": "87601h"}"#,
        "max_age: `87601h` is longer than 3650 days",
    ),
    ("secure as a word", r#"{"name": "id", "secure": "true"}"#, "secure: wants true or false, is a string"),
    (
        "http_only as a number",
        r#"{"name": "id", "http_only": 1}"#,
        "http_only: wants true or false, is a number",
    ),
    (
        "same_site in another case",
        r#"{"name": "id", "same_site": "Lax"}"#,
        "same_site: `Lax` is unknown, known here: lax, strict, none",
    ),
    (
        "same_site none without secure",
        r#"{"name": "id", "same_site": "none"}"#,
        "same_site: none needs secure: true, or browsers drop the cookie",
    ),
    (
        "partitioned without secure",
        r#"{"name": "id", "partitioned": true}"#,
        "partitioned needs secure: true, or browsers drop the cookie",
    ),
    (
        "__Secure- without secure",
        r#"{"name": "__Secure-id"}"#,
        "the name's prefix needs secure: true, or browsers drop the cookie",
    ),
    (
        "__Host- without secure",
        r#"{"name": "__host-id"}"#,
        "the name's prefix needs secure: true, or browsers drop the cookie",
    ),
    (
        "__Host- with a domain",
        r#"{"name": "__Host-id", "secure": true, "domain": "shop.example"}"#,
        "the prefix __Host- needs path: / and no domain, or browsers drop the cookie",
    ),
    (
        "__Host- with a path",
        r#"{"name": "__Host-id", "secure": true, "path": "/shop"}"#,
        "the prefix __Host- needs path: / and no domain, or browsers drop the cookie",
    ),
    (
        "an unknown field",
        r#"{"name": "id", "expires": "never"}"#,
        "expires: unknown field, known here: name, path, domain, max_age, secure, http_only, partitioned, same_site",
    ),
];

#[test]
fn refuses() {
    for (name, json, want) in REFUSED {
        assert_eq!(read(json), Err(vec![want.to_owned()]), "{name}");
    }
}

#[test]
fn reports_every_problem_at_once() {
    let json = r#"{"name": "", "path": "x", "max_age": "0s", "same_site": "no", "secure": 1}"#;
    let paths: Vec<_> =
        read(json).unwrap_err().iter().map(|p| p.split(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(paths, ["name", "path", "max_age", "secure", "same_site"]);
}

#[test]
fn writes_the_line() {
    for (name, json, want) in [
        ("the shortest", r#"{"name": "id"}"#, "id=7; Path=/; SameSite=Lax; HttpOnly"),
        (
            "the longest",
            r#"{"name": "id", "path": "/shop", "domain": "shop.example", "max_age": "24h", "secure": true,
                "http_only": true, "partitioned": true, "same_site": "none"}"#,
            "id=7; Path=/shop; Domain=shop.example; Max-Age=86400; SameSite=None; Secure; HttpOnly; Partitioned",
        ),
        (
            "for scripts",
            r#"{"name": "id", "http_only": false, "same_site": "strict"}"#,
            "id=7; Path=/; SameSite=Strict",
        ),
        (
            "one second",
            r#"{"name": "id", "max_age": "1999ms"}"#,
            "id=7; Path=/; Max-Age=1; SameSite=Lax; HttpOnly",
        ),
        (
            "__Host-",
            r#"{"name": "__Host-id", "secure": true, "path": "/"}"#,
            "__Host-id=7; Path=/; SameSite=Lax; Secure; HttpOnly",
        ),
        (
            "__Secure-",
            r#"{"name": "__Secure-id", "secure": true, "domain": "a.example"}"#,
            "__Secure-id=7; Path=/; Domain=a.example; SameSite=Lax; Secure; HttpOnly",
        ),
        (
            "a name that is only a prefix's beginning",
            r#"{"name": "__Host"}"#,
            "__Host=7; Path=/; SameSite=Lax; HttpOnly",
        ),
    ] {
        let line = read(json).map(|cookie| cookie.set("7"));
        assert_eq!(line.as_deref(), Ok(want), "{name}");
    }
}
