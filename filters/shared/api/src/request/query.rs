//! Query parameters (`application/x-www-form-urlencoded`, URL Standard section 5.1).

use super::escaped;
use std::borrow::Cow;

/// The decoded value of the first parameter of this name. `name` is compared decoded too.
#[must_use]
pub fn parameter<'a>(query: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    query.split(|byte| *byte == b'&').find_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (key, value) = pair.split_at_checked(equals)?;
        (!pair.is_empty() && *decode(key) == *name.as_bytes())
            .then(|| decode(value.get(1..).unwrap_or_default()))
    })
}

/// `+` is a space, `%41` is `A`; a `%` that starts no escape stays as it is.
fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        let escape = if *first == b'%' { escaped(tail) } else { None };
        let (byte, behind) = escape.unwrap_or((if *first == b'+' { b' ' } else { *first }, tail));
        decoded.push(byte);
        rest = behind;
    }
    Cow::Owned(decoded)
}
