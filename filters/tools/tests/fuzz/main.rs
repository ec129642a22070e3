//! What strangers send, read until something breaks: a panic in a filter kills the worker that all requests share.
//!
//! Each target is a test that runs for a third of a second. `make fuzz` runs each for ten minutes (`FUZZ_SECONDS`, or one
//! target by `FUZZ=xfcc`). What fails is printed with its seed, shrunk, and belongs into the tables of the crate in question.
//!
//! Bytes come from `bolero` at random; about half of them are replaced by what means something to the reader at hand, so
//! that runs get past the first byte. The same targets take `cargo bolero test` with an engine that follows coverage, where
//! that is installed.

mod api; // configuration trees, fields, identity records
mod auth; // paths, places, whole requests
mod certificate; // X509-SVID
mod jose; // tokens, key sets, strict JSON
mod ratelimit; // answers of rate limit services, shared records
mod spiffe; // IDs, patterns, x-forwarded-client-cert

use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How long a target runs as a test. `BOLERO_RANDOM_TEST_TIME_MS` overrides it.
const TEST_TIME: Duration = Duration::from_millis(300);

/// Runs `target` on bytes of which about half stand for one of `pieces`.
fn fuzz(name: &str, pieces: &[&[u8]], target: impl Fn(&[u8])) {
    // After a failure nothing runs on but the search for a smaller input that fails as well.
    let target = AssertUnwindSafe(target);
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    bolero::check!(name = name)
        .with_test_time(TEST_TIME)
        .for_each(|bytes: &[u8]| (*target)(&woven(bytes, &pieces)));
}

/// Bytes above 0x7F choose a piece, the others stand for themselves, but for a few that stand for those above.
fn woven(bytes: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut text = Vec::new();
    for byte in bytes {
        match usize::from(*byte) {
            choice @ 0x80.. if !pieces.is_empty() => text.extend(&pieces[(choice - 0x80) % pieces.len()]),
            1..=8 => text.push(byte.wrapping_mul(31).wrapping_add(0x80)),
            _ => text.push(*byte),
        }
    }
    text
}

/// One of several, chosen by a byte of the input, and the rest of it.
fn choice(bytes: &[u8], of: usize) -> (usize, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(first, rest)| (usize::from(*first) % of, rest))
}
