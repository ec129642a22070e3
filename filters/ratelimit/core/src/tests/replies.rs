//! What a refused client gets, and what an admitted one hears.

use super::{compile, fields, limits, user, verdict};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, Reply};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn refused(policy: &crate::Policy, request: &FakeRequest, proxy: &FakeProxy) -> Reply<'static> {
    loop {
        if let Decision::Reply(reply) = policy.decide(request, proxy, true) {
            return reply;
        }
    }
}

#[test]
fn a_problem_with_everything_about_it() {
    for (name, limit, status, grpc, body) in [
        (
            "a rate",
            r#"{"name": "per-user", "rate": {"requests": 1, "per": "1s"}}"#,
            429,
            8,
            r#"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Too Many Requests","status":429,"reason":"over_limit","violated-policies":["per-user"]}"#,
        ),
        (
            "another status",
            r#"{"name": "node", "rate": {"requests": 1, "per": "1s"}, "reply": {"status": 503}}"#,
            503,
            8,
            r#"{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity","title":"Service Unavailable","status":503,"reason":"over_limit","violated-policies":["node"]}"#,
        ),
        (
            "places",
            r#"{"name": "sku", "concurrency": {"max": 1}, "reply": {"status": 409}}"#,
            409,
            8,
            r#"{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":409,"reason":"in_flight","violated-policies":["sku"]}"#,
        ),
    ] {
        let reply = refused(&limits(limit), &user("u-1"), &FakeProxy::new());
        assert_eq!((reply.status, reply.grpc_status), (status, Some(grpc)), "{name}");
        assert_eq!(String::from_utf8_lossy(&reply.body), body, "{name}");
        let of = |wanted: &str| {
            reply.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_ref())
        };
        assert_eq!(of("content-type"), Some(&b"application/problem+json"[..]), "{name}");
        assert_eq!(of("retry-after"), Some(&b"1"[..]), "{name}");
    }
}

/// L14
#[test]
fn retry_after_is_right_to_the_second() {
    for (name, limit, passed, after, want) in [
        ("an hour", r#""requests": 1, "per": "1h""#, 0, 0, "3600"),
        ("almost an hour", r#""requests": 1, "per": "1h""#, 0, 1, "3600"),
        ("a second less", r#""requests": 1, "per": "1h""#, 0, 1_000, "3599"),
        ("the last second", r#""requests": 1, "per": "1h""#, 0, 3_599_500, "1"),
        ("less than a second", r#""requests": 100, "per": "1s""#, 0, 0, "1"),
        ("a second and a half", r#""requests": 2, "per": "3s""#, 0, 0, "2"),
        ("one of a burst", r#""requests": 60, "per": "1h", "burst": 3"#, 0, 0, "60"),
        ("never", r#""requests": 0, "per": "90s""#, 0, 0, "90"),
    ] {
        let _ = passed;
        let policy =
            compile(&format!(r#"{{"limits": [{{"name": "l", "rate": {{{limit}}}}}], "headers": "ietf"}}"#));
        let proxy = FakeProxy::new();
        refused(&policy, &user("u-1"), &proxy);
        proxy.pass(Duration::from_millis(after));
        let decision = policy.decide(&user("u-1"), &proxy, true);
        let fields = fields(&decision);
        assert!(fields.contains(&format!("retry-after: {want}")), "{name}: {fields:?}");
        assert!(fields.iter().any(|field| field.ends_with(&format!("r=0;t={want}"))), "{name}: {fields:?}");
    }
}

#[test]
fn who_lacks_a_key_need_not_come_again() {
    let limit = r#"{"name": "l", "key": [{"claim": "sub"}], "missing": "deny", "rate": {"requests": 1, "per": "1s"}}"#;
    let reply = refused(&limits(limit), &user("u-1"), &FakeProxy::new());
    assert_eq!((reply.status, reply.details.as_str()), (429, "sluice_ratelimit{key_missing}"));
    assert!(!reply.fields.iter().any(|(name, _)| *name == "retry-after"));
}

#[test]
fn fields_on_allowed_and_refused_answers() {
    let node = r#"{"name": "node", "rate": {"requests": 2, "per": "10s"}}"#;
    let sku = r#"{"name": "sku", "key": [{"header": "x-user-id"}], "concurrency": {"max": 3}}"#;
    let policy = compile(&format!(r#"{{"limits": [{node}, {sku}], "headers": "both"}}"#));
    let proxy = FakeProxy::new();
    let limits = [
        r#"ratelimit-policy: "node";q=2;w=10, "sku";q=3;qu="concurrent-requests""#,
        r#"x-ratelimit-limit: 2, 2;w=10;name="node", 3;name="sku""#,
    ];
    for (verdict_wanted, service, remaining, reset) in [
        ("pass", r#"ratelimit: "node";r=1;t=5, "sku";r=2"#, "1", "5"),
        ("pass", r#"ratelimit: "node";r=0;t=5, "sku";r=1"#, "0", "5"),
        ("429 over_limit", r#"ratelimit: "node";r=0;t=5, "sku";r=1"#, "0", "5"),
    ] {
        let decision = policy.decide(&user("u-1"), &proxy, true);
        assert_eq!(verdict(&decision), verdict_wanted);
        let fields: Vec<_> =
            fields(&decision).into_iter().filter(|field| field.contains("ratelimit")).collect();
        let want = [
            limits[0].to_owned(),
            service.to_owned(),
            limits[1].to_owned(),
            format!("x-ratelimit-remaining: {remaining}"),
            format!("x-ratelimit-reset: {reset}"),
        ];
        assert_eq!(fields, want);
    }
}

#[test]
fn a_request_under_no_limit_hears_of_none() {
    let api =
        r#"{"name": "api", "when": {"path": {"prefix": "/api"}}, "rate": {"requests": 1, "per": "1h"}}"#;
    let policy = compile(&format!(r#"{{"limits": [{api}], "headers": "both"}}"#));
    assert_eq!(fields(&policy.decide(&user("u-1"), &FakeProxy::new(), true)), [""; 0]);
}

/// No key, of nobody, in nothing that a client or an operator sees.
#[test]
fn no_key_is_in_an_answer() {
    let key = r#""key": [{"header": "x-user-id"}, {"path_segment": 1}, {"source_ip": {}}]"#;
    let policy = compile(&format!(
        r#"{{"limits": [{{"name": "a", {key}, "rate": {{"requests": 1, "per": "1h"}}}},
            {{"name": "b", {key}, "concurrency": {{"max": 1}}}}], "headers": "both"}}"#
    ));
    let request =
        FakeRequest::get("/planted-segment/x").field("x-user-id", "planted-marker").from("198.51.100.77");
    let proxy = FakeProxy::new();
    let answers = [policy.decide(&request, &proxy, true), policy.decide(&request, &proxy, true)];
    assert_eq!(answers.each_ref().map(verdict), ["pass", "429 over_limit"]);
    for answer in &answers {
        let mut seen = fields(answer).join("\n");
        if let Decision::Reply(reply) = answer {
            seen.push_str(&String::from_utf8_lossy(&reply.body));
            seen.push_str(&reply.details);
        }
        assert!(seen.contains("ratelimit"));
        for marker in ["planted", "198.51.100"] {
            assert!(!seen.contains(marker), "{seen}");
        }
    }
}
