//! JSON objects that have one reading.

use serde_json::Value;

/// What a strict reader makes of an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// Each member is there once.
    Value(Value),
    /// Some member is there twice.
    Duplicates,
}

/// An object as RFC 8259 has it; `None` for all else. As many colons outside strings as members, or some member is there twice.
pub fn strict(text: &[u8]) -> Option<Parsed> {
    let value: Value = serde_json::from_slice(text).ok().filter(Value::is_object)?;
    let (mut colons, mut inside, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => colons += 1,
            _ => {}
        }
    }
    Some(if colons == members(&value) { Parsed::Value(value) } else { Parsed::Duplicates })
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(map) => map.len() + map.values().map(members).sum::<usize>(),
        Value::Array(list) => list.iter().map(members).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_twice() {
        for (text, want) in [
            ("", None),
            ("[]", None),
            ("{}", Some(true)),
            (r#"{"a": "b:c", "d": [{"a": 1}]}"#, Some(true)),
            (r#"{"a": 1, "a": 1}"#, Some(false)),
            (r#"{"x": {"a": 1, "\u0061": 2}}"#, Some(false)),
        ] {
            let unique = strict(text.as_bytes()).map(|parsed| parsed != Parsed::Duplicates);
            assert_eq!(unique, want, "{text}");
        }
    }
}
