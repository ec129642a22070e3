//! What a request is drawn by: its keys in order, a cookie, a fresh id.

use super::{changes, decided, policy, user};
use filter_api::IdentityRecord;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const COOKIE: &str = r#""sticky_cookie": {"name": "sluice-id", "max_age": "24h", "secure": true}"#;
const ALL: &str = r#""sticky": [
    {"claim": "sub"}, {"peer": "spiffe_id"}, {"header": "x-user-id"}, {"cookie": "sid"}, {"query": "uid"},
    {"path_segment": 2}, {"source_ip": {"v4_prefix": 24, "v6_prefix": 64}}, {"route": {}}, {"method": {}}
]"#;

#[test]
fn the_first_key_that_is_present_decides() {
    let policy = policy(&format!("{ALL}, {COOKIE}"));
    let get = FakeRequest::get;
    let claim = |sub: &str| IdentityRecord::default().text("sub", sub).into_bytes();
    let rows = [
        ("claim", get("/t/orders?uid=u-2").identity(claim("sub-7")).field("x-user-id", "u-1"), 576),
        ("peer", get("/").peer("spiffe://example.org/ns/prod/sa/web").field("x-user-id", "u-1"), 1711),
        ("header", get("/t/orders?uid=ada").field("x-user-id", "u-1").field("cookie", "sid=u-2"), 371),
        ("the first line of a header", get("/").field("x-user-id", "u-1").field("x-user-id", "u-2"), 371),
        ("cookie", get("/t/orders?uid=ada").field("cookie", "a=b; sid=u-2"), 9591),
        ("query", get("/t/orders?uid=ada"), 6010),
        ("query, decoded", get("/?uid=a%20b"), 7496),
        ("path segment", get("/t/orders?x=y"), 1106),
        ("IPv4 network", get("/").from("10.1.2.77"), 3889),
        ("IPv6 network", get("/").from("2001:db8:1:2:3:4:5:6"), 2487),
        ("route", get("/").route("checkout"), 297),
        ("method", get("/"), 1519),
    ];
    for (name, request, bucket) in rows {
        let subset = if bucket < 8900 { "stable" } else { "canary" };
        assert_eq!(decided(&policy, &request), format!("{subset}: draw {bucket}"), "{name}");
    }
}

