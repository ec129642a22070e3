//! CPU time of Envoy for one request, case by case.

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::process;
use std::thread::available_parallelism;
use std::time::Instant;

use e2e::{Error, Stack};
use serde_json::Value;

use crate::case::{AGAINST, CANARY, Case, Decides, Filter, Group, HEADER, NONE};
use crate::cpu::Process;
use crate::lane::Lane;
use crate::listener;
use crate::load::Load;
use crate::options::Options;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) group: Group,
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
    let mut bench = Bench::open(stack, &cases).await?;
    // Not counted: connections, caches, and V8's second compiler.
    for _ in 0..WARM_UP {
        bench.round(options.requests, 0).await?;
    }
    bench.forget();
    let begun = Instant::now();
    for round in 0..options.rounds {
        bench.round(options.requests, round).await?;
        bench.progress(round + 1, options.rounds, begun);
    }
    bench.close(group, &cases, options).await.map(Some)
}

struct Bench {
    stack: Stack,
    envoy: Process,
    own: Process,
    runs: Vec<Run>,
    all_cores: String,
    pinned: bool,
    urgent: bool,
}

struct Run {
    measured: Measured,
    load: Load,
    /// What Envoy counted so far.
    counted: u64,
}

impl Bench {
    async fn open(stack: Stack, cases: &[Case]) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for case in cases {
            check(&stack, case).await?;
            let Case { name, about, .. } = case.clone();
            let measured =
                Measured { name, about, micros: Vec::new(), envoy_busy: Vec::new(), load_busy: Vec::new() };
            let load = Load::open(stack.envoy.addr(&case.name), &case.traffic).await?;
            runs.push(Run { measured, load, counted: answered(&stack, &case.name).await? });
        }
        let id = stack.envoy.process_id().ok_or("the bench needs Envoy as a process of this machine")?;
        let (envoy, own) = (Process::new(id), Process::new(process::id()));
        let last = available_parallelism()?.get() - 1;
        let pinned = last > 0 && envoy.pin(&last.to_string()) && own.pin("0");
        let urgent = pinned && own.hurry() && envoy.hurry();
        Ok(Self { stack, envoy, own, runs, all_cores: format!("0-{last}"), pinned, urgent })
    }

    /// Every case once. Who comes after whom changes, because the one before leaves its traces in the caches.
    async fn round(&mut self, requests: usize, number: usize) -> Result<(), Error> {
        let count = self.runs.len();
        for turn in 0..count {
            let place = if number.is_multiple_of(2) { turn } else { count - 1 - turn };
            self.take_turn((place + number / 2) % count, requests).await?;
        }
        Ok(())
    }

    async fn take_turn(&mut self, place: usize, requests: usize) -> Result<(), Error> {
        let Self { stack, envoy, own, runs, .. } = self;
        let run = &mut runs[place];
        let before = (envoy.cpu_at_rest().await?, own.cpu()?, Instant::now());
        run.load.run(requests).await?;
        let elapsed = before.2.elapsed();
        // A thread that ended in between takes its part along.
        let load = own.cpu()?.saturating_sub(before.1);
        let cpu = envoy.cpu_at_rest().await? - before.0;
        let counted = answered(stack, &run.measured.name).await?;
        let fresh = counted - std::mem::replace(&mut run.counted, counted);
        if fresh != requests as u64 {
            return Err(format!("{}: sent {requests}, but Envoy counted {fresh}", run.measured.name).into());
        }
        run.measured.micros.push(cpu.as_secs_f64() * 1e6 / fresh as f64);
        run.measured.envoy_busy.push(cpu.as_secs_f64() / elapsed.as_secs_f64());
        run.measured.load_busy.push(load.as_secs_f64() / elapsed.as_secs_f64());
        Ok(())
    }

    fn forget(&mut self) {
        for run in &mut self.runs {
            run.measured.micros.clear();
            run.measured.envoy_busy.clear();
            run.measured.load_busy.clear();
        }
    }

    fn progress(&self, round: usize, of: usize, begun: Instant) {
        let left =
            begun.elapsed() / u32::try_from(round).unwrap_or(1) * u32::try_from(of - round).unwrap_or(0);
        let least =
            |name| self.runs.iter().find(|run| run.measured.name == name).map(|run| run.measured.least());
        let so_far = match (least(NONE), least(CANARY)) {
            (Some(none), Some(canary)) => {
                format!("  no filter {none:.2} us, canary {:+.2} us", canary - none)
            }
            _ => String::new(),
        };
        let line = format!("round {round} of {of}, {} s left{so_far}", left.as_secs());
        if stdout().is_terminal() {
            print!("\r{line}   {}", if round == of { "\n" } else { "" });
            let _ = stdout().flush();
        } else if round == of || round.is_multiple_of(10) {
            println!("{line}");
        }
    }

    async fn close(self, group: Group, cases: &[Case], options: &Options) -> Result<Cost, Error> {
        self.own.relax();
        self.own.pin(&self.all_cores);
        let info: Value = serde_json::from_str(&self.stack.envoy.admin("/server_info").await)?;
        let mut modules: Vec<PathBuf> =
            cases.iter().flat_map(|case| &case.filters).filter_map(module).collect();
        modules.sort();
        modules.dedup();
        Ok(Cost {
            group,
            measured: self.runs.into_iter().map(|run| run.measured).collect(),
            envoy: info["version"].as_str().unwrap_or_default().to_owned(),
            modules,
            requests: options.requests,
            pinned: self.pinned,
            urgent: self.urgent,
        })
    }
}

fn module(filter: &Filter) -> Option<PathBuf> {
    match filter {
        Filter::Wasm { module, .. } => Some(module.clone()),
        _ => None,
    }
}

/// How many requests a listener has answered.
async fn answered(stack: &Stack, case: &str) -> Result<u64, Error> {
    let name = format!("http.{case}.downstream_rq_completed");
    let text = stack.envoy.admin(&format!("/stats?filter=^{}$", name.replace('.', "\\."))).await;
    let number = text.trim().rsplit_once(": ").and_then(|(_, number)| number.parse().ok());
    number.ok_or_else(|| format!("{name}: {text}").into())
}

/// A case that does not what it says must not be measured.
async fn check(stack: &Stack, case: &Case) -> Result<(), Error> {
    let addr = stack.envoy.addr(&case.name);
    // A user outside the tenth that the draw sends to `canary`, in `policy.lua` too.
    let mut asked = vec![(vec![], "stable")];
    match case.decides {
        Decides::Nobody => asked.push((vec![(HEADER, "canary")], "canary")),
        Decides::ByDraw => asked.push((vec![(HEADER, "canary")], "stable")),
        Decides::ByRules => {
            asked.extend([(vec![(HEADER, "canary")], "stable"), (vec![("x-env", "canary")], "canary")]);
        }
        Decides::AtRandom => asked = vec![(vec![("x-env", "canary")], "canary")],
        Decides::Anything => asked.clear(),
    }
    for (fields, want) in asked {
        let got = Lane::open(addr, STABLE_USER, &fields).await?.exchange().await?.to_vec();
        if got != want.as_bytes() {
            let got = String::from_utf8_lossy(&got);
            return Err(format!("{}: {fields:?} should be answered by {want}, not {got}", case.name).into());
        }
    }
    Ok(())
}

const WARM_UP: usize = 5;
const STABLE_USER: usize = 1;
