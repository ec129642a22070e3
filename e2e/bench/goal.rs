//! What is promised, and whether it is kept.

use std::fmt;

use serde_json::{Value, json};

use crate::case::{CANARY, LUA, NONE};
use crate::results::{Results, percentile};

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
    let mut goals = Vec::new();
    let least = |name| results.cost.of(name).map(|measured| measured.least());
    if let (Some(none), Some(canary)) = (least(NONE), least(CANARY)) {
        let about = "canary above no filter, minimum".to_owned();
        goals.push(Goal { about, unit: "us", got: canary - none, aim: 2.5, limit: 3.5 });
    }
    if let (Some(lua), Some(canary)) = (least(LUA), least(CANARY)) {
        let about = "canary below Lua, minimum".to_owned();
        goals.push(Goal { about, unit: "us", got: canary, aim: lua, limit: lua });
    }
    for way in &results.propagation {
        let first = percentile(&way.first, 99.0);
        let about = format!("{} policy in force, p99", way.name);
        goals.push(Goal { about, unit: "ms", got: first, aim: 20.0, limit: 20.0 });
        let lost = way.lost.values().sum::<usize>() as f64;
        goals.push(Goal {
            about: format!("{} requests lost", way.name),
            unit: "",
            got: lost,
            aim: 0.0,
            limit: 0.0,
        });
    }
    goals
}
