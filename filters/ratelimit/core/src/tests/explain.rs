//! What callers are told who may know, and what all others are not.

use super::services::{OK, OVER, ask, message};
use super::{compile, fields, limits, user};
use crate::Policy;
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Answer, Decision, IdentityRecord, Mutation};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NODE: &str = r#"{"name": "node", "rate": {"requests": 800, "per": "1s"}}"#;
const PER_USER: &str = r#"{"name": "per-user", "key": [{"header": "x-user-id"}], "missing": "skip",
    "rate": {"requests": 2, "per": "1m"}}"#;
const PLACES: &str = r#"{"name": "places", "concurrency": {"max": 5}}"#;
const ELSEWHERE: &str =
    r#"{"name": "elsewhere", "when": {"path": {"exact": "/x"}}, "rate": {"requests": 1, "per": "1s"}}"#;
const FIELD: &str = "x-sluice-explain-ratelimit: ";
const IDENTITY: &str = r#"identity;sub="ada""#;

fn explained(limits: &[&str], more: &str) -> Policy {
    let limits = limits.join(",");
    compile(&format!(
        r#"{{"limits": [{limits}], "explain": {{"for": [{{"claims": [{{"name": "groups", "contains": "platform"}}]}}]}}{more}}}"#
    ))
}

fn of(request: FakeRequest, groups: &str) -> FakeRequest {
    request.identity(IdentityRecord::default().text("sub", "ada").text("groups", groups).into_bytes())
}

/// The value of the field.
fn told(decision: &Decision<'_>) -> String {
    let fields = fields(decision);
    let told: Vec<_> = fields.iter().filter_map(|line| line.strip_prefix(FIELD)).collect();
    let [told] = told[..] else { panic!("{fields:?}") };
    told.strip_suffix(IDENTITY).expect("who it is").trim_end_matches(", ").to_owned()
}

#[test]
fn an_insider_is_told_what_every_limit_said() {
    let policy = explained(&[NODE, PER_USER, PLACES, ELSEWHERE], "");
    let (proxy, request) = (FakeProxy::new(), of(user("u-1"), "platform"));
    for want in [
        r#""node";q=800;w=1;r=799;t=1, "per-user";q=2;w=60;r=1;t=30, "places";q=5;r=4"#,
        r#""node";q=800;w=1;r=798;t=1, "per-user";q=2;w=60;r=0;t=30, "places";q=5;r=3"#,
        // Refused: nothing is taken of the others.
        r#""node";q=800;w=1;r=798;t=1, "per-user";q=2;w=60;r=0;t=30;refused=over_limit;retry=30, "places";q=5;r=3"#,
    ] {
        assert_eq!(told(&policy.decide(&request, &proxy, true)), want);
    }
    let nobody = of(FakeRequest::get("/"), "platform");
    assert_eq!(
        told(&policy.decide(&nobody, &proxy, true)),
        r#""per-user";skipped, "node";q=800;w=1;r=797;t=1, "places";q=5;r=2"#
    );
}

/// Neither by an answer from behind nor by a refusal; the identity is one read more.
#[test]
fn others_are_told_nothing() {
    let policy = explained(&[PER_USER], "");
    for (name, request) in [
        ("nobody", user("u-1")),
        ("somebody else", of(user("u-1"), "staff")),
        ("who says so", user("u-1").field("groups", "platform").field("x-sluice-explain-ratelimit", "1")),
    ] {
        let proxy = FakeProxy::new();
        for _ in 0..2 {
            let Decision::Continue(effects) = policy.decide(&request, &proxy, true) else { panic!("{name}") };
            assert_eq!(effects.response, [Mutation::Remove("x-sluice-explain-ratelimit")], "{name}");
        }
        assert_eq!((request.reads(), proxy.calls()), (2, 4), "{name}");
        let refused = policy.decide(&request, &proxy, true);
        assert!(matches!(refused, Decision::Reply(_)), "{name}");
        assert!(!fields(&refused).iter().any(|line| line.starts_with(FIELD)), "{name}: {refused:?}");
    }
}

#[test]
fn without_it_nothing_is_done() {
    let (policy, proxy) = (limits(NODE), FakeProxy::new());
    let request = of(user("u-1"), "platform");
    let Decision::Continue(effects) = policy.decide(&request, &proxy, true) else { panic!("refused") };
    assert_eq!((request.reads(), proxy.calls(), effects.response.len()), (0, 2, 0));
}

/// An insider's account takes no more of the shared data than the decision did.
#[test]
fn it_reads_nothing_more_that_is_shared() {
    let (policy, proxy) = (explained(&[NODE, PER_USER, PLACES], ""), FakeProxy::new());
    let request = of(user("u-1"), "platform");
    told(&policy.decide(&request, &proxy, true));
    assert_eq!((request.reads(), proxy.calls()), (2, 6));
}

#[test]
fn dry_runs_say_what_they_would_refuse() {
    let none = r#"{"name": "none", "rate": {"requests": 0, "per": "1s"}}"#;
    let dry = none.replace(r#""rate""#, r#""dry_run": true, "rate""#);
    let request = of(user("u-1"), "platform");
    for (name, policy, want) in [
        (
            "a limit",
            explained(&[NODE, &dry], ""),
            r#""node";q=800;w=1;r=799;t=1, "none";q=0;w=1;r=0;t=1;refused=over_limit;retry=1;dry-run"#,
        ),
        (
            "the policy",
            explained(&[NODE, none], r#", "dry_run": true, "headers": "both""#),
            r#""node";q=800;w=1;r=800;t=0;dry-run, "none";q=0;w=1;r=0;t=1;refused=over_limit;retry=1;dry-run"#,
        ),
        (
            "the policy, with room",
            explained(&[NODE], r#", "dry_run": true"#),
            r#""node";q=800;w=1;r=799;t=1;dry-run"#,
        ),
    ] {
        let decision = policy.decide(&request, &FakeProxy::new(), true);
        assert!(matches!(decision, Decision::Continue(_)), "{name}");
        assert_eq!(told(&decision), want, "{name}");
    }
}

#[test]
fn what_a_service_said_is_told_when_it_has_said_it() {
    let global = r#"{"name": "tenants", "key": [{"header": "x-tenant"}],
        "global": {"cluster": "c", "domain": "d", "descriptor": "tenant", "on_failure": "local"},
        "rate": {"requests": 5, "per": "1s"}}"#;
    let policy = explained(&[NODE, global], "");
    let node = r#""node";q=800;w=1;r=799;t=1"#;
    for (name, answer, want) in [
        ("room, and no more said", message(OK), format!(r#"{node}, "tenants""#)),
        (
            "over",
            message(OVER),
            r#""node";q=800;w=1;r=800;t=0, "tenants";refused=over_limit;retry=1"#.to_owned(),
        ),
        ("no answer", Answer::TimedOut, format!(r#"{node}, "tenants";q=5;w=1;r=4;t=1;fallback"#)),
    ] {
        let request = of(FakeRequest::get("/").field("x-tenant", "acme"), "platform");
        assert_eq!(told(&ask(&policy, &request, &FakeProxy::new(), answer)), want, "{name}");
    }
}

/// A key is somebody's name or address: it is in no field.
#[test]
fn no_key_is_told() {
    let (policy, proxy) = (explained(&[PER_USER], ""), FakeProxy::new());
    for _ in 0..3 {
        let decision = policy.decide(&of(user("PLANTED"), "platform"), &proxy, true);
        assert!(!format!("{:?}", fields(&decision)).contains("PLANTED"));
    }
}
