//! What a request hears about limits that a service keeps.

use super::services::{OK, OVER, TWO_SERVICES, ask, message, mixed_with, tenant, with_service};
use super::{compile, counted, fields, verdict};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Answer, Decision, Effects};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn names_the_limits_that_the_service_refused() {
    let policy = compile(TWO_SERVICES);
    let request = tenant("acme");
    for (name, answer, want) in [
        ("the second", &b"\x08\x02\x12\x02\x08\x01\x12\x02\x08\x02"[..], r#"["b"]"#),
        ("both", b"\x08\x02\x12\x02\x08\x02\x12\x02\x08\x02", r#"["a","b"]"#),
        ("nobody in particular", OVER, r#"["a","b"]"#),
    ] {
        let decision = ask(&policy, &request, &FakeProxy::new(), message(answer));
        let Decision::Reply(reply) = decision else { panic!("{name}: {decision:?}") };
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(body.contains(&format!("\"violated-policies\":{want}")), "{name}: {body}");
    }
    // `b` allows without an answer, `a` does not.
    let decision = ask(&policy, &request, &FakeProxy::new(), Answer::TimedOut);
    let Decision::Reply(reply) = decision else { panic!("{decision:?}") };
    assert!(String::from_utf8_lossy(&reply.body).contains(r#""violated-policies":["a"]"#));
}

/// 10 a second, `left` of them, reset in one.
fn told(code: u8, left: u8) -> Vec<u8> {
    [
        b"\x08",
        &[code][..],
        b"\x12\x0E\x08",
        &[code],
        b"\x12\x04\x08\x0A\x10\x01\x18",
        &[left],
        b"\x22\x02\x08\x01",
    ]
    .concat()
}

#[test]
fn says_what_the_service_said_and_nothing_else() {
    let policy = compile(
        r#"{"headers": "both", "limits": [{"name": "tenants", "key": [{"header": "x-tenant"}],
            "global": {"cluster": "c", "domain": "d", "descriptor": "tenant"}, "rate": {"requests": 500, "per": "1s"}}]}"#,
    );
    for (name, answer, want) in [
        ("nothing", message(OK), vec![]),
        (
            "room",
            message(&told(1, 7)),
            vec![
                "ratelimit-policy: \"tenants\";q=10;w=1",
                "ratelimit: \"tenants\";r=7;t=1",
                "x-ratelimit-limit: 10, 10;w=1;name=\"tenants\"",
                "x-ratelimit-remaining: 7",
                "x-ratelimit-reset: 1",
            ],
        ),
        (
            "none",
            message(&told(2, 0)),
            vec![
                "content-type: application/problem+json",
                "retry-after: 1",
                "ratelimit-policy: \"tenants\";q=10;w=1",
                "ratelimit: \"tenants\";r=0;t=1",
                "x-ratelimit-limit: 10, 10;w=1;name=\"tenants\"",
                "x-ratelimit-remaining: 0",
                "x-ratelimit-reset: 1",
            ],
        ),
        (
            "not answered: what counts here",
            Answer::TimedOut,
            vec![
                "ratelimit-policy: \"tenants\";q=500;w=1",
                "ratelimit: \"tenants\";r=499;t=1",
                "x-ratelimit-limit: 500, 500;w=1;name=\"tenants\"",
                "x-ratelimit-remaining: 499",
                "x-ratelimit-reset: 1",
            ],
        ),
    ] {
        let decision = ask(&policy, &tenant("acme"), &FakeProxy::new(), answer);
        assert_eq!(fields(&decision), want, "{name}");
    }
}

#[test]
fn says_when_to_come_again() {
    let policy = with_service("");
    let minute = b"\x08\x02\x12\x06\x08\x02\x22\x02\x08\x3C";
    for (name, answer, want) in [("said", &minute[..], "60"), ("not said", OVER, "1")] {
        let decision = ask(&policy, &tenant("acme"), &FakeProxy::new(), message(answer));
        assert!(fields(&decision).contains(&format!("retry-after: {want}")), "{name}: {decision:?}");
    }
}

#[test]
fn a_request_without_a_key_is_skipped_refused_or_one_of_all_that_have_none() {
    for (missing, want) in [("skip", "pass"), ("deny", "429 key_missing"), ("shared", "asked")] {
        let policy = compile(&format!(
            r#"{{"limits": [{{"name": "tenants", "key": [{{"header": "x-tenant"}}], "missing": "{missing}",
                "global": {{"cluster": "c", "domain": "d", "descriptor": "tenant", "on_failure": "deny"}}}}]}}"#
        ));
        let decision = policy.decide(&FakeRequest::get("/"), &FakeProxy::new(), true);
        match &decision {
            Decision::Call(call) => {
                assert_eq!(want, "asked", "{missing}");
                let asked: &[u8] = b"\x0A\x01d\x12\x0D\x0A\x0B\x0A\x06tenant\x12\x01-\x18\x01";
                assert_eq!(call.0.call().message, asked);
            }
            other => assert_eq!(verdict(other), want, "{missing}"),
        }
    }
}

/// One limit of a service, in a dry run of its own or of the policy's.
#[test]
fn a_dry_run_asks_in_the_background() {
    for (name, policy, outcome) in [
        (
            "of the limit",
            mixed_with("", r#", "on_failure": "deny"}, "dry_run": true, "reply": {"status": 429"#),
            "pass",
        ),
        (
            "of the policy",
            compile(
                r#"{"dry_run": true, "limits": [{"name": "tenants", "key": [{"header": "x-tenant"}],
                    "global": {"cluster": "c", "domain": "d", "descriptor": "tenant", "on_failure": "deny"}}]}"#,
            ),
            "pass",
        ),
    ] {
        let proxy = FakeProxy::new();
        let decision = policy.decide(&tenant("acme"), &proxy, true);
        assert_eq!(verdict(&decision), outcome, "{name}");
        assert_eq!(counted(&policy, &decision), [""; 0], "{name}: counted when it is answered");
        let Decision::Continue(Effects { ask: Some(ask), .. }) = decision else { panic!("{name}") };
        let named = |answer| -> Vec<_> {
            let counters = ask.0.on(answer, &proxy);
            counters
                .iter()
                .map(|counter| policy.counters()[usize::from(counter.0)].as_str().to_owned())
                .collect()
        };
        assert_eq!(
            [named(message(OK)), named(message(OVER)), named(Answer::Unsent)],
            [
                vec!["sluice.ratelimit.requests.limit=.=tenants;.;outcome=.=admitted;.;"],
                vec![
                    "sluice.ratelimit.requests.limit=.=tenants;.;outcome=.=would_refuse;.;",
                    "sluice.ratelimit.refused.limit=.=tenants;.;reason=.=over_limit;.;",
                ],
                vec!["sluice.ratelimit.service_failures.limit=.=tenants;.;cause=.=unsent;.;"],
            ],
            "{name}"
        );
    }
}
