//! `dry_run`, of one limit and of all: decide, count, change nothing.

use super::{compile, counted, fields, limits, user, verdict};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, Effects};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DRY: &str = r#"{"name": "dry", "rate": {"requests": 1, "per": "1h"}, "dry_run": true}"#;
const NODE: &str = r#"{"name": "node", "rate": {"requests": 2, "per": "1h"}}"#;

fn log(decision: &Decision<'_>) -> Option<String> {
    match decision {
        Decision::Continue(Effects { log, .. }) => log.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dry_limit_never_refuses_and_says_what_it_would() {
    let (policy, proxy) = (limits(DRY), FakeProxy::new());
    let first = policy.decide(&user("u-1"), &proxy, true);
    assert_eq!(counted(&policy, &first), ["requests.limit=.=dry;.;outcome=.=admitted;.;"]);
    assert_eq!(log(&first), None);
    for _ in 0..3 {
        let next = policy.decide(&user("u-1"), &proxy, true);
        let want = [
            "requests.limit=.=dry;.;outcome=.=would_refuse;.;",
            "refused.limit=.=dry;.;reason=.=over_limit;.;",
        ];
        assert_eq!(counted(&policy, &next), want);
        assert_eq!(log(&next).as_deref(), Some("sluice.ratelimit: dry run: dry would refuse (over_limit)"));
    }
}

#[test]
fn a_dry_limit_says_nothing_to_clients() {
    let json = format!(r#"{{"limits": [{DRY}, {NODE}], "headers": "both"}}"#);
    let (policy, proxy) = (compile(&json), FakeProxy::new());
    for _ in 0..3 {
        let decision = policy.decide(&user("u-1"), &proxy, true);
        assert!(!fields(&decision).iter().any(|field| field.contains("dry")), "{decision:?}");
    }
}

/// What a limit refuses never comes to the dry ones.
#[test]
fn a_refused_request_does_not_count_under_dry_limits() {
    let dry = DRY.replace("1,", "3,");
    let (policy, proxy) = (limits(&[dry.as_str(), NODE].join(",")), FakeProxy::new());
    for _ in 0..10 {
        policy.decide(&user("u-1"), &proxy, true);
    }
    let alone = limits(&dry);
    let left = (0..10).filter(|_| log(&alone.decide(&user("u-1"), &proxy, true)).is_none()).count();
    assert_eq!(left, 1, "two of three were counted");
}

#[test]
fn a_dry_policy_decides_as_it_would() {
    let key = r#"{"name": "key", "key": [{"claim": "sub"}], "missing": "deny", "rate": {"requests": 9, "per": "1s"}}"#;
    let places = r#"{"name": "places", "concurrency": {"max": 1}}"#;
    for (name, limit, want) in [
        ("a rate", NODE, "node would refuse (over_limit)"),
        ("places", places, "places would refuse (in_flight)"),
        ("a key", key, "key would refuse (key_missing)"),
    ] {
        let json = |dry| format!(r#"{{"limits": [{limit}], "headers": "both", "dry_run": {dry}}}"#);
        let (dry, enforced) = (compile(&json(true)), compile(&json(false)));
        let (dry_proxy, proxy) = (FakeProxy::new(), FakeProxy::new());
        for _ in 0..4 {
            let would = dry.decide(&user("u-1"), &dry_proxy, true);
            let does = verdict(&enforced.decide(&user("u-1"), &proxy, true));
            assert_eq!(log(&would).is_none(), does == "pass", "{name}");
            assert_eq!(fields(&would), [""; 0], "{name}");
        }
        let last = log(&dry.decide(&user("u-1"), &dry_proxy, true)).unwrap();
        assert_eq!(last, format!("sluice.ratelimit: dry run: {want}"), "{name}");
    }
}

#[test]
fn no_key_is_in_the_log() {
    let per_user = r#"{"name": "l", "key": [{"header": "x-user-id"}], "rate": {"requests": 0, "per": "1s"}, "dry_run": true}"#;
    let marker = FakeRequest::get("/").field("x-user-id", "planted-marker");
    let log = log(&limits(per_user).decide(&marker, &FakeProxy::new(), true)).unwrap();
    assert!(!log.contains("planted"), "{log}");
}
