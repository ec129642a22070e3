//! The judge itself, keyword by keyword; needs no schema from elsewhere.

use crate::json;
use crate::schema::problems;

#[test]
fn refuses() {
    for (name, schema, value, want) in [
        ("a number for a string", r#"{"type": "string"}"#, "1", "x: is a number, not of type string"),
        ("a fraction for an integer", r#"{"type": "integer"}"#, "1.5", "x: is a number, not of type integer"),
        ("a list for an object", r#"{"type": "object"}"#, "[]", "x: is a list, not of type object"),
        ("null", r#"{"type": "string"}"#, "null", "x: is nothing, not of type string"),
        ("a field where none is known", r#"{"type": "object"}"#, r#"{"a": 1}"#, "x.a: unknown field"),
        ("an unknown field", r#"{"properties": {"a": {}}}"#, r#"{"b": 1}"#, "x.b: unknown field"),
        (
            "an unknown field in a list",
            r#"{"items": {"properties": {"a": {}}}}"#,
            r#"[{"a": 1}, {"b": 1}]"#,
            "x[1].b: unknown field",
        ),
        (
            "another type in an open mapping",
            r#"{"additionalProperties": {"type": "string"}}"#,
            r#"{"a": 1}"#,
            "x.a: is a number, not of type string",
        ),
        ("what is not in the enum", r#"{"enum": ["A", "B"]}"#, r#""a""#, "x: Text(\"a\") is none of"),
        ("a missing field", r#"{"properties": {"a": {}}, "required": ["a"]}"#, "{}", "x: a is missing"),
        ("what the pattern does not match", r#"{"pattern": "^[a-z]+$"}"#, r#""a1""#, "does not match"),
        ("a pattern with alternatives", r#"{"pattern": "(^$|^[a-f0-9]{2}$)"}"#, r#""abc""#, "does not match"),
        ("one below the minimum", r#"{"minimum": 1}"#, "0", "x: minimum is 1, this is 0"),
        ("one above the maximum", r#"{"maximum": 65535}"#, "65536", "x: maximum is 65535, this is 65536"),
        ("too short a string", r#"{"minLength": 1}"#, r#""""#, "x: minLength is 1, this is 0"),
        ("too long a string", r#"{"maxLength": 2}"#, r#""äöü""#, "x: maxLength is 2, this is 3"),
        ("too short a list", r#"{"minItems": 1, "items": {}}"#, "[]", "x: minItems is 1, this is 0"),
        ("too long a list", r#"{"maxItems": 1, "items": {}}"#, "[1, 2]", "x: maxItems is 1, this is 2"),
        (
            "too many fields",
            r#"{"maxProperties": 1, "additionalProperties": {}}"#,
            r#"{"a": 1, "b": 1}"#,
            "x: maxProperties is 1, this is 2",
        ),
    ] {
        assert_refused(name, schema, value, want);
    }
}

#[test]
fn refuses_what_fits_no_combination() {
    for (name, schema, value, want) in [
        (
            "none of anyOf",
            r#"{"anyOf": [{"type": "integer"}, {"type": "string"}]}"#,
            "true",
            "nothing of anyOf",
        ),
        ("none of oneOf", ONE_OF, "{}", "x: fits 0 of oneOf"),
        ("two of oneOf", ONE_OF, r#"{"a": 1, "b": 1}"#, "x: fits 2 of oneOf"),
        ("one of allOf", r#"{"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}"#, "1", "is none of"),
        ("what must not be", r#"{"not": {"enum": [1]}}"#, "1", "x: fits what it must not"),
        (
            "a condition deeper in a combination",
            r#"{"properties": {"a": {"properties": {"b": {}}}}, "oneOf": [{"properties": {"a": {"required": ["b"]}}}]}"#,
            r#"{"a": {}}"#,
            "x: fits 0 of oneOf",
        ),
    ] {
        assert_refused(name, schema, value, want);
    }
}

#[test]
fn accepts() {
    for (name, schema, value) in [
        ("the type", r#"{"type": "integer"}"#, "7"),
        ("null where it may be", r#"{"type": "integer", "nullable": true}"#, "null"),
        (
            "a known field",
            r#"{"type": "object", "properties": {"a": {"type": "boolean"}}}"#,
            r#"{"a": true}"#,
        ),
        ("any field of an open mapping", r#"{"additionalProperties": {"type": "string"}}"#, r#"{"a": "b"}"#),
        (
            "anything below an opaque field",
            r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#,
            r#"{"a": {"b": [1]}}"#,
        ),
        ("a member of the enum", r#"{"enum": ["A", "B"]}"#, r#""B""#),
        ("what the pattern matches", r#"{"pattern": "(^$|^[a-f0-9]{2}$)"}"#, r#""af""#),
        ("the empty alternative", r#"{"pattern": "(^$|^[a-f0-9]{2}$)"}"#, r#""""#),
        ("both limits", r#"{"minimum": 1, "maximum": 1}"#, "1"),
        ("limits of lengths", r#"{"minLength": 2, "maxLength": 2}"#, r#""äö""#),
        ("one of oneOf", ONE_OF, r#"{"b": 1}"#),
        ("either type", r#"{"anyOf": [{"type": "integer"}, {"type": "string"}]}"#, r#""80""#),
    ] {
        assert_eq!(problems(&json(schema), &json(value), "x"), [""; 0], "{name}");
    }
}

/// A keyword that nobody reads would be a check that never fails.
#[test]
#[should_panic(expected = "multipleOf")]
fn does_not_overlook_a_keyword() {
    problems(&json(r#"{"multipleOf": 2}"#), &json("3"), "x");
}

#[test]
#[should_panic(expected = "not anchored")]
fn does_not_misread_a_pattern() {
    problems(&json(r#"{"pattern": "a"}"#), &json(r#""bab""#), "x");
}

fn assert_refused(name: &str, schema: &str, value: &str, want: &str) {
    let problems = problems(&json(schema), &json(value), "x").join("\n");
    assert!(problems.contains(want), "{name}: {problems:?} lacks {want:?}");
}

const ONE_OF: &str =
    r#"{"properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#;
