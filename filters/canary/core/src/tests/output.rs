//! What routes, the call chain, the client and the access log see of a decision.

use super::{changes, policy, user};
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const STICKY: &str = r#""sticky": [{"header": "x-user-id"}]"#;
const PEERS: &str = r#""inherit": {"peers": ["spiffe://example.org/*"]}"#;

/// Name, lines of `baggage`, the change of that field.
type Row<'a> = (&'a str, &'a [&'a [u8]], Option<&'a str>);

/// u-2 is drawn into canary.
fn request() -> FakeRequest {
    user("u-2")
}

#[test]
fn the_header_replaces_what_a_client_sent() {
    let policy = policy(STICKY);
    for (name, request) in [
        ("none", request()),
        ("one line", request().field("x-sluice-subset", "next")),
        ("two lines", request().field("x-sluice-subset", "next").field("x-sluice-subset", "stable")),
        ("the right value already", request().field("x-sluice-subset", "canary")),
        ("obs-text", request().field("x-sluice-subset", b"\xff")),
    ] {
        // `Set` leaves one line.
        assert_eq!(changes(&policy.apply(&request).request), ["x-sluice-subset: canary"], "{name}");
    }
}

#[test]
fn fields_are_named_by_the_policy() {
    let policy = policy(&format!(
        r#"{STICKY}, "output": {{"header": "X-Version", "response_header": "X-Served-By"}}"#
    ));
    let effects = policy.apply(&request());
    assert_eq!(changes(&effects.request), ["x-version: canary"]);
    assert_eq!(changes(&effects.response), ["x-served-by: canary"]);
}

#[test]
fn the_access_log_reads_filter_state() {
    let effects = policy(STICKY);
    let effects = effects.apply(&request());
    let [(key, value)] = &effects.state[..] else { panic!("{:?}", effects.state) };
    assert_eq!((*key, &value[..]), ("sluice.subset", &b"canary"[..]));
    assert_eq!(effects.log, None);
}

#[test]
fn baggage_gets_our_member_once_and_keeps_the_others_byte_for_byte() {
    let policy = policy(&format!(r#"{STICKY}, "output": {{"baggage": true}}"#));
    let rows: [Row<'_>; 7] = [
        ("none", &[], Some("baggage: sluice-subset=canary")),
        ("a client's own", &[b"sluice-subset=next"], Some("baggage: sluice-subset=canary")),
        ("the right one already", &[b"a=1,sluice-subset=canary"], None),
        ("others", &[b"a=1;p=\"q r\", b = 2"], Some("baggage: a=1;p=\"q r\", b = 2,sluice-subset=canary")),
        (
            "a client's own among others",
            &[b"a=1,sluice-subset=next;p,b=2"],
            Some("baggage: a=1,b=2,sluice-subset=canary"),
        ),
        (
            "several lines",
            &[b"a=1", b"sluice-subset=next", b"b=2"],
            Some("baggage: a=1,b=2,sluice-subset=canary"),
        ),
        ("malformed others", &[b"=,a b"], Some("baggage: =,a b,sluice-subset=canary")),
    ];
    for (name, lines, want) in rows {
        let request = lines.iter().fold(request(), |request, line| request.field("baggage", line));
        let want: Vec<_> = ["x-sluice-subset: canary"].into_iter().chain(want).collect();
        assert_eq!(changes(&policy.apply(&request).request), want, "{name}");
    }
}

/// A proxy behind this one may inherit from it, so a client's member must not get there even if we write none.
#[test]
fn without_baggage_a_clients_own_member_goes() {
    let policy = policy(STICKY);
    let rows: [Row<'_>; 4] = [
        ("none", &[], None),
        ("others", &[b"a=1"], None),
        ("alone", &[b"sluice-subset=next"], Some("- baggage")),
        ("among others", &[b"a=1,sluice-subset=next", b"b=2"], Some("baggage: a=1,b=2")),
    ];
    for (name, lines, want) in rows {
        let request = lines.iter().fold(request(), |request, line| request.field("baggage", line));
        let want: Vec<_> = ["x-sluice-subset: canary"].into_iter().chain(want).collect();
        assert_eq!(changes(&policy.apply(&request).request), want, "{name}");
    }
}

#[test]
fn an_inherited_member_travels_on() {
    for (baggage, request, want) in [
        (false, request().field("baggage", "sluice-subset=next,a=1"), &["x-sluice-subset: next"][..]),
        (true, request().field("baggage", "sluice-subset=next,a=1"), &["x-sluice-subset: next"]),
        (
            true,
            request().field("x-sluice-subset", "next"),
            &["x-sluice-subset: next", "baggage: sluice-subset=next"],
        ),
        (false, request().field("x-sluice-subset", "next"), &["x-sluice-subset: next"]),
    ] {
        let policy = policy(&format!(r#"{STICKY}, {PEERS}, "output": {{"baggage": {baggage}}}"#));
        let request = request.peer("spiffe://example.org/gateway");
        assert_eq!(changes(&policy.apply(&request).request), want, "baggage: {baggage}");
    }
    let policy = policy(&format!("{STICKY}, {PEERS}"));
    let stranger = request().field("baggage", "sluice-subset=next").peer("spiffe://example.com/gateway");
    assert_eq!(changes(&policy.apply(&stranger).request), ["x-sluice-subset: canary", "- baggage"]);
}

#[test]
fn the_response_names_the_subset_and_carries_the_cookie() {
    let policy =
        policy(r#""sticky_cookie": {"name": "id"}, "output": {"response_header": "x-sluice-subset"}"#);
    let effects = policy.apply(&FakeRequest::get("/"));
    assert_eq!(
        changes(&effects.response),
        [
            "x-sluice-subset: stable",
            "+ set-cookie: id=00000000000000000000000000000000; Path=/; SameSite=Lax; HttpOnly",
        ]
    );
}
