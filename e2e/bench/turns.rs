//! Cases that take turns in one Envoy, and what each of them cost in each round.

use std::io::{IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::time::Instant;

use e2e::{Error, Stack};
use serde_json::Value;

use crate::case::{CANARY, Case, Decides, Filter, HEADER, NONE};
use crate::cost::{Cost, Measured};
use crate::cpu::Apart;
use crate::lane::Lane;
use crate::load::Load;

/// An Envoy with one worker on one core, and the load on another.
pub(crate) struct Turns {
    pub(crate) stack: Stack,
    cores: Apart,
    runs: Vec<Run>,
    modules: Vec<PathBuf>,
    requests: usize,
}

struct Run {
    measured: Measured,
    load: Load,
    /// What Envoy counted so far.
    counted: u64,
}

impl Turns {
    /// Lets no case in that does not what it says.
    pub(crate) async fn open(stack: Stack, cases: &[Case]) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for case in cases {
            check(&stack, case).await?;
            let Case { name, about, .. } = case.clone();
            let measured =
                Measured { name, about, micros: Vec::new(), envoy_busy: Vec::new(), load_busy: Vec::new() };
            let load = Load::open(stack.envoy.addr(&case.name), &case.traffic).await?;
            runs.push(Run { measured, load, counted: answered(&stack, &case.name).await? });
        }
        let cores = Apart::new(&stack.envoy)?;
        let mut modules: Vec<PathBuf> =
            cases.iter().flat_map(|case| &case.filters).filter_map(module).collect();
        modules.sort();
        modules.dedup();
        Ok(Self { stack, cores, runs, modules, requests: 0 })
    }

    /// Sends each request of a case that is made once. Returns how many bytes of memory Envoy has then.
    pub(crate) async fn fill(&mut self, place: usize) -> Result<u64, Error> {
        let Self { stack, cores, runs, .. } = self;
        let run = &mut runs[place];
        run.load.fill().await?;
        cores.envoy.cpu_at_rest().await?;
        run.counted = answered(stack, &run.measured.name).await?;
        cores.envoy.resident()
    }

    /// So many rounds of so many requests for each case, after some that are not counted.
    pub(crate) async fn run(&mut self, rounds: usize, requests: usize) -> Result<(), Error> {
        self.requests = requests;
        // Not counted: connections, caches, and V8's second compiler.
        for _ in 0..WARM_UP {
            self.round(requests, 0).await?;
        }
        self.forget();
        let begun = Instant::now();
        for round in 0..rounds {
            self.round(requests, round).await?;
            self.progress(round + 1, rounds, begun);
        }
        Ok(())
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
        let Self { stack, cores: Apart { envoy, own, .. }, runs, .. } = self;
        let run = &mut runs[place];
        run.load.prepare(requests);
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

    pub(crate) async fn close(self, name: &'static str) -> Result<Cost, Error> {
        let info: Value = serde_json::from_str(&self.stack.envoy.admin("/server_info").await)?;
        Ok(Cost {
            name,
            measured: self.runs.into_iter().map(|run| run.measured).collect(),
            envoy: info["version"].as_str().unwrap_or_default().to_owned(),
            modules: self.modules,
            requests: self.requests,
            pinned: self.cores.pinned,
            urgent: self.cores.urgent,
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
pub(crate) async fn check(stack: &Stack, case: &Case) -> Result<(), Error> {
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

/// Rounds before those that count.
pub(crate) const WARM_UP: usize = 5;
const STABLE_USER: usize = 1;
