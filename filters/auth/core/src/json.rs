//! JSON text of values: key sets that stand in a policy, objects that are forwarded.

#[cfg(test)]
mod tests;

use filter_api::Value;
use filter_jose::Json;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The JSON text of a value, without white space, members in their order (RFC 8259).
pub(crate) fn text(value: &Json<'_>) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// A configuration value as JSON. Duplicate members stay, for the reader to refuse.
pub(crate) fn of(value: &Value) -> Json<'_> {
    match value {
        Value::Null => Json::Null,
        Value::Bool(yes) => Json::Bool(*yes),
        Value::Number(number) => Json::Number(Cow::Owned(number.to_string())),
        Value::Text(text) => Json::Text(Cow::Borrowed(text)),
        Value::List(items) => Json::List(items.iter().map(of).collect()),
        Value::Map(members) => {
            Json::Map(members.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), of(value))).collect())
        }
    }
}

/// As deep as the value, whose readers bound the depth.
fn write(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Json::Number(number) => out.push_str(number),
        Json::Text(text) => write_text(text, out),
        Json::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Map(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// Escapes what must be (RFC 8259 section 7).
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
