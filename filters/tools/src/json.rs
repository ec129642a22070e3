//! Values as text: JSON for programs, flow-style YAML for people.

#[cfg(test)]
mod tests;

use filter_api::Value;
use std::fmt::Write as _;

/// JSON over several lines, fields in their order.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, Some(0), &mut text);
    text.push('\n');
    text
}

/// JSON on one line, without white space.
#[must_use]
pub fn compact(value: &Value) -> String {
    let mut text = String::new();
    write(value, None, &mut text);
    text
}

/// As one would write it in a policy: `{ name: x-env, exact: canary }`.
#[must_use]
pub fn flow(value: &Value) -> String {
    match value {
        Value::Text(text) if is_plain(text) => text.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Value::Map(entries) => {
            let field = |(name, value): &(String, Value)| format!("{name}: {}", flow(value));
            format!("{{ {} }}", entries.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        other => compact(other),
    }
}

/// Whether YAML takes it for a string without quotes, wherever it stands.
fn is_plain(text: &str) -> bool {
    // `1s` and `10.0.0.0/8` are strings, `1.5` and `17` are not.
    let unit = text.ends_with(['s', 'm', 'h']) || text.contains('/');
    let first = text.chars().next().is_some_and(|first| match first {
        '0'..='9' => unit,
        first => first.is_ascii_alphabetic() || "/_.".contains(first),
    });
    let others = text.chars().all(|other| other.is_ascii_alphanumeric() || "-_./+".contains(other));
    let word =
        matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n" | "." | "..");
    first && others && !word
}

fn write(value: &Value, indent: Option<usize>, text: &mut String) {
    let deeper = indent.map(|indent| indent.saturating_add(1));
    let line = |indent: Option<usize>, text: &mut String| {
        if let Some(indent) = indent {
            text.push('\n');
            text.push_str(&"  ".repeat(indent));
        }
    };
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(yes) => text.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) => {
            let _ = write!(text, "{number}");
        }
        Value::Text(string) => text.push_str(&serde_json::to_string(string).unwrap_or_default()),
        Value::List(items) if items.is_empty() => text.push_str("[]"),
        Value::Map(entries) if entries.is_empty() => text.push_str("{}"),
        Value::List(items) => {
            for (place, item) in items.iter().enumerate() {
                text.push(if place == 0 { '[' } else { ',' });
                line(deeper, text);
                write(item, deeper, text);
            }
            line(indent, text);
            text.push(']');
        }
        Value::Map(entries) => {
            for (place, (name, value)) in entries.iter().enumerate() {
                text.push(if place == 0 { '{' } else { ',' });
                line(deeper, text);
                text.push_str(&serde_json::to_string(name).unwrap_or_default());
                text.push_str(if indent.is_some() { ": " } else { ":" });
                write(value, deeper, text);
            }
            line(indent, text);
            text.push('}');
        }
    }
}
