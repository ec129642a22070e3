//! What a user reads when a document is wrong.

use super::{ConfigError, Map, Node, Problem, read};
use crate::Value;
use crate::testing::{self, refusal};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[derive(Debug, PartialEq)]
struct Share {
    name: String,
    weight: u64,
}

/// A reader as filters write them.
fn share(node: &Node<'_>) -> Option<Share> {
    let mut map = node.map()?;
    let name = map.required("name", |node| node.text().map(str::to_owned));
    let weight = map.required("weight", |node| node.whole(0, 10_000));
    map.finish();
    Some(Share { name: name?, weight: weight? })
}

fn shares(node: Node<'_>) -> Option<Vec<Share>> {
    let mut map = node.map()?;
    let shares = map.required("subsets", |node| node.non_empty(|item| share(&item)));
    map.finish();
    shares
}

fn whole(node: Node<'_>) -> Option<u64> {
    node.whole(1, 5)
}

#[test]
fn refuses_values_of_another_kind() {
    type Reader = fn(Node<'_>) -> Option<()>;
    let rows: [(Reader, &str, &str); 6] = [
        (|node| node.map().map(|_| ()), "a mapping", "{}"),
        (|node| node.list(|_| Some(())).map(|_| ()), "a list", "[]"),
        (|node| node.non_empty(|_| Some(())).map(|_| ()), "a list", "[]"),
        (|node| node.text().map(|_| ()), "a string", r#""""#),
        (|node| node.boolean().map(|_| ()), "true or false", "false"),
        (|node| node.whole(0, 9).map(|_| ()), "a whole number", "0"),
    ];
    let values = [
        ("nothing", "null"),
        ("a boolean", "false"),
        ("a number", "0"),
        ("a string", r#""""#),
        ("a list", "[]"),
        ("a mapping", "{}"),
    ];
    for (reader, wanted, own) in rows {
        for (kind, json) in values {
            if json != own {
                assert_eq!(refusal(json, reader), format!("wants {wanted}, is {kind}"));
            }
        }
    }
}

#[test]
fn refuses_numbers_outside_their_bounds() {
    for (json, want) in [
        ("0", "0 is below 1"),
        ("0.99", "0.99 is not a whole number"),
        ("-0", "-0 is below 1"),
        ("-3", "-3 is below 1"),
        ("5.0000001", "5.0000001 is not a whole number"),
        ("6", "6 is above 5"),
        ("4294967297", "4294967297 is above 5"),
        ("18446744073709551617", "18446744073709551616 is above 5"),
        ("1e40", "10^30 or more is above 5"),
        ("-1e40", "-10^30 or more is below 1"),
        ("0.99999999999", "0.999999999 is not a whole number"),
        ("5.00000000001", "5.000000000.. is not a whole number"),
        (r#""3""#, "wants a whole number, is a string"),
    ] {
        assert_eq!(refusal(json, whole), want);
    }
    for (number, want) in [
        (f64::NAN, "NaN is not a whole number"),
        (f64::INFINITY, "inf is not a whole number"),
        (f64::NEG_INFINITY, "-inf is not a whole number"),
    ] {
        assert_eq!(read(&Value::Number(number), whole).unwrap_err().to_string(), want);
    }
}

#[test]
fn accepts_numbers_at_their_bounds() {
    for (json, want) in [("1", 1), ("1.0", 1), ("2e0", 2), ("5", 5)] {
        assert_eq!(testing::read(json, whole), Ok(want));
    }
    let max = 1 << 53;
    assert_eq!(testing::read("9007199254740992", |node| node.whole(0, max)), Ok(max));
    assert_eq!(testing::read("-0", |node| node.whole(0, max)), Ok(0));
}

#[test]
fn one_document_shows_all_its_problems() {
    let rows: [(&str, &str, &str); 9] = [
        ("not a mapping", "[]", "wants a mapping, is a list"),
        ("missing", "{}", "subsets: missing"),
        ("null is not absent", r#"{"subsets": null}"#, "subsets: wants a list, is nothing"),
        ("empty", r#"{"subsets": []}"#, "subsets: is empty"),
        (
            "unknown beside missing",
            r#"{"subset": []}"#,
            "subsets: missing; subset: unknown field, known here: subsets",
        ),
        (
            "several items",
            r#"{"subsets": [{"name": 7, "weight": -1}, 8, {"weight": 12000, "Name": "a"}]}"#,
            "subsets[0].name: wants a string, is a number; subsets[0].weight: -1 is below 0; \
             subsets[1]: wants a mapping, is a number; subsets[2].name: missing; \
             subsets[2].weight: 12000 is above 10000; \
             subsets[2].Name: unknown field, known here: name, weight",
        ),
        (
            "the good item between bad ones",
            r#"{"subsets": [{}, {"name": "a", "weight": 1}, {"name": "b"}]}"#,
            "subsets[0].name: missing; subsets[0].weight: missing; subsets[2].weight: missing",
        ),
        (
            "given twice, though both are right",
            r#"{"subsets": [{"name": "a", "weight": 1, "weight": 2}]}"#,
            "subsets[0].weight: given twice",
        ),
        (
            "given three times, and unknown",
            r#"{"subsets": [{"name": "a", "weight": 1, "x": 1, "x": 2, "x": 3}]}"#,
            "subsets[0].x: given twice; subsets[0].x: unknown field, known here: name, weight",
        ),
    ];
    for (name, json, want) in rows {
        assert_eq!(refusal(json, shares), want, "{name}");
    }
    let good = r#"{"subsets": [{"name": "a", "weight": 10000}]}"#;
    assert_eq!(testing::read(good, shares), Ok(vec![Share { name: "a".to_owned(), weight: 10_000 }]));
}

#[test]
fn problems_are_data() {
    let value = Value::from_json(br#"{"subsets": [{"name": "a"}], "x": 1}"#).unwrap();
    let want = [("subsets[0].weight", "missing"), ("x", "unknown field, known here: subsets")];
    let want = want.map(|(path, message)| Problem { path: path.to_owned(), message: message.to_owned() });
    assert_eq!(read(&value, shares).unwrap_err().problems, want);
}

#[test]
fn a_value_is_not_enough_when_a_problem_was_noted() {
    let value = Value::Null;
    let error = read(&value, |node| {
        let _: Option<()> = node.refuse("is odd");
        Some(1)
    });
    assert_eq!(error, Err(ConfigError::one("", "is odd")));
}

#[test]
fn a_reader_without_an_answer_is_no_success() {
    let silent: Result<(), _> = read(&Value::Null, |_| None);
    assert_eq!(silent, Err(ConfigError::one("", "cannot be read")));
}

#[test]
fn an_optional_field_may_be_absent_but_not_wrong() {
    let optional = |node: Node<'_>| {
        let mut map = node.map()?;
        let on = map.optional("on", |node| node.boolean());
        map.finish();
        Some(on)
    };
    assert_eq!(testing::read("{}", optional), Ok(None));
    assert_eq!(testing::read(r#"{"on": true}"#, optional), Ok(Some(true)));
    assert_eq!(refusal(r#"{"on": null}"#, optional), "on: wants true or false, is nothing");
    assert_eq!(refusal(r#"{"on": "true"}"#, optional), "on: wants true or false, is a string");
}

#[test]
fn a_field_is_read_once_and_known_although_absent() {
    let reader = |node: Node<'_>| {
        let mut map = node.map()?;
        let (a, b) = (map.field("a"), map.field("b"));
        assert!(b.is_none());
        map.finish();
        a?.parse(str::parse::<u8>)
    };
    assert_eq!(testing::read(r#"{"a": "255"}"#, reader), Ok(255));
    assert_eq!(refusal(r#"{"a": "256"}"#, reader), "a: number too large to fit in target type");
    assert_eq!(refusal(r#"{"a": "1", "c": 1}"#, reader), "c: unknown field, known here: a, b");
}

#[test]
fn keys_of_the_users_choice_are_read_in_order() {
    let each = |node: Node<'_>| {
        let map: Map<'_> = node.map()?;
        map.each(|key, node| Some((key.to_owned(), node.whole(0, 9)?)))
    };
    assert_eq!(
        testing::read(r#"{"b": 1, "a": 2}"#, each),
        Ok(vec![("b".to_owned(), 1), ("a".to_owned(), 2)])
    );
    let json = r#"{"b": 10, "a": 1, "a": 2, "": 11}"#;
    assert_eq!(refusal(json, each), r#"a: given twice; b: 10 is above 9; "": 11 is above 9"#);
    let nested = |node: Node<'_>| {
        let mut map = node.map()?;
        let lists = map.required("lists", each);
        map.finish();
        lists
    };
    assert_eq!(refusal(r#"{"lists": {"x": 10}}"#, nested), "lists.x: 10 is above 9");
}

#[test]
fn a_document_cannot_forge_lines_of_the_log() {
    let json = r#"{"subsets": [{"name": "a", "weight": 1, "x\nERROR\u001b[2J": 1}]}"#;
    let want = r"subsets[0].x\nERROR\u{1b}[2J: unknown field, known here: name, weight";
    assert_eq!(refusal(json, shares), want);
    let quoting = |node: Node<'_>| node.refuse::<()>(format_args!("`{}` is odd", node.text()?));
    assert_eq!(refusal(r#""a\r\nb\u0085\u65e5""#, quoting), "`a\\r\\nb\\u{85}\u{65e5}` is odd");
}

#[test]
fn a_document_cannot_flood_the_log() {
    let quoting = |node: Node<'_>| node.refuse::<()>(format_args!("`{}` is odd", node.text()?));
    let long = format!("\"{}\"", "\u{e9}".repeat(5000));
    let shown = refusal(&long, quoting);
    assert_eq!((shown.chars().next(), shown.len()), (Some('`'), 2049 + 3));
    assert!(shown.ends_with("\u{e9}..."));

    let item = |node: Node<'_>| node.list(|item| item.boolean());
    for (items, end) in [(100, "[99]: wants true or false, is a number"), (102, "; and 2 more")] {
        let json = format!("[{}]", vec!["0"; items].join(","));
        let error = read(&Value::from_json(json.as_bytes()).unwrap(), item).unwrap_err();
        assert_eq!(error.problems.len(), items);
        assert!(error.to_string().ends_with(end), "{items}");
    }
}

#[test]
fn a_mapping_of_many_fields_is_not_compared_field_by_field() {
    // A square of this would keep the test busy for a long time.
    let entries = (0..50_000).map(|index| (format!("k{}", index % 49_999), Value::Null)).collect();
    let error = read(&Value::Map(entries), |node| {
        node.map()?.finish();
        Some(())
    });
    assert_eq!(error.unwrap_err().problems.len(), 1 + 49_999);
}
