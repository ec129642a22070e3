//! Places in policies, and in the schemas that are about them.

use std::collections::BTreeSet;

use filter_api::Value;
use sluice::tree::{entries, field, items, text};

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Field(String),
    Item(usize),
}

/// The paths of all mappings.
pub(crate) fn mappings(value: &Value, path: &mut Vec<Step>) -> Vec<Vec<Step>> {
    let mut all = everywhere(value, path);
    all.insert(0, Vec::new());
    all.retain(|path| matches!(at(value, path), Value::Map(_)));
    all
}

/// The paths of all parts.
pub(crate) fn everywhere(value: &Value, path: &mut Vec<Step>) -> Vec<Vec<Step>> {
    let mut all = Vec::new();
    let fields = entries(Some(value)).iter().map(|(name, value)| (Step::Field(name.clone()), value));
    let items = items(Some(value)).iter().enumerate().map(|(place, value)| (Step::Item(place), value));
    for (step, value) in fields.chain(items) {
        path.push(step);
        all.push(path.clone());
        all.extend(everywhere(value, path));
        path.pop();
    }
    all
}

pub(crate) fn at<'v>(value: &'v Value, path: &[Step]) -> &'v Value {
    path.iter().fold(value, |value, step| match step {
        Step::Field(name) => field(value, name).expect("a field"),
        Step::Item(place) => items(Some(value)).get(*place).expect("an item"),
    })
}

/// The value with one part another, or left out.
pub(crate) fn replaced(value: &Value, path: &[Step], change: &dyn Fn(&Value) -> Option<Value>) -> Value {
    let Some((step, rest)) = path.split_first() else { return change(value).expect("the whole stays") };
    let next = |inner: &Value| match rest {
        [] => change(inner),
        rest => Some(replaced(inner, rest, change)),
    };
    match (value, step) {
        (Value::Map(fields), Step::Field(wanted)) => Value::Map(
            fields
                .iter()
                .filter_map(|(name, inner)| {
                    Some((name.clone(), if name == wanted { next(inner)? } else { inner.clone() }))
                })
                .collect(),
        ),
        (Value::List(items), Step::Item(wanted)) => Value::List(
            items
                .iter()
                .enumerate()
                .filter_map(|(place, inner)| if place == *wanted { next(inner) } else { Some(inner.clone()) })
                .collect(),
        ),
        _ => panic!("no {step:?} in {value:?}"),
    }
}

/// The schemas that are about a path: several, where one is a choice.
pub(crate) fn places(schema: &Value, at: &Value, path: &[Step]) -> Vec<Value> {
    let here = resolved(schema, at);
    let Some((step, rest)) = path.split_first() else {
        return here.into_iter().filter(|at| text(at, "type") == Some("object")).collect();
    };
    let mut found = Vec::new();
    for at in here {
        let next = match step {
            Step::Item(_) => field(&at, "items"),
            Step::Field(name) => field(&at, "properties")
                .and_then(|properties| field(properties, name))
                .or_else(|| field(&at, "additionalProperties")),
        };
        if let Some(next) = next {
            found.extend(places(schema, next, rest));
        }
    }
    found
}

/// A schema, and those that it refers to or chooses from.
pub(crate) fn resolved(schema: &Value, at: &Value) -> Vec<Value> {
    let mut found = vec![at.clone()];
    if let Some(name) = text(at, "$ref").and_then(|name| name.strip_prefix("#/$defs/")) {
        let definition = field(schema, "$defs").and_then(|all| field(all, name)).expect("a definition");
        found.extend(resolved(schema, definition));
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        for part in items(field(at, choice)) {
            found.extend(resolved(schema, part));
        }
    }
    found
}

/// All schemas of mappings.
pub(crate) fn objects(schema: &Value) -> Vec<Value> {
    let inner = entries(Some(schema)).iter().map(|(_, value)| value).chain(items(Some(schema)));
    let is_object = text(schema, "type") == Some("object");
    let own = is_object.then(|| schema.clone());
    own.into_iter().chain(inner.flat_map(objects)).collect()
}

pub(crate) fn references(schema: &Value) -> BTreeSet<String> {
    let inner = entries(Some(schema)).iter().map(|(_, value)| value).chain(items(Some(schema)));
    let own = text(schema, "$ref").and_then(|name| name.strip_prefix("#/$defs/")).map(str::to_owned);
    own.into_iter().chain(inner.flat_map(references)).collect()
}
