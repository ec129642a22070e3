//! The parts of the document that hold figures; what was not measured is left out.

use super::{CHANGES, latency_picture, throughput_picture};
use crate::case::{EMPTY, NONE};
use crate::cost::{Cost, Measured, median};
use crate::goal::Goal;
use crate::growth::Growth;
use crate::latency::{Latency, PERCENTS};
use crate::markdown::table;
use crate::plot::grouped;
use crate::range::{self, Row};
use crate::results::{Results, percentile};
use crate::revocation::REFRESH;

pub(super) fn goals(goals: &[Goal]) -> String {
    if goals.is_empty() {
        return String::new();
    }
    let head = ["goal", "verdict", "unit", "measured", "aim", "limit"];
    let missed = goals.iter().filter(|goal| goal.missed()).count();
    let rows = table(&head, 3, goals.iter().map(Goal::cells));
    format!("## Goals\n\n{missed} of {} missed.\n\n{rows}\n", goals.len())
}

pub(super) fn costs(results: &Results) -> String {
    let mut text = String::new();
    for cost in &results.costs {
        text += &format!("### {}\n\n{}\n{}\n", cost.name, picture(cost.name, cost.name), cost_table(cost));
    }
    section("CPU time of a request", "Microseconds.", text)
}

fn cost_table(cost: &Cost) -> String {
    let least = |name| cost.of(name).map(Measured::least);
    let row = |case: &Measured| {
        let (mut above, mut beside) = (String::new(), String::new());
        if let Some(none) = least(NONE).filter(|_| case.name != NONE) {
            above = format!("{:+.2}", case.least() - none);
            if let Some(empty) = least(EMPTY) {
                beside = format!("{:.1}", (case.least() - none) / (empty - none));
            }
        }
        let case_name = format!("`{}`", case.name);
        vec![
            case_name,
            case.about.clone(),
            format!("{:.2}", case.least()),
            above,
            beside,
            format!("{:.2}", case.median()),
        ]
    };
    let head = ["case", "", "least", "above no filter", "× empty", "median"];
    table(&head, 4, cost.measured.iter().map(row))
}

pub(super) fn throughput(results: &Results) -> String {
    let mut text = String::new();
    for part in &results.throughput {
        let row = |case: &crate::throughput::Pace| {
            vec![
                case.about.clone(),
                format!("{:.0}", median(&case.per_second)),
                format!("{:.2}", median(&case.p99)),
                format!("{:.3}", case.calls),
            ]
        };
        let head = ["", "requests/s", "p99, ms", "calls of the service for a request"];
        let rows = table(&head, 3, part.cases.iter().map(row));
        text += &format!(
            "### {}\n\n{}\n{rows}\n",
            part.about,
            picture(&throughput_picture(part.name), part.about)
        );
    }
    section("Throughput", "As many requests as are answered, 32 under way.", text)
}

pub(super) fn latency(results: &Results) -> String {
    let mut text = String::new();
    for rate in &results.latency {
        let row = |case: &crate::latency::Timed| {
            let mut cells = vec![case.about.clone()];
            cells.extend(case.micros().map(|micros| format!("{micros:.0}")));
            cells.extend([
                format!("{:.0}", case.typical(|round| round.reached)),
                format!("{:.0} %", 100.0 * case.typical(|round| round.busy)),
                format!("{:.0}", case.typical(|round| round.late)),
            ]);
            cells
        };
        let head =
            ["", "p50", "p90", "p99", "p99.9", "max", "answers/s", "Envoy's core busy", "sent late, p99"];
        let rows = table(&head, 8, rate.cases.iter().map(row));
        let title = format!("{} requests/s", grouped(rate.per_second as usize));
        text += &format!("### {title}\n\n{}\n{rows}\n", picture(&latency_picture(rate), &title));
    }
    section("Latency at fixed rates", "Microseconds from when a request is due to its answer.", text)
}

pub(super) fn growth(results: &Results) -> String {
    let mut text = String::new();
    for growth in &results.growth {
        let name = growth.cost.name;
        text += &format!("### By {}\n\n{}", growth.about, picture(&format!("growth-{name}"), growth.about));
        if growth.weighs() {
            text += &picture(&format!("memory-{name}"), &format!("memory by {}", growth.about));
        }
        text += &format!("\n{}\n", growth_table(growth));
        for bound in &growth.bounds {
            text += &format!("- {bound}\n");
        }
        text += "\n";
    }
    section("Growth", "Microseconds above no filter, least of the rounds; MiB that the size takes.", text)
}

