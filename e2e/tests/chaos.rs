//! `make chaos` in short: with a seed that is always the same, and with one that nobody has tried.

use std::time::Duration;

use e2e::proof::{Churn, Faults, Mutate, Outcome, Resets, churn, faults, mutate, resets};
use e2e::{Dice, Error};

e2e::tests![
    mutated_requests_get_what_they_may,
    sources_and_services_that_fail,
    policies_that_change_all_the_time,
    clients_that_leave_while_they_are_asked_about,
];

/// Runs it with both seeds; the report of one that broke something names its seed.
pub(crate) async fn with_seeds(proof: impl AsyncFn(u64) -> Result<Outcome, Error>) {
    for seed in [SEED, Dice::fresh_seed()] {
        let outcome = proof(seed).await.unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert!(outcome.held(), "{}", outcome.text());
    }
}

async fn mutated_requests_get_what_they_may() {
    with_seeds(async |seed| mutate(Mutate { seed, requests: 2000, workers: 2 }).await).await;
}

async fn sources_and_services_that_fail() {
    let each = Duration::from_millis(500);
    with_seeds(async |seed| faults(Faults { seed, faults: 5, each, rate: 100.0, workers: 2 }).await).await;
}

async fn policies_that_change_all_the_time() {
    with_seeds(async |seed| churn(Churn { seed, updates: 24, rate: 100.0, workers: 2 }).await).await;
}

async fn clients_that_leave_while_they_are_asked_about() {
    with_seeds(async |seed| resets(Resets { seed, clients: 1000, workers: 2 }).await).await;
}

const SEED: u64 = 20_261_122;
