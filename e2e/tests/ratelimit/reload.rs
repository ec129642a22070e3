//! Counts outlive what made them: new policies, dead VMs; and what they do not outlive.

use e2e::{Bootstrap, Load, Protocol, Request, Stack, Update, eventually};

use super::gate::{Gate, alive};
use super::setting::user;

e2e::tests![
    a_new_policy_goes_on_counting,
    many_updates_under_load_admit_nobody_twice,
    a_bad_update_changes_nothing,
    a_dead_vm_takes_no_counts_along,
    a_new_envoy_begins_anew,
];

fn policy(more: &str) -> String {
    format!(
        "
limits:
  - {{ name: per-user, key: [{{ header: x-user-id }}], rate: {{ requests: 2, per: 87600h }} }}
{more}
"
    )
}

async fn a_new_policy_goes_on_counting() {
    let mut gate = Gate::start(Bootstrap::ratelimit_over_xds().policy(&policy(""))).await;
    gate.admits("the first", user("ada")).await;
    gate.admits("the second", user("ada")).await;
    gate.admits("the first of another", user("bob")).await;
    for (name, more) in [
        (
            "a limit more",
            "  - { name: other, key: [{ header: x-other }], missing: skip, rate: { requests: 1, per: 1s } }",
        ),
        ("fields", "headers: ietf"),
        ("back", ""),
    ] {
        assert_eq!(gate.stack.update_policy(&policy(more)).await, Update::Accepted, "{name}");
        gate.refuses(name, "over_limit", user("ada")).await;
    }
    gate.admits("the second of another", user("bob")).await;
    gate.refuses("the third of another", "over_limit", user("bob")).await;
    // Another limit by name counts from the beginning.
    let renamed = policy("").replace("per-user", "per-person");
    assert_eq!(gate.stack.update_policy(&renamed).await, Update::Accepted);
    eventually("the new limit", async || gate.stack.send(user("ada")).await.status == 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn many_updates_under_load_admit_nobody_twice() {
    let policy = |round: usize| {
        format!(
            "
limits:
  - {{ name: node, rate: {{ requests: 100, per: 87600h }} }}
  - {{ name: other, when: {{ path: {{ exact: /round-{round} }} }}, rate: {{ requests: 1, per: 1s }} }}
"
        )
    };
    let mut stack = Stack::start(Bootstrap::ratelimit_over_xds().policy(&policy(0))).await;
    let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let stream = load.stream(400, |_| Request::get("/")).await.expect("connections");
    for round in 1..=15 {
        assert_eq!(stack.update_policy(&policy(round)).await, Update::Accepted, "round {round}");
    }
    eventually("more than the limit has", async || stream.begun() > 200).await;
    let tally = stream.stop().await;
    assert!(tally.lost.is_empty(), "{tally:?}");
    assert_eq!(tally.statuses.get(&200), Some(&100), "{tally:?}");
    assert_eq!(tally.statuses.get(&429), Some(&(tally.sent() - 100)), "{tally:?}");
    assert_eq!(stack.v1.hits().await, 100);
    alive(&stack).await;
}

async fn a_bad_update_changes_nothing() {
    let mut gate = Gate::start(Bootstrap::ratelimit_over_xds().policy(&policy(""))).await;
    gate.admits("the first", user("ada")).await;
    gate.admits("the second", user("ada")).await;
    for bad in [
        "{}",
        "limits: []",
        "limits: [{ name: a, rate: { requests: 1, per: 1s }, misspelt: 1 }]",
        "limits: [{ name: a, rate: { requests: 1, per: 1s } }, { name: a, rate: { requests: 2, per: 1s } }]",
        "limits: [{ name: a, rate: { requests: -1, per: 1s } }]",
        "limits: [{ name: a, rate: { requests: 1, per: 0s } }]",
        "limits: [{ name: a, key: [], rate: { requests: 1, per: 1s } }]",
        "limits: [{ name: a }]",
        "limits: [{ name: a, global: { cluster: '', domain: d, descriptor: k }, rate: { requests: 1, per: 1s } }]",
        "limits: [{ name: a, global: { cluster: c, domain: d, descriptor: k, timeout: 0s }, rate: { requests: 1, per: 1s } }]",
    ] {
        assert_eq!(gate.stack.update_policy(bad).await, Update::Rejected, "{bad}");
        gate.refuses(bad, "over_limit", user("ada")).await;
    }
    gate.stack.envoy.log_line("misspelt").await;
    gate.admits("another one", user("bob")).await;
    gate.end().await;
}

async fn a_dead_vm_takes_no_counts_along() {
    let bootstrap = Bootstrap::ratelimit().policy(&policy("")).module("test/ratelimit-trap.wasm").workers(1);
    let stack = Stack::start(bootstrap).await;
    for status in [200, 200, 429] {
        assert_eq!(stack.send(user("ada")).await.status, status);
    }
    for round in 1..=3 {
        assert_eq!(stack.send(user("eve").header("x-sluice-trap", "request")).await.status, 503);
        eventually("a new VM", async || {
            let status = stack.send(user("ada")).await.status;
            // Dead, it answers 503; alive, it knows.
            assert!([429, 503].contains(&status), "round {round}: {status}");
            status == 429
        })
        .await;
    }
    assert!(stack.stats().await.ending(".vm_reload_success") >= 1);
    let module = std::fs::read(e2e::artifact("ratelimit.wasm").expect("make build")).expect("the module");
    assert!(!module.windows(13).any(|bytes| bytes == b"x-sluice-trap"), "the shipped module knows the trap");
}

async fn a_new_envoy_begins_anew() {
    let mut stack = Stack::start(Bootstrap::ratelimit().policy(&policy(""))).await;
    for _ in 0..2 {
        for status in [200, 200, 429] {
            assert_eq!(stack.send(user("ada")).await.status, status);
        }
        stack.envoy.restart().await;
    }
}
