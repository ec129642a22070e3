//! What a rule may not say.

use super::{problems_with, with};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const WHEN: &str = r#""when": {"path": {"exact": "/"}}"#;

fn problems_of_rule(fields: &str) -> Vec<String> {
    problems_with(&format!(r#""rules": [{{{fields}}}]"#))
}

/// Name, fields of the rule with `WHEN` for a good condition, problems.
const REFUSED: [(&str, &str, &[&str]); 19] = [
    ("no name", r#"WHEN, "subset": "canary""#, &["rules[0].name: missing"]),
    (
        "a slash in the name",
        r#""name": "a/b", WHEN, "subset": "canary""#,
        &["rules[0].name: has the character '/', allowed are letters, digits, `.`, `_` and `-`"],
    ),
    ("no condition", r#""name": "r", "subset": "canary""#, &["rules[0].when: missing"]),
    (
        "an empty condition",
        r#""name": "r", "when": {}, "subset": "canary""#,
        &[
            "rules[0].when: needs one of path, method, authority, header, cookie, query, claim, peer, source_ip, \
               list, all, any, not",
        ],
    ),
    ("neither", r#""name": "r", WHEN"#, &["rules[0]: needs subset or weights"]),
    (
        "both",
        r#""name": "r", WHEN, "subset": "canary", "weights": {"canary": 10000}"#,
        &["rules[0]: has both subset and weights"],
    ),
    (
        "a subset that is not there",
        r#""name": "r", WHEN, "subset": "beta""#,
        &["rules[0].subset: `beta` is not a subset, known here: stable, canary"],
    ),
    (
        "a subset in another case",
        r#""name": "r", WHEN, "subset": "Canary""#,
        &["rules[0].subset: `Canary` is not a subset, known here: stable, canary"],
    ),
    (
        "a list of subsets",
        r#""name": "r", WHEN, "subset": ["canary"]"#,
        &["rules[0].subset: wants a string, is a list"],
    ),
    (
        "weights as a list",
        r#""name": "r", WHEN, "weights": [5000, 5000]"#,
        &["rules[0].weights: wants a mapping, is a list"],
    ),
    (
        "weights of nobody",
        r#""name": "r", WHEN, "weights": {}"#,
        &["rules[0].weights: weights sum to 0, must be 10000"],
    ),
    (
        "weights of a part",
        r#""name": "r", WHEN, "weights": {"canary": 9999}"#,
        &["rules[0].weights: weights sum to 9999, must be 10000"],
    ),
    (
        "weights of strangers, and too much",
        r#""name": "r", WHEN, "weights": {"beta": 10001, "canary": 1}"#,
        &[
            "rules[0].weights.beta: 10001 is above 10000",
            "rules[0].weights.beta: `beta` is not a subset, known here: stable, canary",
        ],
    ),
    (
        "weights given twice",
        r#""name": "r", WHEN, "weights": {"canary": 10000, "canary": 10000}"#,
        &["rules[0].weights.canary: given twice"],
    ),
    (
        "a list that is not there",
        r#""name": "r", "when": {"list": {"name": "beta", "key": {"cookie": "id"}}}, "subset": "canary""#,
        &["rules[0].when.list.name: `beta` is not among the policy's lists"],
    ),
    (
        "a dry run that is a word",
        r#""name": "r", WHEN, "subset": "canary", "dry_run": "yes""#,
        &["rules[0].dry_run: wants true or false, is a string"],
    ),
    (
        "an unknown field",
        r#""name": "r", WHEN, "subset": "canary", "priority": 1"#,
        &["rules[0].priority: unknown field, known here: name, when, subset, weights, dry_run"],
    ),
    (
        "a pseudo-header",
        r#""name": "r", "when": {"header": {"name": ":path", "exact": "/"}}, "subset": "canary""#,
        &[
            "rules[0].when.header.name: :path is a pseudo-header; use the predicates path, method and authority",
        ],
    ),
    (
        "a regular expression that is none",
        r#""name": "", "when": {"path": {"regex": "("}}, "subset": 1"#,
        &[
            "rules[0].name: is empty",
            "rules[0].when.path.regex: `(` is not a regular expression: this group is not closed, at character 1",
            "rules[0].subset: wants a string, is a number",
        ],
    ),
];

#[test]
fn refuses_rules() {
    for (name, fields, want) in REFUSED {
        assert_eq!(problems_of_rule(&fields.replace("WHEN", WHEN)), want, "{name}");
    }
}

#[test]
fn refuses_two_rules_of_one_name() {
    let rule = |name: &str| format!(r#"{{"name": "{name}", {WHEN}, "subset": "canary"}}"#);
    let rules = |names: [&str; 3]| format!(r#""rules": [{}]"#, names.map(rule).join(","));
    assert_eq!(problems_with(&rules(["a", "b", "a"])), ["rules[2].name: `a` is the name of another rule"]);
    assert_eq!(problems_with(&rules(["a", "A", "a."])), [""; 0], "case and dots tell names apart");
}

/// Regression: with a wrong weight in `subsets` the names in rules were not looked at.
#[test]
fn knows_the_names_of_subsets_whose_weights_are_wrong() {
    let fields = format!(
        r#""rules": [{{"name": "a", {WHEN}, "subset": "beta"}}, {{"name": "b", {WHEN}, "subset": "canary"}}]"#
    );
    let json = with(&fields).replace("1000}", "2000}");
    assert_eq!(
        super::problems(&json),
        [
            "subsets: weights sum to 11000, must be 10000",
            "rules[0].subset: `beta` is not a subset, known here: stable, canary",
        ]
    );
}

#[test]
fn says_nothing_of_names_when_no_subset_is_known() {
    let rule = format!(r#"{{"name": "a", {WHEN}, "subset": "canary"}}"#);
    let json = format!(r#"{{"subsets": ["stable", "canary"], "rules": [{rule}]}}"#);
    let wants = "wants a mapping, is a string";
    assert_eq!(super::problems(&json), [format!("subsets[0]: {wants}"), format!("subsets[1]: {wants}")]);
}

/// Until the filter has written it, the output header is what a client says (threat R01).
#[test]
fn refuses_to_decide_by_the_output_header() {
    let text = "reads the output header x-sluice-subset: a client could choose; see inherit";
    let header = r#"{"header": {"name": "X-Sluice-Subset", "exact": "canary"}}"#;
    let list = r#"{"list": {"name": "beta", "key": {"header": "x-sluice-subset"}}}"#;
    for (name, when) in [
        ("alone", header.to_owned()),
        ("in all", format!(r#"{{"all": [{{"method": {{"exact": "GET"}}}}, {header}]}}"#)),
        ("in any", format!(r#"{{"any": [{{"method": {{"exact": "GET"}}}}, {header}]}}"#)),
        ("in not", format!(r#"{{"not": {header}}}"#)),
        ("deep", format!(r#"{{"not": {{"any": [{{"all": [{header}]}}]}}}}"#)),
        ("as the key of a list", list.to_owned()),
        ("as a key, deep", format!(r#"{{"not": {{"any": [{{"all": [{list}]}}]}}}}"#)),
    ] {
        let rule = format!(r#"{{"name": "r", "when": {when}, "subset": "canary"}}"#);
        let fields = format!(r#""lists": {{"beta": {{"inline": []}}}}, "rules": [{rule}]"#);
        assert_eq!(problems_with(&fields), [format!("rules[0].when: {text}")], "{name}");
        let elsewhere = format!(r#"{fields}, "output": {{"header": "x-version"}}"#);
        assert_eq!(problems_with(&elsewhere), [""; 0], "{name}, another output header");
    }
    let sticky = r#""sticky": [{"cookie": "id"}, {"header": "x-sluice-subset"}]"#;
    assert_eq!(problems_with(sticky), [format!("sticky[1]: {text}")]);
    let response = r#""sticky": [{"header": "x-version"}], "output": {"response_header": "x-version"}"#;
    assert_eq!(problems_with(response), [""; 0], "a response header is not read");
}

#[test]
fn at_most_10_000_counters() {
    // 256 subsets make 3 counters each; a cohort makes 256, a fixed rule 1.
    let policy = |cohorts: u32, fixed: u32| {
        let weight = |n| if n == 0 { 10_000 } else { 0 };
        let subsets = (0..256).map(|n| format!(r#"{{"name": "s{n}", "weight": {}}}"#, weight(n)));
        let cohorts =
            (0..cohorts).map(|n| format!(r#"{{"name": "c{n}", {WHEN}, "weights": {{"s0": 10000}}}}"#));
        let fixed = (0..fixed).map(|n| format!(r#"{{"name": "f{n}", {WHEN}, "subset": "s0"}}"#));
        let (subsets, rules): (Vec<_>, Vec<_>) = (subsets.collect(), cohorts.chain(fixed).collect());
        format!(r#"{{"subsets": [{}], "rules": [{}]}}"#, subsets.join(","), rules.join(","))
    };
    assert_eq!(super::problems(&policy(36, 16)), [""; 0]);
    assert_eq!(
        super::problems(&policy(36, 17)),
        ["rules and subsets make 10001 counters, at most 10000 are allowed"]
    );
}
