//! Whether there is room: in a proxy that has seen this many of these requests at this very moment, and nothing else.

use super::answer::{Effect, Explanation, Line, Step};
use super::lists::{Conditions, note_missing};
use super::supply::Supply;
use crate::filter::Filter;
use crate::json::flow;
use crate::request::{Proxy, Request};
use crate::tree::{field, is_true, items, string, text, with, without};
use filter_api::{Decision, Mutation, Value};
use ratelimit_core::Policy;

/// Explains a policy that compiles.
///
/// * `after`: how many such requests came just before, and are still in flight.
///
/// # Errors
/// A body of a list that is none.
pub(super) fn explain(
    value: &Value,
    request: &Request,
    supply: &Supply,
    after: u32,
) -> Result<Explanation, String> {
    let conditions = Conditions::new(value, request, supply)?;
    let case = Case { value, request, supply, after, conditions };
    let limits = items(field(value, "limits"));
    let here = with(value, "limits", Value::List(limits.iter().filter_map(locally).collect()));
    let mut explanation = Explanation {
        filter: Filter::RateLimit,
        verdict: "admitted".to_owned(),
        reason: "there is room under every limit".to_owned(),
        facts: vec![("before", format!("{after} such requests, at the same moment, in one proxy"))],
        steps: limits.iter().map(|limit| case.step(limit)).collect(),
        effects: Vec::new(),
        undecided: Vec::new(),
        next: Some(request.clone()),
    };
    // Without a limit that counts here, there is nothing to decide.
    if !items(field(&here, "limits")).is_empty() {
        let (policy, decision, missing) = case.decide(&here)?;
        match decision {
            Decision::Continue(effects) => {
                explanation.next = Some(request.after(&effects));
                explanation.effects = Effect::all(&effects, policy.counters());
                if let Some(log) = effects.log {
                    explanation.reason = log;
                }
            }
            Decision::Reply(reply) => {
                explanation.next = None;
                explanation.verdict = "refused".to_owned();
                explanation.reason = reason(&reply.details);
                explanation.facts.push(("status", reply.status.to_string()));
                explanation.effects = Effect::of_reply(&reply, policy.counters());
            }
            Decision::Wait(_) | Decision::Call(_) => {
                explanation.next = None;
                explanation.verdict = "waits".to_owned();
            }
        }
        note_missing(&missing, &mut explanation);
    }
    for limit in limits.iter().filter(|limit| field(limit, "global").is_some()) {
        let name = text(limit, "name").unwrap_or_default();
        let shown = if locally(limit).is_some() { "shown is its `rate` in this proxy" } else { "left out" };
        explanation.undecided.push(format!("limit {name} asks a rate limit service; {shown}"));
    }
    Ok(explanation)
}

/// A limit as it counts when the service cannot be asked; `None` if it has nothing of its own.
fn locally(limit: &Value) -> Option<Value> {
    match field(limit, "global") {
        None => Some(limit.clone()),
        Some(_) => field(limit, "rate").map(|_| without(limit, &["global"])),
    }
}

struct Case<'c> {
    value: &'c Value,
    request: &'c Request,
    supply: &'c Supply,
    after: u32,
    conditions: Conditions<'c>,
}

type Decided = (Policy, Decision<'static>, Vec<(&'static str, String)>);

impl Case<'_> {
    /// The decision about the last of all these requests.
    fn decide(&self, value: &Value) -> Result<Decided, String> {
        let policy = Policy::compile(value).map_err(|error| error.to_string())?;
        let missing = self.supply.install(&policy.documents(), self.request.time)?;
        let proxy = Proxy::default();
        let mut in_flight = Vec::new();
        for _ in 0..self.after {
            in_flight.push(policy.decide(self.request, &proxy, false));
        }
        let decision = policy.decide(self.request, &proxy, false);
        Ok((policy, decision, missing))
    }

    fn step(&self, limit: &Value) -> Step {
        let name = text(limit, "name").unwrap_or_default().to_owned();
        let when = field(limit, "when");
        let mut lines = self.conditions.trace(when);
        if !when.is_none_or(|when| self.conditions.holds(when)) {
            return Step { name, outcome: "does not hold".to_owned(), lines };
        }
        let mut absent = false;
        for key in items(field(limit, "key")) {
            let found = self.conditions.key(key);
            absent |= found.is_none();
            let note = found.clone().or_else(|| Some("absent".to_owned()));
            lines.push(Line {
                depth: 0,
                text: format!("key {}", flow(key)),
                held: Some(found.is_some()),
                note,
            });
        }
        if absent {
            let missing = text(limit, "missing").unwrap_or("shared");
            lines.push(Line::new(0, format!("missing: {missing}"), Some(true)));
        }
        let control =
            ["rate", "rate_by", "concurrency"].iter().find_map(|name| Some((name, field(limit, name)?)));
        let outcome = match locally(limit).map(|limit| self.alone(&limit)) {
            None => "asks a service".to_owned(),
            Some(Err(error)) => error,
            Some(Ok((outcome, quota))) => {
                if let Some((name, control)) = control {
                    let text = format!("{name}: {}", flow(control));
                    lines.push(Line { depth: 0, text, held: Some(outcome == "admits"), note: quota });
                }
                outcome
            }
        };
        let dry = if is_true(limit, "dry_run") { ", but is a dry run" } else { "" };
        Step { name, outcome: format!("{outcome}{dry}"), lines }
    }

    /// What a limit would say if it were the only one, and what it would leave.
    fn alone(&self, limit: &Value) -> Result<(String, Option<String>), String> {
        let only = Value::List(vec![without(limit, &["dry_run"])]);
        let policy =
            with(&with(&without(self.value, &["dry_run"]), "limits", only), "headers", string("ietf"));
        Ok(match self.decide(&policy)?.1 {
            Decision::Continue(effects) => {
                let quota = effects.response.iter().find_map(|mutation| match mutation {
                    Mutation::Set(name, value) if name.eq_ignore_ascii_case("ratelimit") => Some(value),
                    _ => None,
                });
                let quota = quota.map(|value| String::from_utf8_lossy(value).into_owned());
                let outcome = if quota.is_some() { "admits" } else { "is skipped" };
                (outcome.to_owned(), quota)
            }
            Decision::Reply(reply) => {
                let quota = reply.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("ratelimit"));
                let quota = quota.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
                (format!("refuses: {}", reason(&reply.details)), quota)
            }
            Decision::Wait(_) | Decision::Call(_) => ("asks a service".to_owned(), None),
        })
    }
}

/// `sluice_ratelimit{over_limit}` -> `over_limit`.
fn reason(details: &str) -> String {
    let inside = details.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}'));
    inside.unwrap_or(details).to_owned()
}
