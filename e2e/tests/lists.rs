//! Lists: in the policy, and over HTTP with all that can go wrong there.

use std::time::Instant;

use e2e::{Bootstrap, Load, Mode, Protocol, Request, Stack, eventually};
use serde_json::json;

use crate::settled::everybody_gets;

e2e::tests![
    a_hundred_thousand_entries_in_the_policy,
    a_fetched_list_is_text_or_json,
    a_changed_list_is_taken_up_and_a_withdrawn_entry_dropped,
    whatever_the_source_does_the_last_good_list_stays,
    a_source_that_is_down_at_the_start_is_found_later,
    an_unchanged_list_is_not_loaded_again,
    one_worker_fetches_for_all,
    a_million_entries_arrive_while_requests_are_served,
];

const FETCHED: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules: [{ name: listed, when: { list: { name: beta, key: { header: x-user-id } } }, subset: canary }]
lists: { beta: { http: { cluster: lists, authority: lists.internal, path: /beta-users, refresh: 1s, timeout: 500ms } } }
";

fn user(id: &str) -> Request {
    Request::get("/").header("x-user-id", id)
}

async fn eventually_listed(stack: &Stack, id: &str, listed: bool) {
    everybody_gets(stack, || user(id), if listed { "canary" } else { "stable" }).await;
}

async fn outcomes(stack: &Stack, outcome: &str) -> i128 {
    stack.stats().await.of("sluice.canary.list_fetches", &[("list", "beta"), ("outcome", outcome)])
}

async fn a_hundred_thousand_entries_in_the_policy() {
    let entries: Vec<String> = (0..100_000).map(|n| format!("user-{n}")).collect();
    let policy = json!({
        "subsets": [{ "name": "stable", "weight": 10000 }, { "name": "canary", "weight": 0 }],
        "rules": [{ "name": "listed", "when": { "list": { "name": "beta", "key": { "header": "x-user-id" } } }, "subset": "canary" }],
        "lists": { "beta": { "inline": entries } },
    });
    let stack = Stack::start(Bootstrap::canary().policy_value(policy)).await;
    for (id, want) in [
        ("user-0", "canary"),
        ("user-99999", "canary"),
        ("user-54321", "canary"),
        ("user-100000", "stable"),
        ("user-", "stable"),
        ("USER-0", "stable"),
    ] {
        assert_eq!(stack.subset(user(id)).await, want, "{id}");
    }
}

async fn a_fetched_list_is_text_or_json() {
    let stack = Stack::start(Bootstrap::canary().policy(FETCHED)).await;
    for (round, document) in [
        "# beta users\n\nada-0\r\n   \n#eve\nbob-0\n",
        "[\"ada-1\", \"bob-1\", \"with \\u0073pace\"]",
        "ada-2",
        "  [\n]  ",
        "bob-4\nada-4\nada-4\n",
    ]
    .into_iter()
    .enumerate()
    {
        stack.lists.serve(document).await;
        let ada = format!("ada-{round}");
        if document.contains(&ada) {
            eventually_listed(&stack, &ada, true).await;
        } else {
            eventually_listed(&stack, "ada-2", false).await;
        }
        assert_eq!(stack.subset(user("eve")).await, "stable", "{document}");
        let spaced = if round == 1 { "canary" } else { "stable" };
        assert_eq!(stack.subset(user("with space")).await, spaced, "{document}");
    }
    assert_eq!(stack.stats().await.of("sluice.canary.list_entries", &[]), 2, "the same entry twice is one");
}

async fn a_changed_list_is_taken_up_and_a_withdrawn_entry_dropped() {
    let stack = Stack::start(Bootstrap::canary().policy(FETCHED)).await;
    stack.lists.serve("ada\nbob\n").await;
    eventually_listed(&stack, "ada", true).await;
    stack.lists.serve("bob\neve\n").await;
    eventually_listed(&stack, "eve", true).await;
    eventually_listed(&stack, "ada", false).await;
    eventually_listed(&stack, "bob", true).await;
}

