//! What is promised, and whether it is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::case::{CANARY, EMPTY, Group, LUA, LUA_FULL, NONE};
use crate::cost::Measured;
use crate::ratelimit::{BARE, CHAIN, CHAIN_AS_TEXT, KEYED, NATIVE, UNKEYED};
use crate::results::{Results, percentile};
use crate::revocation::{REFRESH, Revocation};
use crate::throughput::{HOT, LEASE, Pace};

/// One promise.
#[derive(Debug)]
pub(crate) struct Goal {
    about: String,
    unit: &'static str,
    got: f64,
    /// Better than this is what we want.
    aim: f64,
    /// From here on it is missed.
    limit: f64,
}

impl Goal {
    pub(crate) fn missed(&self) -> bool {
        self.got.is_nan() || self.got > self.limit
    }

    fn verdict(&self) -> &'static str {
        match self {
            goal if goal.missed() => "MISSED",
            goal if goal.got > goal.aim => "short of the aim",
            _ => "met",
        }
    }

    /// What a table says of it: what, the verdict, the unit and three figures.
    pub(crate) fn cells(&self) -> Vec<String> {
        let Self { about, unit, got, aim, limit } = self;
        let figures = [got, aim, limit].map(|value| format!("{value:.2}"));
        let [got, aim, limit] = figures;
        vec![about.clone(), self.verdict().to_owned(), (*unit).to_owned(), got, aim, limit]
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { about, unit, got, aim, limit } = self;
        json!({ "about": about, "unit": unit, "got": got, "aim": aim, "limit": limit, "verdict": self.verdict() })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { about, unit, got, aim, limit } = self;
        write!(f, "{:<17} {about}: {got:.2} {unit} (aim {aim:.2}, limit {limit:.2})", self.verdict())
    }
}

/// The promises that this run can tell something about.
pub(crate) fn judge(results: &Results) -> Vec<Goal> {
    let mut goals = of_auth(results);
    goals.extend(of_ratelimit(results));
    goals.extend(of_canary(results));
    goals.extend(of_changes(results));
    goals.extend(of_memory(results));
    goals.extend(of_throughput(results));
    goals
}

/// What rules, draw, stats and header add to a request, and what Lua does.
fn of_canary(results: &Results) -> Vec<Goal> {
    let least = |name| results.of(Group::Canary)?.of(name).map(Measured::least);
    let mut goals = above(results, Group::Canary, CANARY, NONE, 2.5, 3.5);
    for (lua, about) in [(LUA, "Lua that only sets the header"), (LUA_FULL, "Lua that does the same")] {
        if let (Some(limit), Some(got)) = (least(lua), least(CANARY)) {
            let about = format!("canary below {about}, minimum");
            goals.push(Goal { about, unit: "us", got, aim: limit, limit });
        }
    }
    goals
}

/// What a case adds to another one, in microseconds, and in empty Wasm filters of the same rounds: the limits come from a
/// machine where one costs [`EMPTY_FILTER`], and so the second figure tells on any machine what the first one tells on that.
fn above(results: &Results, group: Group, ours: &str, without: &str, aim: f64, limit: f64) -> Vec<Goal> {
    let least = |name| results.of(group)?.of(name).map(Measured::least);
    let (Some(case), Some(base)) = (least(ours), least(without)) else { return Vec::new() };
    let micros = case - base;
    let about = format!("{ours} above {without}, minimum");
    let mut goals = vec![Goal { about: about.clone(), unit: "us", got: micros, aim, limit }];
    if let (Some(empty), Some(none)) = (least(EMPTY), least(NONE)) {
        let (got, aim, limit) = (micros / (empty - none), aim / EMPTY_FILTER, limit / EMPTY_FILTER);
        goals.push(Goal { about, unit: "empty filters", got, aim, limit });
    }
    goals
}

