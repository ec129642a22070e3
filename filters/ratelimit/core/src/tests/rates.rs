//! `rate`, with and without keys, one worker and several.

use super::{compile, decide, limits, passing, user};
use filter_api::fake::{FakeProxy, FakeRequest};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NODE: &str = r#"{"name": "node", "rate": {"requests": 5, "per": "1s"}}"#;
const PER_USER: &str = r#"{"name": "per-user", "key": [{"header": "x-user-id"}], "rate": {"requests": 5, "per": "1s", "burst": 2}}"#;

#[test]
fn a_burst_and_then_the_rate() {
    let (policy, proxy) = (limits(NODE), FakeProxy::new());
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 5);
    assert_eq!(decide(&policy, &user("u-2"), &proxy), "429 over_limit");
    proxy.pass(Duration::from_millis(199));
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 0);
    proxy.pass(Duration::from_millis(1));
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 1);
    proxy.pass(Duration::from_secs(3600));
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 5);
}

/// L03: never one more in any window, over a thousand of them.
#[test]
fn a_thousand_windows_get_exactly_their_share() {
    let (policy, proxy) = (limits(NODE), FakeProxy::new());
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 5);
    let mut passed = 0;
    for _ in 0..4_000 {
        proxy.pass(Duration::from_millis(250));
        passed += passing(&policy, &user("u-1"), &proxy, 3);
    }
    assert_eq!(passed, 5_000);
}

#[test]
fn each_key_has_its_own() {
    let (policy, proxy) = (limits(PER_USER), FakeProxy::new());
    for id in ["u-1", "u-2", "U-1", "u-1 "] {
        assert_eq!(passing(&policy, &user(id), &proxy, 5), 2, "{id}");
    }
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 5), 0);
}

/// Two policies on one proxy are two workers of it, or the same policy before and after a reload.
#[test]
fn workers_share_what_they_count() {
    let (one, other, proxy) = (limits(PER_USER), limits(PER_USER), FakeProxy::new());
    assert_eq!(decide(&one, &user("u-1"), &proxy), "pass");
    assert_eq!(decide(&other, &user("u-1"), &proxy), "pass");
    assert_eq!(decide(&one, &user("u-1"), &proxy), "429 over_limit");
    assert_eq!(decide(&other, &user("u-1"), &proxy), "429 over_limit");
}

#[test]
fn a_new_rate_goes_on_from_what_was_counted() {
    let (policy, proxy) = (limits(NODE), FakeProxy::new());
    assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 5);
    let more = limits(&NODE.replace('5', "50"));
    assert_eq!(passing(&more, &user("u-1"), &proxy, 10), 0);
    let other = limits(&NODE.replace("node", "edge"));
    assert_eq!(passing(&other, &user("u-1"), &proxy, 10), 5, "another name is another limit");
}

#[test]
fn policies_of_routes_count_by_themselves() {
    for policy in [limits(NODE), limits(PER_USER)] {
        let proxy = FakeProxy::new();
        let first = passing(&policy, &user("u-1"), &proxy, 10);
        for scope in [1, 2, u64::MAX] {
            proxy.set_scope(scope);
            assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), first, "{scope}");
        }
        proxy.set_scope(0);
        assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 0);
    }
}

#[test]
fn none_at_all() {
    let closed =
        limits(r#"{"name": "closed", "rate": {"requests": 0, "per": "1h"}, "reply": {"status": 403}}"#);
    let proxy = FakeProxy::new();
    assert_eq!(decide(&closed, &user("u-1"), &proxy), "403 over_limit");
    proxy.pass(Duration::from_secs(7200));
    assert_eq!(decide(&closed, &user("u-1"), &proxy), "403 over_limit");
    assert_eq!(proxy.calls(), 0, "nothing is counted");
}

/// L04: as many records as the policy has room for, and no more, whatever clients say.
#[test]
fn memory_is_bounded_by_the_policy() {
    for (max_keys, keys, most) in [(1, 1_000, 40), (32, 1_000, 784), (1_000, 20_000, 63 * 784)] {
        let policy = compile(&format!(r#"{{"limits": [{PER_USER}], "max_keys": {max_keys}}}"#));
        let proxy = FakeProxy::new();
        for id in 0..keys {
            let request = FakeRequest::get("/").field("x-user-id", format!("u-{id}"));
            decide(&policy, &request, &proxy);
        }
        assert_eq!(proxy.size().1, most, "{max_keys}");
    }
}

/// Keys are spread evenly: with room for so many, almost none has to give way.
#[test]
fn there_is_room_for_max_keys() {
    let policy = compile(&format!(r#"{{"limits": [{PER_USER}], "max_keys": 2000}}"#));
    let proxy = FakeProxy::new();
    let mut passed = 0;
    for id in 0..2000 {
        let request = FakeRequest::get("/").field("x-user-id", format!("u-{id}"));
        passed += passing(&policy, &request, &proxy, 3);
    }
    assert_eq!(passed, 4000);
}

#[test]
fn the_clock_of_the_host_may_step_back() {
    for back in [1, 999, 5_000, 3_000_000] {
        let (policy, proxy) = (limits(NODE), FakeProxy::new());
        passing(&policy, &user("u-1"), &proxy, 10);
        let now = 3_600_000_000_000 - back * 1_000_000;
        proxy.set_time(filter_api::MonotonicTime { nanos: now });
        assert_eq!(passing(&policy, &user("u-1"), &proxy, 10), 0, "{back} ms: no free requests");
        proxy.pass(Duration::from_millis(1_200));
        assert!(passing(&policy, &user("u-1"), &proxy, 10) >= 1, "{back} ms: no freeze");
    }
}