fn growth_table(growth: &Growth) -> String {
    let mut head = vec![growth.of];
    for line in &growth.lines {
        head.push(line.about);
        if growth.weighs() {
            head.push("MiB");
        }
    }
    let rows = growth.sizes().into_iter().map(|size| {
        let mut cells = vec![grouped(size)];
        for line in &growth.lines {
            let point = line.points.iter().find(|point| point.size == size);
            cells.push(
                point
                    .map(|point| format!("{:+.2}", growth.above(point, Measured::least)))
                    .unwrap_or_default(),
            );
            if growth.weighs() {
                let mebibytes = point.and_then(|point| point.mebibytes);
                cells.push(mebibytes.map(|mebibytes| format!("{mebibytes:.2}")).unwrap_or_default());
            }
        }
        cells
    });
    table(&head, head.len(), rows.collect::<Vec<_>>())
}

pub(super) fn memory(results: &Results) -> String {
    let mut text = String::new();
    if let Some(none) = results.vms.first() {
        let row = |vm: &crate::vm::Vm| {
            vec![
                vm.about.to_owned(),
                format!("{:.1}", vm.one_worker),
                format!("{:.2}", vm.worker),
                format!("{:+.2}", vm.worker - none.worker),
            ]
        };
        let head = ["", "Envoy with one worker", "another worker", "of that, its VMs"];
        text += &format!("### Of each VM\n\n{}\n", table(&head, 3, results.vms.iter().map(row)));
    }
    if let Some(memory) = &results.memory {
        let row = |step: &crate::memory::Step| vec![grouped(step.tokens), format!("{:.2}", step.mebibytes)];
        let rows = table(&["different tokens, each once", "Envoy"], 2, memory.steps.iter().map(row));
        text += &format!("### By tokens seen\n\n{rows}\n");
    }
    section("Memory", "MiB.", text)
}

pub(super) fn changes(results: &Results) -> String {
    let mut rows = Vec::new();
    let mut add = |about: String, millis: &[f64], requests: usize, lost: usize| {
        let figures = [50.0, 99.0, 100.0].map(|percent| format!("{:.2}", percentile(millis, percent)));
        rows.push([vec![about], figures.to_vec(), vec![requests.to_string(), lost.to_string()]].concat());
    };
    for way in &results.propagation {
        let lost = way.lost.values().sum();
        add(format!("{}: first request", way.name), &way.first, way.requests, lost);
        add(format!("{}: last worker", way.name), &way.settled, way.requests, lost);
    }
    if let Some(revocation) = &results.revocation {
        let lost = revocation.lost.values().sum();
        add("revocation: first refusal".to_owned(), &revocation.first_refused, revocation.requests, lost);
        add("revocation: last worker".to_owned(), &revocation.last_accepted, revocation.requests, lost);
    }
    if rows.is_empty() {
        return String::new();
    }
    let text = format!(
        "{}\n{}",
        picture(CHANGES, "until a change counts"),
        table(&["", "p50", "p99", "max", "requests", "lost"], 5, rows)
    );
    let about = format!(
        "Milliseconds from the rename of a file (RDS, ECDS) to the first request under its policy, and until no worker has the old one; \
         from the moment a source has a new list of revocations, polled every {} ms. Requests keep coming, 500 a second.",
        REFRESH.as_millis()
    );
    section("Until a change counts", &about, text)
}

pub(super) fn latency_rows(rate: &Latency) -> String {
    let row =
        |case: &crate::latency::Timed| Row { about: case.about.clone(), values: case.micros().to_vec() };
    let rows: Vec<Row> = rate.cases.iter().map(row).collect();
    let title = format!("Latency at {} requests/s (microseconds)", grouped(rate.per_second as usize));
    let names: [&str; PERCENTS.len()] = ["p50", "p90", "p99", "p99.9", "max"];
    range::draw(&title, &names, &rows)
}

pub(super) fn change_rows(results: &Results) -> Vec<Row> {
    let row = |about: String, millis: &[f64]| Row {
        about,
        values: [50.0, 99.0, 100.0].map(|percent| percentile(millis, percent)).to_vec(),
    };
    let mut rows = Vec::new();
    for way in &results.propagation {
        rows.push(row(format!("{}: first request", way.name), &way.first));
        rows.push(row(format!("{}: last worker", way.name), &way.settled));
    }
    if let Some(revocation) = &results.revocation {
        rows.push(row("revocation: first refusal".to_owned(), &revocation.first_refused));
        rows.push(row("revocation: last worker".to_owned(), &revocation.last_accepted));
    }
    rows
}

fn picture(name: &str, about: &str) -> String {
    format!("![{about}](results/{name}.svg)\n")
}

fn section(title: &str, about: &str, text: String) -> String {
    if text.is_empty() { text } else { format!("## {title}\n\n{about}\n\n{text}\n") }
}
