//! The name of a trust domain: `example.org`.

#[cfg(test)]
mod tests;

use std::fmt;

/// A trust domain name (SPIFFE-ID section 2.1): 1 to 255 bytes of `a-z 0-9 . - _`.
///
/// Names are compared byte for byte. Upper case is refused, not folded, and a name is never a prefix, a suffix
/// or a wildcard: `example.org` has nothing to do with `example.org.evil` or `a.example.org`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustDomain(Box<str>);

impl TrustDomain {
    /// Reads a bare name. `spiffe://example.org` is a [`SpiffeId`](crate::SpiffeId), not a name.
    pub fn parse(name: &str) -> Result<Self, InvalidTrustDomain> {
        check(name)?;
        Ok(Self(name.into()))
    }

    /// The name, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a trust domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTrustDomain {
    /// Nothing is there.
    #[error("the trust domain is empty")]
    Empty,
    /// Longer than the host part of a URI may be (SPIFFE-ID section 2.3).
    #[error("a trust domain of {bytes} bytes is above {}", MAX_BYTES)]
    TooLong {
        /// Length of what was given.
        bytes: usize,
    },
    /// Outside `a-z 0-9 . - _`: upper case, userinfo (`@`), port (`:`), percent-encoding and all else.
    #[error("{found:?} at byte {at} of the trust domain is none of a-z 0-9 . - _")]
    Character {
        /// The first character that may not be there.
        found: char,
        /// Its offset in bytes, from the start of the trust domain.
        at: usize,
    },
}

/// The checks of [`TrustDomain::parse`] without the copy.
pub(crate) fn check(name: &str) -> Result<(), InvalidTrustDomain> {
    if name.is_empty() {
        return Err(InvalidTrustDomain::Empty);
    }
    if name.len() > MAX_BYTES {
        return Err(InvalidTrustDomain::TooLong { bytes: name.len() });
    }
    match name.char_indices().find(|&(_, c)| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '-' | '_')) {
        Some((at, found)) => Err(InvalidTrustDomain::Character { found, at }),
        None => Ok(()),
    }
}

const MAX_BYTES: usize = 255;
