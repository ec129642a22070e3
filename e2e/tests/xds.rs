//! Changes while Envoy serves: policies over ECDS and RDS.

use e2e::{Bootstrap, Load, Protocol, Request, Stack, Update, eventually};

use crate::settled::everybody_gets;

e2e::tests![
    a_new_policy_is_in_force_without_a_restart,
    a_bad_policy_under_load_keeps_the_old_one_and_loses_no_request,
    every_problem_of_a_refused_policy_is_logged_with_its_path,
    a_policy_of_a_route_changes_with_the_routes,
    many_updates_under_load_lose_no_request,
];

fn all(subset: &str) -> String {
    let weight = |name: &str| if name == subset { 10_000 } else { 0 };
    format!(
        "subsets: [{{ name: stable, weight: {} }}, {{ name: canary, weight: {} }}]\n",
        weight("stable"),
        weight("canary")
    )
}

async fn a_new_policy_is_in_force_without_a_restart() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(&all("stable"))).await;
    assert_eq!(stack.subset(Request::get("/")).await, "stable");
    let generation = stack.stats().await.of("sluice.canary.policy_generation", &[]);
    assert!(generation >= 1, "{generation}");
    assert_eq!(stack.update_policy(&all("canary")).await, Update::Accepted);
    everybody_gets(&stack, || Request::get("/"), "canary").await;
    let stats = stack.stats().await;
    assert!(stats.of("sluice.canary.policy_generation", &[]) > generation);
    assert_eq!(stats.of("sluice.canary.policy_refused", &[]), 0);
}

async fn a_bad_policy_under_load_keeps_the_old_one_and_loses_no_request() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(&all("canary"))).await;
    let load = Load { client: stack.client(Protocol::Http1), connections: 4, streams: 1 };
    let stream = load.stream(200, |_| Request::get("/")).await.expect("connections");
    for bad in [
        "subsets: [{ name: stable, weight: 12000 }]",
        "subsets: []",
        "{}",
        "subsets: [{ name: stable, weight: 10000 }]\nunknown: 1",
        "subsets: [{ name: a, weight: 5000 }, { name: a, weight: 5000 }]",
    ] {
        let seen = stream.begun();
        assert_eq!(stack.update_policy(bad).await, Update::Rejected, "{bad}");
        eventually("requests after it", async || stream.begun() > seen + 20).await;
        assert_eq!(stack.subset(Request::get("/")).await, "canary", "{bad}");
    }
    let refused = stack.stats().await.of("sluice.canary.policy_refused", &[("scope", "plugin")]);
    assert!(refused >= 5, "{refused}");
    assert_eq!(stack.update_policy(&all("stable")).await, Update::Accepted, "a good one goes through again");
    everybody_gets(&stack, || Request::get("/"), "stable").await;
    let tally = stream.stop().await;
    assert_eq!((tally.statuses.get(&200), tally.lost.len()), (Some(&tally.sent()), 0), "{tally:?}");
}

async fn every_problem_of_a_refused_policy_is_logged_with_its_path() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(&all("stable"))).await;
    let bad = "
subsets: [{ name: stable, weight: 12000 }, { name: canary, weight: -1 }]
sticky: [{ heder: x-user-id }]
rules: [{ name: r, when: { path: { regex: '(' } }, subset: nowhere }]
output: { header: 'no header' }
experimnt: typo
";
    assert_eq!(stack.update_policy(bad).await, Update::Rejected);
    for path in [
        "subsets[0].weight",
        "subsets[1].weight",
        "sticky[0]",
        "rules[0].when.path.regex",
        "rules[0].subset",
        "output.header",
        "experimnt",
    ] {
        stack.envoy.log_line(path).await;
    }
}

async fn a_policy_of_a_route_changes_with_the_routes() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(&all("stable"))).await;
    let both = |policy: String| {
        move |bootstrap: Bootstrap| {
            bootstrap.route_policy("checkout", &policy).route_policy("checkout-canary", &policy)
        }
    };
    assert_eq!(stack.update_routes(both(all("canary"))).await, Update::Accepted);
    everybody_gets(&stack, || Request::get("/checkout"), "canary").await;
    assert_eq!(stack.subset(Request::get("/")).await, "stable", "other routes keep theirs");
    assert_eq!(stack.update_routes(both(all("stable"))).await, Update::Accepted);
    everybody_gets(&stack, || Request::get("/checkout"), "stable").await;
}

async fn many_updates_under_load_lose_no_request() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(&all("stable"))).await;
    let load = Load { client: stack.client(Protocol::Http2), connections: 2, streams: 4 };
    let stream = load.stream(200, |_| Request::get("/")).await.expect("connections");
    for round in 0..20 {
        let subset = if round % 2 == 0 { "canary" } else { "stable" };
        assert_eq!(stack.update_policy(&all(subset)).await, Update::Accepted, "round {round}");
    }
    everybody_gets(&stack, || Request::get("/"), "stable").await;
    let tally = stream.stop().await;
    assert_eq!((tally.statuses.get(&200), tally.lost.len()), (Some(&tally.sent()), 0), "{tally:?}");
}
