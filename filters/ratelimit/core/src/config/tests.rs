//! Every field of a policy document: what is refused, in which words, and what its absence means.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "places in a text that was just searched"
)]

mod fields;

use crate::Policy;
use filter_api::fake;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const EVERY_FIELD: &str = include_str!("tests/every_field.json");

/// What a user reads about a whole document; empty if it is accepted.
fn problems(json: &str) -> Vec<String> {
    fake::problems(json, Policy::compile)
}

/// The same about a policy with these limits.
fn limits(items: &str) -> Vec<String> {
    problems(&format!(r#"{{"limits": [{items}]}}"#))
}

/// The same about one limit with a name and these fields.
fn limit(fields: &str) -> Vec<String> {
    limits(&format!(r#"{{"name": "l", {fields}}}"#))
}

/// The same about a policy with one good limit and these fields.
fn with(fields: &str) -> Vec<String> {
    problems(&format!(r#"{{"limits": [{{"name": "l", {RATE}}}], {fields}}}"#))
}

const RATE: &str = r#""rate": {"requests": 1, "per": "1s"}"#;

#[test]
fn refuses_what_is_no_policy() {
    let known = "limits, lists, headers, explain, max_keys, dry_run";
    for (name, found, want) in [
        ("nothing at all", problems("null"), "wants a mapping, is nothing".to_owned()),
        ("a list", problems("[]"), "wants a mapping, is a list".to_owned()),
        ("an empty mapping", problems("{}"), "limits: missing".to_owned()),
        ("no limits", limits(""), "limits: is empty".to_owned()),
        ("a mapping", problems(r#"{"limits": {}}"#), "limits: wants a list, is a mapping".to_owned()),
        ("an unknown field", with(r#""limit": 1"#), format!("limit: unknown field, known here: {known}")),
        (
            "another case",
            with(r#""Headers": "none""#),
            format!("Headers: unknown field, known here: {known}"),
        ),
        ("given twice", with(r#""dry_run": true, "dry_run": true"#), "dry_run: given twice".to_owned()),
        ("yes", with(r#""dry_run": "yes""#), "dry_run: wants true or false, is a string".to_owned()),
    ] {
        assert_eq!(found, [want], "{name}");
    }
}

const WRONG_EVERYWHERE: &str = r#"{
        "limits": [
            {"name": "a b", "rate": {"requests": -1, "per": "1", "burst": 0}, "when": {"path": {}}, "key": [], "missing": "no"},
            {"name": "c", "rate_by": {"claim": "", "table": {"": {"requests": 1, "per": "1s"}, "x": {}}, "otherwise": 1}},
            {"name": "c", "concurrency": {"max": -1, "lease": "1ms"}, "reply": {"status": 200}, "dry_run": 1},
            {"name": "d", "global": {"cluster": "", "domain": "", "descriptor": 1, "timeout": "0s", "lease": 0, "on_failure": ""}},
            7
        ],
        "lists": {"beta": {"inline": [""]}},
        "headers": "yes",
        "max_keys": 0,
        "dry_run": "no",
        "dryrun": true
    }"#;

#[test]
fn reports_every_problem_at_once() {
    let mut paths: Vec<_> = problems(WRONG_EVERYWHERE)
        .iter()
        .map(|problem| problem.split(": ").next().unwrap_or_default().to_owned())
        .collect();
    paths.sort();
    let mut want = vec![
        "limits[0].name",
        "limits[0].rate.requests",
        "limits[0].rate.per",
        "limits[0].rate.burst",
        "limits[0].when.path",
        "limits[0].key",
        "limits[0].missing",
        "limits[1].rate_by.claim",
        "limits[1].rate_by.table.\"\"",
        "limits[1].rate_by.table.x.requests",
        "limits[1].rate_by.table.x.per",
        "limits[1].rate_by.otherwise",
        "limits[2].name",
        "limits[2].concurrency.max",
        "limits[2].concurrency.lease",
        "limits[2].reply.status",
        "limits[2].dry_run",
        "limits[3].global.cluster",
        "limits[3].global.domain",
        "limits[3].global.descriptor",
        "limits[3].global.timeout",
        "limits[3].global.lease",
        "limits[3].global.on_failure",
        "limits[4]",
        "lists.beta.inline[0]",
        "headers",
        "max_keys",
        "dry_run",
        "dryrun",
    ];
    want.sort_unstable();
    assert_eq!(paths, want);
}

#[test]
fn accepts_the_shortest_and_the_longest() {
    assert_eq!(limit(RATE), [""; 0]);
    assert_eq!(problems(EVERY_FIELD), [""; 0]);
}

/// Misspells each field of the longest policy in turn.
#[test]
fn knows_every_field_by_its_exact_name() {
    let fields: Vec<_> = EVERY_FIELD
        .match_indices("\": ")
        .filter_map(|(end, _)| EVERY_FIELD[..end].rfind('"').map(|at| (at + 1, end)))
        .collect();
    assert!(fields.len() > 70, "{}", fields.len());
    for (start, end) in fields {
        let misspelt = format!("{}_{}", &EVERY_FIELD[..end], &EVERY_FIELD[end..]);
        // Names that users choose: nothing is wrong with other ones, unless something refers to them.
        let chosen = ["free", "gold", "partners"].contains(&&EVERY_FIELD[start..end]);
        assert_eq!(problems(&misspelt).is_empty(), chosen, "{}_", &EVERY_FIELD[start..end]);
    }
}
