//! The document that a run writes: machine, method, tables and pictures.

mod figures;

use std::time::Duration;

use crate::goal::Goal;
use crate::latency::Latency;
use crate::machine::Machine;
use crate::markdown::table;
use crate::options::Options;
use crate::plot::{self, grouped};
use crate::results::Results;
use crate::{chart, range, readme};

/// Pictures by the name of their file, without `.svg`.
pub(crate) fn pictures(results: &Results) -> Vec<(String, String)> {
    let mut pictures: Vec<(String, String)> = Vec::new();
    let costs = results.costs.iter();
    pictures.extend(costs.map(|cost| (cost.name.to_owned(), chart::of_cost(cost))));
    let throughput = results.throughput.iter();
    pictures.extend(throughput.map(|part| (throughput_picture(part.name), chart::of_throughput(part))));
    pictures.extend(results.latency.iter().map(|rate| (latency_picture(rate), figures::latency_rows(rate))));
    for growth in &results.growth {
        pictures.push((format!("growth-{}", growth.cost.name), plot::of_cost(growth)));
        if growth.weighs() {
            pictures.push((format!("memory-{}", growth.cost.name), plot::of_memory(growth)));
        }
    }
    let changes = figures::change_rows(results);
    if !changes.is_empty() {
        let title = "Until a change counts (milliseconds)";
        pictures.push((CHANGES.to_owned(), range::draw(title, &["p50", "p99", "max"], &changes)));
    }
    pictures
}

/// The whole document; its pictures are in `results/` beside it.
pub(crate) fn write(
    results: &Results,
    goals: &[Goal],
    machine: &Machine,
    options: &Options,
    took: Duration,
) -> String {
    let Machine { date, sluice, commit, .. } = machine;
    let mut text = format!(
        "# What Sluice costs\n\nWritten by `make bench-report` on {}, with Sluice {sluice} at {commit}. Everything in figures, with all \
         rounds: [results.json](results/results.json).\n\n",
        date.get(..10).unwrap_or(date)
    );
    if let Some(summary) = readme::summary(results) {
        text += &format!("{summary}\n");
    }
    text += &format!("## Machine\n\n{}\n", of_machine(machine));
    text += &format!("## Method\n\n{}{}\n", method(options, took), disturbances(results));
    text += &figures::goals(goals);
    text += &figures::costs(results);
    text += &figures::throughput(results);
    text += &figures::latency(results);
    text += &figures::growth(results);
    text += &figures::memory(results);
    text += &figures::changes(results);
    text.trim_end().to_owned() + "\n"
}

fn of_machine(machine: &Machine) -> String {
    let Machine { cpu, cores, is_virtual, kernel, envoy, rust, .. } = machine;
    let cores = format!("{cores}{}", if *is_virtual { ", of a virtual machine" } else { "" });
    let rows = [
        ("CPU", cpu),
        ("cores", &cores),
        ("kernel", kernel),
        ("Envoy", envoy),
        ("the modules' compiler", rust),
    ];
    table(&["", ""], 0, rows.map(|(what, value)| vec![what.to_owned(), value.clone()]))
}

fn method(options: &Options, took: Duration) -> String {
    let Options { rounds, requests, stretches, stretch, .. } = options;
    let (minutes, stretch, largest) =
        (took.as_secs().div_ceil(60), stretch.as_secs_f64(), grouped(options.largest));
    format!(
        "- **CPU time**: one Envoy with one worker, bound to a core, one listener for each case; the load is on another core. The kernel \
         counts how long Envoy's threads ran (`/proc/<pid>/task/*/schedstat`) from rest to rest, for {requests} requests over 32 kept \
         connections. Envoy answers by itself, so no upstream is in it.\n\
         - **In turns**: the cases take turns in {rounds} short rounds (growth: {}), each round in another order, so that a noisy moment is \
         noisy for all of them. Nothing is compared with a figure of another run.\n\
         - **Least and median**: other guests of a machine, its caches and its clock can only make a round dearer. The least of all \
         rounds is what the code costs, the median what it cost here and then; where the two are far apart, the machine was not quiet. \
         Differences below half a microsecond are noise, and so a small figure may be negative.\n\
         - **Above no filter** is a case less the case without a filter in the same rounds; **× empty** is that beside what a Wasm \
         filter costs that does nothing: Envoy's part of it.\n\
         - **Throughput**: two workers and the load on all cores, as much as goes through.\n\
         - **Latency**: an open loop at fixed rates, {stretches} stretches of {stretch} s for each case in turns; from when a request is due, not \
         from when it was sent, so that a pause delays all that was due in it. Of each percentile the median of the stretches, of the longest the longest of all.\n\
         - **Growth**: up to {largest}, or as far as the filter takes it: what it says about one more stands below the table.\n\
         - **Memory** is what the kernel says Envoy has of its own in RAM (`RssAnon`), so what its allocator keeps is in it. Of a VM: what each of 32 \
         further workers takes.\n\
         - The run took {minutes} minutes: `make bench-report`. `make bench-report BENCH=--quick` is shorter and writes to `target/bench/`.\n",
        options.growth_rounds()
    )
}

/// What made this run less quiet than it could be.
fn disturbances(results: &Results) -> &'static str {
    let mut costs = results.costs.iter().chain(results.growth.iter().map(|growth| &growth.cost));
    if costs.clone().any(|cost| !cost.pinned) {
        "- **Disturbed**: Envoy and the load could not be bound to a core each: expect a wide spread.\n"
    } else if costs.any(|cost| !cost.urgent) {
        "- **Disturbed**: there was no real-time priority here: other processes may have been in the way.\n"
    } else {
        ""
    }
}

fn throughput_picture(name: &str) -> String {
    format!("throughput-{name}")
}

fn latency_picture(rate: &Latency) -> String {
    format!("latency-{}", rate.per_second)
}

const CHANGES: &str = "changes";

#[cfg(test)]
mod tests;
