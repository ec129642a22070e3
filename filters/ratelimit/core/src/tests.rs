//! What the filter decides and does, request by request.

mod beside;
mod budgets;
mod dry_run;
mod explain;
mod keys;
mod leases;
mod places;
mod plans;
mod races;
mod rates;
mod replies;
mod services;
mod several;
mod told;

use crate::Policy;
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, Effects, Mutation, Reply, Value};

pub(crate) fn compile(json: &str) -> Policy {
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    Policy::compile(&value).unwrap_or_else(|error| panic!("{error}"))
}

/// A policy with these limits.
fn limits(limits: &str) -> Policy {
    compile(&format!(r#"{{"limits": [{limits}]}}"#))
}

/// A request of a user; all others come from nobody.
fn user(id: &str) -> FakeRequest {
    FakeRequest::get("/").field("x-user-id", id)
}

/// A decision in words: `pass`, `429 over_limit`.
fn verdict(decision: &Decision<'_>) -> String {
    match decision {
        Decision::Continue(_) => "pass".to_owned(),
        Decision::Reply(Reply { status, details, .. }) => {
            let reason = details.trim_start_matches("sluice_ratelimit{").trim_end_matches('}');
            format!("{status} {reason}")
        }
        other => panic!("{other:?}"),
    }
}

/// Decides, and says it in words.
fn decide(policy: &Policy, request: &FakeRequest, proxy: &FakeProxy) -> String {
    verdict(&policy.decide(request, proxy, true))
}

/// How many of `count` such requests pass at this moment.
fn passing(policy: &Policy, request: &FakeRequest, proxy: &FakeProxy, count: usize) -> usize {
    (0..count).filter(|_| decide(policy, request, proxy) == "pass").count()
}

fn effects(decision: Decision<'static>) -> Effects<'static> {
    match decision {
        Decision::Continue(effects) => effects,
        other => panic!("{other:?}"),
    }
}

/// Fields of the answer, whoever gives it: `ratelimit: "node";r=1;t=1`.
fn fields(decision: &Decision<'_>) -> Vec<String> {
    let text = |name: &str, value: &[u8]| format!("{name}: {}", String::from_utf8_lossy(value));
    match decision {
        Decision::Continue(effects) => effects
            .response
            .iter()
            .map(|mutation| match mutation {
                Mutation::Set(name, value) => text(name, value),
                other => panic!("{other:?}"),
            })
            .collect(),
        Decision::Reply(reply) => reply.fields.iter().map(|(name, value)| text(name, value)).collect(),
        other => panic!("{other:?}"),
    }
}

/// The counters that a decision raises, without what all of them begin with.
fn counted(policy: &Policy, decision: &Decision<'_>) -> Vec<String> {
    let counters = match decision {
        Decision::Continue(effects) => &effects.counters,
        Decision::Reply(reply) => &reply.counters,
        other => panic!("{other:?}"),
    };
    let name = |place: u16| policy.counters()[usize::from(place)].as_str().replace("sluice.ratelimit.", "");
    counters.iter().map(|counter| name(counter.0)).collect()
}

/// Numbers that look arbitrary and are the same on every machine (MMIX's generator, its upper half).
pub(crate) struct Arbitrary(u64);

impl Arbitrary {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32).checked_rem(limit).unwrap()
    }
}
