//! Where things stand.

use super::{Located, Node};
use crate::document;
use std::path::Path;

fn yaml(text: &str) -> Located {
    document::all(Path::new("a.yaml"), text.as_bytes()).expect("YAML").remove(0)
}

const POLICY: &str = "\
rules:
  - name: a
    when:
      all: [{ path: { exact: /a } },
            { path: { exact: /b } }]
  - name: b
    name: c
spiffe.id: 1
spiffe:
  id:
    deep: 2
again: &again
  x: 3
alias: *again
'': 4
";

#[test]
fn finds_the_line_of_a_path() {
    let document = yaml(POLICY);
    for (path, want) in [
        ("", 1),
        ("rules", 1),
        ("rules[0]", 2),
        ("rules[0].name", 2),
        ("rules[0].when", 3),
        ("rules[0].when.all[1].path.exact", 5),
        ("rules[1]", 6),
        ("spiffe.id", 8), // a name with a dot explains as much, and stands first
        ("spiffe.id.deep", 11),
        ("again.x", 13),
        ("alias", 14),
        ("\"\"", 15),
        // What is not there, where it would be.
        ("rules[0].when.any", 3),
        ("rules[0].require", 2),
        ("rules[2]", 1),
        ("rules[x]", 1),
        ("other", 1),
        ("spiffe.other", 9),
    ] {
        assert_eq!(document.line_of(path, false), want, "{path}");
    }
}

#[test]
fn a_field_that_stands_twice_is_at_fault_the_second_time() {
    let document = yaml(POLICY);
    assert_eq!(document.line_of("rules[1].name", false), 6);
    assert_eq!(document.line_of("rules[1].name", true), 7);
}

#[test]
fn the_value_is_the_one_that_a_filter_gets() {
    assert_eq!(yaml(POLICY).value(), document::from_yaml(POLICY.as_bytes()).expect("YAML"));
}

#[test]
fn envoy_takes_both_names_of_a_field() {
    let document = yaml("vmConfig: { vmId: a }\nvm_configs: 1\n");
    assert_eq!(document.text_at(&["vm_config", "vm_id"]), Some("a"));
    for (text, name) in [("vmconfig: a", "vm_config"), ("vm: a", "vm_config"), ("vmConfigs: a", "vm_config")]
    {
        assert!(yaml(text).field(name).is_none(), "{text}");
    }
    assert!(matches!(document.field("vm_configs").map(|found| &found.node), Some(Node::Scalar(_))));
}

#[test]
fn json_text_has_lines_of_its_own_only_where_it_stands_as_it_is() {
    let json = "{\n  \"a\": 1,\n  \"b\": 2\n}\n";
    for (name, source, want) in [
        ("a block", "value: |\n  {\n    \"a\": 1,\n    \"b\": 2\n  }\n", 4),
        ("in quotes", "value: \"{\\n  \\\"a\\\": 1,\\n  \\\"b\\\": 2\\n}\\n\"\n", 1),
    ] {
        let document = yaml(source);
        let value = document.field("value").expect("the text");
        let lines: Vec<&str> = source.lines().collect();
        let placed = document::from_json(json.as_bytes()).expect("JSON").placed(
            value.line,
            value.text().expect("a text"),
            &lines,
        );
        assert_eq!(placed.line_of("b", false), want, "{name}");
    }
}
