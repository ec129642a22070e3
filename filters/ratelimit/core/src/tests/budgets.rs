//! Host calls per request: reads of it, reads and writes of shared data, counters.

use super::{compile, effects, limits, user};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, IdentityRecord};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NODE: &str = r#"{"name": "node", "rate": {"requests": 5, "per": "1s"}}"#;
const PER_USER: &str =
    r#"{"name": "per-user", "key": [{"header": "x-user-id"}], "rate": {"requests": 5, "per": "1s"}}"#;
const PLACES: &str = r#"{"name": "places", "concurrency": {"max": 5}}"#;

#[test]
fn an_admitted_request() {
    let claims = IdentityRecord::default().text("sub", "u-1").text("plan", "gold").into_bytes();
    let by_claim = r#"{"name": "l", "key": [{"claim": "sub"}], "rate": {"requests": 5, "per": "1s"}}"#;
    let plan = r#"{"name": "l", "key": [{"claim": "sub"}, {"header": "x-user-id"}], "rate_by": {"claim": "plan",
        "table": {"gold": {"requests": 5, "per": "1s"}}, "otherwise": {"requests": 1, "per": "1s"}}}"#;
    let dry = PER_USER.replace(r#""rate""#, r#""dry_run": true, "rate""#);
    let elsewhere = NODE.replace(r#""rate""#, r#""when": {"path": {"exact": "/x"}}, "rate""#);
    for (name, policy, request, reads, calls, counters) in [
        ("no key", NODE.to_owned(), user("u-1"), 0, 2, 1),
        ("a header", PER_USER.to_owned(), user("u-1"), 1, 2, 1),
        ("a claim", by_claim.to_owned(), user("u-1").identity(claims.clone()), 1, 2, 1),
        ("a plan", plan.to_owned(), user("u-1").identity(claims), 2, 2, 1),
        (
            "an address",
            PER_USER.replace(r#"{"header": "x-user-id"}"#, r#"{"source_ip": {}}"#),
            user("u-1").from("192.0.2.1"),
            1,
            2,
            1,
        ),
        ("places", PLACES.to_owned(), user("u-1"), 0, 2, 1),
        ("another's", elsewhere, user("u-1"), 1, 0, 0),
        ("dry", dry, user("u-1"), 1, 2, 1),
        ("three limits", [NODE, PER_USER, PLACES].join(","), user("u-1"), 1, 6, 3),
    ] {
        let (policy, proxy) = (limits(&policy), FakeProxy::new());
        let effects = effects(policy.decide(&request, &proxy, true));
        assert_eq!((request.reads(), proxy.calls()), (reads, calls), "{name}");
        assert_eq!(effects.counters.len(), counters, "{name}");
        assert!(
            effects.response.is_empty() && effects.request.is_empty() && effects.state.is_empty(),
            "{name}"
        );
        assert_eq!(effects.log, None, "{name}");
        assert_eq!(
            effects.held.is_some(),
            policy.counters()[0].as_str().contains("places") || name == "three limits",
            "{name}"
        );
    }
}

/// A refusal is read, never written: a flood costs one host call for each limit.
#[test]
fn a_refused_request_writes_nothing() {
    for (name, limit, calls) in [
        ("no key", NODE.to_owned(), 1),
        ("a header", PER_USER.to_owned(), 1),
        ("places", PLACES.to_owned(), 1),
        ("three limits", [NODE, PER_USER, PLACES].join(","), 3),
    ] {
        let (policy, proxy) = (limits(&limit), FakeProxy::new());
        while matches!(policy.decide(&user("u-1"), &proxy, true), Decision::Continue(_)) {}
        let before = proxy.calls();
        assert!(matches!(policy.decide(&user("u-1"), &proxy, true), Decision::Reply(_)));
        assert_eq!(proxy.calls() - before, calls, "{name}");
    }
}

#[test]
fn headers_cost_one_host_call_each() {
    for (headers, want) in [("none", 0), ("ietf", 2), ("x-ratelimit", 3), ("both", 5)] {
        let policy = compile(&format!(r#"{{"limits": [{NODE}], "headers": "{headers}"}}"#));
        let (proxy, request) = (FakeProxy::new(), FakeRequest::get("/"));
        let effects = effects(policy.decide(&request, &proxy, true));
        assert_eq!((effects.response.len(), proxy.calls(), request.reads()), (want, 2, 0), "{headers}");
    }
}
