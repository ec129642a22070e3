//! Cookies of a request (RFC 6265 section 5.4, RFC 9113 section 8.2.3).

use crate::Fields;

/// The value of the first cookie of this name, over all `cookie` lines; quotes and `=` inside it stay.
#[must_use]
pub fn cookie<'a>(fields: Fields<'a>, name: &str) -> Option<&'a [u8]> {
    fields
        .lines("cookie")
        .flat_map(|line| line.split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (key, value) = pair.split_at_checked(equals)?;
            (key.trim_ascii() == name.as_bytes()).then(|| value.get(1..).unwrap_or_default().trim_ascii())
        })
        .next()
}
