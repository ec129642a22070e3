//! Tuples, and requests that lack a part.

use super::{counted, decide, limits, passing, user};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{IdentityRecord, SharedData};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn once(key: &str, more: &str) -> crate::Policy {
    limits(&format!(r#"{{"name": "l", "key": [{key}], {more} "rate": {{"requests": 1, "per": "1h"}}}}"#))
}

fn pair(one: &str, other: &str) -> FakeRequest {
    FakeRequest::get("/").field("x-one", one).field("x-other", other)
}

#[test]
fn a_tuple_is_all_its_parts_in_order() {
    let policy = once(r#"{"header": "x-one"}, {"header": "x-other"}"#, "");
    let proxy = FakeProxy::new();
    for (one, other) in
        [("a", "b"), ("b", "a"), ("ab", "b"), ("a", "bb"), ("abb", "b"), ("aa", "a"), ("a", "aa")]
    {
        assert_eq!(decide(&policy, &pair(one, other), &proxy), "pass", "({one}, {other})");
    }
    assert_eq!(decide(&policy, &pair("a", "b"), &proxy), "429 over_limit");
}

/// No part can hold what stands between two, whatever bytes there are.
#[test]
fn parts_cannot_run_into_each_other() {
    let policy = once(r#"{"header": "x-one"}, {"header": "x-other"}"#, "");
    let proxy = FakeProxy::new();
    let length = |length: u8| [length, 0, 0, 0, 0, 0, 0, 0];
    let joined = [&b"a"[..], &length(1), b"b"].concat();
    for (one, other) in [(&b"a"[..], &b"b"[..]), (&joined, b"b"), (b"a", &joined)] {
        let request = FakeRequest::get("/").field("x-one", one).field("x-other", other);
        assert_eq!(decide(&policy, &request, &proxy), "pass");
    }
}

#[test]
fn a_request_that_lacks_a_part() {
    let half = || FakeRequest::get("/").field("x-one", "a");
    let empty = || pair("a", "");
    let key = r#"{"header": "x-one"}, {"header": "x-other"}"#;
    for (name, missing, want) in [
        ("by default", "", ["pass", "429 over_limit", "429 over_limit"]),
        ("shared", r#""missing": "shared","#, ["pass", "429 over_limit", "429 over_limit"]),
        ("skip", r#""missing": "skip","#, ["pass", "pass", "pass"]),
        ("deny", r#""missing": "deny","#, ["429 key_missing", "429 key_missing", "429 key_missing"]),
    ] {
        let (policy, proxy) = (once(key, missing), FakeProxy::new());
        let requests = [half(), empty(), FakeRequest::get("/").field("x-other", "z")];
        let verdicts: Vec<_> = requests.iter().map(|request| decide(&policy, request, &proxy)).collect();
        assert_eq!(verdicts, want, "{name}");
        assert_eq!(decide(&policy, &pair("a", "b"), &proxy), "pass", "{name}: whoever has all of it");
    }
}

#[test]
fn who_is_skipped_or_denied_is_counted_and_costs_nothing_else() {
    for (missing, want) in [
        ("skip", vec!["requests.limit=.=l;.;outcome=.=skipped;.;"]),
        (
            "deny",
            vec!["requests.limit=.=l;.;outcome=.=refused;.;", "refused.limit=.=l;.;reason=.=key_missing;.;"],
        ),
    ] {
        let policy = once(r#"{"claim": "sub"}"#, &format!(r#""missing": "{missing}","#));
        let proxy = FakeProxy::new();
        let decision = policy.decide(&user("u-1"), &proxy, true);
        assert_eq!(counted(&policy, &decision), want);
        assert_eq!(proxy.calls(), 0);
    }
}

#[test]
fn all_kinds_of_keys() {
    let claims = |sub: &str| user("x").identity(IdentityRecord::default().text("sub", sub).into_bytes());
    let get = FakeRequest::get;
    for (name, key, one, other) in [
        ("claim", r#"{"claim": "sub"}"#, claims("a"), claims("b")),
        (
            "peer",
            r#"{"peer": "spiffe_id"}"#,
            get("/").peer("spiffe://e.org/a"),
            get("/").peer("spiffe://e.org/b"),
        ),
        ("header", r#"{"header": "x-user-id"}"#, user("a"), user("b")),
        ("cookie", r#"{"cookie": "id"}"#, get("/").field("cookie", "id=a"), get("/").field("cookie", "id=b")),
        ("query", r#"{"query": "id"}"#, get("/?id=a"), get("/?id=b")),
        ("address", r#"{"source_ip": {}}"#, get("/").from("192.0.2.1"), get("/").from("192.0.2.2")),
        ("segment", r#"{"path_segment": 2}"#, get("/a/a"), get("/a/b")),
        ("method", r#"{"method": {}}"#, get("/"), get("/").method("POST")),
        ("route", r#"{"route": {}}"#, get("/").route("a"), get("/").route("b")),
    ] {
        let (policy, proxy) = (once(key, r#""missing": "deny","#), FakeProxy::new());
        assert_eq!(decide(&policy, &one, &proxy), "pass", "{name}");
        assert_eq!(decide(&policy, &one, &proxy), "429 over_limit", "{name}");
        assert_eq!(decide(&policy, &other, &proxy), "pass", "{name}");
    }
}

/// L09
#[test]
fn addresses_of_one_client_are_one_key() {
    let from = |address: &str| FakeRequest::get("/").from(address);
    let policy = once(r#"{"source_ip": {"v4_prefix": 24, "v6_prefix": 64}}"#, "");
    for (name, one, other, want) in [
        ("the same /64", "2001:db8::1", "2001:db8::ffff:1", "429 over_limit"),
        ("another /64", "2001:db8::1", "2001:db8:0:1::1", "pass"),
        ("the same /24", "192.0.2.1", "192.0.2.254", "429 over_limit"),
        ("another /24", "192.0.2.1", "192.0.3.1", "pass"),
        ("IPv4 in IPv6", "192.0.2.1", "::ffff:192.0.2.1", "429 over_limit"),
    ] {
        let proxy = FakeProxy::new();
        assert_eq!(decide(&policy, &from(one), &proxy), "pass", "{name}");
        assert_eq!(decide(&policy, &from(other), &proxy), want, "{name}");
    }
}

#[test]
fn limits_of_one_policy_do_not_share_keys() {
    let limit = |name: &str| {
        format!(
            r#"{{"name": "{name}", "when": {{"path": {{"prefix": "/{name}"}}}}, "key": [{{"header": "x-user-id"}}],
                "rate": {{"requests": 1, "per": "1h"}}}}"#
        )
    };
    let (policy, proxy) = (limits(&[limit("a"), limit("b")].join(",")), FakeProxy::new());
    for path in ["/a", "/b"] {
        let request = FakeRequest::get(path).field("x-user-id", "u-1");
        assert_eq!(passing(&policy, &request, &proxy, 3), 1, "{path}");
    }
}

/// A fingerprint is no key, and tells nothing about one without the secret.
#[test]
fn no_key_is_in_shared_data() {
    let marker = "planted-marker-0123456789";
    for limit in [
        r#"{"name": "l", "key": [{"header": "x-user-id"}], "rate": {"requests": 1, "per": "1h"}}"#,
        r#"{"name": "l", "key": [{"header": "x-user-id"}], "concurrency": {"max": 1}}"#,
    ] {
        let (policy, proxy) = (limits(limit), FakeProxy::new());
        decide(&policy, &user(marker), &proxy);
        for key in proxy.keys() {
            let (record, _) = proxy.shared(key).unwrap();
            let bytes = [key.0.as_slice(), &record].concat();
            for part in marker.as_bytes().windows(8) {
                assert!(!bytes.windows(8).any(|window| window == part));
            }
        }
    }
}
