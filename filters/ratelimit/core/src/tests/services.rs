//! Limits that a service keeps and is asked about for every request.

use super::{compile, counted, verdict};
use crate::Policy;
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Answer, Decision, Effects, GrpcCall, Pending};
use std::rc::Rc;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The answers of a service; the bytes are those of `rls::tests`.
pub(super) const OK: &[u8] = b"\x08\x01";
pub(super) const OVER: &[u8] = b"\x08\x02";

#[test]
fn asks_the_service_and_does_what_it_says() {
    let policy = with_service("");
    for (name, answer, want, counters) in [
        ("room", OK, "pass", vec!["requests.limit=.=tenants;.;outcome=.=admitted;.;"]),
        (
            "none",
            OVER,
            "429 over_limit",
            vec![
                "requests.limit=.=tenants;.;outcome=.=refused;.;",
                "refused.limit=.=tenants;.;reason=.=over_limit;.;",
            ],
        ),
    ] {
        let (proxy, request) = (FakeProxy::new(), tenant("acme"));
        let pending = pending(&policy.decide(&request, &proxy, true));
        let want_call = GrpcCall {
            cluster: "ratelimit",
            service: "envoy.service.ratelimit.v3.RateLimitService",
            method: "ShouldRateLimit",
            message: b"\x0A\x01d\x12\x10\x0A\x0E\x0A\x06tenant\x12\x04acme\x18\x01",
            timeout: Duration::from_millis(20),
        };
        assert_eq!(pending.call(), want_call, "{name}");
        assert!(pending.held().is_none(), "{name}");
        let decision = pending.on(message(answer), &request, &proxy);
        assert_eq!(verdict(&decision), want, "{name}");
        assert_eq!(counted(&policy, &decision), counters, "{name}");
        assert_eq!(proxy.calls(), 0, "{name}: nothing is kept in this proxy");
    }
}

