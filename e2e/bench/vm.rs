//! Memory for each VM: what one more worker takes with a filter, less what it takes without one.

use e2e::{Error, Key, Stack, artifact, parse_yaml};
use serde_json::json;

use crate::auth;
use crate::case::{Case, Filter, POLICY, empty};
use crate::cpu::Process;
use crate::listener;
use crate::load::Load;
use crate::ratelimit;

/// One filter, or all three.
#[derive(Debug)]
pub(crate) struct Vm {
    pub(crate) about: &'static str,
    /// MiB of an Envoy with one worker.
    pub(crate) one_worker: f64,
    /// MiB that another worker takes.
    pub(crate) worker: f64,
}

/// Starts an Envoy with few and one with many workers for each case, the one without a filter first.
pub(crate) async fn measure() -> Result<Vec<Vm>, Error> {
    println!("memory for each VM");
    let mut measured = Vec::new();
    for (about, filters) in cases()? {
        let case = Case::plain("vm", about, filters)?;
        let one_worker = resident(&case, 1).await?;
        let many = resident(&case, MANY).await?;
        measured.push(Vm { about, one_worker, worker: (many - one_worker) / f64::from(MANY - 1) });
    }
    Ok(measured)
}

async fn resident(case: &Case, workers: u32) -> Result<f64, Error> {
    let bootstrap = listener::bootstrap(std::slice::from_ref(case)).workers(workers);
    let stack = Stack::try_start(bootstrap).await.map_err(|e| e.to_string())?;
    let id = stack.envoy.process_id().ok_or("the bench needs Envoy as a process of this machine")?;
    Load::open(stack.envoy.addr(&case.name), &case.traffic).await?.run(REQUESTS).await?;
    Ok(Process::new(id).resident()? as f64 / f64::from(1 << 20))
}

fn cases() -> Result<Vec<(&'static str, Vec<Filter>)>, Error> {
    let set = json!({ "keys": [Key::p256("es256").jwk()] });
    // No token is asked for, but the keys are there.
    let open = json!({ "providers": [auth::provider(&set)], "rules": [{ "allow": "anyone" }] });
    let by_user = json!({
        "name": "per-user", "key": [{ "header": "x-user-id" }], "rate": ratelimit::rate(ratelimit::PLENTY),
    });
    let canary = Filter::wasm("sluice.canary", &artifact("canary.wasm")?, parse_yaml(POLICY)?);
    let auth = Filter::wasm("sluice.auth", &artifact("auth.wasm")?, open);
    let ratelimit = ratelimit::ours([by_user])?;
    Ok(vec![
        ("no filter", Vec::new()),
        ("an empty Wasm filter", vec![empty()?]),
        ("canary", vec![canary.clone()]),
        ("auth", vec![auth.clone()]),
        ("ratelimit", vec![ratelimit.clone()]),
        ("auth, ratelimit, canary", vec![auth, ratelimit, canary]),
    ])
}

/// So many that what differs from one start to the next is little beside them.
const MANY: u32 = 33;
/// So that all workers have had some.
const REQUESTS: usize = 2_000;
