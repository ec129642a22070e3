//! The VM dies (threats V01 to V07): whatever dies where, nobody gets through unproven. A test build of the filter traps on
//! demand.

use std::time::{Duration, Instant};

use e2e::{Bootstrap, Mode, Protocol, Request, Stack, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use super::setting::{Issuer, JWKS, bearer, draft, fetched};

e2e::tests![
    a_trap_in_each_callback_lets_nobody_through,
    requests_that_wait_on_a_dead_vm_are_answered,
    another_worker_fetches_when_the_first_dies,
    the_shipped_module_does_not_know_the_trap,
];

const TRAP: &str = "test/auth-trap.wasm";

/// A stack whose keys are fetched often, so that ticks and answers come.
async fn stack(issuer: &Issuer, workers: u32) -> Stack {
    let bootstrap = Bootstrap::auth().policy(&fetched("200ms", "")).module(TRAP).workers(workers);
    let stack = Stack::start(bootstrap.connection_manager(|m| m["stream_idle_timeout"] = json!("3s"))).await;
    stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
    eventually("keys", async || stack.send(issuer.good()).await.status == 200).await;
    stack
}

async fn reloads(stack: &Stack) -> i128 {
    stack.stats().await.ending(".vm_reload_success")
}

async fn a_trap_in_each_callback_lets_nobody_through() {
    let issuer = Issuer::new();
    for place in ["request", "tick", "callout"] {
        let stack = stack(&issuer, 1).await;
        let stranger = bearer(&draft().sign(&e2e::Key::p256("es")));
        // A good request may reach its upstream and still be answered 503, if the VM dies before the answer is there; so
        // those that nobody may let in go to an upstream of their own.
        let unproven = |request: Request| request.header("x-sluice-subset", "canary");
        let before = stack.v2.hits().await;
        for round in 0..3 {
            let deaths = reloads(&stack).await;
            let trap = Request::get("/orders").header("x-sluice-trap", place);
            let status = if round % 2 == 1 {
                // A good token does not help a request that dies.
                stack.send(trap.header("authorization", format!("Bearer {}", issuer.token()))).await.status
            } else {
                stack.send(unproven(trap)).await.status
            };
            if place == "request" {
                assert_eq!(status, 503, "{place}, round {round}");
            }
            // While it is dead, while it comes back, and after that.
            let begun = Instant::now();
            loop {
                for request in [Request::get("/orders"), stranger.clone(), bearer("a.b.c")] {
                    let status = stack.send(unproven(request)).await.status;
                    assert!([401, 503].contains(&status), "{place}, round {round}: {status}");
                }
                let served = stack.send(issuer.good()).await.status == 200;
                if served && reloads(&stack).await > deaths {
                    break;
                }
                assert!(begun.elapsed() < Duration::from_secs(20), "{place}, round {round}: no new VM");
            }
        }
        assert_eq!(stack.v2.hits().await, before, "{place}: nobody got through unproven");
        let proven = stack.send(unproven(issuer.good())).await.status;
        assert_eq!((proven, stack.v2.hits().await), (200, before + 1), "{place}: that way leads there");
    }
}

async fn requests_that_wait_on_a_dead_vm_are_answered() {
    let issuer = Issuer::new();
    for place in ["request", "callout"] {
        let mut stack = stack(&issuer, 1).await;
        let keys = stack.lists.at(JWKS);
        // Everybody waits for an answer that does not come; that it does not come is an answer, too, to the filter.
        keys.switch(Mode::Slow).await;
        stack.envoy.restart().await;
        let before = stack.v1.hits().await;
        // Fetches come and fail about once a second: some wave waits when the one comes that kills.
        let mut slowest = Duration::ZERO;
        for _ in 0..10 {
            slowest = slowest.max(wave(&stack, &issuer, place).await);
            if slowest > Duration::from_secs(2) {
                break;
            }
        }
        // Those on the dead VM are answered when `stream_idle_timeout` runs out, here after three seconds.
        let range = Duration::from_secs(2)..Duration::from_secs(6);
        assert!(range.contains(&slowest), "{place}: answered after {slowest:?}");
        assert_eq!(stack.v1.hits().await, before, "{place}: nobody was let through");
        keys.switch(Mode::Up).await;
        eventually("a new VM", async || stack.send(issuer.good()).await.status == 200).await;
        assert!(reloads(&stack).await > 0, "{place}: it had died");
        assert_eq!(stack.send(Request::get("/orders")).await.status, 401, "{place}");
        let none = async || stack.stats().await.value("http.http.downstream_rq_active") == 0;
        eventually("no stream left", none).await;
    }
}

/// Sends requests that have to wait, and a trap among or behind them; how long the slowest answer took.
async fn wave(stack: &Stack, issuer: &Issuer, place: &'static str) -> Duration {
    let mut waiting = JoinSet::new();
    for n in 0..30 {
        let client = stack.client(Protocol::Http1);
        let trapped = n == 0 && place == "callout";
        let request = if trapped { issuer.good().header("x-sluice-trap", place) } else { issuer.good() };
        waiting.spawn(async move {
            let begun = Instant::now();
            (client.send(request).await.status, begun.elapsed())
        });
    }
    if place == "request" {
        let waits = async || stack.stats().await.value("http.http.downstream_rq_active") >= 10;
        eventually("requests that wait", waits).await;
        let status = stack.send(Request::get("/orders").header("x-sluice-trap", place)).await.status;
        assert_eq!(status, 503);
    }
    let mut slowest = Duration::ZERO;
    while let Some(answer) = waiting.join_next().await {
        let (status, took) = answer.expect("an answer");
        assert!([503, 504, 408].contains(&status), "{place}: {status}");
        slowest = slowest.max(took);
    }
    slowest
}

async fn another_worker_fetches_when_the_first_dies() {
    let issuer = Issuer::new();
    let stack = stack(&issuer, 2).await;
    let keys = stack.lists.at(JWKS);
    for _ in 0..3 {
        stack.send(Request::get("/orders").header("x-sluice-trap", "callout")).await;
        let new = e2e::Key::p256(&format!("k{}", keys.fetches().await));
        keys.serve(super::setting::set(&[&issuer.es, &new]).to_string()).await;
        let token = bearer(&draft().sign(&new));
        super::memory::everybody(&stack, &token, 200).await;
        assert_eq!(stack.send(Request::get("/orders")).await.status, 401);
    }
}

async fn the_shipped_module_does_not_know_the_trap() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    for place in ["request", "response", "tick", "callout"] {
        gate.allows(place, issuer.good().header("x-sluice-trap", place)).await;
        gate.refuses(place, "no_token", Request::get("/orders").header("x-sluice-trap", place)).await;
    }
    let module = std::fs::read(e2e::artifact("auth.wasm").expect("make build")).expect("the module");
    assert!(
        !module.windows(13).any(|bytes| bytes == b"x-sluice-trap"),
        "the name of the trap is in auth.wasm"
    );
    gate.end().await;
}
