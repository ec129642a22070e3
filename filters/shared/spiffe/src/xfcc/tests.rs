//! The field as proxies write it, and as those write it who want to be somebody else.

use super::{InvalidSpiffeId, InvalidXfcc, forwarded_peer};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn peer(lines: &[&str]) -> Result<String, InvalidXfcc> {
    forwarded_peer(lines.iter().map(|line| line.as_bytes())).map(|id| id.as_str().to_owned())
}

/// What a proxy appends for the peer `/good`.
const GOOD: &str = "By=spiffe://example.org/proxy;Hash=0a1b;Subject=\"CN=a,O=\\\"b;c\\\"\";URI=spiffe://example.org/good;\
                    DNS=a.example;DNS=b.example";

#[test]
fn refuses_what_is_malformed() {
    let no_key = InvalidXfcc::Malformed { reason: "no key where one should be" };
    let open = InvalidXfcc::Malformed { reason: "a quote that is not closed" };
    let inside = InvalidXfcc::Malformed { reason: "a quote inside a value" };
    let behind = InvalidXfcc::Malformed { reason: "something behind a closed quote" };
    let control = InvalidXfcc::Malformed { reason: "a control character" };
    for (name, line, want) in [
        ("nothing", "", &no_key),
        ("white space", " \t ", &no_key),
        ("a comma", ",", &no_key),
        ("a comma first", ",URI=spiffe://example.org/a", &no_key),
        ("a comma at the end", "URI=spiffe://example.org/a,", &no_key),
        ("an element without a pair", "Hash=a,,URI=spiffe://example.org/a", &no_key),
        ("a semicolon at the end", "URI=spiffe://example.org/a;", &no_key),
        ("two semicolons", "Hash=a;;URI=spiffe://example.org/a", &no_key),
        ("no equals sign", "URI", &no_key),
        ("no equals sign but a quote", "URI\"spiffe://example.org/a\"", &no_key),
        ("an ID alone", "spiffe://example.org/a", &no_key),
        ("no key", "=spiffe://example.org/a", &no_key),
        ("a quoted key", "\"URI\"=spiffe://example.org/a", &no_key),
        ("white space behind the key", "URI =spiffe://example.org/a", &no_key),
        ("a key that is not ASCII", "UR\u{130}=spiffe://example.org/a", &no_key),
        ("JSON", "{\"URI\":\"spiffe://example.org/a\"}", &no_key),
        ("an open quote", "URI=\"spiffe://example.org/a", &open),
        ("an open quote after an escape", "URI=\"spiffe://example.org/a\\\"", &open),
        ("an open quote, and no more", "Subject=\"", &open),
        ("a quote at the end", "URI=spiffe://example.org/a\"", &inside),
        ("a quote inside", "URI=spiffe://example.org/a\"b\"", &inside),
        ("a letter behind a quote", "Subject=\"a\"b;URI=spiffe://example.org/a", &behind),
        ("two quoted values", "Subject=\"a\"\"b\"", &behind),
        ("a space behind a quote", "Subject=\"a\" ;URI=spiffe://example.org/a", &behind),
        ("NUL", "URI=spiffe://example.org/a\0", &control),
        ("a line end in quotes", "Subject=\"a\r\nb\";URI=spiffe://example.org/a", &control),
        ("a tab", "URI=\tspiffe://example.org/a", &control),
    ] {
        assert_eq!(peer(&[line]).as_ref(), Err(want), "{name}");
        assert_eq!(peer(&[line, GOOD]).as_ref(), Err(want), "{name}, and a good line behind it");
        assert_eq!(peer(&[GOOD, line]).as_ref(), Err(want), "{name}, and a good line before it");
    }
}

#[test]
fn refuses_other_than_one_uri() {
    let a = "URI=spiffe://example.org/a";
    for (line, found) in [
        ("Hash=a", 0),
        ("By=spiffe://example.org/a", 0),
        ("DNS=spiffe://example.org/a", 0),
        ("Subject=\"URI=spiffe://example.org/a\"", 0),
        ("Subject=\";URI=spiffe://example.org/a;\"", 0),
        ("Subject=\",URI=spiffe://example.org/a\"", 0),
        ("Subject=\"\\\",URI=spiffe://example.org/a\"", 0),
        ("xURI=spiffe://example.org/a;URI2=spiffe://example.org/a", 0),
        ("URI=spiffe://example.org/a,Hash=a", 0),
        (&format!("{a};{a}"), 2),
        (&format!("{a};uri=spiffe://example.org/b"), 2),
        (&format!("{a};URI="), 2),
        (&format!("Hash=a,{a};Hash=b;{a};{a}"), 3),
    ] {
        assert_eq!(peer(&[line]), Err(InvalidXfcc::UriCount { found }), "{line}");
    }
    assert_eq!(peer(&[a, "Hash=a"]), Err(InvalidXfcc::UriCount { found: 0 }), "only the last line counts");
    assert_eq!(peer(&[]), Err(InvalidXfcc::Absent));
}

