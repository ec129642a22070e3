//! Where each key comes from, and when there is none.

use super::Key;
use crate::config::Node;
use crate::fake::FakeRequest;
use crate::testing::{read, refusal};
use crate::{IdentityRecord, Key::SourceIp};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn key(node: Node<'_>) -> Option<Key> {
    Key::read(&node)
}

fn of(json: &str) -> Key {
    read(json, key).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn extract(json: &str, request: &FakeRequest) -> Option<String> {
    of(json).extract(request).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn refuses() {
    let names = "claim, peer, header, cookie, query, source_ip, path_segment, method, route";
    for (json, want) in [
        (r#""sub""#, "wants a mapping, is a string".to_owned()),
        ("{}", format!("needs one of {names}")),
        (r#"{"jwt": "sub"}"#, format!("needs one of {names}; jwt: unknown field, known here: {names}")),
        (r#"{"header": "a", "claim": "b"}"#, "has both claim and header".to_owned()),
        (r#"{"header": "a", "header": "b"}"#, "header: given twice".to_owned()),
        (r#"{"claim": ""}"#, "claim: is empty".to_owned()),
        (r#"{"claim": ["sub"]}"#, "claim: wants a string, is a list".to_owned()),
        (r#"{"peer": {}}"#, "peer: wants a string, is a mapping".to_owned()),
        (r#"{"peer": "dns"}"#, "peer: `dns` is unknown, known here: spiffe_id".to_owned()),
        (r#"{"header": ""}"#, "header: is 0 bytes long, 1 to 256 are allowed".to_owned()),
        (r#"{"header": "x y"}"#, "header: has the character ' ', which no field name may have".to_owned()),
        (
            r#"{"header": ":path"}"#,
            "header: :path is a pseudo-header; use the predicates path, method and authority".to_owned(),
        ),
        (
            r#"{"header": "Host"}"#,
            "header: host reaches a filter as :authority; use the predicate authority".to_owned(),
        ),
        (r#"{"cookie": ""}"#, "cookie: is empty".to_owned()),
        (r#"{"query": ""}"#, "query: is empty".to_owned()),
        (r#"{"query": true}"#, "query: wants a string, is a boolean".to_owned()),
        (r#"{"source_ip": "v6"}"#, "source_ip: wants a mapping, is a string".to_owned()),
        (
            r#"{"source_ip": {"v4_prefix": 0, "v6_prefix": 129, "prefix": 8}}"#,
            "source_ip.v4_prefix: 0 is below 1; source_ip.v6_prefix: 129 is above 128; \
             source_ip.prefix: unknown field, known here: v4_prefix, v6_prefix"
                .to_owned(),
        ),
        (r#"{"source_ip": {"v4_prefix": 33}}"#, "source_ip.v4_prefix: 33 is above 32".to_owned()),
        (r#"{"source_ip": {"v6_prefix": 0}}"#, "source_ip.v6_prefix: 0 is below 1".to_owned()),
        (r#"{"path_segment": 0}"#, "path_segment: 0 is below 1".to_owned()),
        (r#"{"path_segment": 65}"#, "path_segment: 65 is above 64".to_owned()),
        (r#"{"path_segment": "2"}"#, "path_segment: wants a whole number, is a string".to_owned()),
        (r#"{"method": "GET"}"#, "method: wants a mapping, is a string".to_owned()),
        (r#"{"method": null}"#, "method: wants a mapping, is nothing".to_owned()),
        (r#"{"method": {"a": 1}}"#, "method.a: unknown field, known here: ".to_owned()),
        (r#"{"route": {"name": "a"}}"#, "route.name: unknown field, known here: ".to_owned()),
    ] {
        assert_eq!(refusal(json, key), want, "{json}");
    }
}

#[test]
fn source_addresses_are_whole_by_default() {
    assert_eq!(of(r#"{"source_ip": {}}"#), SourceIp { v4_prefix: 32, v6_prefix: 128 });
    assert_eq!(of(r#"{"source_ip": {"v6_prefix": 64}}"#), SourceIp { v4_prefix: 32, v6_prefix: 64 });
    assert_eq!(
        of(r#"{"source_ip": {"v4_prefix": 1, "v6_prefix": 1}}"#),
        SourceIp { v4_prefix: 1, v6_prefix: 1 }
    );
}

fn identity() -> Vec<u8> {
    IdentityRecord::default()
        .text("sub", "u-1")
        .other("level", "3")
        .text("empty", "")
        .list("roles", ["staff"])
        .text("org.id", "o-1")
        .into_bytes()
}

fn request() -> FakeRequest {
    FakeRequest::get("/api/v1/orders?uid=q%201&uid=q2&e=")
        .field("x-user-id", "h-1")
        .field("x-user-id", "h-2")
        .field("x-empty", "")
        .field("cookie", "a=0; sid=c-1")
        .field("cookie", "sid=c-2")
        .from("203.0.113.77")
        .identity(identity())
        .peer("spiffe://example.org/ns/prod/sa/orders")
        .route("orders-route")
}

#[test]
fn finds_no_key() {
    let bare = FakeRequest::get("/");
    for json in [
        r#"{"claim": "sub"}"#,
        r#"{"peer": "spiffe_id"}"#,
        r#"{"header": "x-user-id"}"#,
        r#"{"cookie": "sid"}"#,
        r#"{"query": "uid"}"#,
        r#"{"source_ip": {}}"#,
        r#"{"path_segment": 1}"#,
        r#"{"route": {}}"#,
    ] {
        assert_eq!(extract(json, &bare), None, "{json}");
    }
    let rich = request();
    for json in [
        r#"{"claim": "roles"}"#,
        r#"{"claim": "empty"}"#,
        r#"{"claim": "Sub"}"#,
        r#"{"claim": "org"}"#,
        r#"{"header": "x-empty"}"#,
        r#"{"header": "x-user"}"#,
        r#"{"cookie": "SID"}"#,
        r#"{"query": "e"}"#,
        r#"{"query": "UID"}"#,
        r#"{"path_segment": 4}"#,
    ] {
        assert_eq!(extract(json, &rich), None, "{json}");
    }
    let damaged = FakeRequest::get("/").identity(vec![9, 0, 3]);
    assert_eq!(extract(r#"{"claim": "sub"}"#, &damaged), None);
}

#[test]
fn finds_the_first_value() {
    let request = request();
    for (json, want) in [
        (r#"{"claim": "sub"}"#, "u-1"),
        (r#"{"claim": "level"}"#, "3"),
        (r#"{"claim": "org.id"}"#, "o-1"),
        (r#"{"peer": "spiffe_id"}"#, "spiffe://example.org/ns/prod/sa/orders"),
        (r#"{"header": "X-User-ID"}"#, "h-1"),
        (r#"{"cookie": "sid"}"#, "c-1"),
        (r#"{"query": "uid"}"#, "q 1"),
        (r#"{"source_ip": {}}"#, "203.0.113.77"),
        (r#"{"source_ip": {"v4_prefix": 24}}"#, "203.0.113.0"),
        (r#"{"path_segment": 1}"#, "api"),
        (r#"{"path_segment": 3}"#, "orders"),
        (r#"{"method": {}}"#, "GET"),
        (r#"{"route": {}}"#, "orders-route"),
    ] {
        assert_eq!(extract(json, &request).as_deref(), Some(want), "{json}");
    }
}

#[test]
fn addresses_are_cut_to_their_prefix() {
    for (address, json, want) in [
        ("203.0.113.77", r#"{"source_ip": {"v4_prefix": 1, "v6_prefix": 64}}"#, "128.0.0.0"),
        ("203.0.113.77", r#"{"source_ip": {"v6_prefix": 64}}"#, "203.0.113.77"),
        ("2001:db8:1:2:3:4:5:6", r#"{"source_ip": {"v6_prefix": 64}}"#, "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", r#"{"source_ip": {"v6_prefix": 64}}"#, "2001:db8:1:2::"),
        ("2001:db8:1:3::", r#"{"source_ip": {"v6_prefix": 63}}"#, "2001:db8:1:2::"),
        ("2001:0DB8:0::1", r#"{"source_ip": {}}"#, "2001:db8::1"),
        ("ffff::", r#"{"source_ip": {"v6_prefix": 1}}"#, "8000::"),
    ] {
        assert_eq!(
            extract(json, &FakeRequest::get("/").from(address)).as_deref(),
            Some(want),
            "{address} {json}"
        );
    }
}

#[test]
fn keys_are_bytes() {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let request = FakeRequest::get("/a").field("x-key", &all).field("cookie", b"sid=\xFF\xFE");
    assert_eq!(of(r#"{"header": "x-key"}"#).extract(&request).as_deref(), Some(all.as_slice()));
    assert_eq!(of(r#"{"cookie": "sid"}"#).extract(&request).as_deref(), Some(b"\xFF\xFE".as_slice()));
    let request = FakeRequest::get("/a?k=%ff%00");
    assert_eq!(of(r#"{"query": "k"}"#).extract(&request).as_deref(), Some(b"\xFF\0".as_slice()));
}

#[test]
fn a_request_without_a_path_has_no_part_of_one() {
    let connect = FakeRequest::default().field(":method", "CONNECT").field(":authority", "a:443");
    assert_eq!(extract(r#"{"path_segment": 1}"#, &connect), None);
    assert_eq!(extract(r#"{"query": "uid"}"#, &connect), None);
    assert_eq!(extract(r#"{"method": {}}"#, &connect).as_deref(), Some("CONNECT"));
}

#[test]
fn a_key_costs_one_read() {
    for json in [
        r#"{"claim": "sub"}"#,
        r#"{"peer": "spiffe_id"}"#,
        r#"{"header": "x-user-id"}"#,
        r#"{"cookie": "sid"}"#,
        r#"{"query": "uid"}"#,
        r#"{"source_ip": {}}"#,
        r#"{"path_segment": 1}"#,
        r#"{"method": {}}"#,
        r#"{"route": {}}"#,
    ] {
        let request = request();
        let key = of(json);
        assert_eq!(request.reads(), 0, "{json}");
        assert!(key.extract(&request).is_some());
        assert_eq!(request.reads(), 1, "{json}");
    }
}
