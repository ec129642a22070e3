//! What the filter decides and does, request by request.

mod budgets;
mod dry_run;
mod explain;
mod inherit;
mod order;
mod output;
mod shares;
mod sticky;

use crate::Policy;
use filter_api::fake::FakeRequest;
use filter_api::{Effects, Mutation, Value};

/// A policy with these fields behind experiment and subsets: 8900 stable, 1000 canary, 100 next.
pub(crate) fn policy(fields: &str) -> Policy {
    let separator = if fields.is_empty() { "" } else { "," };
    compile(&format!(
        r#"{{"experiment": "checkout-2026-11", "subsets": [
            {{"name": "stable", "weight": 8900}}, {{"name": "canary", "weight": 1000}}, {{"name": "next", "weight": 100}}
        ]{separator} {fields}}}"#
    ))
}

pub(crate) fn compile(json: &str) -> Policy {
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    Policy::compile(&value).unwrap_or_else(|error| panic!("{error}"))
}

/// A decision in words: `canary: rule dyed`, `stable: draw 371`.
fn decided(policy: &Policy, request: &FakeRequest) -> String {
    let outcome = policy.decide(request);
    let mut words = format!("{}: {}", outcome.name, outcome.reason.as_str());
    for more in [outcome.rule.map(ToString::to_string), outcome.bucket.map(|bucket| bucket.to_string())] {
        words.extend(more.into_iter().flat_map(|word| [" ".to_owned(), word]));
    }
    words
}

/// The names of the counters that a request raises, without what all of them begin with.
fn counted(policy: &Policy, request: &FakeRequest) -> Vec<String> {
    let name = |place: u16| policy.counters()[usize::from(place)].as_str().replace("sluice.canary.", "");
    policy.apply(request).counters.iter().map(|counter| name(counter.0)).collect()
}

/// Changes of fields in words: `x-sluice-subset: canary`, `+ set-cookie: id=1`, `- baggage`.
fn changes(mutations: &[Mutation<'_>]) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let words = |mutation: &Mutation<'_>| match mutation {
        Mutation::Set(name, value) => format!("{name}: {}", text(value)),
        Mutation::Append(name, value) => format!("+ {name}: {}", text(value)),
        Mutation::Remove(name) => format!("- {name}"),
    };
    mutations.iter().map(words).collect()
}

/// How many host calls the effects on the request take.
fn host_calls(effects: &Effects<'_>) -> usize {
    let Effects { request, response: _, state, counters, log, held: None, ask: None } = effects else {
        panic!("canary holds and asks nothing")
    };
    [request.len(), state.len(), counters.len(), usize::from(log.is_some())].iter().sum()
}

fn user(id: &str) -> FakeRequest {
    FakeRequest::get("/").field("x-user-id", id)
}

/// Keys of the experiment `checkout-2026-11` by their buckets, found with python-xxhash.
const KEYS: [(u16, &str); 8] = [
    (0, "key-15186"),
    (1, "key-79"),
    (8899, "key-4333"),
    (8900, "key-13260"),
    (8901, "key-1020"),
    (9899, "key-33184"),
    (9900, "key-4316"),
    (9999, "key-3517"),
];
