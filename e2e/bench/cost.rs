//! CPU time of Envoy for one request, case by case.

use std::path::PathBuf;

use e2e::{Error, Stack};

use crate::case::{AGAINST, Group, NONE};
use crate::listener;
use crate::options::Options;
use crate::turns::Turns;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Cost {
    /// Of the group, or of what grows.
    pub(crate) name: &'static str,
    pub(crate) measured: Vec<Measured>,
    /// What Envoy says about itself.
    pub(crate) envoy: String,
    pub(crate) modules: Vec<PathBuf>,
    pub(crate) requests: usize,
    pub(crate) pinned: bool,
    pub(crate) urgent: bool,
}

/// One case and its rounds.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) about: String,
    /// Microseconds of CPU for a request, a round each, in the order of the rounds.
    pub(crate) micros: Vec<f64>,
    /// How much of the time of its rounds Envoy, and the load, was running: near 1 is saturated.
    pub(crate) envoy_busy: Vec<f64>,
    pub(crate) load_busy: Vec<f64>,
}

impl Measured {
    pub(crate) fn least(&self) -> f64 {
        self.micros.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn median(&self) -> f64 {
        median(&self.micros)
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

impl Cost {
    pub(crate) fn of(&self, name: &str) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.name == name)
    }
}

/// Runs all cases of a group in turns; `None` if none of them is wanted.
pub(crate) async fn measure(group: Group, options: &Options) -> Result<Option<Cost>, Error> {
    let mut cases = group.cases(&options.against)?;
    cases.retain(|case| {
        let named = |only: &String| case.name.starts_with(only.as_str());
        let always = case.name == NONE || case.name.starts_with(AGAINST);
        always || options.only.is_empty() || options.only.iter().any(named)
    });
    if cases.iter().all(|case| case.name == NONE) {
        return Ok(None);
    }
    let stack = Stack::try_start(listener::bootstrap(&cases)).await.map_err(|e| e.to_string())?;
    let mut turns = Turns::open(stack, &cases).await?;
    turns.run(options.rounds, options.requests).await?;
    turns.close(group.name()).await.map(Some)
}
