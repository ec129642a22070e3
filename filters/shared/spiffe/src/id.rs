//! A SPIFFE ID: `spiffe://example.org/ns/prod/sa/orders`.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::trust_domain::{self, InvalidTrustDomain, TrustDomain};

/// A SPIFFE ID (SPIFFE-ID section 2), kept as it was written.
///
/// Two IDs are equal if their bytes are: nothing is folded, decoded or normalised, because every text that
/// would need it is refused. An ID may have no path; then it names the trust domain itself, and
/// [`path`](Self::path) is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    text: Box<str>,
    /// Where the path starts in `text`: its first `/` behind the trust domain, or the end.
    path_at: usize,
}

impl SpiffeId {
    /// Reads an ID. One pass over at most 2048 bytes, one allocation, and only when it is valid.
    pub fn parse(text: &str) -> Result<Self, InvalidSpiffeId> {
        let (_, path) = split(text)?;
        check_path(path)?;
        Ok(Self { text: text.into(), path_at: text.len().saturating_sub(path.len()) })
    }

    /// The whole ID, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name of the trust domain: `example.org`.
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        self.text.get(SCHEME.len()..self.path_at).unwrap_or_default()
    }

    /// The path with its leading slash, `/ns/prod/sa/orders`, or nothing.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.get(self.path_at..).unwrap_or_default()
    }

    /// The segments of the path: `ns`, `prod`, `sa`, `orders`. None is empty.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        segments(self.path())
    }

    /// All before the path: `spiffe://example.org`.
    pub(crate) fn scheme_and_domain(&self) -> &str {
        self.text.get(..self.path_at).unwrap_or_default()
    }

    /// Whether the trust domain of this ID is `domain`, exactly.
    #[must_use]
    pub fn is_member_of(&self, domain: &TrustDomain) -> bool {
        self.trust_domain() == domain.as_str()
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a SPIFFE ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSpiffeId {
    /// Longer than every implementation must support (SPIFFE-ID section 2.3).
    #[error("a SPIFFE ID of {bytes} bytes is above {}", MAX_BYTES)]
    TooLong {
        /// Length of what was given.
        bytes: usize,
    },
    /// Does not start with `spiffe://` in lower case.
    #[error("starts with {found:?}, not with \"spiffe://\"")]
    Scheme {
        /// What is there instead, cut to the length of `spiffe://`.
        found: String,
    },
    /// The part between `spiffe://` and the path.
    #[error(transparent)]
    TrustDomain(#[from] InvalidTrustDomain),
    /// Outside `a-z A-Z 0-9 . - _`: percent-encoding, query, fragment and all else (SPIFFE-ID section 2.2).
    #[error("{found:?} in the path is none of a-z A-Z 0-9 . - _")]
    Character {
        /// The first character that may not be there.
        found: char,
    },
    /// `//` in the path.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// `.` or `..`, which other software would resolve.
    #[error("the path has the segment {found:?}")]
    DotSegment {
        /// Which of the two.
        found: &'static str,
    },
    /// The path ends with `/`.
    #[error("the path ends with a slash")]
    TrailingSlash,
}

/// Scheme and trust domain checked and cut off: `(trust domain, path)`. The path is not looked at.
pub(crate) fn split(text: &str) -> Result<(&str, &str), InvalidSpiffeId> {
    if text.len() > MAX_BYTES {
        return Err(InvalidSpiffeId::TooLong { bytes: text.len() });
    }
    let Some(rest) = text.strip_prefix(SCHEME) else {
        return Err(InvalidSpiffeId::Scheme { found: text.chars().take(SCHEME.len()).collect() });
    };
    let (domain, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    trust_domain::check(domain)?;
    Ok((domain, path))
}

/// Whether `path` is empty or a `/` and a valid segment, again and again.
fn check_path(path: &str) -> Result<(), InvalidSpiffeId> {
    if path.ends_with('/') {
        return Err(InvalidSpiffeId::TrailingSlash);
    }
    segments(path).try_for_each(check_segment)
}

/// Whether `segment` may stand between two slashes.
pub(crate) fn check_segment(segment: &str) -> Result<(), InvalidSpiffeId> {
    match segment {
        "" => return Err(InvalidSpiffeId::EmptySegment),
        "." => return Err(InvalidSpiffeId::DotSegment { found: "." }),
        ".." => return Err(InvalidSpiffeId::DotSegment { found: ".." }),
        _ => {}
    }
    match segment.chars().find(|c| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_')) {
        Some(found) => Err(InvalidSpiffeId::Character { found }),
        None => Ok(()),
    }
}

/// What stands between the slashes of a path that is empty or starts with one.
pub(crate) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1) // an empty path has one piece before its first slash: none is left
}

const SCHEME: &str = "spiffe://";
const MAX_BYTES: usize = 2048;
