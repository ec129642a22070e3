//! Routes: the filter off, a policy of their own, a bad one; and dry runs.

use e2e::{Bootstrap, Request, Update, eventually};

use super::gate::Gate;
use super::setting::{PLANTED, user};

e2e::tests![
    a_route_can_switch_it_off,
    a_policy_of_the_route_replaces_and_counts_apart,
    a_bad_policy_of_a_route_leaves_the_plugin_wide_one,
    a_dry_run_refuses_nobody_and_says_what_it_would,
    one_limit_may_be_a_dry_run,
];

const ONE: &str = "
limits: [{ name: wide, key: [{ header: x-user-id }], rate: { requests: 1, per: 87600h } }]
";

async fn a_route_can_switch_it_off() {
    let gate = Gate::with("limits: [{ name: none, rate: { requests: 0, per: 1s } }]").await;
    gate.refuses("on", "over_limit", Request::get("/")).await;
    for _ in 0..10 {
        gate.admits("off", Request::get("/off")).await;
    }
    assert_eq!(gate.counted("requests", &[]).await, 1);
    gate.end().await;
}

fn of(path: &str) -> Request {
    Request::get(path).header("x-user-id", format!("{PLANTED}-ada"))
}

async fn a_policy_of_the_route_replaces_and_counts_apart() {
    let route = |name: &str| {
        format!("{{ name: {name}, match: {{ prefix: /{name} }}, route: {{ cluster: stable }} }}")
    };
    // The very same policy on two routes and plugin-wide: three sets of counts.
    let bootstrap =
        Bootstrap::ratelimit().policy(ONE).route(&route("one")).route(&route("two")).route(&route("three"));
    let other = "
limits: [{ name: own, key: [{ header: x-user-id }], rate: { requests: 3, per: 87600h }, reply: { status: 503 } }]
headers: x-ratelimit
";
    let bootstrap = bootstrap.route_policy("one", ONE).route_policy("two", ONE).route_policy("three", other);
    let gate = Gate::start(bootstrap).await;
    for path in ["/", "/one", "/two"] {
        let answer = gate.admits(path, of(path)).await;
        assert_eq!(answer.header("x-ratelimit-limit"), None, "{path}: nothing is merged");
        gate.refuses(path, "over_limit", of(path)).await;
    }
    for left in [2, 1, 0] {
        let answer = gate.admits("/three", of("/three")).await;
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string()));
    }
    assert_eq!(gate.refuses("/three", "over_limit", of("/three")).await.status, 503);
    for path in ["/", "/one", "/two"] {
        gate.refuses("still", "over_limit", of(path)).await;
    }
    gate.end().await;
}

async fn a_bad_policy_of_a_route_leaves_the_plugin_wide_one() {
    let bad = "limits: [{ name: own, rate: { requests: -1, per: 1s }, kee: [] }]";
    let gate = Gate::start(Bootstrap::ratelimit().policy(ONE).route_policy("all", bad)).await;
    gate.admits("the first", user("ada")).await;
    gate.refuses("the second", "over_limit", user("ada")).await;
    assert!(gate.counted("policy_refused", &[("scope", "route")]).await >= 1);
    gate.stack.envoy.log_line("limits[0].kee").await;
    gate.end().await;
}

async fn a_dry_run_refuses_nobody_and_says_what_it_would() {
    let policy = format!(
        "{ONE}  
dry_run: true
headers: both
"
    );
    let gate = Gate::with(&policy).await;
    for number in 0..5 {
        let answer = gate.admits(&format!("request {number}"), user("ada")).await;
        for name in ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "retry-after"] {
            assert_eq!(answer.header(name), None, "nobody is told of it");
        }
    }
    let outcome = async |outcome| gate.counted("requests", &[("limit", "wide"), ("outcome", outcome)]).await;
    assert_eq!((outcome("admitted").await, outcome("would_refuse").await), (1, 4));
    assert_eq!(outcome("refused").await, 0);
    gate.stack.envoy.log_line("dry run: wide would refuse (over_limit)").await;
    gate.end().await;
}

async fn one_limit_may_be_a_dry_run() {
    let policy = "
limits:
  - { name: strict, key: [{ header: x-user-id }], rate: { requests: 1, per: 87600h }, dry_run: true }
  - { name: flights, key: [{ header: x-user-id }], concurrency: { max: 0 }, dry_run: true }
  - { name: real, key: [{ header: x-user-id }], rate: { requests: 3, per: 87600h } }
headers: ietf
";
    let mut gate = Gate::start(Bootstrap::ratelimit_over_xds().policy(policy)).await;
    for _ in 0..3 {
        let answer = gate.admits("under the real one", user("ada")).await;
        let fields = format!("{:?}{:?}", answer.header("ratelimit"), answer.header("ratelimit-policy"));
        assert!(!fields.contains("strict") && fields.contains("real"), "{fields}");
    }
    gate.refuses("the real one", "over_limit", user("ada")).await;
    let would =
        async |limit| gate.counted("requests", &[("limit", limit), ("outcome", "would_refuse")]).await;
    assert_eq!((would("strict").await, would("flights").await, would("real").await), (2, 3, 0));
    // What the dry run has counted is in force the moment it is none.
    let update =
        gate.stack.update_policy(&policy.replace(", dry_run: true", "").replace("max: 0", "max: 9")).await;
    assert_eq!(update, Update::Accepted);
    eventually("the new policy", async || {
        let answer = gate.stack.send(user("ada")).await;
        String::from_utf8_lossy(&answer.body).contains("strict")
    })
    .await;
    gate.end().await;
}
