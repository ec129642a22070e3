//! `rate_by`, the limit that a verified claim chooses.

use super::{limits, passing, user};
use filter_api::IdentityRecord;
use filter_api::fake::{FakeProxy, FakeRequest};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TABLE: &str = r#""rate_by": {"claim": "plan", "table": {
    "silver": {"requests": 20, "per": "1h"}, "free": {"requests": 2, "per": "1h"}, "otherwise": {"requests": 4, "per": "1h"},
    "gold": {"requests": 30, "per": "1h"}, "7": {"requests": 7, "per": "1h"}}, "otherwise": {"requests": 1, "per": "1h"}}"#;

fn tenant(tenant: &str, plan: &str) -> FakeRequest {
    let claims = IdentityRecord::default().text("tenant", tenant).text("plan", plan);
    FakeRequest::get("/").identity(claims.into_bytes())
}

#[test]
fn the_claim_chooses_the_rate() {
    let policy = limits(&format!(r#"{{"name": "plan", "key": [{{"claim": "tenant"}}], {TABLE}}}"#));
    let proxy = FakeProxy::new();
    for (plan, want) in [
        ("free", 2),
        ("silver", 20),
        ("gold", 30),
        ("7", 7),
        ("Gold", 1),
        ("", 1),
        ("golden", 1),
        ("otherwise", 4),
    ] {
        let request = tenant(&format!("t-{plan}"), plan);
        assert_eq!(passing(&policy, &request, &proxy, 40), want, "{plan}");
    }
}

#[test]
fn what_is_no_plan_is_otherwise() {
    let policy = limits(&format!(r#"{{"name": "plan", {TABLE}}}"#));
    let list = IdentityRecord::default().list("plan", ["gold"]);
    for (name, request) in [
        ("no identity", user("u-1")),
        (
            "no claim",
            FakeRequest::get("/").identity(IdentityRecord::default().text("tenant", "t").into_bytes()),
        ),
        ("a list", FakeRequest::get("/").identity(list.into_bytes())),
        ("a header", FakeRequest::get("/").field("plan", "gold")),
    ] {
        assert_eq!(passing(&policy, &request, &FakeProxy::new(), 40), 1, "{name}");
    }
}

/// Whoever changes the plan begins anew: nothing of the old plan's is spent, and nothing of it is left.
#[test]
fn each_plan_has_buckets_of_its_own() {
    for key in [r#""key": [{"claim": "tenant"}],"#, ""] {
        let policy = limits(&format!(r#"{{"name": "plan", {key} {TABLE}}}"#));
        let proxy = FakeProxy::new();
        for (plan, want) in
            [("free", 2), ("gold", 30), ("unknown", 1), ("free", 0), ("strange", 0), ("otherwise", 4)]
        {
            assert_eq!(passing(&policy, &tenant("t-1", plan), &proxy, 40), want, "{key} {plan}");
        }
    }
}
