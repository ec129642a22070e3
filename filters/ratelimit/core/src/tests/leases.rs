//! Limits that a service keeps and lends from.

use super::services::{OK, OVER, message, tenant};
use super::{compile, counted, fields, verdict};
use crate::Policy;
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Answer, Ask, Decision, Effects, Patience};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn waits_for_the_first_credits_and_then_spends_them() {
    let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
    let (span, ask) = waits(&policy.decide(&request, &proxy, true));
    let ask = ask.expect("the first one asks");
    assert_eq!(span, Duration::from_millis(20));
    assert_eq!(ask.0.call().message, b"\x0A\x01d\x12\x10\x0A\x0E\x0A\x06tenant\x12\x04acme\x18\x0A");
    assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None, "the second one does not");
    assert_eq!(told(&policy, &ask, OK, &proxy), ["leases.limit=.=tenants;.;outcome=.=granted;.;"]);
    for left in (0..10).rev() {
        let decision = policy.decide(&request, &proxy, true);
        assert_eq!(counted(&policy, &decision), ["requests.limit=.=tenants;.;outcome=.=admitted;.;"]);
        assert_eq!(asked(&decision).is_some(), left == 5, "{left} left: asks once half is gone");
    }
    assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None, "asked already");
}

/// Reading and writing one record: as much as a limit of this proxy.
#[test]
fn a_credit_costs_two_host_calls() {
    let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    for (name, want) in [("a credit", 2), ("another", 2), ("one after that", 2)] {
        let before = proxy.calls();
        assert!(asked(&policy.decide(&request, &proxy, true)).is_none(), "{name}");
        assert_eq!(proxy.calls() - before, want, "{name}");
    }
}

#[test]
fn the_answer_refills_and_a_refusal_does_not() {
    for (name, answer, want) in [("granted", OK, 15), ("refused", OVER, 5)] {
        let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
        grant(&policy, &proxy, &request);
        let ask = (0..5).find_map(|_| asked(&policy.decide(&request, &proxy, true))).expect("a question");
        told(&policy, &ask, answer, &proxy);
        let spent =
            (0..30).take_while(|_| matches!(policy.decide(&request, &proxy, true), Decision::Continue(_)));
        assert_eq!(spent.count(), want, "{name}");
    }
}

#[test]
fn remembers_that_there_is_nothing_left() {
    let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
    for hits in [10, 3, 1] {
        let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("a question");
        assert_eq!(ask.0.call().message.last(), Some(&hits));
        // Reset in 2.5 s, exactly.
        let answer = b"\x08\x02\x12\x0C\x08\x02\x22\x08\x08\x02\x10\x80\xCA\xB5\xEE\x01";
        assert_eq!(told(&policy, &ask, answer, &proxy), ["leases.limit=.=tenants;.;outcome=.=refused;.;"]);
    }
    let decision = policy.decide(&request, &proxy, true);
    assert_eq!(verdict(&decision), "429 over_limit");
    assert!(fields(&decision).contains(&"retry-after: 3".to_owned()), "{decision:?}");
    assert!(waits(&policy.decide(&tenant("other"), &proxy, true)).1.is_some(), "each key by itself");
    proxy.pass(Duration::from_millis(2500));
    let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("a question");
    assert_eq!(ask.0.call().message.last(), Some(&1), "a small one finds out");
}

