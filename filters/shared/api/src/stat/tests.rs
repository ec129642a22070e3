//! The form of tagged names, against the expressions by which Envoy takes the tags out.

use super::StatName;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn tags_stand_behind_the_name() {
    for (name, want) in [
        (StatName::new("sluice.canary.policy_generation"), "sluice.canary.policy_generation"),
        (
            StatName::new("sluice.canary.policy_refused").tag("scope", "route"),
            "sluice.canary.policy_refused.scope=.=route;.;",
        ),
        (
            StatName::new("sluice.canary.dry_run_decisions.").tag("subset", "v2"),
            "sluice.canary.dry_run_decisions.subset=.=v2;.;",
        ),
        (
            StatName::new("sluice.canary.decisions")
                .tag("subset", "a.b")
                .tag("reason", "draw")
                .tag("rule", "-"),
            "sluice.canary.decisions.subset=.=a.b;.;reason=.=draw;.;rule=.=-;.;",
        ),
    ] {
        assert_eq!(name.as_str(), want);
    }
}

/// `stats_tags` cut `subset=.=` up to the next `;.;` out, tag by tag; what is left is the name.
#[test]
fn a_tag_is_cut_out_whole() {
    let stat = StatName::new("sluice.canary.decisions").tag("subset", "a.b-c_1").tag("reason", "draw");
    let mut rest = stat.as_str().to_owned();
    for (tag, want) in [("subset", "a.b-c_1"), ("reason", "draw")] {
        let (before, from_value) = rest.split_once(&format!("{tag}=.=")).unwrap();
        let (value, behind) = from_value.split_once(";.;").unwrap();
        assert_eq!(value, want, "{tag}");
        rest = format!("{before}{behind}");
    }
    assert_eq!(rest, "sluice.canary.decisions.");
}
