//! Several limits at once: all that match are asked before anything is spent, and the longest wait answers.

use std::collections::BTreeMap;

use e2e::{Bootstrap, Load, Protocol, Request, eventually};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::PLANTED;

e2e::tests![
    what_one_refuses_costs_the_others_nothing,
    the_longest_wait_answers_and_names_all,
    a_refused_request_holds_no_place,
    a_lost_race_gives_back_what_it_took,
    limits_that_are_not_about_a_request_leave_it_alone,
];

fn from(user: &str, tenant: &str) -> Request {
    let request = Request::get("/").header("x-user-id", format!("{PLANTED}-{user}"));
    request.header("x-tenant", format!("{PLANTED}-{tenant}"))
}

const TWO: &str = "
limits:
  - { name: per-user, key: [{ header: x-user-id }], rate: { requests: 3, per: 1h } }
  - { name: per-tenant, key: [{ header: x-tenant }], rate: { requests: 1, per: 1h } }
";

async fn what_one_refuses_costs_the_others_nothing() {
    let gate = Gate::with(TWO).await;
    gate.admits("the first", from("ada", "acme")).await;
    for _ in 0..10 {
        gate.refuses("the tenant's is spent", "over_limit", from("ada", "acme")).await;
    }
    // Two are left for the user, whatever the tenant refused.
    gate.admits("the second", from("ada", "initech")).await;
    gate.admits("the third", from("ada", "hooli")).await;
    gate.refuses("the user's is spent", "over_limit", from("ada", "umbrella")).await;
    // And that one has cost its tenant nothing.
    gate.admits("another user", from("bob", "umbrella")).await;
    gate.end().await;
}

async fn the_longest_wait_answers_and_names_all() {
    let policy = "
limits:
  - { name: short, rate: { requests: 1, per: 1h } }
  - { name: long, rate: { requests: 1, per: 24h }, reply: { status: 420 } }
  - { name: room, rate: { requests: 10, per: 1h } }
";
    let gate = Gate::with(policy).await;
    gate.admits("the first", Request::get("/")).await;
    let answer = gate.refuses("the second", "over_limit", Request::get("/")).await;
    let wait: u64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
    assert!((86_400 - 60..=86_400).contains(&wait), "{wait}");
    assert_eq!(answer.status, 420);
    let problem: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!(problem["violated-policies"], json!(["short", "long"]));
    gate.end().await;
}

async fn a_refused_request_holds_no_place() {
    let policy = "
limits:
  - { name: flights, key: [{ header: x-tenant }], concurrency: { max: 1, lease: 87600h } }
  - { name: per-user, key: [{ header: x-user-id }], rate: { requests: 1, per: 87600h } }
";
    let gate = Gate::with(policy).await;
    gate.admits("the first", from("ada", "acme")).await;
    for _ in 0..10 {
        eventually("refused by the rate", async || {
            let answer = gate.stack.send(from("ada", "acme")).await;
            String::from_utf8_lossy(&answer.body).contains("over_limit")
        })
        .await;
    }
    for number in 0..10 {
        let user = format!("user-{number}");
        eventually("the place is free", async || gate.stack.send(from(&user, "acme")).await.status == 200)
            .await;
    }
    gate.recount().await;
    gate.end().await;
}

/// Workers meet on both limits; whoever gets the first and not the second returns it, so in the end both are used up.
async fn a_lost_race_gives_back_what_it_took() {
    let policy = "
limits:
  - { name: per-user, key: [{ header: x-user-id }], rate: { requests: 40, per: 87600h } }
  - { name: per-tenant, key: [{ header: x-tenant }], rate: { requests: 20, per: 87600h } }
";
    let gate = Gate::start(Bootstrap::ratelimit().policy(policy).workers(4)).await;
    let load = Load { client: gate.stack.client(Protocol::Http1), connections: 16, streams: 1 };
    for round in 0..20 {
        // Two tenants share one user's forty.
        let request = move |number: usize| {
            from(&round.to_string(), &format!("{round}-{}", number % 2)).header("x-upstream-report", "none")
        };
        let mut statuses = BTreeMap::new();
        let answered = |_, answer: e2e::Answer| *statuses.entry(answer.status).or_insert(0) += 1;
        load.run(100, request, answered).await.expect("answers");
        assert_eq!(statuses, [(200, 40), (429, 60)].into(), "round {round}");
    }
    gate.recount().await;
    gate.end().await;
}

async fn limits_that_are_not_about_a_request_leave_it_alone() {
    let policy = "
limits:
  - name: writes
    when: { all: [{ method: { in: [POST, PUT] } }, { not: { header: { name: x-internal, present: true } } }] }
    rate: { requests: 1, per: 1h }
";
    let gate = Gate::with(policy).await;
    let post = || Request::get("/").method("POST");
    gate.admits("the first", post()).await;
    gate.refuses("the second", "over_limit", post()).await;
    gate.refuses("PUT", "over_limit", Request::get("/").method("PUT")).await;
    for _ in 0..5 {
        gate.admits("a read", Request::get("/")).await;
        gate.admits("internal", post().header("x-internal", "1")).await;
    }
    gate.end().await;
}
