//! The draw: shares, boundaries, stickiness, growth, independence.

use std::collections::BTreeMap;

use e2e::{Bootstrap, Load, Protocol, Request, Stack, Update};

use serde_json::json;

use crate::bucket::{bucket, key_in};
use crate::settled::everybody_gets;

e2e::tests![
    shares_are_right_over_a_hundred_thousand_keys,
    a_boundary_belongs_to_the_next_subset,
    one_part_of_ten_thousand_is_one_bucket,
    a_key_keeps_its_subset_across_workers_update_and_restart,
    growing_a_subset_moves_the_added_share_and_nobody_out,
    experiments_are_independent_draws,
    the_first_sticky_key_that_is_present_decides,
    without_a_key_each_request_is_drawn_anew,
    the_unit_of_the_draw_is_bytes,
];

/// The shipped file with this policy, but without a line in the access log for each of so many requests.
fn quiet(bootstrap: Bootstrap, policy: &str) -> Bootstrap {
    bootstrap.policy(policy).connection_manager(|manager| manager["access_log"] = json!([]))
}

/// Each user once; what the answers' `x-sluice-subset` said.
async fn subsets(stack: &Stack, path: &'static str, users: usize) -> BTreeMap<usize, String> {
    let load = Load { client: stack.client(Protocol::Http2), connections: 8, streams: 16 };
    let mut found = BTreeMap::new();
    let request =
        move |user| Request::get(path).header("x-user-id", user_id(user)).header("x-upstream-report", "none");
    let seen = |user, answer: e2e::Answer| {
        let subset = answer.header("x-sluice-subset").expect("the response header of the policy");
        found.insert(user, subset);
    };
    load.run(users, request, seen).await.expect("every request is answered");
    assert_eq!(found.len(), users);
    found
}

fn user_id(number: usize) -> String {
    format!("user-{number}")
}

async fn shares_are_right_over_a_hundred_thousand_keys() {
    let policy = "
experiment: shares
subsets: [{ name: stable, weight: 8900 }, { name: canary, weight: 1000 }, { name: next, weight: 100 }]
sticky: [{ header: x-user-id }]
output: { response_header: x-sluice-subset }
";
    let bootstrap = quiet(Bootstrap::canary(), policy);
    let next = "{ name: next, match: { prefix: /, headers: [{ name: x-sluice-subset, string_match: { exact: next } }] }, route: { cluster: canary } }";
    let stack = Stack::start(bootstrap.route(next)).await;
    let users = 100_000;
    let found = subsets(&stack, "/", users).await;
    let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
    for subset in found.values() {
        *shares.entry(subset).or_default() += 100.0 / 100_000.0;
    }
    for (subset, want) in [("stable", 89.0), ("canary", 10.0), ("next", 1.0)] {
        let got = shares[subset];
        assert!((got - want).abs() <= 0.2, "{subset}: {got:.3} % instead of {want} %");
    }
    for (user, subset) in &found {
        let want = match bucket("shares", &user_id(*user)) {
            0..8900 => "stable",
            8900..9900 => "canary",
            _ => "next",
        };
        assert_eq!(subset, want, "user-{user}");
    }
    let stats = stack.stats().await;
    assert_eq!(stats.of("sluice.canary.decisions", &[("reason", "draw")]), 100_000);
    let sent_on = stack.v2.hits().await as usize;
    assert_eq!(sent_on, found.values().filter(|s| *s != "stable").count(), "routes follow the decision");
}

async fn a_boundary_belongs_to_the_next_subset() {
    let policy = "
experiment: boundary
subsets: [{ name: stable, weight: 9000 }, { name: canary, weight: 1000 }]
sticky: [{ header: x-user-id }]
";
    let stack = Stack::start(Bootstrap::canary().policy(policy)).await;
    for (bucket, want) in [
        (0, "stable"),
        (8998, "stable"),
        (8999, "stable"),
        (9000, "canary"),
        (9001, "canary"),
        (9999, "canary"),
    ] {
        let key = key_in("boundary", bucket);
        assert_eq!(stack.subset(Request::get("/").header("x-user-id", &key)).await, want, "{bucket}: {key}");
    }
}

async fn one_part_of_ten_thousand_is_one_bucket() {
    // No experiment: its name is empty then.
    let policy = "
subsets: [{ name: canary, weight: 1 }, { name: stable, weight: 9999 }]
sticky: [{ header: x-user-id }]
";
    let stack = Stack::start(Bootstrap::canary().policy(policy)).await;
    for (bucket, want) in [(0, "canary"), (1, "stable"), (2, "stable"), (9999, "stable")] {
        let key = key_in("", bucket);
        assert_eq!(stack.subset(Request::get("/").header("x-user-id", &key)).await, want, "{bucket}: {key}");
    }
}

const HALVES: &str = "
experiment: sticky
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }]
output: { response_header: x-sluice-subset }
";

async fn a_key_keeps_its_subset_across_workers_update_and_restart() {
    let mut stack = Stack::start(quiet(Bootstrap::canary_over_xds(), HALVES).workers(2)).await;
    let users = 500;
    let first = subsets(&stack, "/", users).await;
    // 32 connections of their own: the kernel spreads them over both workers.
    for round in 0..32 {
        for user in [0, 1, 2, 3] {
            let request = Request::get("/").header("x-user-id", user_id(user));
            assert_eq!(stack.subset(request).await, first[&user], "round {round}, user-{user}");
        }
    }
    let stats = stack.stats().await;
    for worker in ["worker_0", "worker_1"] {
        assert!(stats.ending(&format!(".{worker}.downstream_cx_total")) > 0, "{worker} served nothing");
    }
    let update = stack.update_policy(&HALVES.replace("output: {", "output: { baggage: true,")).await;
    assert_eq!(update, Update::Accepted);
    assert_eq!(subsets(&stack, "/", users).await, first, "after an update");
    stack.envoy.restart().await;
    assert_eq!(subsets(&stack, "/", users).await, first, "after a restart");
}

