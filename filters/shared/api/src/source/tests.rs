//! Where documents come from: what is refused, and every default.

use super::HttpSource;
use crate::testing::{read, refusal};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(fields: &str) -> String {
    format!(r#"{{"cluster": "lists", "path": "/beta"{fields}}}"#)
}

#[test]
fn refuses() {
    let known = "cluster, authority, path, refresh, timeout, max_bytes";
    for (json, want) in [
        (r#""http://lists/beta""#.to_owned(), "wants a mapping, is a string".to_owned()),
        ("{}".to_owned(), "cluster: missing; path: missing".to_owned()),
        (
            r#"{"cluster": "", "path": ""}"#.to_owned(),
            "cluster: is empty; path: is not a path such as /list".to_owned(),
        ),
        (r#"{"cluster": "a", "path": "beta"}"#.to_owned(), "path: is not a path such as /list".to_owned()),
        (r#"{"cluster": "a", "path": "/a b"}"#.to_owned(), "path: is not a path such as /list".to_owned()),
        (
            r#"{"cluster": "a", "path": "/a\r\nx: y"}"#.to_owned(),
            "path: is not a path such as /list".to_owned(),
        ),
        (r#"{"cluster": "a", "path": "/\u00e9"}"#.to_owned(), "path: is not a path such as /list".to_owned()),
        (with(r#", "authority": """#), "authority: is empty".to_owned()),
        (with(r#", "authority": "a\r\nx: y""#), "authority: has the character '\\r'".to_owned()),
        (with(r#", "authority": "a b""#), "authority: has the character ' '".to_owned()),
        (with(r#", "authority": "caf\u00e9""#), "authority: has the character '\u{e9}'".to_owned()),
        (with(r#", "refresh": "99ms""#), "refresh: is shorter than 100ms".to_owned()),
        (with(r#", "refresh": 5"#), "refresh: wants a string, is a number".to_owned()),
        (with(r#", "timeout": "0s""#), "timeout: is shorter than 1ms".to_owned()),
        (with(r#", "timeout": "3600001ms""#), "timeout: is longer than 1h".to_owned()),
        (
            with(r#", "timeout": "-1s""#),
            "timeout: `-1s` is not a duration such as 200ms, 5s, 10m or 1h".to_owned(),
        ),
        (with(r#", "max_bytes": 0"#), "max_bytes: 0 is below 1".to_owned()),
        (with(r#", "max_bytes": 268435457"#), "max_bytes: 268435457 is above 268435456".to_owned()),
        (with(r#", "url": "http://lists""#), format!("url: unknown field, known here: {known}")),
    ] {
        assert_eq!(refusal(&json, |node| HttpSource::read(&node)), want, "{json}");
    }
}

#[test]
fn every_default_is_the_documented_one() {
    let want = HttpSource {
        cluster: "lists".to_owned(),
        authority: "lists".to_owned(),
        path: "/beta".to_owned(),
        refresh: Duration::from_secs(60),
        timeout: Duration::from_secs(5),
        max_bytes: 33_554_432,
    };
    assert_eq!(read(&with(""), |node| HttpSource::read(&node)), Ok(want));
}

#[test]
fn accepts_both_ends() {
    let low = r#", "authority": "[::1]:80", "refresh": "100ms", "timeout": "1ms", "max_bytes": 1"#;
    let low = read(&with(low), |node| HttpSource::read(&node)).unwrap();
    assert_eq!((low.authority.as_str(), low.max_bytes), ("[::1]:80", 1));
    assert_eq!((low.refresh, low.timeout), (Duration::from_millis(100), Duration::from_millis(1)));
    let high = r#", "refresh": "87600h", "timeout": "1h", "max_bytes": 268435456"#;
    let high = read(&with(high), |node| HttpSource::read(&node)).unwrap();
    assert_eq!((high.timeout, high.max_bytes), (Duration::from_secs(3_600), 268_435_456));
}

/// A cluster of Envoy's may have any name, some of which would not do as an authority.
#[test]
fn a_cluster_whose_name_is_no_authority_needs_one() {
    let json = r#"{"cluster": "outbound|80||lists default", "path": "/"}"#;
    assert_eq!(
        refusal(json, |node| HttpSource::read(&node)),
        "needs an authority, the cluster's name cannot stand in for it"
    );
    let json = r#"{"cluster": "outbound|80||lists.default.svc", "path": "/"}"#;
    let source = read(json, |node| HttpSource::read(&node)).unwrap();
    assert_eq!(source.authority, source.cluster);
}
