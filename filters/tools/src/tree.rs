//! Reading and rewriting policies as trees.

use filter_api::Value;

/// A field of a mapping.
#[must_use]
pub fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Map(entries) = value else { return None };
    entries.iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// The items of a list; none of anything else.
#[must_use]
pub fn items(value: Option<&Value>) -> &[Value] {
    if let Some(Value::List(items)) = value { items } else { &[] }
}

/// The fields of a mapping; none of anything else.
#[must_use]
pub fn entries(value: Option<&Value>) -> &[(String, Value)] {
    if let Some(Value::Map(entries)) = value { entries } else { &[] }
}

/// A string in a field.
#[must_use]
pub fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    if let Some(Value::Text(text)) = field(value, name) { Some(text) } else { None }
}

/// Whether a field is `true`.
#[must_use]
pub fn is_true(value: &Value, name: &str) -> bool {
    field(value, name) == Some(&Value::Bool(true))
}

/// A mapping of these fields.
#[must_use]
pub fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A string.
#[must_use]
pub fn string(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// The same mapping, one field another.
#[must_use]
pub fn with(value: &Value, name: &str, new: Value) -> Value {
    let Value::Map(mut entries) = without(value, &[name]) else { return value.clone() };
    entries.push((name.to_owned(), new));
    Value::Map(entries)
}

/// The same mapping without these fields.
#[must_use]
pub fn without(value: &Value, names: &[&str]) -> Value {
    let Value::Map(entries) = value else { return value.clone() };
    Value::Map(entries.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
}