async fn growing_a_subset_moves_the_added_share_and_nobody_out() {
    let policy = |canary: u32| {
        format!(
            "
experiment: growth
subsets: [{{ name: stable, weight: {} }}, {{ name: canary, weight: {canary} }}]
sticky: [{{ header: x-user-id }}]
output: {{ response_header: x-sluice-subset }}
",
            10_000 - canary
        )
    };
    let users = 10_000;
    let mut stack = Stack::start(quiet(Bootstrap::canary_over_xds(), &policy(1000))).await;
    let before = subsets(&stack, "/", users).await;
    assert_eq!(stack.update_policy(&policy(2000)).await, Update::Accepted);
    let moved = key_in("growth", 8500);
    everybody_gets(&stack, || Request::get("/").header("x-user-id", &moved), "canary").await;
    let after = subsets(&stack, "/", users).await;
    let moved_out =
        before.iter().filter(|(user, subset)| *subset == "canary" && after[user] == "stable").count();
    let moved_in =
        before.iter().filter(|(user, subset)| *subset == "stable" && after[user] == "canary").count();
    assert_eq!(moved_out, 0);
    let added = (0..users).filter(|user| (8000..9000).contains(&bucket("growth", &user_id(*user)))).count();
    assert_eq!(moved_in, added, "exactly those in the added tenth");
    assert!((900..=1100).contains(&moved_in), "{moved_in} of 10000 is a tenth");
}

async fn experiments_are_independent_draws() {
    let other = HALVES.replace("experiment: sticky", "experiment: other");
    let bootstrap = quiet(Bootstrap::canary(), HALVES);
    let bootstrap = bootstrap.route_policy("checkout", &other).route_policy("checkout-canary", &other);
    let stack = Stack::start(bootstrap).await;
    let users = 10_000;
    let (one, two) = (subsets(&stack, "/", users).await, subsets(&stack, "/checkout", users).await);
    let both = one.iter().filter(|(user, subset)| *subset == "canary" && two[user] == "canary").count();
    // A quarter, if the one draw says nothing about the other; a half if they were the same.
    assert!((2300..=2700).contains(&both), "{both} of 10000 in both canaries");
}

async fn the_first_sticky_key_that_is_present_decides() {
    let policy = "
experiment: keys
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }, { cookie: sid }, { query: uid }, { path_segment: 2 }]
";
    let stack = Stack::start(Bootstrap::canary().policy(policy)).await;
    let (low, high) = (key_in("keys", 17), key_in("keys", 9983));
    let path = |segment: &str, uid: &str| format!("/tenants/{segment}?uid={uid}");
    for (name, request, want) in [
        (
            "header",
            Request::get(path(&low, &low)).header("x-user-id", &high).header("cookie", format!("sid={low}")),
            "canary",
        ),
        (
            "cookie",
            Request::get(path(&low, &low)).header("cookie", format!("a=b; sid={high}; c=d")),
            "canary",
        ),
        (
            "an empty header is none",
            Request::get(path(&low, &low)).header("x-user-id", "").header("cookie", format!("sid={high}")),
            "canary",
        ),
        ("query", Request::get(path(&low, &high)), "canary"),
        ("an empty parameter is none", Request::get(path(&high, "")), "canary"),
        ("path segment", Request::get(format!("/tenants/{high}/orders?x=y")), "canary"),
        ("header, the other side", Request::get(path(&high, &high)).header("x-user-id", &low), "stable"),
        (
            "cookie, the other side",
            Request::get(path(&high, &high)).header("cookie", format!("sid={low}")),
            "stable",
        ),
    ] {
        assert_eq!(stack.subset(request).await, want, "{name}");
    }
}

async fn without_a_key_each_request_is_drawn_anew() {
    let stack = Stack::start(Bootstrap::canary().policy(HALVES)).await;
    let load = Load { client: stack.client(Protocol::Http1), connections: 4, streams: 1 };
    let mut canary = 0;
    let seen = |_, answer: e2e::Answer| canary += usize::from(answer.report().version == "v2");
    load.run(400, |_| Request::get("/"), seen).await.expect("every request is answered");
    // Fair coins leave this range once in 10^22 runs.
    assert!((100..=300).contains(&canary), "{canary} of 400");
    assert_eq!(stack.stats().await.of("sluice.canary.decisions", &[("reason", "random")]), 400);
}

async fn the_unit_of_the_draw_is_bytes() {
    let stack = Stack::start(Bootstrap::canary().policy(HALVES)).await;
    // No case folding, no Unicode forms, no trimming inside: what is sent is what is hashed.
    for key in ["Ada", "ada", "a d a", "\u{e9}", "e\u{301}", &"x".repeat(16_000)] {
        let want = if bucket("sticky", key) < 5000 { "stable" } else { "canary" };
        let name: String = key.chars().take(20).collect();
        assert_eq!(stack.subset(Request::get("/").header("x-user-id", key)).await, want, "{name}");
    }
}
