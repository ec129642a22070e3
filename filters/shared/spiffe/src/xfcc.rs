//! The peer of a proxy before this one, as it says in `x-forwarded-client-cert`.
//!
//! Anybody can send this field: believe it only if the peer of this very connection is a proxy that is trusted to write
//! it (Envoy: `APPEND_FORWARD`, `SANITIZE_SET`), and only what that proxy wrote, which is the last element.
//!
//! ```text
//! field   = element *( "," element )                      one per hop, the nearest last
//! element = pair *( ";" pair )
//! pair    = key "=" ( value / DQUOTE quoted DQUOTE )      keys in any case: By, Hash, Cert, Chain, Subject, URI, DNS, ..
//! value   = any but "," ";" DQUOTE
//! quoted  = any but DQUOTE, or "\" and any
//! ```
//!
//! What does not read so from its first byte to its last is refused as a whole. Earlier elements may come from a client,
//! and an open quote in one of them must not swallow the last one. Envoy's JSON form is not read.

#[cfg(test)]
mod tests;

use crate::id::{InvalidSpiffeId, SpiffeId};

/// The SPIFFE ID in the last element of the field: exactly one `URI`, and that an ID with a path.
///
/// * `lines`: the values of all lines of the field, in order, any bytes. They read as one line joined by commas; a quote
///   ends with its line.
///
/// One pass; allocates only the ID.
///
/// # Errors
/// [`InvalidXfcc`]; also if the field is not there at all.
pub fn forwarded_peer<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<SpiffeId, InvalidXfcc> {
    let mut last = None;
    for line in lines {
        last = Some(last_element(line)?);
    }
    let Uris { count, first } = last.ok_or(InvalidXfcc::Absent)?;
    if count != 1 {
        return Err(InvalidXfcc::UriCount { found: count });
    }
    let id = SpiffeId::parse(std::str::from_utf8(first).map_err(|_| InvalidXfcc::UriNotAscii)?)?;
    if id.path().is_empty() { Err(InvalidXfcc::NoPath { id }) } else { Ok(id) }
}

/// Why `x-forwarded-client-cert` names no peer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidXfcc {
    /// No line of the field.
    #[error("no x-forwarded-client-cert")]
    Absent,
    /// An element, a key or a value is not there, a quote is not closed or not alone, or there is a control character.
    #[error("malformed x-forwarded-client-cert: {reason}")]
    Malformed {
        /// What was found.
        reason: &'static str,
    },
    /// Not exactly one `URI` in the last element (X509-SVID section 2).
    #[error("{found} URIs in the last element, must be one")]
    UriCount {
        /// How many there are.
        found: usize,
    },
    /// The one URI is not even text.
    #[error("the URI in the last element is not ASCII")]
    UriNotAscii,
    /// The one URI is not a SPIFFE ID; one with an escaped character in quotes never is.
    #[error("the URI in the last element is no SPIFFE ID: {0}")]
    Id(#[from] InvalidSpiffeId),
    /// The ID of a trust domain, not of a workload.
    #[error("{id} has no path")]
    NoPath {
        /// The ID.
        id: SpiffeId,
    },
}

/// The `URI` pairs of one element.
#[derive(Clone, Copy, Default)]
struct Uris<'a> {
    count: usize,
    first: &'a [u8],
}

/// Reads all elements of a line, and keeps what the last one says.
fn last_element(mut rest: &[u8]) -> Result<Uris<'_>, InvalidXfcc> {
    let mut uris = Uris::default();
    loop {
        let Pair { key, value, behind } = Pair::read(rest)?;
        if key.eq_ignore_ascii_case(b"uri") {
            uris = match uris.count {
                0 => Uris { count: 1, first: value },
                count => Uris { count: count.saturating_add(1), ..uris },
            };
        }
        rest = match behind {
            [] => return Ok(uris),
            [b',', next @ ..] => {
                uris = Uris::default();
                next
            }
            [b';', next @ ..] => next,
            _ => return Err(malformed("something behind a closed quote")),
        };
    }
}

/// One pair, and what follows it.
struct Pair<'a> {
    key: &'a [u8],
    /// Without quotes, escapes as they are.
    value: &'a [u8],
    behind: &'a [u8],
}

impl<'a> Pair<'a> {
    fn read(text: &'a [u8]) -> Result<Self, InvalidXfcc> {
        let (_, text) = split_before(text, |byte| !matches!(byte, b' ' | b'\t'));
        let (key, rest) = split_before(text, |byte| !byte.is_ascii_alphanumeric());
        let rest = match (key, rest) {
            ([_, ..], [b'=', rest @ ..]) => rest,
            _ => return Err(malformed("no key where one should be")),
        };
        let (value, behind) = match rest {
            [b'"', rest @ ..] => quoted(rest)?,
            _ => split_before(rest, |byte| matches!(byte, b',' | b';')),
        };
        if value.iter().any(u8::is_ascii_control) {
            return Err(malformed("a control character"));
        }
        if rest.first() != Some(&b'"') && value.contains(&b'"') {
            return Err(malformed("a quote inside a value"));
        }
        Ok(Self { key, value, behind })
    }
}

/// What stands before and behind the closing quote; `text` is behind the opening one.
fn quoted(text: &[u8]) -> Result<(&[u8], &[u8]), InvalidXfcc> {
    let mut escaped = false;
    let close = text.iter().position(|byte| {
        let closes = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        closes
    });
    match split(text, close.ok_or_else(|| malformed("a quote that is not closed"))?) {
        (value, [_, behind @ ..]) => Ok((value, behind)),
        (value, []) => Ok((value, &[])),
    }
}

fn split_before(text: &[u8], ends: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    split(text, text.iter().position(|byte| ends(*byte)).unwrap_or(text.len()))
}

fn split(text: &[u8], at: usize) -> (&[u8], &[u8]) {
    text.split_at_checked(at).unwrap_or((text, &[]))
}

fn malformed(reason: &'static str) -> InvalidXfcc {
    InvalidXfcc::Malformed { reason }
}