async fn whatever_the_source_does_the_last_good_list_stays() {
    let stack = Stack::start(Bootstrap::canary().policy(FETCHED)).await;
    stack.lists.serve("ada\n").await;
    eventually_listed(&stack, "ada", true).await;
    for mode in [Mode::Down, Mode::Error, Mode::Slow, Mode::Garbage, Mode::Huge] {
        let before = outcomes(&stack, "failed").await;
        stack.lists.switch(mode).await;
        eventually(&format!("a failed fetch while {mode:?}"), async || {
            outcomes(&stack, "failed").await > before
        })
        .await;
        for _ in 0..8 {
            assert_eq!(stack.subset(user("ada")).await, "canary", "{mode:?}");
        }
        let age = || async { stack.stats().await.of("sluice.canary.list_age_seconds", &[("list", "beta")]) };
        if mode == Mode::Down {
            eventually("the age to grow", async || age().await >= 2).await;
        }
        stack.lists.serve(format!("ada\nback-after-{mode:?}\n")).await;
        stack.lists.switch(Mode::Up).await;
        eventually_listed(&stack, &format!("back-after-{mode:?}"), true).await;
    }
}

async fn a_source_that_is_down_at_the_start_is_found_later() {
    let mut stack = Stack::start(Bootstrap::canary().policy(FETCHED)).await;
    stack.lists.serve("ada\n").await;
    stack.lists.switch(Mode::Down).await;
    stack.envoy.restart().await;
    eventually("a failed fetch", async || outcomes(&stack, "failed").await > 0).await;
    assert_eq!(stack.subset(user("ada")).await, "stable", "nobody is on a list that never came");
    stack.lists.switch(Mode::Up).await;
    eventually_listed(&stack, "ada", true).await;
}

async fn an_unchanged_list_is_not_loaded_again() {
    let stack = Stack::start(Bootstrap::canary().policy(FETCHED)).await;
    stack.lists.serve("ada\n").await;
    eventually_listed(&stack, "ada", true).await;
    let (updated, unchanged) = (outcomes(&stack, "updated").await, outcomes(&stack, "unchanged").await);
    eventually("two answers of 304", async || outcomes(&stack, "unchanged").await >= unchanged + 2).await;
    assert_eq!(outcomes(&stack, "updated").await, updated);
    let age = stack.stats().await.of("sluice.canary.list_age_seconds", &[("list", "beta")]);
    assert!(age <= 5, "304 renews the list: {age} s old");
}

async fn one_worker_fetches_for_all() {
    let stack = Stack::start(Bootstrap::canary().policy(FETCHED).workers(4)).await;
    stack.lists.serve("ada\n").await;
    eventually_listed(&stack, "ada", true).await;
    let (begun, before) = (Instant::now(), stack.lists.fetches().await);
    eventually("five more fetches", async || stack.lists.fetches().await >= before + 5).await;
    let (took, fetched) = (begun.elapsed(), stack.lists.fetches().await - before);
    // One a second; four workers (and the main thread) on their own would make five.
    let most = took.as_secs() + 3;
    assert!(fetched <= most, "{fetched} fetches in {took:?}");
}

async fn a_million_entries_arrive_while_requests_are_served() {
    let policy = FETCHED.replace("timeout: 500ms", "timeout: 5s");
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    let load = Load { client: stack.client(Protocol::Http1), connections: 2, streams: 1 };
    let stream = load.stream(100, |n| user(&format!("member-{n}"))).await.expect("connections");
    let mut document = String::with_capacity(16 << 20);
    for n in 0..1_000_000 {
        document.push_str(&format!("member-{n}\n"));
    }
    stack.lists.serve(document).await;
    let entries = async || stack.stats().await.of("sluice.canary.list_entries", &[("list", "beta")]);
    eventually("a million entries", async || entries().await == 1_000_000).await;
    eventually_listed(&stack, "member-999999", true).await;
    for (id, want) in [
        ("member-0", "canary"),
        ("member-500000", "canary"),
        ("member-1000000", "stable"),
        ("member", "stable"),
    ] {
        assert_eq!(stack.subset(user(id)).await, want, "{id}");
    }
    let tally = stream.stop().await;
    assert_eq!((tally.statuses.get(&200), tally.lost.len()), (Some(&tally.sent()), 0), "{tally:?}");
    assert!(tally.sent() >= 10, "requests went on meanwhile: {tally:?}");
}
