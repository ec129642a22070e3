//! The draw as it is documented in filters/canary/README.md, computed once more and apart from the filter.

use xxhash_rust::xxh64::xxh64;

/// Where a key falls among 10 000: `xxh64(key, seed)` modulo 10 000 with `seed = xxh64(experiment, 0)`.
pub(crate) fn bucket(experiment: &str, key: &str) -> u64 {
    xxh64(key.as_bytes(), xxh64(experiment.as_bytes(), 0)) % 10_000
}

/// Some key that falls there.
pub(crate) fn key_in(experiment: &str, wanted: u64) -> String {
    let mut keys = (0..).map(|number| format!("key-{number}"));
    keys.find(|key| bucket(experiment, key) == wanted).expect("one of endless keys")
}
