//! Names of stats: of limits, never of keys; the same name always with the same tags.

use crate::tests::compile;
use std::collections::{BTreeMap, BTreeSet};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_counters_of_a_limit() {
    let policy = compile(r#"{"limits": [{"name": "node", "rate": {"requests": 1, "per": "1s"}}]}"#);
    let names: Vec<_> = policy.counters().iter().map(filter_api::StatName::as_str).collect();
    assert_eq!(
        names,
        [
            "sluice.ratelimit.requests.limit=.=node;.;outcome=.=admitted;.;",
            "sluice.ratelimit.requests.limit=.=node;.;outcome=.=skipped;.;",
            "sluice.ratelimit.requests.limit=.=node;.;outcome=.=refused;.;",
            "sluice.ratelimit.requests.limit=.=node;.;outcome=.=would_refuse;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=over_limit;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=in_flight;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=key_missing;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=table_full;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=contended;.;",
            "sluice.ratelimit.refused.limit=.=node;.;reason=.=service_unavailable;.;",
            "sluice.ratelimit.table_full.limit=.=node;.;",
            "sluice.ratelimit.contended.limit=.=node;.;",
        ]
    );
}

/// Or Prometheus refuses the page.
#[test]
fn one_name_has_one_set_of_tags() {
    let policy = compile(include_str!("../config/tests/every_field.json"));
    let mut tags: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for name in policy.counters() {
        assert!(names.insert(name.as_str()), "{} is defined twice", name.as_str());
        let mut parts = name.as_str().split("=.=");
        let first = parts.next().unwrap();
        let (base, tag) = first.rsplit_once('.').unwrap();
        let rest = parts.map(|part| part.rsplit(";.;").next().unwrap().to_owned());
        tags.entry(base.to_owned())
            .or_default()
            .insert([tag.to_owned()].into_iter().chain(rest).collect::<Vec<_>>().join(" "));
    }
    assert!(tags.values().all(|tags| tags.len() == 1), "{tags:?}");
    assert!(tags.len() > 5, "{tags:?}");
}

/// L22: Envoy frees no stat.
#[test]
fn the_largest_policy_has_a_bounded_number_of_counters() {
    let limit = |n: usize| {
        format!(
            r#"{{"name": "l{n}", "global": {{"cluster": "c", "domain": "d", "descriptor": "e", "lease": 9}},
                "rate": {{"requests": 1, "per": "1s"}}}}"#
        )
    };
    let limits: Vec<_> = (0..64).map(limit).collect();
    let policy = compile(&format!(r#"{{"limits": [{}]}}"#, limits.join(",")));
    assert!(policy.counters().len() <= 64 * 24, "{}", policy.counters().len());
}
