//! A pattern over SPIFFE IDs: `spiffe://example.org/ns/prod/sa/*`.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::id::{self, InvalidSpiffeId, SpiffeId};

/// A SPIFFE ID with wildcards, matched segment by segment.
///
/// * `*` stands for exactly one whole segment, anywhere in the path.
/// * `**` stands for one or more whole segments and may only come last: `spiffe://example.org/ns/prod/**`. It
///   does not match `/ns/prod` itself; list that ID too if it is meant.
/// * Everything else is compared byte for byte. The trust domain takes no wildcard, and a star inside a segment
///   (`sa-*`) is refused: half a name is not an identity.
///
/// A pattern without a path matches the ID of the trust domain itself and nothing in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: Box<str>,
    /// Where the path starts in `text`; all before it is compared as one.
    path_at: usize,
}

impl Pattern {
    /// Reads a pattern from a policy.
    pub fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let (_, path) = id::split(text)?;
        if path.ends_with('/') {
            return Err(InvalidSpiffeId::TrailingSlash.into());
        }
        let mut segments = id::segments(path).peekable();
        while let Some(segment) = segments.next() {
            match segment {
                ANY_ONE => {}
                ANY_DEPTH if segments.peek().is_none() => {}
                ANY_DEPTH => return Err(InvalidPattern::DepthNotLast),
                _ if segment.contains('*') => {
                    return Err(InvalidPattern::PartOfSegment { found: segment.into() });
                }
                _ => id::check_segment(segment)?,
            }
        }
        Ok(Self { text: text.into(), path_at: text.len().saturating_sub(path.len()) })
    }

    /// Whether `id` is one of those that the pattern means. No allocation; at most one pass over both.
    #[must_use]
    pub fn matches(&self, id: &SpiffeId) -> bool {
        let (scheme_and_domain, path) = self.text.split_at_checked(self.path_at).unwrap_or_default();
        if scheme_and_domain != id.scheme_and_domain() {
            return false;
        }
        let mut given = id.segments();
        for wanted in id::segments(path) {
            match (wanted, given.next()) {
                (ANY_DEPTH, Some(_)) => return true,
                (ANY_ONE, Some(_)) => {}
                (_, Some(segment)) if segment == wanted => {}
                _ => return false,
            }
        }
        given.next().is_none()
    }

    /// The pattern, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// Apart from its wildcards a pattern is a SPIFFE ID.
    #[error(transparent)]
    Id(#[from] InvalidSpiffeId),
    /// A star beside other characters: `sa-*`, `***`.
    #[error("the segment {found:?} mixes * with other characters; * stands for a whole segment")]
    PartOfSegment {
        /// The whole segment.
        found: String,
    },
    /// `**` with segments behind it.
    #[error("** is only allowed as the last segment")]
    DepthNotLast,
}

const ANY_ONE: &str = "*";
const ANY_DEPTH: &str = "**";
