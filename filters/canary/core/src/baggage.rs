//! One member of the `baggage` field (W3C Baggage), read from or written into what others put there.
//!
//! The field belongs to everybody in the call chain. So members of others are carried on byte for byte and in
//! order: properties, repeated keys, malformed ones too. Only what stands between members is not theirs: empty
//! members and white space at the two ends are dropped when the field is written anew, because HTTP/2 forbids
//! the latter and strict parsers refuse the former.
//!
//! W3C Baggage ("Limits") lets an implementation drop members above 64 or 8192 bytes; none is dropped here.
//! What is written is at most one member longer than what came, and Envoy's own limit on headers bounds that.
//!
//! Keys are compared byte for byte: `Sluice-Subset` is somebody else's. No host; linear in the length of the
//! field.

#[cfg(test)]
mod tests;

use filter_api::request::percent_decoded;
use std::borrow::Cow;

/// Reads the value of the member `key`: without its properties, without white space around it, not
/// percent-decoded.
///
/// * `lines`: the values of all lines of the field, any bytes.
///
/// No member is `Ok(None)`. Two are refused, even if they agree: which one counts would be up to each reader.
/// No allocation.
pub fn member<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    key: &str,
) -> Result<Option<&'a [u8]>, InvalidMember> {
    let mut found = None;
    for member in members(lines) {
        let (name, rest) = split_key(member);
        if name != key.as_bytes() {
            continue;
        }
        if found.is_some() {
            return Err(InvalidMember::Repeated);
        }
        found = Some(value(rest)?);
    }
    Ok(found)
}

/// A member of ours, `key=value`. Made once, when the policy is read, so that a request without baggage costs
/// no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    text: Box<str>,
    key_bytes: usize,
}

impl Member {
    /// * `key`: a token (RFC 9110 section 5.6.2).
    /// * `value`: visible ASCII without `"`, `,`, `;` and `\`. Both are written as they are.
    #[must_use]
    pub fn new(key: &str, value: &str) -> Self {
        Self { text: [key, "=", value].concat().into(), key_bytes: key.len() }
    }

    /// Puts this member at the end of the field, in place of every member with the same key.
    ///
    /// * `lines`: the values of all lines of the field, any bytes. Several lines become one.
    ///
    /// A member whose key percent-decodes to the same key goes as well: widespread SDKs decode keys and would
    /// see two. Two passes, at most one allocation.
    pub fn replace_in<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]> + Clone) -> Change<'_> {
        let (mut ours, mut right) = (0_usize, 0_usize);
        for member in members(lines.clone()).filter(|member| has_key(member, self.key())) {
            ours = ours.saturating_add(1);
            right = right.saturating_add(usize::from(trim_end(trim_start(member)) == self.text.as_bytes()));
        }
        if (ours, right) == (1, 1) { Change::Nothing } else { rewrite(lines, self.key(), &self.text) }
    }

    fn key(&self) -> &str {
        self.text.get(..self.key_bytes).unwrap_or_default()
    }
}

/// Takes away every member that [`Member::replace_in`] would replace.
pub fn remove<'a>(lines: impl IntoIterator<Item = &'a [u8]> + Clone, key: &str) -> Change<'static> {
    if members(lines.clone()).any(|member| has_key(member, key)) {
        rewrite(lines, key, "")
    } else {
        Change::Nothing
    }
}

/// What has to be done to the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'m> {
    /// It is as it should be.
    Nothing,
    /// All lines are replaced by one with this value.
    Set(Cow<'m, [u8]>),
    /// Nobody's member is left; all lines go.
    Remove,
}

/// Why the member is there but has no value that could be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMember {
    /// More than one member has the key.
    #[error("the member is there more than once")]
    Repeated,
    /// A key without `=`.
    #[error("the member has no value")]
    NoValue,
    /// A byte that is no `baggage-octet` (W3C Baggage, "Definition"): white space, `"`, `\`, control
    /// characters, above 0x7E.
    #[error("the member's value holds the byte {found:#04x}")]
    Byte {
        /// The first such byte.
        found: u8,
    },
}

/// The field without the members that have `key`, and with `own` at the end unless it is empty.
fn rewrite<'a, 'm>(lines: impl IntoIterator<Item = &'a [u8]> + Clone, key: &str, own: &'m str) -> Change<'m> {
    let others = || members(lines.clone()).filter(|member| !has_key(member, key));
    let length: usize = others().map(|member| member.len().saturating_add(1)).sum();
    if length == 0 {
        return if own.is_empty() { Change::Remove } else { Change::Set(Cow::Borrowed(own.as_bytes())) };
    }
    let mut field = Vec::with_capacity(length.saturating_add(own.len()));
    for member in others() {
        if field.is_empty() {
            field.extend_from_slice(trim_start(member));
        } else {
            field.push(b',');
            field.extend_from_slice(member);
        }
    }
    if own.is_empty() {
        field.truncate(trim_end(&field).len());
    } else {
        field.push(b',');
        field.extend_from_slice(own.as_bytes());
    }
    Change::Set(Cow::Owned(field))
}

/// The members of all lines in order, as they are written; empty ones left out.
fn members<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    let pieces = lines.into_iter().flat_map(|line| line.split(|&byte| byte == b','));
    pieces.filter(|piece| !trim_start(piece).is_empty())
}

/// The key of a member without white space around it, and the rest, which is empty or starts with `=` or `;`.
fn split_key(member: &[u8]) -> (&[u8], &[u8]) {
    let end = member.iter().position(|byte| matches!(byte, b'=' | b';')).unwrap_or(member.len());
    let (key, rest) = member.split_at_checked(end).unwrap_or_default();
    (trim_end(trim_start(key)), rest)
}

/// The value of a member whose key was split off.
fn value(rest: &[u8]) -> Result<&[u8], InvalidMember> {
    let value = rest.strip_prefix(b"=").ok_or(InvalidMember::NoValue)?;
    let value = value.split(|&byte| byte == b';').next().unwrap_or_default();
    let value = trim_end(trim_start(value));
    match value
        .iter()
        .find(|byte| !matches!(byte, 0x21 | 0x23..=0x2B | 0x2D..=0x3A | 0x3C..=0x5B | 0x5D..=0x7E))
    {
        Some(&found) => Err(InvalidMember::Byte { found }),
        None => Ok(value),
    }
}

/// Whether the key of `member` is `key`, as it is or percent-encoded.
fn has_key(member: &[u8], key: &str) -> bool {
    let (written, _) = split_key(member);
    written == key.as_bytes() || written.contains(&b'%') && percent_decoded(written).eq(key.bytes())
}

/// Without the OWS (RFC 9110 section 5.6.3) at the start.
fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Without the OWS at the end.
fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
