//! The results on a terminal.

use std::collections::BTreeMap;

use crate::case::NONE;
use crate::cost::{Cost, Measured, median};
use crate::growth::Growth;
use crate::latency::Latency;
use crate::memory::Memory;
use crate::propagation::Propagation;
use crate::results::{Results, percentile};
use crate::revocation::{REFRESH, Revocation};
use crate::throughput::Throughput;
use crate::vm::Vm;

pub(crate) fn print(results: &Results) {
    results.costs.iter().for_each(costs);
    if !results.propagation.is_empty() {
        propagation(&results.propagation);
    }
    results.revocation.iter().for_each(revocation);
    results.memory.iter().for_each(memory);
    if !results.vms.is_empty() {
        vms(&results.vms);
    }
    results.throughput.iter().for_each(throughput);
    results.growth.iter().for_each(growth);
    results.latency.iter().for_each(latency);
    println!();
}

fn costs(cost: &Cost) {
    println!("\n{}: CPU time of Envoy {} for a request, microseconds", cost.name, version(&cost.envoy));
    println!("{:<15} {:<47} {:>7} {:>7} {:>7} {:>7}  {:>9}", "case", "", "min", "", "median", "", "busy");
    let none = cost.of(NONE);
    for case in &cost.measured {
        let above = |of: fn(&Measured) -> f64| match none {
            Some(none) if case.name != NONE => format!("{:+.2}", of(case) - of(none)),
            _ => String::new(),
        };
        println!(
            "{:<15} {:<47} {:>7.2} {:>7} {:>7.2} {:>7}  {:>3.0} / {:>2.0} %",
            case.name,
            case.about,
            case.least(),
            above(Measured::least),
            case.median(),
            above(Measured::median),
            100.0 * median(&case.envoy_busy),
            100.0 * median(&case.load_busy),
        );
    }
    println!("busy: how much of its core Envoy used, and how much of another one the load");
    if !cost.pinned {
        println!("Envoy and the load could not be bound to a core each: expect a wide spread");
    } else if !cost.urgent {
        println!("no real-time priority here: other processes may have disturbed");
    }
}

fn vms(vms: &[Vm]) {
    println!("\nMemory of Envoy with one worker, and of each further worker, MiB");
    for vm in vms {
        println!("{:<47} {:>8.2} {:>8.2}", vm.about, vm.one_worker, vm.worker);
    }
}

fn growth(growth: &Growth) {
    println!("\nGrowth with {}: microseconds above no filter, least (median), and MiB", growth.about);
    for line in &growth.lines {
        println!("{}", line.about);
        for point in &line.points {
            let (least, median) =
                (growth.above(point, Measured::least), growth.above(point, Measured::median));
            let memory = point.mebibytes.map(|mebibytes| format!("{mebibytes:>9.2}")).unwrap_or_default();
            println!("{:>9} {least:>+9.2} {:>11} {memory}", point.size, format!("({median:+.2})"));
        }
    }
    growth.bounds.iter().for_each(|bound| println!("{bound}"));
}

fn latency(latency: &Latency) {
    println!("\nLatency at {} requests/s from when they are due, microseconds", latency.per_second);
    println!(
        "{:<15} {:<47} {:>7} {:>7} {:>7} {:>7} {:>7}  {:>8} {:>5} {:>8}",
        "case", "", "p50", "p90", "p99", "p99.9", "max", "reached", "busy", "late p99"
    );
    for case in &latency.cases {
        let figures = case.micros().map(|micros| format!("{micros:>7.0}")).join(" ");
        println!(
            "{:<15} {:<47} {figures}  {:>8.0} {:>3.0} % {:>8.0}",
            case.name,
            case.about,
            case.typical(|round| round.reached),
            100.0 * case.typical(|round| round.busy),
            case.typical(|round| round.late)
        );
    }
}

fn throughput(throughput: &Throughput) {
    println!("\nThroughput: {}, medians", throughput.about);
    println!("{:<15} {:<47} {:>10} {:>9} {:>14}", "case", "", "requests/s", "p99, ms", "calls/request");
    for case in &throughput.cases {
        println!(
            "{:<15} {:<47} {:>10.0} {:>9.2} {:>14.3}",
            case.name,
            case.about,
            median(&case.per_second),
            median(&case.p99),
            case.calls
        );
    }
}

fn propagation(ways: &[Propagation]) {
    println!("\nFrom the rename of a file to the first request under its policy, milliseconds");
    println!(
        "{:<63} {:>7} {:>7} {:>7}  {:>12}  {:>8} {:>5}",
        "way", "p50", "p99", "max", "all workers", "requests", "lost"
    );
    for way in ways {
        let first = |percent| percentile(&way.first, percent);
        println!(
            "{:<15} {:<47} {:>7.2} {:>7.2} {:>7.2}  {:>8.2} p99  {:>8} {:>5}",
            way.name,
            way.about,
            first(50.0),
            first(99.0),
            first(100.0),
            percentile(&way.settled, 99.0),
            way.requests,
            way.lost.values().sum::<usize>()
        );
        reasons(&way.lost);
    }
}

fn revocation(revocation: &Revocation) {
    let Revocation { first_refused, last_accepted, requests, lost } = revocation;
    println!("\nFrom the moment a source has a new list, polled every {REFRESH:?}, milliseconds");
    println!("{:<63} {:>7} {:>7} {:>7}  {:>8} {:>5}", "auth", "p50", "p99", "max", "requests", "lost");
    for (name, millis) in [
        ("to the first request that is refused", first_refused),
        ("to the last one that is not, all workers", last_accepted),
    ] {
        let [p50, p99, max] = [50.0, 99.0, 100.0].map(|percent| percentile(millis, percent));
        let lost = lost.values().sum::<usize>();
        println!("{name:<63} {p50:>7.2} {p99:>7.2} {max:>7.2}  {requests:>8} {lost:>5}");
    }
    reasons(lost);
}

fn reasons(lost: &BTreeMap<String, usize>) {
    lost.iter().for_each(|(why, count)| println!("  lost {count}: {why}"));
}

fn memory(memory: &Memory) {
    println!("\nMemory of Envoy after so many different tokens at one worker, MiB");
    for step in &memory.steps {
        println!("{:>7} {:>8.2}", step.tokens, step.mebibytes);
    }
}

/// `<revision>/1.40.0/Clean/RELEASE/BoringSSL`
fn version(said: &str) -> &str {
    said.split('/').nth(1).unwrap_or(said)
}
