//! Every field of a policy document: what is refused, in which words, and what its absence means.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "places in a text that was just searched"
)]

mod fields;
mod rules;

use crate::Policy;
use filter_api::fake;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What a user reads about a whole document; empty if it is accepted.
fn problems(json: &str) -> Vec<String> {
    fake::problems(json, Policy::compile)
}

/// The same about a policy with two good subsets and these fields.
fn problems_with(fields: &str) -> Vec<String> {
    problems(&with(fields))
}

fn with(fields: &str) -> String {
    format!(
        r#"{{"subsets": [{{"name": "stable", "weight": 9000}}, {{"name": "canary", "weight": 1000}}], {fields}}}"#
    )
}

fn subsets(items: &str) -> String {
    format!(r#"{{"subsets": [{items}]}}"#)
}

#[test]
fn refuses_what_is_no_policy() {
    let known =
        "experiment, subsets, output, sticky, sticky_cookie, lists, rules, ramp, inherit, explain, dry_run";
    for (name, json, want) in [
        ("nothing at all", "null", "wants a mapping, is nothing".to_owned()),
        ("a list", "[]", "wants a mapping, is a list".to_owned()),
        ("a string", r#""subsets""#, "wants a mapping, is a string".to_owned()),
        ("an empty mapping", "{}", "subsets: missing".to_owned()),
        (
            "an unknown field",
            &with(r#""weigths": 1"#),
            format!("weigths: unknown field, known here: {known}"),
        ),
        (
            "a field of another case",
            &with(r#""Sticky": []"#),
            format!("Sticky: unknown field, known here: {known}"),
        ),
        (
            "a field given twice",
            &with(r#""dry_run": true, "dry_run": true"#),
            "dry_run: given twice".to_owned(),
        ),
    ] {
        assert_eq!(problems(json), [want], "{name}");
    }
}

/// Name, items of `subsets`, problems.
const REFUSED: [(&str, &str, &[&str]); 19] = [
    ("no subset", "", &["subsets: is empty"]),
    ("no mapping", r#""stable""#, &["subsets[0]: wants a mapping, is a string"]),
    ("no name", r#"{"weight": 10000}"#, &["subsets[0].name: missing"]),
    ("an empty name", r#"{"name": "", "weight": 10000}"#, &["subsets[0].name: is empty"]),
    (
        "a space in the name",
        r#"{"name": "a b", "weight": 10000}"#,
        &["subsets[0].name: has the character ' ', allowed are letters, digits, `.`, `_` and `-`"],
    ),
    (
        "a number as name",
        r#"{"name": 1, "weight": 10000}"#,
        &["subsets[0].name: wants a string, is a number"],
    ),
    ("no weight", r#"{"name": "stable"}"#, &["subsets[0].weight: missing"]),
    (
        "a weight in quotes",
        r#"{"name": "stable", "weight": "10000"}"#,
        &["subsets[0].weight: wants a whole number, is a string"],
    ),
    (
        "a weight above all",
        r#"{"name": "stable", "weight": 10001}"#,
        &["subsets[0].weight: 10001 is above 10000"],
    ),
    (
        "a weight of 2^32",
        r#"{"name": "stable", "weight": 4294967296}"#,
        &["subsets[0].weight: 4294967296 is above 10000"],
    ),
    ("a negative weight", r#"{"name": "stable", "weight": -1}"#, &["subsets[0].weight: -1 is below 0"]),
    (
        "half a part",
        r#"{"name": "stable", "weight": 0.5}"#,
        &["subsets[0].weight: 0.5 is not a whole number"],
    ),
    (
        "one part too few",
        r#"{"name": "a", "weight": 9999}"#,
        &["subsets: weights sum to 9999, must be 10000"],
    ),
    (
        "one part too many",
        r#"{"name": "a", "weight": 5000}, {"name": "b", "weight": 5001}"#,
        &["subsets: weights sum to 10001, must be 10000"],
    ),
    (
        "per cent",
        r#"{"name": "a", "weight": 90}, {"name": "b", "weight": 10}"#,
        &["subsets: weights sum to 100, must be 10000"],
    ),
    (
        "nothing but zeros",
        r#"{"name": "a", "weight": 0}, {"name": "b", "weight": 0}"#,
        &["subsets: weights sum to 0, must be 10000"],
    ),
    (
        "the same name twice",
        r#"{"name": "stable", "weight": 10000}, {"name": "stable", "weight": 0}"#,
        &["subsets[1].name: `stable` is the name of another subset"],
    ),
    (
        "an unknown field",
        r#"{"name": "a", "weight": 10000, "cluster": "a"}"#,
        &["subsets[0].cluster: unknown field, known here: name, weight"],
    ),
    (
        "several at once",
        r#"{"name": "", "weight": 10001}, {"weight": "all", "name": "b"}, 7"#,
        &[
            "subsets[0].name: is empty",
            "subsets[0].weight: 10001 is above 10000",
            "subsets[1].weight: wants a whole number, is a string",
            "subsets[2]: wants a mapping, is a number",
        ],
    ),
];

#[test]
fn refuses_subsets() {
    for (name, items, want) in REFUSED {
        assert_eq!(problems(&subsets(items)), want, "{name}");
    }
    let long = format!(r#"{{"name": "{}", "weight": 10000}}"#, "n".repeat(65));
    assert_eq!(problems(&subsets(&long)), ["subsets[0].name: is 65 bytes long, at most 64 are allowed"]);
}

#[test]
fn refuses_a_sum_that_16_bits_would_take_for_the_whole() {
    let weights = [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 5_536];
    let items: Vec<_> = weights
        .iter()
        .enumerate()
        .map(|(n, weight)| format!(r#"{{"name": "s{n}", "weight": {weight}}}"#))
        .collect();
    assert_eq!(problems(&subsets(&items.join(","))), ["subsets: weights sum to 75536, must be 10000"]);
}

#[test]
fn at_most_256_subsets() {
    let items = |count: u32| {
        let weight = |n| if n == 0 { 10_000 } else { 0 };
        let items: Vec<_> =
            (0..count).map(|n| format!(r#"{{"name": "s{n}", "weight": {}}}"#, weight(n))).collect();
        subsets(&items.join(","))
    };
    assert_eq!(problems(&items(257)), ["subsets: 257 subsets are more than 256"]);
    assert_eq!(problems(&items(256)), [""; 0]);
    assert_eq!(problems(&items(1)), [""; 0]);
}

#[test]
fn reports_every_problem_at_once() {
    let json = r#"{
        "experiment": "",
        "subsets": [{"name": "stable", "weight": 9000}, {"name": "canary", "weight": 900}],
        "output": {"header": "host"},
        "sticky": [{"header": "x-user-id"}, {"heeder": "x"}],
        "sticky_cookie": {"name": "a b"},
        "lists": {"beta": {"inline": [""]}},
        "rules": [
            {"name": "one", "when": {"path": {"exact": "/"}}, "subset": "nowhere"},
            {"name": "two", "when": {"method": {}}, "weights": {"canary": 1}}
        ],
        "ramp": {"start": "tomorrow", "steps": []},
        "inherit": {"peers": ["example.org"]},
        "dry_run": "no",
        "dryrun": true
    }"#;
    let paths: Vec<_> = problems(json)
        .iter()
        .map(|problem| problem.split(": ").next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "experiment",
            "subsets",
            "output.header",
            "sticky[1]",
            "sticky[1].heeder",
            "sticky_cookie.name",
            "lists.beta.inline[0]",
            "rules[0].subset",
            "rules[1].when.method",
            "rules[1].weights",
            "ramp.start",
            "ramp.steps",
            "inherit.peers[0]",
            "dry_run",
            "dryrun",
        ]
    );
}

#[test]
fn accepts_the_shortest_and_the_longest() {
    let shortest = subsets(r#"{"name": "stable", "weight": 10000}"#);
    let longest = include_str!("tests/every_field.json");
    for (name, json) in [("the shortest", shortest.as_str()), ("every field", longest)] {
        assert_eq!(problems(json), [""; 0], "{name}");
    }
    let empty = with(r#""sticky": [], "rules": [], "lists": {}, "output": {}"#);
    assert_eq!(problems(&empty), [""; 0], "lists and mappings may be empty");
}

/// Misspells each field of the longest policy in turn.
#[test]
fn knows_every_field_by_its_exact_name() {
    let longest = include_str!("tests/every_field.json");
    let fields: Vec<_> = longest
        .match_indices("\": ")
        .filter_map(|(end, _)| longest[..end].rfind('"').map(|at| (at + 1, end)))
        .collect();
    assert!(fields.len() > 60, "{}", fields.len());
    for (start, end) in fields {
        let misspelt = format!("{}_{}", &longest[..end], &longest[end..]);
        assert_ne!(problems(&misspelt), [""; 0], "{}_", &longest[start..end]);
    }
}
