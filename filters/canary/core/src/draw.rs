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
//! | (none) | `u-1` | ef46db3751d8e999 | 7131 |
//!
//! More vectors stand in `tests.rs`. 10 000 does not divide 2^64; the unevenness is below 10^-15.

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
