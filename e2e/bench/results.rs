//! Everything that was measured, and where it is written.

use std::fs;

use e2e::{Error, repository};
use serde_json::{Value, json};

use crate::case::Group;
use crate::chart;
use crate::cost::{Cost, Measured, median};
use crate::goal::Goal;
use crate::machine;
use crate::memory::Memory;
use crate::options::Options;
use crate::propagation::Propagation;
use crate::revocation::{REFRESH, Revocation};
use crate::throughput::{Pace, Throughput};

/// A run of the bench.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) costs: Vec<Cost>,
    pub(crate) propagation: Vec<Propagation>,
    pub(crate) revocation: Option<Revocation>,
    pub(crate) memory: Option<Memory>,
    pub(crate) throughput: Vec<Throughput>,
}

impl Results {
    pub(crate) fn of(&self, group: Group) -> Option<&Cost> {
        self.costs.iter().find(|cost| cost.group == group)
    }

    /// Writes `results.json`, and a picture for each group.
    pub(crate) fn write(&self, options: &Options, goals: &[Goal]) -> Result<(), Error> {
        let folder = repository().join(if options.whole { "e2e/bench" } else { "target/bench" });
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("results.json"), self.text(goals)?)?;
        for cost in &self.costs {
            fs::write(folder.join(format!("{}.svg", cost.group.name())), chart::draw(cost))?;
        }
        let shown = folder.strip_prefix(repository()).unwrap_or(&folder);
        println!("written to {}/results.json, and a picture beside it for each group", shown.display());
        Ok(())
    }

    /// Laid out for readers, but all rounds of a case on one line.
    fn text(&self, goals: &[Goal]) -> Result<String, Error> {
        let mut text = serde_json::to_string_pretty(&self.to_json(goals)?)?;
        for cost in &self.costs {
            for case in &cost.measured {
                let rounds: Vec<f64> = case.micros.iter().copied().map(rounded).collect();
                let mark = format!("\"{}\"", rounds_of(cost.group, case));
                text = text.replace(&mark, &serde_json::to_string(&rounds)?);
            }
        }
        Ok(text + "\n")
    }

    fn to_json(&self, goals: &[Goal]) -> Result<Value, Error> {
        let groups: Vec<Value> = self.costs.iter().map(group_to_json).collect::<Result<_, _>>()?;
        Ok(json!({
            "date": machine::date(),
            "machine": machine::describe(),
            "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
            "groups": groups,
            "propagation_ms": self.propagation.iter().map(propagation_to_json).collect::<Vec<_>>(),
            "revocation_ms": self.revocation.as_ref().map(revocation_to_json),
            "memory_mib": self.memory.as_ref().map(memory_to_json),
            "throughput": self.throughput.iter().map(throughput_to_json).collect::<Vec<_>>(),
        }))
    }
}

fn group_to_json(cost: &Cost) -> Result<Value, Error> {
    let Cost { group, measured, envoy, modules, requests, pinned, urgent } = cost;
    let modules: Vec<Value> = modules.iter().map(|path| machine::module(path)).collect::<Result<_, _>>()?;
    Ok(json!({
        "group": group.name(),
        "envoy": envoy,
        "modules": modules,
        "method": {
            "requests_per_round": requests,
            "rounds": measured.first().map(|case| case.micros.len()),
            "pinned": pinned,
            "real_time_priority": urgent,
        },
        "cpu_us_per_request": measured.iter().map(|case| cost_to_json(*group, case)).collect::<Vec<_>>(),
    }))
}

fn cost_to_json(group: Group, case: &Measured) -> Value {
    json!({
        "case": case.name,
        "about": case.about,
        "min": rounded(case.least()),
        "median": rounded(case.median()),
        "envoy_busy": rounded(median(&case.envoy_busy)),
        "load_busy": rounded(median(&case.load_busy)),
        "rounds": rounds_of(group, case),
    })
}

/// Stands for the rounds until the text is laid out.
fn rounds_of(group: Group, case: &Measured) -> String {
    format!("rounds of {}/{}", group.name(), case.name)
}

fn propagation_to_json(way: &Propagation) -> Value {
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

fn revocation_to_json(revocation: &Revocation) -> Value {
    let Revocation { first_refused, last_accepted, requests, lost } = revocation;
    json!({
        "refresh": REFRESH.as_millis() as u64,
        "revocations": first_refused.len(),
        "first_refused": summary(first_refused),
        "last_accepted": summary(last_accepted),
        "requests": requests,
        "lost": lost,
    })
}

fn memory_to_json(memory: &Memory) -> Value {
    let steps = memory.steps.iter();
    steps.map(|step| json!({ "tokens": step.tokens, "resident": rounded(step.mebibytes) })).collect()
}

fn throughput_to_json(throughput: &Throughput) -> Value {
    let case = |pace: &Pace| {
        json!({
            "case": pace.name,
            "about": pace.about,
            "requests_per_second": rounded(median(&pace.per_second)),
            "p99_ms": rounded(median(&pace.p99)),
            "service_calls_per_request": pace.calls,
        })
    };
    json!({ "about": throughput.about, "cases": throughput.cases.iter().map(case).collect::<Vec<_>>() })
}

fn summary(millis: &[f64]) -> Value {
    json!({
        "p50": rounded(percentile(millis, 50.0)),
        "p99": rounded(percentile(millis, 99.0)),
        "max": rounded(percentile(millis, 100.0)),
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
