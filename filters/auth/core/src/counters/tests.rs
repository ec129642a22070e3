//! Names of the counters: bounded by the policy, the same tags for one base name always.

use super::Counters;
use crate::Reason;
use filter_api::{Counter, Name, StatName};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn counters(dry: bool, revocations: bool) -> Counters {
    let [open, guarded] = ["open", "guarded"].map(|name| Name::parse(name).expect("a name"));
    Counters::new(&[&open, &guarded], &["idp", "jwt_svid"], dry, revocations)
}

fn name(counters: &Counters, counter: Option<Counter>) -> &str {
    counter.map_or("-", |Counter(place)| counters.names()[usize::from(place)].as_str())
}

#[test]
fn every_counter_has_its_own_name() {
    let all = counters(true, true);
    let mut names: Vec<_> = all.names().iter().map(StatName::as_str).collect();
    assert_eq!(names.len(), 2 + 2 + 2 * Reason::all().count() + 1);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.names().len());
    assert_eq!(counters(false, false).names().len(), 2 + 2 + Reason::all().count());
}

#[test]
fn counters_are_found_by_what_they_count() {
    let all = counters(true, true);
    assert_eq!(name(&all, all.allowed(1)), "sluice.auth.allowed.rule=.=guarded;.;");
    assert_eq!(name(&all, all.allowed(2)), "-");
    assert_eq!(name(&all, all.verified(0)), "sluice.auth.verified.issuer=.=idp;.;");
    assert_eq!(name(&all, all.revocations_unknown()), "sluice.auth.revocations_unknown");
    for reason in Reason::all() {
        let code = reason.code();
        assert_eq!(name(&all, Some(all.denied(reason))), format!("sluice.auth.denied.reason=.={code};.;"));
        assert_eq!(name(&all, all.would_deny(reason)), format!("sluice.auth.would_deny.reason=.={code};.;"));
    }
    let wet = counters(false, false);
    assert_eq!(name(&wet, wet.would_deny(Reason::NoRule)), "-");
    assert_eq!(name(&wet, wet.revocations_unknown()), "-");
}
