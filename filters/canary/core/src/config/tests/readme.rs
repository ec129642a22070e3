//! The README's table of fields against what the reader knows.

use super::{problems, with};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const README: &str = include_str!("../../../../README.md");

/// A policy with one field too many in each mapping of its own.
const UNKNOWN_EVERYWHERE: &str = r#"
    "zz": 0,
    "sticky_cookie": {"name": "id", "zz": 0},
    "rules": [{"name": "r", "when": {"path": {"exact": "/"}}, "subset": "canary", "zz": 0}],
    "lists": {"beta": {"inline": [], "zz": 0}, "gamma": {"http": {"cluster": "l", "path": "/", "zz": 0}}},
    "ramp": {"start": "2026-11-22T00:00:00Z", "steps": [{"after": "0s", "weights": {"canary": 10000}, "zz": 0}], "zz": 0},
    "inherit": {"peers": ["spiffe://example.org/a"], "zz": 0},
    "output": {"zz": 0}"#;

/// All fields that the reader knows, as the table writes them: `rules[].name`.
fn known() -> Vec<String> {
    let json = with(UNKNOWN_EVERYWHERE).replace(r#""weight": 1000}"#, r#""weight": 1000, "zz": 0}"#);
    let mut fields = Vec::new();
    for problem in problems(&json) {
        let (path, names) = problem.split_once("zz: unknown field, known here: ").expect("an unknown field");
        let path = path.replace("[0]", "[]").replace("[1]", "[]").replace(".beta.", ".<name>.");
        let path = path.replace(".gamma.", ".<name>.");
        fields.extend(names.split(", ").map(|name| format!("{path}{name}")));
    }
    fields.sort();
    fields
}

#[test]
fn the_readme_describes_every_field_and_no_other() {
    let table = README.split("| field | type, default |").nth(1).expect("the table of fields");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let mut described: Vec<_> =
        rows.filter_map(|row| Some(row.strip_prefix("| `")?.split('`').next()?.to_owned())).collect();
    described.sort();
    assert_eq!(described, known());
    assert!(known().len() > 35, "{:?}", known());
}
