//! Why a token is refused: one variant per check.

#[cfg(test)]
mod tests;

use crate::algorithm::Algorithm;
use filter_api::UnixTime;
use std::time::Duration;

/// What is wrong with the form of a token (RFC 7515 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not three parts with something in each, parted by two dots.
    #[error("not header.payload.signature")]
    Parts,
    /// A part is not canonical base64url without padding.
    #[error("a part is not base64url")]
    Base64,
    /// The header is not a JSON object without duplicates.
    #[error("the header is not a JSON object")]
    Header,
    /// The payload is not a JSON object without duplicates.
    #[error("the payload is not a JSON object")]
    Payload,
    /// `alg`, `typ` or `cty` is not a string.
    #[error("a header member is of the wrong type")]
    HeaderType,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The form is wrong.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
    /// More than [`crate::Token::MAX_BYTES`].
    #[error("{bytes} bytes are above {}", crate::Token::MAX_BYTES)]
    TooLarge {
        /// The length of the compact text.
        bytes: usize,
    },
    /// A JWE, or `enc` or `zip` in the header (RFC 8725 section 2.3).
    #[error("encrypted or compressed")]
    Encrypted,
    /// A token in a token: `cty` is `JWT` (RFC 7519 section 5.2).
    #[error("nested")]
    Nested,
    /// `crit` or `b64` is there: no extension is understood (RFC 7515 section 4.1.11, RFC 7797).
    #[error("a critical header member is not understood")]
    Critical,
    /// `kid` is not a string of 1 to [`crate::Token::MAX_KEY_ID_BYTES`] bytes without control characters.
    #[error("the key ID is not a short text")]
    KeyId,
    /// `alg` is missing, no string, or none that we know.
    #[error("the algorithm is missing or not known")]
    UnknownAlgorithm,
    /// The policy does not allow the algorithm.
    #[error("algorithm {token} is not allowed")]
    AlgorithmNotAllowed {
        /// What the token says.
        token: Algorithm,
    },
    /// The key is for something else (RFC 8725 section 3.1).
    #[error("algorithm {token} does not fit the key")]
    WrongAlgorithm {
        /// What the token says.
        token: Algorithm,
    },
    /// The set does not mention the key. A newer set may.
    #[error("no key {kid:?}")]
    UnknownKey {
        /// The token's `kid`.
        kid: Option<String>,
    },
    /// The set mentions the key, but it was skipped, or several keys bear its name.
    #[error("key {kid:?} cannot be used")]
    UnusableKey {
        /// The token's `kid`.
        kid: String,
    },
    /// The signature is wrong.
    #[error("wrong signature")]
    Signature,
    /// A claim that must be there is not.
    #[error("{claim} is missing")]
    Missing {
        /// `exp`, `iss`, `aud`, `sub`, `iat`.
        claim: &'static str,
    },
    /// A claim of the wrong JSON type or out of range.
    #[error("{claim} is of the wrong type")]
    WrongType {
        /// `exp`, `nbf`, `iat`, `iss`, `aud`, `sub`, `jti`.
        claim: &'static str,
    },
    /// `exp` and the skew are not after now (RFC 7519 section 4.1.4).
    #[error("expired at {}, now {}", exp.as_secs(), now.as_secs())]
    Expired {
        /// The token's.
        exp: UnixTime,
        /// The host's.
        now: UnixTime,
    },
    /// `nbf` is after now and the skew (RFC 7519 section 4.1.5).
    #[error("not valid before {}, now {}", nbf.as_secs(), now.as_secs())]
    NotYetValid {
        /// The token's.
        nbf: UnixTime,
        /// The host's.
        now: UnixTime,
    },
    /// `iat` is after now and the skew.
    #[error("issued at {}, now {}", iat.as_secs(), now.as_secs())]
    IssuedInFuture {
        /// The token's.
        iat: UnixTime,
        /// The host's.
        now: UnixTime,
    },
    /// `exp` - `iat` is above what the policy allows.
    #[error("lives {} s, allowed are {}", lifetime.as_secs(), max.as_secs())]
    Lifetime {
        /// The token's.
        lifetime: Duration,
        /// The policy's.
        max: Duration,
    },
    /// `iss` is not the one expected, byte by byte.
    #[error("another issuer")]
    Issuer,
    /// `aud` holds none of the expected ones, byte by byte.
    #[error("another audience")]
    Audience,
    /// The header's `typ` is not the one expected, byte by byte (RFC 8725 section 3.11).
    #[error("another typ")]
    Typ,
}

impl TokenError {
    /// Every code that [`TokenError::reason`] gives, each once.
    pub const REASONS: &[&str] = &[
        "malformed",
        "too_large",
        "encrypted",
        "nested",
        "critical",
        "key_id",
        "algorithm",
        "unknown_key",
        "unusable_key",
        "signature",
        "claim_missing",
        "claim_type",
        "expired",
        "not_yet_valid",
        "issued_in_future",
        "lifetime",
        "issuer",
        "audience",
        "typ",
    ];

    /// The code for counters and logs: one of [`TokenError::REASONS`].
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::Encrypted => "encrypted",
            Self::Nested => "nested",
            Self::Critical => "critical",
            Self::KeyId => "key_id",
            Self::UnknownAlgorithm | Self::AlgorithmNotAllowed { .. } | Self::WrongAlgorithm { .. } => {
                "algorithm"
            }
            Self::UnknownKey { .. } => "unknown_key",
            Self::UnusableKey { .. } => "unusable_key",
            Self::Signature => "signature",
            Self::Missing { .. } => "claim_missing",
            Self::WrongType { .. } => "claim_type",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::IssuedInFuture { .. } => "issued_in_future",
            Self::Lifetime { .. } => "lifetime",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Typ => "typ",
        }
    }
}