#[test]
fn does_what_the_policy_says_without_an_answer() {
    let mut failures = vec![
        ("timeout", Answer::TimedOut),
        ("unsent", Answer::Unsent),
        ("answer", message(b"\x08\x00")),
        ("answer", message(b"")),
        ("answer", message(b"<html>")),
        ("answer", message(&[8; 65_537])),
    ];
    failures.extend((1..=16).map(|status| ("status", Answer::Status(status))));
    for (cause, answer) in failures {
        for (on_failure, want) in [
            ("allow", ["pass", "pass", "pass"]),
            ("deny", ["503 service_unavailable"; 3]),
            ("local", ["pass", "pass", "429 over_limit"]),
        ] {
            let name = format!("{cause}, {on_failure}, {answer:?}");
            let policy = with_service(&format!(r#", "on_failure": "{on_failure}""#));
            let (proxy, request) = (FakeProxy::new(), tenant("acme"));
            for want in want {
                let decision = ask(&policy, &request, &proxy, answer.clone());
                assert_eq!(verdict(&decision), want, "{name}");
                let counters = counted(&policy, &decision);
                let failure = format!("service_failures.limit=.=tenants;.;cause=.={cause};.;");
                let fallback = format!("fallbacks.limit=.=tenants;.;mode=.={on_failure};.;");
                for counter in [failure, fallback] {
                    assert_eq!(
                        counters.iter().filter(|name| **name == counter).count(),
                        1,
                        "{name}: {counters:?}"
                    );
                }
            }
            let other = ask(&policy, &tenant("other"), &proxy, answer.clone());
            assert_eq!(verdict(&other), want[0], "{name}: each key by itself");
        }
    }
}

/// What a limit of this proxy refuses is no business of the service's.
#[test]
fn asks_nobody_about_a_request_that_is_refused_here() {
    let policy = mixed(r#"{"name": "node", "rate": {"requests": 1, "per": "1h"}}"#);
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    assert_eq!(verdict(&ask(&policy, &request, &proxy, message(OK))), "pass");
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "429 over_limit");
}

#[test]
fn a_refusal_by_the_service_costs_nothing_here() {
    let local = r#"{"name": "node", "rate": {"requests": 1, "per": "1h"}},
                   {"name": "one", "concurrency": {"max": 1}}"#;
    for (name, on_failure, answer, want) in [
        ("over the limit", "allow", message(OVER), "429 over_limit"),
        ("no answer", "deny", Answer::TimedOut, "503 service_unavailable"),
    ] {
        let policy = mixed_with(local, &format!(r#", "on_failure": "{on_failure}""#));
        let (proxy, request) = (FakeProxy::new(), tenant("acme"));
        for _ in 0..3 {
            assert_eq!(verdict(&ask(&policy, &request, &proxy, answer.clone())), want, "{name}");
        }
        assert_eq!(verdict(&ask(&policy, &request, &proxy, message(OK))), "pass", "{name}");
    }
}

#[test]
fn holds_its_place_while_the_service_is_asked() {
    let policy = mixed(r#"{"name": "one", "concurrency": {"max": 1}}"#);
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    let first = pending(&policy.decide(&request, &proxy, true));
    let held = first.held().expect("a place");
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "429 in_flight");
    let Decision::Continue(Effects { held: None, .. }) = first.on(message(OK), &request, &proxy) else {
        panic!("held once, by whoever holds it already")
    };
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "429 in_flight");
    held.0.give_back(&proxy);
    let second = pending(&policy.decide(&request, &proxy, true));
    let held = second.held().expect("a place");
    assert_eq!(verdict(&second.on(message(OVER), &request, &proxy)), "429 over_limit");
    let third = pending(&policy.decide(&request, &proxy, true));
    held.0.give_back(&proxy);
    assert_eq!(verdict(&policy.decide(&request, &proxy, true)), "429 in_flight", "given back once");
    drop(third);
}

pub(super) const TWO_SERVICES: &str = r#"{"headers": "ietf", "limits": [
    {"name": "a", "key": [{"header": "x-tenant"}],
     "global": {"cluster": "one", "domain": "d", "descriptor": "tenant", "timeout": "30ms", "on_failure": "deny"}},
    {"name": "node", "rate": {"requests": 1, "per": "1h"}},
    {"name": "b", "global": {"cluster": "one", "domain": "d", "descriptor": "all", "on_failure": "allow"}},
    {"name": "c", "global": {"cluster": "one", "domain": "e", "descriptor": "all", "on_failure": "deny"}}
]}"#;

#[test]
fn asks_each_service_and_domain_once_one_after_the_other() {
    let policy = compile(TWO_SERVICES);
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    let first = pending(&policy.decide(&request, &proxy, true));
    let GrpcCall { cluster, message: asked, timeout, .. } = first.call();
    let both: &[u8] = b"\x0A\x01d\x12\x10\x0A\x0E\x0A\x06tenant\x12\x04acme\
                        \x12\x14\x0A\x12\x0A\x0Bgeneric_key\x12\x03all\x18\x01";
    assert_eq!((cluster, asked), ("one", both));
    assert_eq!(timeout, Duration::from_millis(20), "the shorter of two");
    let second = pending(&first.on(message(OK), &request, &proxy));
    assert!(first.held().is_none() && second.held().is_none());
    assert_eq!(second.call().message, b"\x0A\x01e\x12\x14\x0A\x12\x0A\x0Bgeneric_key\x12\x03all\x18\x01");
    assert_eq!(verdict(&second.on(message(OVER), &request, &proxy)), "429 over_limit");
    let first = pending(&policy.decide(&request, &proxy, true));
    let second = pending(&first.on(message(OK), &request, &proxy));
    assert_eq!(verdict(&second.on(message(OK), &request, &proxy)), "pass", "the local one was given back");
}

/// The call is another one's room than that of those who wait for a question in the background.
#[test]
fn asks_although_the_request_may_not_wait() {
    let decision = with_service("").decide(&tenant("acme"), &FakeProxy::new(), false);
    assert!(matches!(decision, Decision::Call(_)), "{decision:?}");
}

/// The shell keeps it from the first question on.
#[test]
fn a_place_is_held_once_for_all_questions() {
    let policy = compile(
        &TWO_SERVICES.replace(r#""rate": {"requests": 1, "per": "1h"}"#, r#""concurrency": {"max": 1}"#),
    );
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    let first = pending(&policy.decide(&request, &proxy, true));
    assert!(first.held().is_some());
    let second = pending(&first.on(message(OK), &request, &proxy));
    assert!(second.held().is_none());
    assert_eq!(verdict(&second.on(message(OVER), &request, &proxy)), "429 over_limit");
    assert!(matches!(policy.decide(&request, &proxy, true), Decision::Call(_)), "given back");
}

/// Answered twice, it does nothing the second time.
#[test]
fn an_answer_counts_once() {
    let policy = mixed(r#"{"name": "one", "concurrency": {"max": 1}}"#);
    let (proxy, request) = (FakeProxy::new(), tenant("acme"));
    let pending = pending(&policy.decide(&request, &proxy, true));
    assert_eq!(verdict(&pending.on(message(OK), &request, &proxy)), "pass");
    assert_eq!(pending.on(message(OVER), &request, &proxy), Decision::Continue(Effects::default()));
}

/// 2 an hour in this proxy if the service fails; `more` goes into `global`.
pub(super) fn with_service(more: &str) -> Policy {
    mixed_with("", more)
}

fn mixed(local: &str) -> Policy {
    mixed_with(local, "")
}

pub(super) fn mixed_with(local: &str, more: &str) -> Policy {
    let comma = if local.is_empty() { "" } else { "," };
    compile(&format!(
        r#"{{"limits": [{local}{comma}
            {{"name": "tenants", "key": [{{"header": "x-tenant"}}], "rate": {{"requests": 2, "per": "1h"}},
              "global": {{"cluster": "ratelimit", "domain": "d", "descriptor": "tenant"{more}}}}}
        ]}}"#
    ))
}

pub(super) fn tenant(id: &str) -> FakeRequest {
    FakeRequest::get("/").field("x-tenant", id)
}

pub(super) fn message(bytes: &[u8]) -> Answer {
    Answer::Message(bytes.to_vec())
}

pub(super) fn pending(decision: &Decision<'_>) -> Rc<dyn Pending> {
    match decision {
        Decision::Call(call) => Rc::clone(&call.0),
        other => panic!("{other:?}"),
    }
}

pub(super) fn ask(
    policy: &Policy,
    request: &FakeRequest,
    proxy: &FakeProxy,
    answer: Answer,
) -> Decision<'static> {
    pending(&policy.decide(request, proxy, true)).on(answer, request, proxy)
}
