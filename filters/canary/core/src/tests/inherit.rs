//! Taking over what a peer decided: whom to believe, and what.

use super::{decided, policy, user};
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const EDGE: &str = "spiffe://example.org/ns/edge/sa/gateway";
const FIELDS: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "inherit": {"peers": ["spiffe://example.org/ns/edge/sa/*", "spiffe://partner.example/gateway"]}"#;

/// The lines of a field.
type Lines<'a> = &'a [&'a [u8]];

/// A request that would be drawn into stable.
fn request() -> FakeRequest {
    user("u-1")
}

const OWN: &str = "stable: draw 371";

#[test]
fn believes_nobody_else() {
    let policy = policy(FIELDS);
    for (name, peer) in [
        ("another namespace", "spiffe://example.org/ns/shop/sa/gateway"),
        ("a namespace that begins alike", "spiffe://example.org/ns/edge-2/sa/gateway"),
        ("another trust domain", "spiffe://example.com/ns/edge/sa/gateway"),
        ("the parent of the pattern", "spiffe://example.org/ns/edge/sa"),
        ("a child of an exact ID", "spiffe://partner.example/gateway/1"),
        ("another case", "spiffe://partner.example/Gateway"),
    ] {
        let request =
            request().field("x-sluice-subset", "next").field("baggage", "sluice-subset=next").peer(peer);
        assert_eq!(decided(&policy, &request), OWN, "{name}");
    }
    let nobody =
        request().field("x-sluice-subset", "next").field("x-forwarded-client-cert", format!("URI={EDGE}"));
    assert_eq!(decided(&policy, &nobody), OWN, "no authenticated peer");
}

#[test]
fn takes_no_unclear_decision() {
    let policy = policy(FIELDS);
    let rows: [(&str, Lines<'_>, Lines<'_>); 16] = [
        ("no decision", &[], &[]),
        ("baggage of others", &[], &[b"a=1"]),
        ("header and baggage disagree", &[b"next"], &[b"sluice-subset=canary"]),
        ("two header lines", &[b"next", b"canary"], &[]),
        ("two header lines that agree", &[b"next", b"next"], &[]),
        ("two header lines, and baggage", &[b"next", b"next"], &[b"sluice-subset=next"]),
        ("two values in one line", &[b"next,next"], &[]),
        ("two members", &[], &[b"sluice-subset=next,sluice-subset=next"]),
        ("two members in two lines", &[], &[b"sluice-subset=next", b"sluice-subset=next"]),
        ("a good header beside a repeated member", &[b"next"], &[b"sluice-subset=next,sluice-subset=next"]),
        ("a good header beside a malformed member", &[b"next"], &[b"sluice-subset"]),
        ("an unknown subset", &[b"beta"], &[]),
        ("a subset in another case", &[b"Next"], &[]),
        ("white space inside the value", &[b" next"], &[]),
        ("an empty header", &[b""], &[]),
        ("obs-text", &[b"\xff"], &[b"sluice-subset=\xff"]),
    ];
    for (name, header, baggage) in rows {
        let request =
            header.iter().fold(request().peer(EDGE), |request, line| request.field("x-sluice-subset", line));
        let request = baggage.iter().fold(request, |request, line| request.field("baggage", line));
        assert_eq!(decided(&policy, &request), OWN, "{name}");
    }
    let empty = request().peer(EDGE).field("x-sluice-subset", "").field("baggage", "sluice-subset=next");
    assert_eq!(decided(&policy, &empty), OWN, "an empty header disagrees with baggage");
}

#[test]
fn takes_over_what_an_authenticated_peer_decided() {
    let policy = policy(FIELDS);
    for (name, request) in [
        ("header", request().field("x-sluice-subset", "next")),
        ("baggage", request().field("baggage", "a=1, sluice-subset = next ;p=q,b=2")),
        (
            "baggage in the second line",
            request().field("baggage", "a=1").field("baggage", "sluice-subset=next"),
        ),
        (
            "both, and they agree",
            request().field("x-sluice-subset", "next").field("baggage", "sluice-subset=next"),
        ),
    ] {
        assert_eq!(decided(&policy, &request.peer(EDGE)), "next: inherited", "{name}");
    }
    let partner = request().field("x-sluice-subset", "stable").peer("spiffe://partner.example/gateway");
    assert_eq!(decided(&policy, &partner), "stable: inherited", "the subset that it would draw as well");
}

#[test]
fn without_inherit_a_good_peer_counts_for_nothing() {
    let policy = policy(r#""sticky": [{"header": "x-user-id"}]"#);
    let request =
        request().field("x-sluice-subset", "next").field("baggage", "sluice-subset=next").peer(EDGE);
    assert_eq!(decided(&policy, &request), OWN);
}

#[test]
fn reads_the_header_that_output_names() {
    let policy = policy(&format!(r#"{FIELDS}, "output": {{"header": "X-Version"}}"#));
    let named = |header: &str| request().field(header, "next").peer(EDGE);
    assert_eq!(decided(&policy, &named("x-version")), "next: inherited");
    assert_eq!(decided(&policy, &named("x-sluice-subset")), OWN);
}

/// The peer costs up to four host calls, so it is asked for when all else is right.
#[test]
fn asks_for_the_peer_last() {
    let policy = policy(FIELDS);
    for (name, request, reads) in [
        ("nothing to inherit", request(), 1),
        ("nothing that is known here", request().field("x-sluice-subset", "beta"), 1),
        (
            "nothing that is clear",
            request().field("x-sluice-subset", "next").field("baggage", "sluice-subset=canary"),
            1,
        ),
        ("something to inherit", request().field("x-sluice-subset", "next"), 2),
    ] {
        let request = request.peer(EDGE);
        let _ = policy.decide(&request);
        assert_eq!(request.reads(), reads, "{name}");
    }
}
