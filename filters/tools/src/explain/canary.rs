//! Which subset, and why.

use super::answer::{Effect, Explanation, Line, Step};
use super::lists::{Conditions, note_missing};
use super::supply::Supply;
use crate::filter::Filter;
use crate::json::flow;
use crate::request::Request;
use crate::tree::{entries, field, is_true, items, map, string, text, with};
use canary_core::{Outcome, Policy, Reason};
use filter_api::{RequestHead as _, Value};

/// Explains a policy that compiles.
///
/// # Errors
/// A body of a list that is none.
pub(super) fn explain(value: &Value, request: &Request, supply: &Supply) -> Result<Explanation, String> {
    let policy = Policy::compile(value).map_err(|error| error.to_string())?;
    let missing = supply.install(&policy.documents(), request.time)?;
    let conditions = Conditions::new(value, request, supply)?;
    let (outcome, effects) = (policy.decide(request), policy.apply(request));
    let mut explanation = Explanation {
        filter: Filter::Canary,
        verdict: outcome.name.to_string(),
        reason: outcome.reason.as_str().to_owned(),
        facts: facts(value, &outcome, request, &conditions),
        steps: steps(value, &outcome, &conditions),
        effects: Effect::all(&effects, policy.counters()),
        undecided: Vec::new(),
        next: Some(request.after(&effects)),
    };
    if outcome.reason == Reason::Random || outcome.fresh_id.is_some() {
        explanation
            .undecided
            .push("the request has no key: the proxy makes up a random id, here it is 0".to_owned());
    }
    if is_true(value, "dry_run") {
        explanation.verdict = format!("would be {}", explanation.verdict);
        explanation.facts.push(("dry run", "nothing is changed".to_owned()));
    }
    note_missing(&missing, &mut explanation);
    Ok(explanation)
}

fn facts(
    value: &Value,
    outcome: &Outcome<'_>,
    request: &Request,
    conditions: &Conditions<'_>,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let Some(bucket) = outcome.bucket else { return facts };
    let sticky = items(field(value, "sticky"));
    let key = sticky.iter().find_map(|key| Some((flow(key), conditions.key(key)?)));
    let cookie = || {
        let name = text(field(value, "sticky_cookie")?, "name")?;
        let key = map([("cookie", string(name))]);
        Some((flow(&key), conditions.key(&key)?))
    };
    match key.or_else(cookie) {
        Some((key, found)) => facts.push(("key", format!("{key} is {found}"))),
        None => facts.push(("key", "none; drawn by a random id".to_owned())),
    }
    facts.push(("experiment", text(value, "experiment").unwrap_or("none").to_owned()));
    facts.push(("bucket", format!("{bucket} of 10000")));
    let rule = outcome.rule.and_then(|name| rule(value, name.as_str()));
    let (weights, of) = match rule.and_then(|rule| field(rule, "weights")) {
        Some(weights) => (laid_out(value, weights), "of the rule".to_owned()),
        None => match step_of_ramp(value, request) {
            Some((place, weights)) => (laid_out(value, weights), format!("of step {place} of the ramp")),
            None => (laid_out(value, &own(value)), "of the subsets".to_owned()),
        },
    };
    facts.push(("weights", format!("{weights} ({of})")));
    facts
}

fn rule<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    items(field(value, "rules")).iter().find(|rule| text(rule, "name") == Some(name))
}

/// The weights of `subsets:` as a mapping.
fn own(value: &Value) -> Value {
    let weight = |subset: &Value| Some((text(subset, "name")?.to_owned(), field(subset, "weight")?.clone()));
    Value::Map(items(field(value, "subsets")).iter().filter_map(weight).collect())
}

/// Who has which buckets: `stable 0-9499, canary 9500-9999`.
fn laid_out(value: &Value, weights: &Value) -> String {
    let mut begin = 0.0;
    let mut ranges = Vec::new();
    for subset in items(field(value, "subsets")) {
        let Some(name) = text(subset, "name") else { continue };
        let Some(Value::Number(weight)) = field(weights, name) else { continue };
        if *weight > 0.0 {
            ranges.push(format!("{name} {begin}-{}", begin + weight - 1.0));
        }
        begin += weight;
    }
    ranges.join(", ")
}

/// The step that is in force, counted from 1, by the code that asks the clock: the same ramp, whose steps are told apart by
/// one subset each.
fn step_of_ramp<'v>(value: &'v Value, request: &Request) -> Option<(usize, &'v Value)> {
    let ramp = field(value, "ramp")?;
    let steps = items(field(ramp, "steps"));
    let name = |place: usize| format!("step-{place}");
    let whole = Value::Number(10_000.0);
    let marked = steps.iter().enumerate().map(|(place, step)| {
        let only = Value::Map(vec![(name(place.saturating_add(1)), whole.clone())]);
        with(step, "weights", only)
    });
    let mut subsets = vec![map([("name", string(name(0))), ("weight", whole.clone())])];
    subsets.extend(
        (1..=steps.len()).map(|place| map([("name", string(name(place))), ("weight", Value::Number(0.0))])),
    );
    let marked = with(ramp, "steps", Value::List(marked.collect()));
    // There may be more steps than a policy has subsets: then nobody can tell.
    let probe = Policy::compile(&map([("subsets", Value::List(subsets)), ("ramp", marked)])).ok()?;
    let outcome = probe.decide(&Request::at(request.time()));
    let place: usize = outcome.name.as_str().strip_prefix("step-")?.parse().ok()?;
    Some((place, field(steps.get(place.checked_sub(1)?)?, "weights")?))
}

fn steps(value: &Value, outcome: &Outcome<'_>, conditions: &Conditions<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut open = outcome.reason != Reason::Inherited;
    if field(value, "inherit").is_some() {
        let outcome = if open { "nothing to take over" } else { "decides" };
        steps.push(Step { name: "inherit".to_owned(), outcome: outcome.to_owned(), lines: Vec::new() });
    }
    for rule in items(field(value, "rules")) {
        let name = text(rule, "name").unwrap_or_default().to_owned();
        let when = field(rule, "when");
        if !open {
            steps.push(Step { name, outcome: "not reached".to_owned(), lines: Vec::new() });
            continue;
        }
        let held = when.is_some_and(|when| conditions.holds(when));
        let dry = is_true(rule, "dry_run");
        let mut lines: Vec<Line> = conditions.trace(when);
        let to = match text(rule, "subset") {
            Some(subset) => subset.to_owned(),
            None => entries(field(rule, "weights"))
                .iter()
                .map(|(name, _)| name.as_str())
                .collect::<Vec<_>>()
                .join(" or "),
        };
        lines.push(Line::new(0, format!("to {to}"), held.then_some(!dry)));
        let outcome = match (held, dry) {
            (false, _) => "does not hold",
            (true, true) => "holds, but is a dry run",
            (true, false) => "decides",
        };
        open = !held || dry;
        steps.push(Step { name, outcome: outcome.to_owned(), lines });
    }
    steps
}
