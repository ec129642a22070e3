//! Decide, count, log, and change nothing.

use super::{counted, decided, policy, user};
use filter_api::Effects;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const EVERYTHING: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "sticky_cookie": {"name": "sluice-id"},
    "rules": [{"name": "dyed", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"}],
    "inherit": {"peers": ["spiffe://example.org/*"]},
    "output": {"header": "x-sluice-subset", "baggage": true, "response_header": "x-sluice-subset"}"#;

#[test]
fn a_dry_policy_changes_nothing() {
    let policy = policy(&format!(r#"{EVERYTHING}, "dry_run": true"#));
    let spoofed = |request: FakeRequest| {
        request.field("x-sluice-subset", "next").field("baggage", "sluice-subset=next")
    };
    for (name, request, log) in [
        ("draw", spoofed(user("u-2")), "would choose canary (reason draw, rule -)"),
        (
            "rule",
            spoofed(user("u-1")).field("x-env", "canary"),
            "would choose canary (reason rule, rule dyed)",
        ),
        ("random", spoofed(FakeRequest::get("/")), "would choose stable (reason random, rule -)"),
        (
            "inherited",
            spoofed(user("u-1")).peer("spiffe://example.org/a"),
            "would choose next (reason inherited, rule -)",
        ),
    ] {
        let effects = policy.apply(&request);
        assert_eq!(effects.log.as_deref(), Some(format!("sluice.canary: dry run: {log}").as_str()), "{name}");
        assert_eq!(effects.counters.len(), 1, "{name}");
        let changing = Effects { log: None, counters: Vec::new(), ..effects };
        assert_eq!(changing, Effects::default(), "{name}: no field, no cookie, no filter state");
        let counted = counted(&policy, &request);
        assert!(counted[0].starts_with("dry_run_decisions.subset=.="), "{name}: {counted:?}");
    }
}

#[test]
fn a_dry_policy_logs_nothing_that_a_client_chose() {
    let policy = policy(&format!(r#"{EVERYTHING}, "dry_run": true"#));
    let log = policy.apply(&user("secret\nforged line")).log.unwrap_or_default();
    assert!(!log.contains("secret") && !log.contains('\n'), "{log}");
}

const DRY_RULES: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "sticky_cookie": {"name": "sluice-id"},
    "rules": [
        {"name": "one", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "next", "dry_run": true},
        {"name": "two", "when": {"path": {"prefix": "/"}}, "weights": {"stable": 5000, "next": 5000}, "dry_run": true},
        {"name": "three", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"}
    ]"#;

#[test]
fn a_dry_rule_is_counted_and_passed_by() {
    let policy = policy(DRY_RULES);
    let one = "dry_run_decisions.subset=.=next;.;reason=.=rule;.;rule=.=one;.;";
    let two = |subset| format!("dry_run_decisions.subset=.={subset};.;reason=.=cohort;.;rule=.=two;.;");
    for (name, request, decision, counters) in [
        (
            "both match, and a wet one behind them",
            user("u-1").field("x-env", "canary"),
            "canary: rule three",
            vec![
                one.to_owned(),
                two("stable"),
                "decisions.subset=.=canary;.;reason=.=rule;.;rule=.=three;.;".to_owned(),
            ],
        ),
        (
            "the cohort alone",
            user("ada"),
            "stable: draw 6010",
            vec![two("next"), "decisions.subset=.=stable;.;reason=.=draw;.;rule=.=-;.;".to_owned()],
        ),
    ] {
        assert_eq!(decided(&policy, &request), decision, "{name}");
        assert_eq!(counted(&policy, &request), counters, "{name}");
        assert_eq!(policy.apply(&request).log, None, "{name}: rules only count");
    }
}

/// Regression: the dry-run rule and the decision each made up an id, and the two disagreed.
#[test]
fn a_dry_cohort_draws_as_the_decision_does() {
    let policy = policy(DRY_RULES);
    let request = FakeRequest::get("/").random_bits(Some(0x10));
    assert_eq!(decided(&policy, &request), "canary: random 9847");
    assert_eq!(request.reads(), 2, "fields, and one draw of random bits");
    let cookie = |request: &FakeRequest| policy.apply(request).response.len();
    assert_eq!(cookie(&request), 1, "for the decision");
    let dyed = FakeRequest::get("/").field("x-env", "canary");
    assert_eq!(decided(&policy, &dyed), "canary: rule three");
    assert_eq!(cookie(&dyed), 0, "the dry-run draw leaves nothing behind");
}

#[test]
fn many_cohorts_draw_once() {
    let cohort = |name: &str| {
        format!(
            r#"{{"name": "{name}", "when": {{"path": {{"prefix": "/"}}}}, "weights": {{"next": 10000}}, "dry_run": true}}"#
        )
    };
    let policy = policy(&format!(r#""rules": [{}, {}, {}]"#, cohort("a"), cohort("b"), cohort("c")));
    let request = FakeRequest::get("/");
    assert_eq!(decided(&policy, &request), "stable: random 1694");
    assert_eq!(request.reads(), 2, "fields, and one draw of random bits");
}
