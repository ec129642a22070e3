//! JWK Sets (RFC 7517): text into public keys that are ready to verify.

/// Where a key set comes from decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written into the policy. Only such a set may hold keys for HS256, HS384 and HS512.
    Inline,
    /// Fetched from an issuer: public keys only.
    Fetched,
    /// A SPIFFE trust bundle: only keys of `use: jwt-svid` with a `kid`, for RS*, PS* and ES*.
    SpiffeBundle,
}

/// Why a document is no key set at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// More than [`KeySet::MAX_BYTES`].
    #[error("{bytes} bytes are above {}", KeySet::MAX_BYTES)]
    TooLarge {
        /// The length of the document.
        bytes: usize,
    },
    /// Not JSON as we read it.
    #[error("{0}")]
    Json(#[from] crate::json::InvalidJson),
    /// Not an object with an array `keys`.
    #[error("not an object with an array `keys`")]
    Shape,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("{keys} keys are above {}", KeySet::MAX_KEYS)]
    TooMany {
        /// How many there are.
        keys: usize,
    },
    /// `spiffe_sequence` is not a whole number below 2^64.
    #[error("spiffe_sequence is not a whole number")]
    Sequence,
}

/// Why one key of a set is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRefusal {
    /// Not an object, or a member is missing or of the wrong type.
    #[error("{0} is missing or of the wrong type")]
    Member(&'static str),
    /// `kty`, `crv` or `alg` is none that we verify with.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// `use` is not `sig` (in a SPIFFE bundle: not `jwt-svid`), or `key_ops` is without `verify`.
    #[error("not for signatures")]
    Use,
    /// `alg` does not fit `kty` or `crv`.
    #[error("alg does not fit the key")]
    Algorithm,
    /// A shared secret in a set that is not inline.
    #[error("a shared secret in a set that is not inline")]
    Secret,
    /// Too short or too long for its kind.
    #[error("{bits} bits are not within {min} to {max}")]
    Size {
        /// The key's.
        bits: usize,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// The RSA exponent is not odd and from 3 to 2^32 - 1.
    #[error("the exponent is not odd and from 3 to 2^32 - 1")]
    Exponent,
    /// The point is not on its curve, or of small order, or not in canonical form.
    #[error("not a point of the curve")]
    Point,
    /// A number is not in canonical form: leading zeros, another length.
    #[error("{0} is not in canonical form")]
    Encoding(&'static str),
    /// Another key of the set bears the same `kid`: both are skipped.
    #[error("another key has the same kid")]
    DuplicateKeyId,
}

/// A key that is not used, for one log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its place in `keys`, from 0.
    pub place: usize,
    /// Its `kid`, if that is a short text.
    pub kid: Option<String>,
    /// Why.
    pub why: KeyRefusal,
}

/// Public keys that are ready to verify: what can be computed once is.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    skipped: Vec<SkippedKey>,
    sequence: Option<u64>,
}

impl KeySet {
    /// The longest document.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most keys.
    pub const MAX_KEYS: usize = 100;

    /// Reads a JWK Set. A bad key skips itself only; an empty set is one that trusts nobody.
    ///
    /// # Errors
    /// [`KeySetError`] if it is no set at all: the caller keeps the one it has.
    pub fn parse(json: &[u8], origin: Origin) -> Result<Self, KeySetError> {
        let _ = (json, origin);
        Err(KeySetError::Shape)
    }

    /// How many keys can verify.
    #[must_use]
    pub fn len(&self) -> usize {
        0
    }

    /// Whether no key can verify.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys that were skipped.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// A SPIFFE bundle's `spiffe_sequence`.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// Whether the set mentions this `kid`, usable or not: only if it does not can a newer set help.
    #[must_use]
    pub fn has_key_id(&self, kid: &str) -> bool {
        self.skipped.iter().any(|key| key.kid.as_deref() == Some(kid))
    }
}
