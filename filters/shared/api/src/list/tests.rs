//! Tables against a set from the standard library, documents in both forms, loading in steps.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests may fail loudly")]

mod document;
mod loader;
mod table;

use super::{InvalidList, Limits, Loader, Step, Table};

const SEED: u64 = 7;

/// Loads `body` to the end, whatever number of steps that takes.
fn load(body: impl Into<Vec<u8>>, max_entries: usize, budget: usize) -> Result<Table, InvalidList> {
    let mut loader = Loader::new(body.into(), Limits { max_entries }, SEED);
    loop {
        match loader.step(budget) {
            Step::More(rest) => loader = rest,
            Step::Done(table) => return Ok(table),
            Step::Refused(problem) => return Err(problem),
        }
    }
}

/// A generator of numbers that is the same on every machine (MMIX's constants, the upper half of the state).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % limit
    }
}
