//! JWK Sets (RFC 7517): text into public keys that are ready to verify.

mod jwk;
mod key;
mod members;
mod refusal;
#[cfg(test)]
mod tests;

use crate::algorithm::Algorithm;
use crate::error::TokenError;
use crate::json::{InvalidJson, Json};
use jwk::Jwk;

pub(crate) use key::Key;
pub use refusal::{KeyRefusal, SkippedKey};

/// Where a key set comes from decides what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written into the policy. Only such a set may hold keys for HS256, HS384 and HS512.
    Inline,
    /// Fetched from an issuer: public keys only.
    Fetched,
    /// A SPIFFE trust bundle: only keys of `use: jwt-svid` with a `kid`, for RS*, PS* and ES*
    /// (SPIFFE Trust Domain and Bundle section 4.2.2, JWT-SVID section 2.1).
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
    Json(#[from] InvalidJson),
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

/// Public keys that are ready to verify: what can be computed once is.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
    exposed: Vec<usize>,
    sequence: Option<u64>,
}

impl KeySet {
    /// The longest document.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most keys.
    pub const MAX_KEYS: usize = 100;
    /// With how many keys a token without `kid` is tried.
    pub const MAX_TRIES: usize = 4;

    /// Reads a JWK Set. A bad key skips itself only; an empty set is one that trusts nobody.
    ///
    /// A `kid` that several good keys bear is not used at all: which of them is meant nobody can say.
    ///
    /// # Errors
    /// [`KeySetError`] if it is no set at all: the caller keeps the one it has.
    pub fn parse(json: &[u8], origin: Origin) -> Result<Self, KeySetError> {
        if json.len() > Self::MAX_BYTES {
            return Err(KeySetError::TooLarge { bytes: json.len() });
        }
        let document = Json::parse(json)?;
        let entries = document.get("keys").and_then(Json::as_list).ok_or(KeySetError::Shape)?;
        if entries.len() > Self::MAX_KEYS {
            return Err(KeySetError::TooMany { keys: entries.len() });
        }
        let mut set = Self { sequence: sequence(&document, origin)?, ..Self::default() };
        let jwks: Vec<Jwk<'_>> = entries.iter().map(Jwk::new).collect();
        let keys: Vec<Result<Key, KeyRefusal>> = jwks.iter().map(|jwk| jwk.read(origin)).collect();
        let key_ids: Vec<String> =
            keys.iter().flatten().filter_map(|key| key.key_id().map(str::to_owned)).collect();
        for ((place, jwk), key) in jwks.iter().enumerate().zip(keys) {
            if jwk.has_private_members() {
                set.exposed.push(place);
            }
            let bearers = |kid: &str| key_ids.iter().filter(|other| *other == kid).count();
            let key = key.and_then(|key| match key.key_id() {
                Some(kid) if bearers(kid) > 1 => Err(KeyRefusal::DuplicateKeyId),
                _ => Ok(key),
            });
            match key {
                Ok(key) => set.keys.push(key),
                Err(why) => set.skipped.push(SkippedKey { place, kid: jwk.key_id(), why }),
            }
        }
        Ok(set)
    }

    /// How many keys can verify.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key can verify.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys that were skipped, in the order of the set.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// The places of keys that came with their private parts. These were not looked at, but whoever can read the set can
    /// sign with them.
    #[must_use]
    pub fn exposed(&self) -> &[usize] {
        &self.exposed
    }

    /// A SPIFFE bundle's `spiffe_sequence`.
    #[must_use]
    pub fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// Whether the set mentions this `kid`, usable or not: only if it does not can a newer set help.
    #[must_use]
    pub fn has_key_id(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.key_id() == Some(kid)) || self.skips(kid)
    }

    /// The keys that may have signed a token with this header: one for a `kid`, a few without.
    pub(crate) fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> Result<Vec<&Key>, TokenError> {
        let mismatch = TokenError::WrongAlgorithm { token: algorithm };
        let Some(kid) = kid else {
            let fitting = self.keys.iter().filter(|key| key.fits(algorithm));
            let candidates: Vec<_> = fitting.take(Self::MAX_TRIES).collect();
            return match candidates.is_empty() {
                // No newer set will have a shared secret.
                true if algorithm.is_symmetric() => Err(mismatch),
                true => Err(TokenError::UnknownKey { kid: None }),
                false => Ok(candidates),
            };
        };
        match self.keys.iter().find(|key| key.key_id() == Some(kid)) {
            Some(key) if key.fits(algorithm) => Ok(vec![key]),
            Some(_) => Err(mismatch),
            None if self.skips(kid) => Err(TokenError::UnusableKey { kid: kid.to_owned() }),
            None => Err(TokenError::UnknownKey { kid: Some(kid.to_owned()) }),
        }
    }

    fn skips(&self, kid: &str) -> bool {
        self.skipped.iter().any(|key| key.kid.as_deref() == Some(kid))
    }
}

fn sequence(document: &Json<'_>, origin: Origin) -> Result<Option<u64>, KeySetError> {
    match document.get("spiffe_sequence").filter(|_| origin == Origin::SpiffeBundle) {
        None => Ok(None),
        Some(Json::Number(text)) => text.parse().map(Some).map_err(|_| KeySetError::Sequence),
        Some(_) => Err(KeySetError::Sequence),
    }
}
