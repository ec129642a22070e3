//! The parts of `:path` and `:authority`, as the client sent them.

use crate::Fields;

/// `:path` up to the query; `None` for a request without one (CONNECT).
#[must_use]
pub fn path_of(fields: Fields<'_>) -> Option<&[u8]> {
    fields.first(":path").map(|path| split_query(path).0)
}

/// What follows the first `?` of `:path`.
#[must_use]
pub fn query_of(fields: Fields<'_>) -> Option<&[u8]> {
    fields.first(":path").and_then(|path| split_query(path).1)
}

/// The `number`th segment of a path, counted from 1; an empty one counts as absent.
#[must_use]
pub fn segment(path: &[u8], number: usize) -> Option<&[u8]> {
    path.split(|byte| *byte == b'/').nth(number).filter(|segment| !segment.is_empty())
}

/// The host of `:authority`: without user info, port and trailing dot. Case is kept.
#[must_use]
pub fn authority_host(fields: Fields<'_>) -> Option<&[u8]> {
    let authority = fields.first(":authority")?;
    let host = authority.rsplit(|byte| *byte == b'@').next()?;
    let host = match host.iter().rposition(|byte| *byte == b':') {
        // A colon inside brackets belongs to an IPv6 address.
        Some(colon) if host.get(colon..).is_some_and(|port| !port.contains(&b']')) => host.get(..colon)?,
        _ => host,
    };
    Some(host.strip_suffix(b".").unwrap_or(host))
}

fn split_query(path: &[u8]) -> (&[u8], Option<&[u8]>) {
    let path = match path.iter().position(|byte| *byte == b'#') {
        Some(hash) => path.get(..hash).unwrap_or(path),
        None => path,
    };
    match path.iter().position(|byte| *byte == b'?') {
        Some(mark) => (path.get(..mark).unwrap_or(path), path.get(mark.saturating_add(1)..)),
        None => (path, None),
    }
}
