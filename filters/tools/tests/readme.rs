//! What `filters/auth/README.md` says, against what the filter knows: every field, every reason code, every stat.

mod support;

use std::collections::BTreeSet;
use std::fs;

use auth_core::{Policy, Reason};
use filter_api::Value;
use support::root;

/// A policy with one field too many in each mapping of its own.
const UNKNOWN_EVERYWHERE: &str = r#"{
    "zz": 0,
    "providers": [{
        "zz": 0, "name": "p", "issuer": "i", "audiences": ["a"], "from": [{"header": "x-token", "zz": 0}],
        "keys": {"zz": 0, "http": {"cluster": "c", "path": "/", "zz": 0}},
        "forward": {"zz": 0, "claims": [{"claim": "sub", "header": "x-sub", "zz": 0}]}
    }],
    "spiffe": {
        "zz": 0, "audiences": ["a"], "xfcc": {"from": ["spiffe://example.org/a"], "zz": 0},
        "trust_domains": [{"name": "example.org", "bundle": {"inline": {"keys": []}}, "zz": 0}]
    },
    "revoked": {"zz": 0, "http": {"cluster": "c", "path": "/"}},
    "rules": [{
        "zz": 0, "require": {"zz": 0, "tls": {"mutual": true, "zz": 0}, "token": "p", "claims": [{"name": "n", "exact": "a", "zz": 0}]}
    }]
}"#;

const MATCHERS: [&str; 7] = ["exact", "prefix", "suffix", "regex", "in", "contains", "present"];

/// All fields that the reader knows, as the table writes them: `rules[].name`.
fn known() -> BTreeSet<String> {
    let value = Value::from_json(UNKNOWN_EVERYWHERE.as_bytes()).expect("JSON");
    let problems = Policy::compile(&value).expect_err("unknown fields").problems;
    let mut fields = BTreeSet::new();
    for problem in problems {
        let line = problem.to_string().replace("[0]", "[]");
        let (path, names) =
            line.split_once("zz: unknown field, known here: ").unwrap_or_else(|| panic!("{line}"));
        let name = |name: &str| match path {
            "rules[].require.claims[]." if MATCHERS.contains(&name) => "<matcher>".to_owned(),
            _ => name.to_owned(),
        };
        fields.extend(names.split(", ").map(|field| format!("{path}{}", name(field))));
    }
    fields
}

#[test]
fn every_field_is_described_and_no_other() {
    let readme = readme();
    let table = readme.split("| field | type, default |").nth(1).expect("the table of fields");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let described: Vec<String> =
        rows.filter_map(|row| Some(row.strip_prefix("| `")?.split('`').next()?.to_owned())).collect();
    assert_eq!(described.iter().cloned().collect::<BTreeSet<_>>(), known());
    assert_eq!(described.len(), known().len(), "a field is described twice");
    assert!(known().len() > 50, "{:?}", known());
}

#[test]
fn every_reason_has_its_place_in_the_table_of_replies() {
    let readme = readme();
    let table = readme.split("| class | status, gRPC |").nth(1).expect("the table of replies");
    let codes = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|row| row.split('|').nth(4));
    let described: Vec<String> = codes
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .filter(|code| code != "retry-after: 1")
        .collect();
    // The shell's own: the policy that would have a reason could not be read.
    let known: BTreeSet<String> =
        Reason::all().map(Reason::code).chain(["policy_invalid"]).map(str::to_owned).collect();
    assert_eq!(described.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(described.len(), known.len(), "a code stands there twice");
}

#[test]
fn every_stat_of_a_policy_is_described() {
    let policy = r#"{
        "providers": [{"name": "p", "issuer": "i", "audiences": ["a"], "keys": {"inline": {"keys": []}}}],
        "revoked": {"http": {"cluster": "c", "path": "/"}},
        "rules": [{"require": {"token": "p"}, "dry_run": true}]
    }"#;
    let policy = Policy::compile(&Value::from_json(policy.as_bytes()).expect("JSON")).expect("a policy");
    let bases: BTreeSet<&str> =
        policy.counters().iter().map(|name| name.as_str().split("=.=").next().expect("a base")).collect();
    let readme = readme();
    for base in bases {
        assert!(readme.contains(&format!("| `{base}")), "{base}");
    }
}

/// Whole policies only: those with rules.
#[test]
fn every_policy_that_is_shown_compiles() {
    for (name, want) in [("filters/auth/README.md", 1), ("README.md", 1)] {
        let text = fs::read_to_string(root().join(name)).expect(name);
        let blocks = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
        let policies: Vec<Value> = blocks
            .filter_map(|yaml| serde_saphyr::from_str(yaml).ok())
            .filter(|value| matches!(value, Value::Map(fields) if fields.iter().any(|(name, _)| name == "providers")))
            .collect();
        assert_eq!(policies.len(), want, "{name}");
        for policy in &policies {
            assert!(Policy::compile(policy).is_ok(), "{name}: {:?}", Policy::compile(policy).err());
        }
    }
}

fn readme() -> String {
    fs::read_to_string(root().join("filters/auth/README.md")).expect("the README")
}