#[test]
fn does_what_the_policy_says_without_an_answer() {
    for (cause, answer) in [
        ("timeout", Answer::TimedOut),
        ("unsent", Answer::Unsent),
        ("status", Answer::Status(14)),
        ("answer", message(b"\x08\x00")),
    ] {
        for (on_failure, want) in [
            ("allow", ["pass", "pass", "pass"]),
            ("deny", ["503 service_unavailable"; 3]),
            ("local", ["pass", "pass", "429 over_limit"]),
        ] {
            let name = format!("{cause}, {on_failure}");
            let policy = lending(10, &format!(r#", "on_failure": "{on_failure}""#));
            let (proxy, request) = (FakeProxy::new(), tenant("acme"));
            let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("a question");
            let counters = named(&policy, &ask.0.on(answer.clone(), &proxy));
            assert_eq!(
                counters,
                [format!("service_failures.limit=.=tenants;.;cause=.={cause};.;")],
                "{name}"
            );
            for want in want {
                let decision = policy.decide(&request, &proxy, true);
                assert_eq!(verdict(&decision), want, "{name}");
                let fallback = format!("fallbacks.limit=.=tenants;.;mode=.={on_failure};.;");
                assert!(counted(&policy, &decision).contains(&fallback), "{name}");
            }
            proxy.pass(Duration::from_millis(100));
            assert!(waits(&policy.decide(&request, &proxy, true)).1.is_some(), "{name}: asked again");
        }
    }
}

/// Its patience is over, or there is no room for those who wait.
#[test]
fn a_request_that_may_not_wait_goes_by_what_holds_without_an_answer() {
    for (on_failure, want) in [("allow", "pass"), ("deny", "503 service_unavailable"), ("local", "pass")] {
        let policy = lending(10, &format!(r#", "on_failure": "{on_failure}""#));
        let (proxy, request) = (FakeProxy::new(), tenant("acme"));
        assert_eq!(verdict(&policy.decide(&request, &proxy, false)), want, "nobody asked");
        let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("nobody had");
        assert_eq!(verdict(&policy.decide(&request, &proxy, false)), want, "{on_failure}: asked");
        // The service answers, and has less than a lease: that is no failure.
        told(&policy, &ask, OVER, &proxy);
        assert_eq!(
            verdict(&policy.decide(&request, &proxy, false)),
            "429 over_limit",
            "{on_failure}: in the tail"
        );
    }
}

#[test]
fn a_worker_that_dies_with_the_question_holds_nobody_up_for_long() {
    let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
    drop(waits(&policy.decide(&request, &proxy, true)));
    proxy.pass(Duration::from_millis(39));
    assert_eq!(waits(&policy.decide(&request, &proxy, true)).1, None);
    proxy.pass(Duration::from_millis(1));
    assert!(waits(&policy.decide(&request, &proxy, true)).1.is_some());
}

#[test]
fn says_the_rate_and_the_credits() {
    let policy = compile(
        r#"{"headers": "ietf", "limits": [{"name": "tenants", "rate": {"requests": 500, "per": "1m"},
            "global": {"cluster": "c", "domain": "d", "descriptor": "all", "lease": 10}}]}"#,
    );
    let (proxy, request) = (FakeProxy::new(), FakeRequest::get("/"));
    grant(&policy, &proxy, &request);
    let decision = policy.decide(&request, &proxy, true);
    assert_eq!(fields(&decision), ["ratelimit-policy: \"tenants\";q=500;w=60", "ratelimit: \"tenants\";r=9"]);
}

#[test]
fn a_dry_run_waits_for_nobody() {
    let policy = lending(10, r#", "on_failure": "deny"}, "dry_run": true, "reply": {"status": 429"#);
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    let decision = policy.decide(&request, &proxy, true);
    assert_eq!(verdict(&decision), "pass");
    let mut ask = asked(&decision).expect("a question");
    for _ in 0..3 {
        told(&policy, &ask, OVER, &proxy);
        let decision = policy.decide(&request, &proxy, true);
        assert_eq!(verdict(&decision), "pass");
        match asked(&decision) {
            Some(next) => ask = next,
            None => break,
        }
    }
    let decision = policy.decide(&request, &proxy, true);
    assert_eq!(verdict(&decision), "pass");
    assert!(
        counted(&policy, &decision)
            .contains(&"requests.limit=.=tenants;.;outcome=.=would_refuse;.;".to_owned()),
        "{decision:?}"
    );
}

/// The same without a key: the record is another one.
#[test]
fn credits_of_a_limit_without_a_key_are_of_one_domain() {
    let of = |domain| {
        compile(&format!(
            r#"{{"limits": [{{"name": "all", "global": {{"cluster": "c", "domain": "{domain}", "descriptor": "all",
                "lease": 10, "on_failure": "deny"}}}}]}}"#
        ))
    };
    let (proxy, request) = (FakeProxy::new(), FakeRequest::get("/"));
    grant(&of("d"), &proxy, &request);
    assert_eq!(verdict(&of("d").decide(&request, &proxy, true)), "pass");
    assert!(waits(&of("e").decide(&request, &proxy, true)).1.is_some());
}

