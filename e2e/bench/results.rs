//! Everything that was measured, and where it is written.

use std::fs;

use e2e::{Error, repository};
use serde_json::{Value, json};

use crate::chart;
use crate::cost::{Cost, Measured, median};
use crate::goal::Goal;
use crate::machine;
use crate::options::Options;
use crate::propagation::Propagation;

/// A run of the bench.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) cost: Cost,
    pub(crate) propagation: Vec<Propagation>,
}

impl Results {
    /// Writes `results.json` and `results.svg`.
    pub(crate) fn write(&self, options: &Options, goals: &[Goal]) -> Result<(), Error> {
        let folder = repository().join(if options.whole { "e2e/bench" } else { "target/bench" });
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("results.json"), self.text(goals)?)?;
        fs::write(folder.join("results.svg"), chart::draw(&self.cost))?;
        let shown = folder.strip_prefix(repository()).unwrap_or(&folder);
        println!("written to {0}/results.json and {0}/results.svg", shown.display());
        Ok(())
    }

    /// Laid out for readers, but all rounds of a case on one line.
    fn text(&self, goals: &[Goal]) -> Result<String, Error> {
        let mut text = serde_json::to_string_pretty(&self.to_json(goals)?)?;
        for case in &self.cost.measured {
            let rounds: Vec<f64> = case.micros.iter().copied().map(rounded).collect();
            text = text.replace(&format!("\"{}\"", rounds_of(case)), &serde_json::to_string(&rounds)?);
        }
        Ok(text + "\n")
    }

    fn to_json(&self, goals: &[Goal]) -> Result<Value, Error> {
        let Cost { measured, envoy, modules, requests, pinned, urgent } = &self.cost;
        let modules: Vec<Value> =
            modules.iter().map(|path| machine::module(path)).collect::<Result<_, _>>()?;
        Ok(json!({
            "date": machine::date(),
            "machine": machine::describe(),
            "envoy": envoy,
            "modules": modules,
            "method": {
                "requests_per_round": requests,
                "rounds": measured.first().map(|case| case.micros.len()),
                "pinned": pinned,
                "real_time_priority": urgent,
            },
            "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
            "cpu_us_per_request": measured.iter().map(cost_to_json).collect::<Vec<_>>(),
            "propagation_ms": self.propagation.iter().map(propagation_to_json).collect::<Vec<_>>(),
        }))
    }
}

fn cost_to_json(case: &Measured) -> Value {
    json!({
        "case": case.name,
        "about": case.about,
        "min": rounded(case.least()),
        "median": rounded(case.median()),
        "envoy_busy": rounded(median(&case.envoy_busy)),
        "load_busy": rounded(median(&case.load_busy)),
        "rounds": rounds_of(case),
    })
}

/// Stands for the rounds until the text is laid out.
fn rounds_of(case: &Measured) -> String {
    format!("rounds of {}", case.name)
}

fn propagation_to_json(way: &Propagation) -> Value {
    let summary = |millis: &[f64]| {
        json!({
            "p50": rounded(percentile(millis, 50.0)),
            "p99": rounded(percentile(millis, 99.0)),
            "max": rounded(percentile(millis, 100.0)),
        })
    };
    json!({
        "way": way.name,
        "about": way.about,
        "updates": way.first.len(),
        "first_request": summary(&way.first),
        "last_worker": summary(&way.settled),
        "requests": way.requests,
        "lost": way.lost,
    })
}

/// The least value that so many percent of all do not exceed.
pub(crate) fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// Ten nanoseconds are far below what a round can tell.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
