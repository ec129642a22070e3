//! Leases beside other limits, and in the hands of several workers.

use super::leases::{asked, grant, lending, lending_beside, told, waits};
use super::services::{OK, OVER, message, pending, tenant};
use super::verdict;
use filter_api::Decision;
use filter_api::fake::FakeProxy;
use std::rc::Rc;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NODE: &str = r#"{"name": "node", "rate": {"requests": 3, "per": "1h"}}"#;

#[test]
fn a_refusal_elsewhere_spends_no_credit_and_asks_nobody() {
    let (policy, proxy, request) = (lending_beside(NODE, 10, ""), FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    for _ in 0..3 {
        assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "pass");
    }
    for _ in 0..20 {
        let before = proxy.calls();
        let decision = policy.decide(&request, &proxy, true);
        assert_eq!((verdict(&decision), proxy.calls() - before), ("429 over_limit".to_owned(), 2));
    }
    let decision = policy.decide(&tenant("other"), &proxy, true);
    assert_eq!(verdict(&decision), "429 over_limit", "nobody waits for what is refused anyway");
    proxy.pass(Duration::from_secs(20 * 60));
    assert!(waits(&policy.decide(&request, &proxy, true)).1.is_some(), "credits of an hour ago");
}

/// While it waits it has taken nothing of the others.
#[test]
fn waiting_costs_nothing() {
    let (policy, proxy, request) = (lending_beside(NODE, 10, ""), FakeProxy::new(), tenant("acme"));
    let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("a question");
    for _ in 0..10 {
        let before = proxy.calls();
        assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None);
        assert_eq!(proxy.calls() - before, 2, "two looks");
    }
    told(&policy, &ask, OK, &proxy);
    let passed = (0..10).filter(|_| verdict(&policy.decide(&request, &proxy, true)) == "pass").count();
    assert_eq!(passed, 3);
}

/// Another worker takes the last credit between a look and a write.
#[test]
fn a_lost_race_gives_back_what_was_taken_and_waits() {
    let policy = Rc::new(lending_beside(NODE, 2, ""));
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    let ask = asked(&policy.decide(&request, &proxy, true)).expect("half is gone");
    // The write that is interfered with is the local limit's; this request sees one credit, and it is gone.
    let other = Rc::clone(&policy);
    proxy.meddle(move |proxy| {
        let without_node = other.decide(&tenant("acme"), proxy, true);
        assert_eq!(verdict(&without_node), "pass");
    });
    assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None, "a question is under way");
    told(&policy, &ask, OK, &proxy);
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "pass", "the third of three");
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "429 over_limit");
}

/// 2 workers and one record: no credit is spent twice, none is lost.
#[test]
fn workers_that_interfere_spend_each_credit_once() {
    let policy = Rc::new(lending(100, ""));
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    let mut passed = 0;
    for round in 0..60 {
        if round % 3 == 0 {
            let other = Rc::clone(&policy);
            proxy.meddle(move |proxy| {
                assert!(matches!(other.decide(&tenant("acme"), proxy, true), Decision::Continue(_)));
            });
            passed += 1;
        }
        passed += usize::from(matches!(policy.decide(&request, &proxy, true), Decision::Continue(_)));
    }
    assert_eq!(passed, 80);
    let left =
        (0..100).take_while(|_| matches!(policy.decide(&request, &proxy, true), Decision::Continue(_)));
    assert_eq!(left.count(), 20);
}

#[test]
fn asks_about_one_lease_at_a_time() {
    let both = r#"{"name": "all", "global": {"cluster": "c", "domain": "d", "descriptor": "all", "lease": 10,
                   "on_failure": "deny"}}"#;
    let (policy, proxy, request) = (lending_beside(both, 10, ""), FakeProxy::new(), tenant("acme"));
    let first = waits(&policy.decide(&request, &proxy, true)).1.expect("about `all`");
    told(&policy, &first, OK, &proxy);
    let second = waits(&policy.decide(&request, &proxy, true)).1.expect("about `tenants`");
    assert_ne!(first.0.call().message, second.0.call().message);
    told(&policy, &second, OK, &proxy);
    // Both fall to a half with the same request: one question goes with it, the other with the next one.
    let asks: Vec<_> = (0..6).map(|_| asked(&policy.decide(&request, &proxy, true)).is_some()).collect();
    assert_eq!(asks, [false, false, false, false, true, true]);
}

/// Credits of one limit, and a question about each request of another.
#[test]
fn a_refusal_by_another_service_gives_the_credit_back_and_the_question() {
    let each = r#"{"name": "all", "global": {"cluster": "c", "domain": "d", "descriptor": "all", "on_failure": "deny"}}"#;
    let (policy, proxy, request) = (lending_beside(each, 2, ""), FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    for _ in 0..5 {
        let pending = pending(&policy.decide(&request, &proxy, true));
        assert_eq!(verdict(&pending.on(message(OVER), &request, &proxy)), "429 over_limit");
    }
    let decision = pending(&policy.decide(&request, &proxy, true)).on(message(OK), &request, &proxy);
    assert!(asked(&decision).is_some(), "one of two is left, and nobody asks yet");
    let decision = pending(&policy.decide(&request, &proxy, true)).on(message(OK), &request, &proxy);
    assert_eq!(verdict(&decision), "pass");
    assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None);
}
