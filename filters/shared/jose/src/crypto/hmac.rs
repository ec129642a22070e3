//! HMAC with SHA-2 (RFC 7518 section 3.2).

use crate::algorithm::Algorithm;
use crate::crypto::hash;
use crate::keys::KeyRefusal;
use filter_api::HashFunction;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384, Sha512};
use std::fmt;

/// A shared secret. Only the policy's author can have written it, never a set that was fetched.
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// A key must be as long as the hash of its algorithm (RFC 7518 section 3.2); without one, of the shortest.
    pub(crate) fn new(bytes: Vec<u8>, algorithm: Option<Algorithm>) -> Result<Self, KeyRefusal> {
        let min = match algorithm {
            Some(Algorithm::HS512) => hash::length(HashFunction::Sha512),
            Some(Algorithm::HS384) => hash::length(HashFunction::Sha384),
            _ => hash::length(HashFunction::Sha256),
        };
        if (min..=MAX_BYTES).contains(&bytes.len()) {
            return Ok(Self(bytes));
        }
        let bits = |bytes: usize| bytes.saturating_mul(8);
        Err(KeyRefusal::Size { bits: bits(bytes.len()), min: bits(min), max: bits(MAX_BYTES) })
    }

    pub(crate) fn is_long_enough(&self, function: HashFunction) -> bool {
        self.0.len() >= hash::length(function)
    }

    /// In constant time, over the whole tag: a part of it proves nothing.
    pub(crate) fn verify(&self, function: HashFunction, message: &[u8], tag: &[u8]) -> bool {
        let Self(key) = self;
        match function {
            HashFunction::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
            HashFunction::Sha384 => Hmac::<Sha384>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
            HashFunction::Sha512 => Hmac::<Sha512>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(message).verify_slice(tag).is_ok()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

/// More is a mistake: what is longer than a block is hashed first.
const MAX_BYTES: usize = 1024;
