//! Why a key is not used.

/// Why one key of a set is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRefusal {
    /// Not an object, or a member is missing or of the wrong type.
    #[error("{0} is missing or of the wrong type")]
    Member(&'static str),
    /// A member that belongs to another `kty`.
    #[error("{0} does not belong to this kty")]
    Foreign(&'static str),
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
    /// An RSA modulus that is even.
    #[error("the modulus is even")]
    Modulus,
    /// The RSA exponent is not odd and from 3 to 2^32 - 1.
    #[error("the exponent is not odd and from 3 to 2^32 - 1")]
    Exponent,
    /// The point is not on its curve, or of small order.
    #[error("not a point of the curve")]
    Point,
    /// Not canonical base64url, or a number with leading zeros, or of another length than its curve's.
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
