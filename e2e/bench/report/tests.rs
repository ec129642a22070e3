use super::*;
use crate::case::{CANARY, EMPTY, NONE};
use crate::cost::{Cost, Measured};
use crate::growth::{Growth, Line, Point};
use crate::latency::{Round, Timed};
use crate::vm::Vm;

fn measured(name: &str, micros: [f64; 3]) -> Measured {
    let about = format!("about {name}");
    Measured {
        name: name.to_owned(),
        about,
        micros: micros.into(),
        envoy_busy: vec![1.0],
        load_busy: vec![0.5],
    }
}

fn cost(name: &'static str, measured: Vec<Measured>) -> Cost {
    let (envoy, modules) = ("rev/1.40.0/Clean".to_owned(), Vec::new());
    Cost { name, measured, envoy, modules, requests: 2_000, pinned: true, urgent: true }
}

/// No filter 10, an empty one 12, ours 15.
fn costs() -> Cost {
    let none = measured(NONE, [10.0, 11.0, 30.0]);
    cost("canary", vec![none, measured(EMPTY, [12.0, 13.0, 14.0]), measured(CANARY, [16.0, 15.0, 17.0])])
}

fn growth() -> Growth {
    let cases = [measured(NONE, [10.0; 3]), measured("a-1", [11.0; 3]), measured("a-1000000", [14.0; 3])];
    let point =
        |size: usize, mebibytes| Point { size, case: format!("a-{size}"), mebibytes: Some(mebibytes) };
    Growth {
        about: "the entries of a list",
        of: "entries",
        lines: vec![Line { about: "ours", points: vec![point(1, 0.0), point(1_000_000, 8.5)] }],
        cost: cost("entries", cases.into()),
        bounds: vec!["one more: refused, `too many`".to_owned()],
    }
}

fn latency() -> Latency {
    let round =
        |p50| Round { micros: [p50, 200.0, 300.0, 400.0, p50 * 10.0], late: 9.0, reached: 999.0, busy: 0.25 };
    let rounds = [100.0, 120.0, 110.0].map(round).into();
    let case = Timed { name: NONE.to_owned(), about: "no filter".to_owned(), rounds };
    Latency { per_second: 1_000, cases: vec![case] }
}

fn results() -> Results {
    let vm = |about, worker| Vm { about, one_worker: 60.0, worker };
    Results {
        costs: vec![costs()],
        growth: vec![growth()],
        latency: vec![latency()],
        vms: vec![vm("no filter", 1.0), vm("canary", 3.5)],
        ..Results::default()
    }
}

fn document(results: &Results) -> String {
    let machine = Machine {
        date: "2026-11-22T14:35:34Z".to_owned(),
        cpu: "a CPU".to_owned(),
        cores: 2,
        is_virtual: true,
        kernel: "6.1".to_owned(),
        envoy: "1.40.0".to_owned(),
        rust: "rustc 1.95.0".to_owned(),
        sluice: "0.1.0",
        commit: "0123456789ab".to_owned(),
    };
    let options = Options::parse(["--report".to_owned()].into_iter()).unwrap();
    write(results, &[], &machine, &options, Duration::from_secs(1_201))
}

#[test]
fn says_what_was_measured() {
    let text = document(&results());
    for part in [
        "Written by `make bench-report` on 2026-11-22, with Sluice 0.1.0 at 0123456789ab.",
        "| cores | 2, of a virtual machine |",
        "The run took 21 minutes",
        "| `none` | about none | 10.00 |  |  | 11.00 |",
        "| `canary` | about canary | 15.00 | +5.00 | 2.5 | 16.00 |",
        "### By the entries of a list",
        "| entries | ours | MiB |",
        "| 1 | +1.00 | 0.00 |",
        "| 1 000 000 | +4.00 | 8.50 |",
        "- one more: refused, `too many`",
        "### 1000 requests/s",
        "| no filter | 110 | 200 | 300 | 400 | 1200 | 999 | 25 % | 9 |",
        "| canary | 60.0 | 3.50 | +2.50 |",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn leaves_out_what_was_not() {
    let text = document(&Results { costs: vec![costs()], ..Results::default() });
    assert!(text.contains("## CPU time of a request"));
    for part in ["## Growth", "## Latency", "## Throughput", "## Memory", "## Until", "## Goals"] {
        assert!(!text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn owns_up_to_what_was_in_the_way() {
    for (pinned, urgent, want) in [
        (true, true, None),
        (true, false, Some("no real-time priority")),
        (false, false, Some("bound to a core each")),
    ] {
        let cost = Cost { pinned, urgent, ..costs() };
        let text = document(&Results { costs: vec![cost], ..Results::default() });
        assert_eq!(text.contains("**Disturbed**"), want.is_some(), "{pinned} {urgent}");
        assert!(want.is_none_or(|want| text.contains(want)), "{want:?}: {text}");
    }
}

#[test]
fn shows_each_picture_that_is_drawn() {
    let results = results();
    let text = document(&results);
    let drawn = pictures(&results);
    for (name, picture) in &drawn {
        assert!(text.contains(&format!("](results/{name}.svg)")), "{name}");
        assert!(picture.starts_with("<svg "), "{name}");
    }
    assert_eq!(text.matches("](results/").count(), drawn.len() + 1, "and the figures themselves\n{text}");
}
