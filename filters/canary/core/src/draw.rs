//! The draw: a key becomes a number from 0 to 9999, the same in every worker, proxy and language.
//!
//! With XXH64 (<https://github.com/Cyan4973/xxHash>, seeds and results as unsigned 64-bit integers):
//!
//! ```text
//! seed   = XXH64(experiment as UTF-8, seed 0)        "" if the policy names no experiment
//! bucket = XXH64(key bytes, seed) mod 10000
//! ```
//!
//! | experiment | key | seed | bucket |
//! |---|---|---|---|
//! | (none) | `u-1` | `ef46db3751d8e999` | 477 |
//! | (none) | `key-10767` | `ef46db3751d8e999` | 0 |
//! | `checkout-2026-11` | `u-1` | `771c74f99bc29cf2` | 371 |
//! | `checkout-2026-11` | `u-2` | `771c74f99bc29cf2` | 9591 |
//! | `checkout-2026-11` | `key-3517` | `771c74f99bc29cf2` | 9999 |
//! | `checkout-2026-11` | `0123456789abcdef0123456789abcdef` | `771c74f99bc29cf2` | 6752 |
//! | `checkout-2026-11` | `spiffe://example.org/ns/prod/sa/web` | `771c74f99bc29cf2` | 1711 |
//! | `checkout-2027-01` | `u-1` | `0cfb875ebdd19a89` | 2112 |
//! | `prix-été` | `Zoë` | `9b37517da7da553c` | 3434 |
//!
//! 10 000 does not divide 2^64; the unevenness is below 10^-15. XXH64 is no secret: whoever may choose a key can choose
//! one that falls where they like.

#[cfg(test)]
mod tests;

use xxhash_rust::xxh64::xxh64;

/// The draw of one experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    seed: u64,
}

impl Draw {
    /// Salts the draw: the same key is drawn anew in the next experiment.
    #[must_use]
    pub fn new(experiment: &str) -> Self {
        Self { seed: xxh64(experiment.as_bytes(), 0) }
    }

    /// 0 to 9999.
    #[must_use]
    pub fn bucket(self, key: &[u8]) -> u16 {
        u16::try_from(xxh64(key, self.seed) % BUCKETS).unwrap_or(0)
    }
}

const BUCKETS: u64 = 10_000;
