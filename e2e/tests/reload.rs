//! What happens when the VM does die: a test-only build of the filter traps on demand.

use std::collections::BTreeMap;

use e2e::{Bootstrap, Request, Stack, eventually};

use crate::bucket::bucket;

e2e::tests![
    a_trap_in_a_request_costs_that_request_and_a_new_vm_serves,
    a_trap_in_a_response_costs_that_request_and_a_new_vm_serves,
    a_trap_in_a_tick_is_healed_by_the_next_request,
    the_shipped_module_does_not_know_the_trap,
];

const POLICY: &str = "
experiment: reload
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }]
rules: [{ name: listed, when: { list: { name: beta, key: { header: x-user-id } } }, subset: canary }]
lists: { beta: { http: { cluster: lists, authority: lists.internal, path: /beta, refresh: 1s, timeout: 500ms } } }
";

async fn a_trap_in_a_request_costs_that_request_and_a_new_vm_serves() {
    heals("request", Some(503)).await;
}

async fn a_trap_in_a_response_costs_that_request_and_a_new_vm_serves() {
    heals("response", Some(503)).await;
}

async fn a_trap_in_a_tick_is_healed_by_the_next_request() {
    heals("tick", None).await;
}

/// Kills the only worker's VM and looks at what comes after. `status`: of the request that kills it, if it is hit.
async fn heals(place: &str, status: Option<u16>) {
    let stack =
        Stack::start(Bootstrap::canary().policy(POLICY).module("test/canary-trap.wasm").workers(1)).await;
    stack.lists.serve("listed\n").await;
    let user = |id: &str| Request::get("/").header("x-user-id", id);
    eventually("the list", async || stack.subset(user("listed")).await == "canary").await;
    let users: Vec<String> = (0..50).map(|n| format!("user-{n}")).collect();
    let want: BTreeMap<&String, &str> =
        users.iter().map(|id| (id, if bucket("reload", id) < 5000 { "stable" } else { "canary" })).collect();
    let before = stack.stats().await.ending(".vm_reload_success");

    let killer = stack.send(Request::get("/kill").header("x-sluice-trap", place)).await;
    if let Some(status) = status {
        assert_eq!(killer.status, status);
        let line = stack.envoy.log_line(r#""path":"/kill""#).await;
        assert!(line.contains("wasm_fail_stream"), "{line}");
    }
    // A second trap inside the backoff would answer 503; the first is healed by the next request. A tick comes when it
    // comes, so here the death itself is awaited, too.
    eventually("a new VM", async || {
        let answered = stack.send(user("ada")).await.status == 200;
        answered && stack.stats().await.ending(".vm_reload_success") == before + 1
    })
    .await;
    for (id, want) in want {
        assert_eq!(stack.subset(user(id)).await, want, "{id} as before");
    }
    eventually("the list in the new VM", async || stack.subset(user("listed")).await == "canary").await;
    assert_eq!(stack.stats().await.ending(".vm_reload_success"), before + 1, "and it stays alive");
}

async fn the_shipped_module_does_not_know_the_trap() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    for place in ["request", "response", "tick"] {
        let answer = stack.send(Request::get("/").header("x-sluice-trap", place)).await;
        assert_eq!(answer.status, 200, "{place}");
        assert!(answer.report().subset().is_some(), "{place}: decided");
    }
    assert_eq!(stack.stats().await.ending(".vm_reload_success"), 0);
    let module = std::fs::read(e2e::artifact("canary.wasm").expect("make build")).expect("the module");
    assert!(
        !module.windows(13).any(|bytes| bytes == b"x-sluice-trap"),
        "the name of the trap is in canary.wasm"
    );
}