/// How soon policies and revocations count, and that nobody suffers meanwhile.
fn of_changes(results: &Results) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut promise = |about: String, got: f64, limit: f64, lost: &BTreeMap<String, usize>, name: &str| {
        goals.push(Goal { about, unit: "ms", got, aim: limit, limit });
        let (about, got) = (format!("{name} requests lost"), lost.values().sum::<usize>() as f64);
        goals.push(Goal { about, unit: "", got, aim: 0.0, limit: 0.0 });
    };
    for way in &results.propagation {
        let about = format!("{} policy in force, p99", way.name);
        promise(about, percentile(&way.first, 99.0), 20.0, &way.lost, &way.name);
    }
    if let Some(Revocation { last_accepted, lost, .. }) = &results.revocation {
        let limit = (REFRESH + Duration::from_millis(50)).as_secs_f64() * 1e3;
        let about = "revocation in force in all workers, p99".to_owned();
        promise(about, percentile(last_accepted, 99.0), limit, lost, "revocation");
    }
    goals
}

/// Beside Envoy's own filters on the same machine in the same run; a limit of 0.9 of their throughput is 1.11 times theirs.
fn of_throughput(results: &Results) -> Vec<Goal> {
    let ratio = |place: usize, of, to, value| results.throughput.get(place)?.ratio(of, to, value);
    let per_second: fn(&Pace) -> &[f64] = |pace| &pace.per_second;
    let p99: fn(&Pace) -> &[f64] = |pace| &pace.p99;
    [
        ("local_ratelimit's throughput beside ours, one key", ratio(0, NATIVE, HOT, per_second), 1.0 / 0.9),
        ("ratelimit's throughput beside a lease of 100", ratio(1, NATIVE, LEASE, per_second), 0.2),
        ("p99 with a lease of 100 beside no limit", ratio(1, LEASE, NONE, p99), 1.2),
    ]
    .into_iter()
    .filter_map(|(about, got, limit)| {
        Some(Goal { about: about.to_owned(), unit: "times", got: got?, aim: limit, limit })
    })
    .collect()
}

fn of_memory(results: &Results) -> Option<Goal> {
    let [full, last] = results.memory.as_ref()?.after_full()?;
    let about = format!("memory that tokens {} to {} take", full.tokens, last.tokens);
    Some(Goal { about, unit: "MiB", got: last.mebibytes - full.mebibytes, aim: 4.0, limit: 4.0 })
}

/// What limits add to a request, and what all three filters add to one with a known token.
fn of_ratelimit(results: &Results) -> Vec<Goal> {
    [
        (UNKEYED, NONE, 2.5, 2.5),
        (KEYED, NONE, 2.5, 2.5),
        (CHAIN, BARE, 9.0, 12.0),
        (CHAIN_AS_TEXT, BARE, 9.0, 12.0),
    ]
    .into_iter()
    .flat_map(|(ours, without, aim, limit)| above(results, Group::RateLimit, ours, without, aim, limit))
    .collect()
}

/// Ratios to what Envoy's own filter adds to a request in the same run.
fn of_auth(results: &Results) -> Vec<Goal> {
    let least = |name| results.of(Group::Auth)?.of(name).map(Measured::least);
    let Some(none) = least(NONE) else { return Vec::new() };
    let added = |name| least(name).map(|micros| micros - none);
    [
        ("auth-rs256", "jwt-rs256", 1.0),
        ("auth-es256", "jwt-es256", 1.0),
        ("auth-eddsa", "jwt-eddsa", 1.0),
        ("auth-known", "jwt-known", 1.3),
        ("auth-signature", "auth-rs256", 1.2),
        ("auth-garbage", "auth-rs256", 0.3),
        ("auth-expired", "auth-rs256", 0.3),
    ]
    .into_iter()
    .filter_map(|(ours, other, limit)| {
        let got = added(ours)? / added(other)?;
        Some(Goal { about: format!("{ours} beside {other}, minimum"), unit: "times", got, aim: limit, limit })
    })
    .collect()
}

/// Microseconds that an empty Wasm filter adds to a request where the limits come from.
const EMPTY_FILTER: f64 = 1.25;
