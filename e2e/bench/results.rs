//! Everything that was measured, and where it is written.

use std::fs;
use std::time::Duration;

use e2e::{Error, repository};
use serde_json::{Value, json};

use crate::case::Group;
use crate::cost::{Cost, Measured, median};
use crate::goal::Goal;
use crate::growth::{Growth, Line, Point};
use crate::latency::{Latency, Timed};
use crate::machine::{self, Machine};
use crate::memory::Memory;
use crate::options::Options;
use crate::propagation::Propagation;
use crate::revocation::{REFRESH, Revocation};
use crate::throughput::{Pace, Throughput};
use crate::vm::Vm;
use crate::{readme, report};

/// A run of the bench.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) costs: Vec<Cost>,
    pub(crate) propagation: Vec<Propagation>,
    pub(crate) revocation: Option<Revocation>,
    pub(crate) memory: Option<Memory>,
    pub(crate) throughput: Vec<Throughput>,
    pub(crate) growth: Vec<Growth>,
    pub(crate) latency: Vec<Latency>,
    pub(crate) vms: Vec<Vm>,
}

impl Results {
    pub(crate) fn of(&self, group: Group) -> Option<&Cost> {
        self.costs.iter().find(|cost| cost.name == group.name())
    }

    /// Writes `results.json`, pictures and, if it is wanted, the document.
    pub(crate) fn write(&self, options: &Options, goals: &[Goal], took: Duration) -> Result<(), Error> {
        let machine = Machine::here();
        let folder = repository().join(if options.keeps() { "e2e/bench" } else { "target/bench" });
        let beside = folder.join("results");
        fs::create_dir_all(&beside)?;
        fs::write(beside.join("results.json"), self.text(goals, &machine)?)?;
        for (name, picture) in report::pictures(self) {
            fs::write(beside.join(format!("{name}.svg")), picture)?;
        }
        if options.report {
            fs::write(folder.join("REPORT.md"), report::write(self, goals, &machine, options, took))?;
        }
        if options.keeps() {
            self.show(&machine)?;
        }
        let shown = folder.strip_prefix(repository()).unwrap_or(&folder).display();
        println!("written to {shown}/{}", if options.report { "REPORT.md" } else { "results/" });
        Ok(())
    }

    /// Lets the README say the same.
    fn show(&self, machine: &Machine) -> Result<(), Error> {
        let readme = repository().join("README.md");
        let summary = readme::summary(self).ok_or("a whole run without all parts")?;
        let date = machine.date.get(..10).unwrap_or(&machine.date);
        let replaced = readme::replace(&fs::read_to_string(&readme)?, date, &summary);
        Ok(fs::write(readme, replaced.ok_or("the README has no place for the summary")?)?)
    }

    /// Laid out for readers, but all rounds of a case on one line.
    fn text(&self, goals: &[Goal], machine: &Machine) -> Result<String, Error> {
        let mut text = serde_json::to_string_pretty(&self.to_json(goals, machine)?)?;
        for cost in self.costs.iter().chain(self.growth.iter().map(|growth| &growth.cost)) {
            for case in &cost.measured {
                let rounds: Vec<f64> = case.micros.iter().copied().map(rounded).collect();
                let mark = format!("\"{}\"", rounds_of(cost.name, case));
                text = text.replace(&mark, &serde_json::to_string(&rounds)?);
            }
        }
        Ok(text + "\n")
    }

    fn to_json(&self, goals: &[Goal], machine: &Machine) -> Result<Value, Error> {
        let groups: Vec<Value> = self.costs.iter().map(group_to_json).collect::<Result<_, _>>()?;
        let growths: Vec<Value> = self.growth.iter().map(growth_to_json).collect::<Result<_, _>>()?;
        Ok(json!({
            "date": machine.date,
            "sluice": machine.sluice,
            "commit": machine.commit,
            "machine": machine.to_json(),
            "goals": goals.iter().map(Goal::to_json).collect::<Vec<_>>(),
            "groups": groups,
            "propagation_ms": self.propagation.iter().map(propagation_to_json).collect::<Vec<_>>(),
            "revocation_ms": self.revocation.as_ref().map(revocation_to_json),
            "memory_mib": self.memory.as_ref().map(memory_to_json),
            "throughput": self.throughput.iter().map(throughput_to_json).collect::<Vec<_>>(),
            "growth": growths,
            "latency_us": self.latency.iter().map(latency_to_json).collect::<Vec<_>>(),
            "memory_mib_of_vms": self.vms.iter().map(vm_to_json).collect::<Vec<_>>(),
        }))
    }
}

fn group_to_json(cost: &Cost) -> Result<Value, Error> {
    let Cost { name, measured, envoy, modules, requests, pinned, urgent } = cost;
    let modules: Vec<Value> = modules.iter().map(|path| machine::module(path)).collect::<Result<_, _>>()?;
    Ok(json!({
        "group": name,
        "envoy": envoy,
        "modules": modules,
        "method": {
            "requests_per_round": requests,
            "rounds": measured.first().map(|case| case.micros.len()),
            "pinned": pinned,
            "real_time_priority": urgent,
        },
        "cpu_us_per_request": measured.iter().map(|case| cost_to_json(name, case)).collect::<Vec<_>>(),
    }))
}

fn cost_to_json(group: &str, case: &Measured) -> Value {
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
fn rounds_of(group: &str, case: &Measured) -> String {
    format!("rounds of {group}/{}", case.name)
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

fn growth_to_json(growth: &Growth) -> Result<Value, Error> {
    let Growth { about, of, lines, cost, bounds } = growth;
    let line = |line: &Line| {
        let point = |point: &Point| {
            json!({
                of.to_owned(): point.size,
                "above_none_us": rounded(growth.above(point, Measured::least)),
                "memory_mib": point.mebibytes.map(rounded),
            })
        };
        json!({ "about": line.about, "points": line.points.iter().map(point).collect::<Vec<_>>() })
    };
    Ok(json!({
        "about": about,
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "cost": group_to_json(cost)?,
        "bounds": bounds,
    }))
}

fn latency_to_json(latency: &Latency) -> Value {
    let case = |case: &Timed| {
        let [p50, p90, p99, p999, max] = case.micros().map(rounded);
        json!({
            "case": case.name,
            "about": case.about,
            "p50": p50, "p90": p90, "p99": p99, "p99.9": p999, "max": max,
            "answers_per_second": rounded(case.typical(|round| round.reached)),
            "envoy_busy": rounded(case.typical(|round| round.busy)),
            "sent_late_p99": rounded(case.typical(|round| round.late)),
        })
    };
    json!({ "requests_per_second": latency.per_second, "cases": latency.cases.iter().map(case).collect::<Vec<_>>() })
}

fn vm_to_json(vm: &Vm) -> Value {
    json!({ "about": vm.about, "one_worker": rounded(vm.one_worker), "another_worker": rounded(vm.worker) })
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