#[test]
fn an_empty_key_is_none() {
    let policy = policy(r#""sticky": [{"header": "x-user-id"}, {"cookie": "sid"}, {"query": "uid"}]"#);
    for (name, request, want) in [
        ("header", user("").field("cookie", "sid=u-2"), "canary: draw 9591"),
        (
            "the first line of a header",
            user("").field("x-user-id", "u-1").field("cookie", "sid=u-2"),
            "canary: draw 9591",
        ),
        ("cookie", FakeRequest::get("/?uid=ada").field("cookie", "sid="), "stable: draw 6010"),
        (
            "all",
            FakeRequest::get("/?uid=").field("cookie", "sid=").field("x-user-id", ""),
            "stable: random 1694",
        ),
    ] {
        assert_eq!(decided(&policy, &request), want, "{name}");
    }
}

#[test]
fn bytes_of_a_key_are_taken_as_they_are() {
    let policy = policy(r#""sticky": [{"header": "x-user-id"}]"#);
    for (name, key, want) in [
        ("UTF-8", "é".as_bytes(), "stable: draw 2136"),
        ("obs-text", b"\xff", "canary: draw 9635"),
        ("a space inside", b"a b", "stable: draw 7496"),
    ] {
        let request = FakeRequest::get("/").field("x-user-id", key);
        assert_eq!(decided(&policy, &request), want, "{name}");
    }
}

#[test]
fn the_cookie_stands_in_for_a_key() {
    let policy = policy(&format!(r#""sticky": [{{"header": "x-user-id"}}], {COOKIE}"#));
    let kept = |cookie: &str| FakeRequest::get("/").field("cookie", cookie).random_bits(Some(0x10));
    for (name, request, want) in [
        ("a key goes first", kept("sluice-id=u-2").field("x-user-id", "u-1"), "stable: draw 371"),
        ("the cookie", kept("a=b; sluice-id=u-2; c=d"), "canary: draw 9591"),
        ("the first of two", kept("sluice-id=u-1; sluice-id=u-2"), "stable: draw 371"),
        ("an empty one is none", kept("sluice-id="), "canary: random 9847"),
        ("another case is another cookie", kept("Sluice-Id=u-1"), "canary: random 9847"),
    ] {
        assert_eq!(decided(&policy, &request), want, "{name}");
        let fresh = want.contains("random");
        assert_eq!(
            policy.apply(&request).response.is_empty(),
            !fresh,
            "{name}: a cookie for a fresh id only"
        );
    }
}

/// The first answer already shows what the second request will get.
#[test]
fn a_fresh_id_comes_back_in_the_cookie() {
    let policy = policy(COOKIE);
    for (bits, id, bucket) in [
        (0, "00000000000000000000000000000000", 1694),
        (0x10, "00000000000000000000000000000010", 9847),
        (0x0123_4567_89ab_cdef_0123_4567_89ab_cdef, "0123456789abcdef0123456789abcdef", 6752),
    ] {
        let subset = if bucket < 8900 { "stable" } else { "canary" };
        let first = FakeRequest::get("/").random_bits(Some(bits));
        assert_eq!(decided(&policy, &first), format!("{subset}: random {bucket}"));
        let line = format!("sluice-id={id}; Path=/; Max-Age=86400; SameSite=Lax; Secure; HttpOnly");
        assert_eq!(changes(&policy.apply(&first).response), [format!("+ set-cookie: {line}")]);
        let sent_back = line.split(';').next().unwrap_or_default();
        let second = FakeRequest::get("/").field("cookie", sent_back).random_bits(Some(7));
        assert_eq!(decided(&policy, &second), format!("{subset}: draw {bucket}"));
        assert_eq!(changes(&policy.apply(&second).response), [""; 0]);
    }
}

#[test]
fn a_fresh_id_in_a_cohort_is_kept_too() {
    let rule =
        r#"{"name": "all", "when": {"path": {"prefix": "/"}}, "weights": {"stable": 5000, "next": 5000}}"#;
    let policy = policy(&format!(r#"{COOKIE}, "rules": [{rule}]"#));
    let request = FakeRequest::get("/").random_bits(Some(0x10));
    assert_eq!(decided(&policy, &request), "next: cohort all 9847");
    let kept = changes(&policy.apply(&request).response);
    assert!(kept[0].starts_with("+ set-cookie: sluice-id=00000000000000000000000000000010;"), "{kept:?}");
}

#[test]
fn without_a_cookie_each_request_is_drawn_anew() {
    let policy = policy("");
    for (bits, want) in [(0, "stable: random 1694"), (0x10, "canary: random 9847")] {
        let request = FakeRequest::get("/").random_bits(Some(bits));
        assert_eq!(decided(&policy, &request), want);
        assert_eq!(changes(&policy.apply(&request).response), [""; 0]);
    }
}

/// A host without randomness: the first range, and nobody a cookie that all would share.
#[test]
fn without_randomness_the_first_subset_serves() {
    let policy = policy(COOKIE);
    let request = FakeRequest::get("/").random_bits(None);
    assert_eq!(decided(&policy, &request), "stable: random 0");
    assert_eq!(changes(&policy.apply(&request).response), [""; 0]);
}

#[test]
fn who_is_decided_by_a_rule_gets_no_cookie() {
    let rule = r#"{"name": "all", "when": {"path": {"prefix": "/"}}, "subset": "next"}"#;
    let policy = policy(&format!(r#"{COOKIE}, "rules": [{rule}]"#));
    let effects = policy.apply(&FakeRequest::get("/"));
    assert_eq!(changes(&effects.response), [""; 0]);
}
