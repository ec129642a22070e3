//! `make soak` in short: no capacity is measured, so that it decides the same on a slow machine.

use e2e::proof::{Soak, soak};

use crate::chaos::with_seeds;

e2e::tests![verdicts_and_memory_hold_under_a_steady_load];

async fn verdicts_and_memory_hold_under_a_steady_load() {
    let short = |seed| Soak { seed, seconds: 6, capacity_seconds: 0, percent: 0, rate: 100.0, workers: 2 };
    with_seeds(async |seed| soak(short(seed)).await).await;
}
