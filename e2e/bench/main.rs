//! `make bench`: what a request costs in Envoy's CPU time with and without a filter, how soon new policies and
//! revocations count, and what many tokens leave in memory. `make bench-report` also measures how that grows and how
//! long requests take at fixed rates, and writes a document.
//!
//! CPU time: one Envoy with one worker on one core, one listener for each case, load from another core. The cases take
//! turns in many short rounds, so that a noisy machine is noisy for all of them; the least of all rounds is what the
//! code costs, the median what it cost here and now.

mod auth;
mod case;
mod chart;
mod cost;
mod cpu;
mod goal;
mod growth;
mod ladder;
mod lane;
mod latency;
mod listener;
mod load;
mod machine;
mod markdown;
mod memory;
mod options;
mod pace;
mod pair;
mod plot;
mod propagation;
mod range;
mod ratelimit;
mod readme;
mod report;
mod results;
mod revocation;
mod stream;
mod svg;
mod table;
mod throughput;
mod traffic;
mod turns;
mod vm;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use e2e::Error;

use crate::case::Group;
use crate::options::Options;
use crate::results::Results;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("bench: {problem}\n{}", options::USAGE);
            return ExitCode::FAILURE;
        }
    };
    tokio::select! {
        ended = bench(&options) => ended.unwrap_or_else(|problem| {
            eprintln!("\nbench: {problem}");
            ExitCode::FAILURE
        }),
        // The stacks are dropped with the bench, and their Envoys with them.
        () = e2e::told_to_stop() => {
            println!("\nstopped");
            ExitCode::FAILURE
        }
    }
}

async fn bench(options: &Options) -> Result<ExitCode, Error> {
    let begun = Instant::now();
    let mut costs = Vec::new();
    for group in Group::ALL.into_iter().filter(|_| options.wants("cost")) {
        costs.extend(cost::measure(group, options).await?);
    }
    let mut results = Results { costs, ..Results::default() };
    if options.wants("propagation") {
        results.propagation = propagation::measure(options).await?;
    }
    if options.wants("revocation") {
        results.revocation = Some(revocation::measure(options).await?);
    }
    if options.wants("memory") {
        results.memory = memory::measure(options).await?;
        results.vms = vm::measure().await?;
    }
    if options.wants("throughput") {
        results.throughput = throughput::measure(options).await?;
    }
    if options.wants("growth") {
        results.growth = growth::measure(options).await?;
    }
    if options.wants("latency") {
        results.latency = latency::measure(options).await?;
    }
    table::print(&results);
    let goals = goal::judge(&results);
    for goal in &goals {
        println!("{goal}");
    }
    results.write(options, &goals, begun.elapsed())?;
    let missed = goals.iter().any(goal::Goal::missed);
    Ok(if options.check && missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
