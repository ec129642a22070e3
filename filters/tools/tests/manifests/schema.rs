//! Judges a document by the structural schema of its Kubernetes kind (`openAPIV3Schema` of `apiextensions.k8s.io/v1`).
//!
//! Stricter than JSON Schema in the point that matters: a field that the schema does not know is refused, as by
//! `kubectl apply --validate=strict`; plain JSON Schema lets it pass. Not judged: rules in CEL
//! (`x-kubernetes-validations`), `format`, uniqueness of list keys.

use filter_api::{Regex, Value};

use crate::tree::{field, fields, items, text};

/// All that `schema` has against `value`, each with its path.
pub(crate) fn problems(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let mut problems = Vec::new();
    judge(schema, value, path, Fields::Known, &mut problems);
    problems
}

/// May a value have fields that the schema does not name?
#[derive(Clone, Copy, PartialEq)]
enum Fields {
    /// No: the schema is the structure of the kind.
    Known,
    /// Yes: the schema is part of a combination (`oneOf` and the like), which only adds conditions to the structure.
    Any,
}

fn judge(schema: &Value, value: &Value, path: &str, strict: Fields, problems: &mut Vec<String>) {
    if *value == Value::Null && flag(schema, "nullable") {
        return;
    }
    for (keyword, wanted) in fields(schema) {
        if keyword == "allOf" {
            items(wanted).iter().for_each(|part| judge(part, value, path, Fields::Any, problems));
        } else if let Some(problem) = against(keyword, wanted, value) {
            problems.push(format!("{path}: {problem}"));
        }
    }
    match value {
        Value::Map(entries) => {
            for (name, value) in entries {
                let path = format!("{path}.{name}");
                let named = field(schema, "properties").and_then(|properties| field(properties, name));
                match named.or_else(|| field(schema, "additionalProperties")) {
                    Some(schema) => judge(schema, value, &path, strict, problems),
                    None if strict == Fields::Any || flag(schema, "x-kubernetes-preserve-unknown-fields") => {
                    }
                    None => problems.push(format!("{path}: unknown field")),
                }
            }
        }
        Value::List(values) => {
            for (place, value) in values.iter().enumerate() {
                if let Some(schema) = field(schema, "items") {
                    judge(schema, value, &format!("{path}[{place}]"), strict, problems);
                }
            }
        }
        _ => {}
    }
}

/// What one keyword has against the value itself. One that is not known here panics: it would be a check that never fails.
fn against(keyword: &str, wanted: &Value, value: &Value) -> Option<String> {
    match keyword {
        "type" => {
            (!is(text(wanted), value)).then(|| format!("is {}, not of type {}", value.kind(), text(wanted)))
        }
        "enum" => {
            (!items(wanted).contains(value)).then(|| format!("{value:?} is none of {:?}", items(wanted)))
        }
        "pattern" => {
            let Value::Text(given) = value else { return None };
            (!matches(text(wanted), given)).then(|| format!("{given:?} does not match {}", text(wanted)))
        }
        "minLength" | "minItems" | "minProperties" | "minimum" => {
            let (least, size) = (number(wanted), size(keyword, value)?);
            (size < least).then(|| format!("{keyword} is {least}, this is {size}"))
        }
        "maxLength" | "maxItems" | "maxProperties" | "maximum" => {
            let (most, size) = (number(wanted), size(keyword, value)?);
            (size > most).then(|| format!("{keyword} is {most}, this is {size}"))
        }
        "required" => {
            let Value::Map(_) = value else { return None };
            let missing = items(wanted).iter().map(text).find(|name| field(value, name).is_none());
            missing.map(|name| format!("{name} is missing"))
        }
        "anyOf" => (accepting(wanted, value) == 0).then(|| "fits nothing of anyOf".into()),
        "oneOf" => {
            (accepting(wanted, value) != 1).then(|| format!("fits {} of oneOf", accepting(wanted, value)))
        }
        "not" => accepts(wanted, value).then(|| "fits what it must not".into()),
        // `judge` reads these itself.
        "properties" | "additionalProperties" | "items" | "nullable" => None,
        "x-kubernetes-preserve-unknown-fields" => None,
        // Comes with an `anyOf` that says the same.
        "x-kubernetes-int-or-string" => None,
        // For readers, or for the API server alone.
        "description" | "default" | "format" | "x-kubernetes-validations" => None,
        "x-kubernetes-list-type" | "x-kubernetes-list-map-keys" | "x-kubernetes-map-type" => None,
        unknown => panic!("the schema says `{unknown}`, which this reader does not know"),
    }
}

fn accepting(schemas: &Value, value: &Value) -> usize {
    items(schemas).iter().filter(|schema| accepts(schema, value)).count()
}

fn accepts(schema: &Value, value: &Value) -> bool {
    let mut problems = Vec::new();
    judge(schema, value, "", Fields::Any, &mut problems);
    problems.is_empty()
}

fn is(kind: &str, value: &Value) -> bool {
    match (kind, value) {
        ("object", Value::Map(_)) | ("array", Value::List(_)) | ("string", Value::Text(_)) => true,
        ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(number)) => number.fract() == 0.0,
        ("object" | "array" | "string" | "boolean" | "number" | "integer", _) => false,
        _ => panic!("the schema says type `{kind}`, which this reader does not know"),
    }
}

/// Patterns of schemas match anywhere, ours match the whole value: the same for those that say `^` and `$` themselves.
fn matches(pattern: &str, given: &str) -> bool {
    let anchored =
        pattern.trim_start_matches('(').starts_with('^') && pattern.trim_end_matches(')').ends_with('$');
    assert!(anchored, "the schema's pattern {pattern} is not anchored, this reader would judge too strictly");
    Regex::parse(pattern).expect("a pattern of the schema").is_match(given.as_bytes())
}

/// What a limit is about; `None` where the value is of another type, about which `type` complains.
fn size(keyword: &str, value: &Value) -> Option<f64> {
    let count = |count: usize| u32::try_from(count).ok().map(f64::from);
    match (keyword, value) {
        ("minLength" | "maxLength", Value::Text(text)) => count(text.chars().count()),
        ("minItems" | "maxItems", Value::List(items)) => count(items.len()),
        ("minProperties" | "maxProperties", Value::Map(entries)) => count(entries.len()),
        ("minimum" | "maximum", Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn flag(schema: &Value, keyword: &str) -> bool {
    field(schema, keyword) == Some(&Value::Bool(true))
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        other => panic!("a limit that is {}", other.kind()),
    }
}
