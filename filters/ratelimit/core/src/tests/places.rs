//! `concurrency`, in decisions.

use super::{decide, effects, limits, user, verdict};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, Held};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const MUTEX: &str =
    r#"{"name": "sku", "key": [{"path_segment": 1}], "concurrency": {"max": 1, "lease": "8s"}}"#;

/// What the request holds if it passes.
fn hold(policy: &crate::Policy, request: &FakeRequest, proxy: &FakeProxy) -> Held {
    effects(policy.decide(request, proxy, true)).held.expect("a place")
}

#[test]
fn one_request_at_a_time_for_each_item() {
    let (policy, proxy) = (limits(MUTEX), FakeProxy::new());
    let (apple, pear) = (FakeRequest::get("/apple"), FakeRequest::get("/pear"));
    for _ in 0..100 {
        let Held(first) = hold(&policy, &apple, &proxy);
        assert_eq!(decide(&policy, &apple, &proxy), "429 in_flight");
        let Held(second) = hold(&policy, &pear, &proxy);
        first.give_back(&proxy);
        assert_eq!(decide(&policy, &pear, &proxy), "429 in_flight");
        second.give_back(&proxy);
    }
}

#[test]
fn a_place_of_a_dead_worker_comes_back_by_its_lease() {
    let (policy, proxy) = (limits(MUTEX), FakeProxy::new());
    let apple = FakeRequest::get("/apple");
    drop(hold(&policy, &apple, &proxy));
    proxy.pass(Duration::from_secs(8));
    assert_eq!(decide(&policy, &apple, &proxy), "429 in_flight");
    proxy.pass(Duration::from_secs(1));
    assert_eq!(decide(&policy, &apple, &proxy), "pass");
}

#[test]
fn a_living_request_keeps_its_place() {
    let (policy, proxy) = (limits(MUTEX), FakeProxy::new());
    let apple = FakeRequest::get("/apple");
    let Held(place) = hold(&policy, &apple, &proxy);
    for _ in 0..50 {
        proxy.pass(place.renewal());
        place.renew(&proxy);
        assert_eq!(decide(&policy, &apple, &proxy), "429 in_flight");
    }
}

#[test]
fn nobody_at_all() {
    let (policy, proxy) = (limits(r#"{"name": "l", "concurrency": {"max": 0}}"#), FakeProxy::new());
    assert_eq!(decide(&policy, &user("u-1"), &proxy), "429 in_flight");
}

#[test]
fn places_of_several_limits_are_given_back_together() {
    let both = [r#"{"name": "all", "concurrency": {"max": 2}}"#, MUTEX].join(",");
    let (policy, proxy) = (limits(&both), FakeProxy::new());
    let Held(apple) = hold(&policy, &FakeRequest::get("/apple"), &proxy);
    assert_eq!(decide(&policy, &FakeRequest::get("/apple"), &proxy), "429 in_flight");
    let Held(pear) = hold(&policy, &FakeRequest::get("/pear"), &proxy);
    assert_eq!(decide(&policy, &FakeRequest::get("/plum"), &proxy), "429 in_flight");
    apple.give_back(&proxy);
    pear.give_back(&proxy);
    hold(&policy, &FakeRequest::get("/apple"), &proxy);
    hold(&policy, &FakeRequest::get("/plum"), &proxy);
}

/// All slots have places that are taken: our side has no room.
#[test]
fn more_keys_in_flight_than_there_is_room_for() {
    let json = format!(r#"{{"limits": [{MUTEX}], "max_keys": 2}}"#);
    let (policy, proxy) = (super::compile(&json), FakeProxy::new());
    hold(&policy, &FakeRequest::get("/1"), &proxy);
    let Held(second) = hold(&policy, &FakeRequest::get("/2"), &proxy);
    let decision = policy.decide(&FakeRequest::get("/3"), &proxy, true);
    assert_eq!(verdict(&decision), "503 table_full");
    assert!(matches!(decision, Decision::Reply(reply) if reply.grpc_status == Some(14)));
    assert_eq!(decide(&policy, &FakeRequest::get("/1"), &proxy), "429 in_flight");
    second.give_back(&proxy);
    hold(&policy, &FakeRequest::get("/3"), &proxy);
}