#[test]
fn refuses_what_is_no_id_of_a_workload() {
    for line in [
        "URI=",
        "URI=\"\"",
        "URI=https://example.org/a",
        "URI= spiffe://example.org/a",
        "URI=spiffe://example.org/a ",
        "URI=spiffe://example.org/a b",
        "URI=spiffe://example.org/a=b",
        "URI=spiffe://example.org/a%2Fb",
        "URI=\"spiffe://example.org/a\\\"b\"",
        "URI=\"spiffe://example.org/\\a\"",
        "URI=\"spiffe://example.org/a,URI=spiffe://example.org/b\"",
        "URI=\"spiffe://example.org/a;b\"",
        "URI=spiffe://example.org/\u{e9}",
    ] {
        assert!(matches!(peer(&[line]), Err(InvalidXfcc::Id(_))), "{line}: {:?}", peer(&[line]));
    }
    let not_text = &b"URI=spiffe://example.org/\xFF"[..];
    assert_eq!(forwarded_peer([not_text]).unwrap_err(), InvalidXfcc::UriNotAscii);
    assert!(matches!(peer(&["URI=spiffe://example.org"]), Err(InvalidXfcc::NoPath { .. })));
    let scheme = InvalidSpiffeId::Scheme { found: String::new() };
    assert_eq!(peer(&["URI="]), Err(InvalidXfcc::Id(scheme)));
}

#[test]
fn the_nearest_hop_counts() {
    let good = "spiffe://example.org/good";
    for (name, lines) in [
        ("one element", &[GOOD][..]),
        ("nothing but the URI", &["URI=spiffe://example.org/good"]),
        ("a key in lower case", &["uri=spiffe://example.org/good"]),
        ("a quoted URI", &["URI=\"spiffe://example.org/good\""]),
        ("an unknown key", &["Colour=red;URI=spiffe://example.org/good;Empty=;Quoted=\"\""]),
        ("equals signs in a value", &["X==a=;URI=spiffe://example.org/good"]),
        ("white space before keys", &["Hash=a, Hash=b; URI=spiffe://example.org/good"]),
        ("bytes that are not ASCII elsewhere", &["X=\u{e9};URI=spiffe://example.org/good"]),
        ("two elements", &["URI=spiffe://example.org/evil,URI=spiffe://example.org/good"]),
        ("two lines", &["URI=spiffe://example.org/evil", GOOD]),
        (
            "two lines of two elements",
            &["Hash=a,Hash=b", "URI=spiffe://example.org/evil,URI=spiffe://example.org/good"],
        ),
        ("two URIs in an earlier element", &["URI=a;URI=b,URI=spiffe://example.org/good"]),
        ("no ID in an earlier element", &["URI=https://example.org,URI=spiffe://example.org/good"]),
    ] {
        assert_eq!(peer(lines).as_deref(), Ok(good), "{name}");
    }
}

/// Whatever a client sends, it cannot make what a proxy appends say something else.
#[test]
fn what_is_appended_cannot_be_swallowed() {
    for start in [
        "",
        "URI=spiffe://example.org/evil",
        "URI=spiffe://example.org/evil;X=\"",
        "URI=spiffe://example.org/evil;X=\"\\",
        "URI=spiffe://example.org/evil;X=",
        "URI=spiffe://example.org/evil;",
        "URI=spiffe://example.org/evil\\",
        "X=\"\",URI=spiffe://example.org/evil",
        "\"",
        "\\",
    ] {
        for separator in [",", ", "] {
            let joined = [start, separator, GOOD].concat();
            let found = peer(&[&joined]);
            assert!(
                found.is_err() || found.as_deref() == Ok("spiffe://example.org/good"),
                "{joined}: {found:?}"
            );
        }
        let found = peer(&[start, GOOD]);
        assert!(found.is_err() || found.as_deref() == Ok("spiffe://example.org/good"), "{start}: {found:?}");
    }
}

#[test]
fn no_bytes_make_it_panic_and_length_does_no_harm() {
    let pieces =
        ["\"", "\\", ",", ";", "=", "URI", "uri", "spiffe://example.org/a", "x", " ", "\u{e9}", "\0"];
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut line = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            line.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
        }
        if let Ok(id) = peer(&[&line]) {
            assert_eq!(id, "spiffe://example.org/a", "{line}");
        }
    }
    for piece in [" ", "\"", "\\", ",", ";", "a=;", "a=,", "URI=a;", "a=\"\","] {
        assert!(peer(&[&piece.repeat(20_000)]).is_err(), "{piece}");
    }
}
