//! Inherit, then the first rule that matches, then the draw.

use super::{compile, counted, decided, policy, user};
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULES: &str = r#"
    "inherit": {"peers": ["spiffe://example.org/ns/edge/sa/*"]},
    "sticky": [{"header": "x-user-id"}],
    "lists": {"beta": {"inline": ["u-1"]}, "gamma": {"http": {"cluster": "lists", "path": "/gamma"}}},
    "rules": [
        {"name": "dyed", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"},
        {"name": "staff", "when": {"any": [
            {"claim": {"name": "roles", "contains": "staff"}}, {"source_ip": {"in": ["10.0.0.0/8"]}}
        ]}, "subset": "next"},
        {"name": "dyed-again", "when": {"header": {"name": "x-env", "prefix": "canary"}}, "subset": "next"},
        {"name": "gamma", "when": {"list": {"name": "gamma", "key": {"header": "x-user-id"}}}, "subset": "next"},
        {"name": "beta", "when": {"list": {"name": "beta", "key": {"header": "x-user-id"}}}, "subset": "canary"},
        {"name": "ios", "when": {"all": [
            {"header": {"name": "x-device", "prefix": "ios"}}, {"not": {"path": {"prefix": "/admin"}}}
        ]}, "weights": {"canary": 5000, "stable": 5000}}
    ]"#;

#[test]
fn the_first_that_applies_decides() {
    let policy = policy(RULES);
    let edge = |request: FakeRequest| {
        request.peer("spiffe://example.org/ns/edge/sa/gateway").field("x-sluice-subset", "next")
    };
    for (name, request, want) in [
        ("inherit before rules", edge(user("u-1").field("x-env", "canary")), "next: inherited"),
        ("inherit before the draw", edge(user("u-1")), "next: inherited"),
        ("a rule before the draw", user("key-3517").field("x-env", "canary"), "canary: rule dyed"),
        (
            "the first rule before the second",
            user("u-1").field("x-env", "canary").from("10.1.2.3"),
            "canary: rule dyed",
        ),
        ("the second", user("u-1").from("10.1.2.3"), "next: rule staff"),
        (
            "the first in the list before the one that says more",
            user("u-1").field("x-env", "canary-7"),
            "next: rule dyed-again",
        ),
        ("a list that is still to be fetched has nobody", user("u-1"), "canary: rule beta"),
        ("a cohort before the draw", user("ada").field("x-device", "ios-17"), "canary: cohort ios 6010"),
        ("the other half of the cohort", user("sub-7").field("x-device", "ios-17"), "stable: cohort ios 576"),
        (
            "outside the cohort",
            FakeRequest::get("/admin").field("x-device", "ios").field("x-user-id", "ada"),
            "stable: draw 6010",
        ),
        ("nobody in particular", user("u-2"), "canary: draw 9591"),
        ("the last subset", user("key-3517"), "next: draw 9999"),
    ] {
        assert_eq!(decided(&policy, &request), want, "{name}");
    }
}

#[test]
fn a_rule_that_matches_everything_hides_those_behind_it() {
    let rules = |first: &str, second: &str| {
        let rule = |name: &str| {
            format!(r#"{{"name": "{name}", "when": {{"path": {{"prefix": "/"}}}}, "subset": "{name}"}}"#)
        };
        policy(&format!(r#""rules": [{}, {}]"#, rule(first), rule(second)))
    };
    assert_eq!(decided(&rules("canary", "next"), &user("u-1")), "canary: rule canary");
    assert_eq!(decided(&rules("next", "canary"), &user("u-1")), "next: rule next");
}

#[test]
fn a_fetched_list_counts_once_it_is_installed() {
    let policy = policy(RULES);
    let [list] = &policy.documents()[..] else { panic!("one fetched list") };
    let (mut build, mut published) = (Some(list.build(b"u-7\nu-1\n".to_vec(), 9)), Vec::new());
    while let Some(next) = build.take() {
        match next.step() {
            filter_api::Built::More(more) => build = Some(more),
            filter_api::Built::Done(table) => published = table,
            filter_api::Built::Refused(reason) => panic!("{reason}"),
        }
    }
    assert_eq!(decided(&policy, &user("u-1")), "canary: rule beta");
    assert_eq!(list.install(published), Ok(2));
    assert_eq!(decided(&policy, &user("u-1")), "next: rule gamma");
    assert_eq!(decided(&policy, &user("u-2")), "canary: draw 9591");
}

#[test]
fn one_subset_needs_no_draw_to_be_right() {
    let policy = compile(r#"{"subsets": [{"name": "only", "weight": 10000}]}"#);
    assert_eq!(decided(&policy, &user("u-1")), "only: random 5044");
}

#[test]
fn each_way_to_decide_has_its_counter() {
    let policy = policy(RULES);
    let edge = user("u-1").peer("spiffe://example.org/ns/edge/sa/a").field("x-sluice-subset", "stable");
    for (request, want) in [
        (edge, "decisions.subset=.=stable;.;reason=.=inherited;.;rule=.=-;.;"),
        (user("u-2").field("x-env", "canary"), "decisions.subset=.=canary;.;reason=.=rule;.;rule=.=dyed;.;"),
        (user("ada").field("x-device", "ios"), "decisions.subset=.=canary;.;reason=.=cohort;.;rule=.=ios;.;"),
        (
            user("sub-7").field("x-device", "ios"),
            "decisions.subset=.=stable;.;reason=.=cohort;.;rule=.=ios;.;",
        ),
        (user("key-3517"), "decisions.subset=.=next;.;reason=.=draw;.;rule=.=-;.;"),
        (FakeRequest::get("/"), "decisions.subset=.=stable;.;reason=.=random;.;rule=.=-;.;"),
    ] {
        assert_eq!(counted(&policy, &request), [want]);
    }
}
