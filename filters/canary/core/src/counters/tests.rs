//! Names of the counters: bounded by the policy, the same tags for one base name always.

use crate::tests::policy;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const FIELDS: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "rules": [
        {"name": "dyed", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"},
        {"name": "half", "when": {"path": {"exact": "/half"}}, "weights": {"stable": 5000, "next": 5000}},
        {"name": "trial", "when": {"path": {"exact": "/trial"}}, "subset": "next", "dry_run": true}
    ]"#;

fn names(fields: &str) -> Vec<String> {
    policy(fields).counters().iter().map(|name| name.as_str().to_owned()).collect()
}

#[test]
fn one_counter_for_each_way_to_decide() {
    let decided = |subset, reason, rule| {
        format!("sluice.canary.decisions.subset=.={subset};.;reason=.={reason};.;rule=.={rule};.;")
    };
    let mut want = Vec::new();
    for subset in ["stable", "canary", "next"] {
        want.extend(["draw", "random", "inherited"].map(|reason| decided(subset, reason, "-")));
    }
    want.push(decided("canary", "rule", "dyed"));
    want.extend(["stable", "canary", "next"].map(|subset| decided(subset, "cohort", "half")));
    want.push("sluice.canary.dry_run_decisions.subset=.=next;.;reason=.=rule;.;rule=.=trial;.;".to_owned());
    assert_eq!(names(FIELDS), want);
}

#[test]
fn a_dry_policy_counts_apart() {
    let wet = names(FIELDS).into_iter().map(|name| name.replace(".decisions.", ".dry_run_decisions."));
    assert_eq!(names(&format!(r#"{FIELDS}, "dry_run": true"#)), wet.collect::<Vec<_>>());
}

#[test]
fn no_name_twice() {
    let mut all = names(FIELDS);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), names(FIELDS).len());
}
