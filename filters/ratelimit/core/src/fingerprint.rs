//! Who a request counts as: 128 bits instead of the key itself.
//!
//! SipHash-1-3 with a key that no client knows, so nobody can aim at somebody else's slot, and a copy of shared data says
//! nothing about keys. Two keys have the same fingerprint with a probability of about n^2 / 2^129.

use filter_api::SharedData;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// 128 bits: one half says which page, the other which slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) page: u64,
    pub(crate) slot: u64,
}

impl Fingerprint {
    /// The same page, another slot.
    pub(crate) fn salted(self, Salt(salt): Salt) -> Self {
        Self { slot: self.slot ^ salt, ..self }
    }
}

/// Tells limits and plans apart in fingerprints; their names are no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Salt(u64);

impl Salt {
    /// For what needs none.
    pub(crate) const NONE: Self = Self(0);

    /// * `kind`: what is counted under the name.
    pub(crate) fn new(kind: &str, name: &str) -> Self {
        let bits = name_of(&[kind.as_bytes(), name.as_bytes()]);
        Self(u64::try_from(bits >> 64).unwrap_or_default())
    }
}

/// Takes a key in, part by part.
pub(crate) struct Fingerprinter(SipHasher13);

impl Fingerprinter {
    pub(crate) fn new(shared: &dyn SharedData, salts: [Salt; 2]) -> Self {
        let mut hasher = SipHasher13::new_with_key(&shared.secret().to_le_bytes());
        for Salt(salt) in salts {
            hasher.write(&salt.to_le_bytes());
        }
        Self(hasher)
    }

    /// The next part. Its length goes first: `a` and `bc` are not `ab` and `c`.
    pub(crate) fn part(&mut self, part: &[u8]) {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        self.0.write(&length.to_le_bytes());
        self.0.write(part);
    }

    pub(crate) fn finish(self) -> Fingerprint {
        let hash = self.0.finish128();
        Fingerprint { page: hash.h1, slot: hash.h2 }
    }
}

/// 128 bits for a name of our own: the same in all workers, and after a reload.
pub(crate) fn name_of(parts: &[&[u8]]) -> u128 {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.write(part);
    }
    hasher.finish128().as_u128()
}