/// Another domain, another route: other credits.
#[test]
fn credits_are_of_one_service_domain_and_route() {
    let (policy, proxy, request) = (lending(10, ""), FakeProxy::new(), tenant("acme"));
    grant(&policy, &proxy, &request);
    let elsewhere = lending(10, r#", "timeout": "30ms""#);
    assert_eq!(verdict(&elsewhere.decide(&request, &proxy, true)), "pass", "the same service after a reload");
    let elsewhere = compile(
        r#"{"limits": [{"name": "tenants", "key": [{"header": "x-tenant"}], "rate": {"requests": 2, "per": "10m"},
            "global": {"cluster": "ratelimit", "domain": "e", "descriptor": "tenant", "lease": 10}}]}"#,
    );
    assert!(waits(&elsewhere.decide(&request, &proxy, true)).1.is_some(), "another domain");
    proxy.set_scope(7);
    assert!(waits(&policy.decide(&request, &proxy, true)).1.is_some(), "another route");
}

#[test]
fn a_full_page_is_counted_and_admits_nobody_too_many() {
    let policy = compile(
        r#"{"max_keys": 2, "limits": [{"name": "tenants", "key": [{"header": "x-tenant"}],
            "global": {"cluster": "c", "domain": "d", "descriptor": "tenant", "lease": 10, "on_failure": "deny"}}]}"#,
    );
    let proxy = FakeProxy::new();
    let mut evicted = 0;
    for user in 0..4 {
        let request = tenant(&user.to_string());
        let ask = waits(&policy.decide(&request, &proxy, true)).1.expect("a question");
        evicted +=
            usize::from(told(&policy, &ask, OK, &proxy).iter().any(|name| name.starts_with("table_full")));
        let decision = policy.decide(&request, &proxy, true);
        assert_eq!(verdict(&decision), "pass");
    }
    assert_eq!(proxy.size().0, 1, "one page");
    assert!(waits(&policy.decide(&tenant("0"), &proxy, true)).1.is_some(), "its credits went with its slot");
    assert_eq!(evicted, 2, "two of four found a seat");
}

/// 2 each 10 minutes in this proxy if the service fails; `more` goes into `global`.
pub(super) fn lending(size: u32, more: &str) -> Policy {
    lending_beside("", size, more)
}

pub(super) fn lending_beside(other: &str, size: u32, more: &str) -> Policy {
    let comma = if other.is_empty() { "" } else { "," };
    compile(&format!(
        r#"{{"limits": [{other}{comma}
            {{"name": "tenants", "key": [{{"header": "x-tenant"}}], "rate": {{"requests": 2, "per": "10m"}},
              "global": {{"cluster": "ratelimit", "domain": "d", "descriptor": "tenant", "lease": {size}{more}}}}}
        ]}}"#
    ))
}

pub(super) fn grant(policy: &Policy, proxy: &FakeProxy, request: &FakeRequest) {
    let ask = waits(&policy.decide(request, proxy, true)).1.expect("a question");
    told(policy, &ask, OK, proxy);
}

/// How long it waits, and what it asks.
pub(super) fn waits(decision: &Decision<'_>) -> (Duration, Option<Ask>) {
    match decision {
        Decision::Wait(Patience { span, ask }) => (*span, ask.clone()),
        other => panic!("{other:?}"),
    }
}

/// What a request asks that goes on.
pub(super) fn asked(decision: &Decision<'_>) -> Option<Ask> {
    match decision {
        Decision::Continue(Effects { ask, .. }) => ask.clone(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn told(policy: &Policy, ask: &Ask, answer: &[u8], proxy: &FakeProxy) -> Vec<String> {
    named(policy, &ask.0.on(message(answer), proxy))
}

fn named(policy: &Policy, counters: &[filter_api::Counter]) -> Vec<String> {
    let name = |counter: &filter_api::Counter| {
        policy.counters()[usize::from(counter.0)].as_str().replace("sluice.ratelimit.", "")
    };
    counters.iter().map(name).collect()
}
