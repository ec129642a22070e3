//! SHA-2 by the name that the host has for it.

use filter_api::HashFunction;
use sha2::{Sha256, Sha384, Sha512};

/// At most 64 bytes.
pub(super) struct Digest {
    bytes: [u8; 64],
    length: usize,
}

impl Digest {
    fn new(digest: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
        Self { bytes, length: digest.len() }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// The digest of all parts, one after the other.
pub(super) fn digest(function: HashFunction, parts: &[&[u8]]) -> Digest {
    match function {
        HashFunction::Sha256 => digest_with::<Sha256>(parts),
        HashFunction::Sha384 => digest_with::<Sha384>(parts),
        HashFunction::Sha512 => digest_with::<Sha512>(parts),
    }
}

fn digest_with<D: sha2::Digest>(parts: &[&[u8]]) -> Digest {
    let mut hasher = D::new();
    parts.iter().for_each(|part| hasher.update(part));
    Digest::new(&hasher.finalize())
}

/// How many bytes a digest has.
pub(super) const fn length(function: HashFunction) -> usize {
    match function {
        HashFunction::Sha256 => 32,
        HashFunction::Sha384 => 48,
        HashFunction::Sha512 => 64,
    }
}
