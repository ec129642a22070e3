//! Routes: the filter off, a policy of their own, a bad one.

use e2e::{Bootstrap, Request, Stack};
use serde_json::json;

e2e::tests![
    a_route_can_switch_the_filter_off,
    a_disabled_filter_can_be_switched_on_for_a_route,
    a_policy_of_the_route_replaces_the_plugin_wide_one,
    a_bad_policy_of_a_route_leaves_the_plugin_wide_one_in_force,
    a_spoofed_header_changes_nothing_when_sibling_routes_agree,
    many_route_policies_live_side_by_side,
    a_policy_as_text_is_the_same_policy,
];

const ALL_CANARY: &str = "
subsets: [{ name: stable, weight: 0 }, { name: canary, weight: 10000 }]
output: { header: x-sluice-subset, response_header: x-sluice-subset }
";
const ALL_STABLE: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
output: { header: x-sluice-subset, response_header: x-sluice-subset }
";

async fn a_route_can_switch_the_filter_off() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_CANARY)).await;
    let answer = stack.send(Request::get("/assets/logo.svg")).await;
    assert_eq!(answer.lines("x-sluice-subset"), [""; 0]);
    let report = answer.report();
    assert_eq!((report.subset(), report.version.as_str()), (None, "v1"));
    assert_eq!(stack.stats().await.of("sluice.canary.decisions", &[]), 0);
    assert_eq!(stack.subset(Request::get("/")).await, "canary", "and on elsewhere");
}

async fn a_disabled_filter_can_be_switched_on_for_a_route() {
    let on = "
name: switched-on
match: { prefix: /on }
route: { cluster: stable }
typed_per_filter_config:
  sluice.canary: { '@type': type.googleapis.com/envoy.config.route.v3.FilterConfig, config: {} }
";
    let bootstrap = Bootstrap::canary().policy(ALL_CANARY).route(on);
    let bootstrap =
        bootstrap.connection_manager(|manager| manager["http_filters"][0]["disabled"] = json!(true));
    let stack = Stack::start(bootstrap).await;
    assert_eq!(stack.send(Request::get("/")).await.report().subset(), None);
    assert_eq!(stack.subset(Request::get("/on")).await, "canary");
}

async fn a_policy_of_the_route_replaces_the_plugin_wide_one() {
    // Nothing is merged: the plugin-wide rule does not reach here, nor does its output.
    let wide = format!(
        "{ALL_STABLE}rules: [{{ name: dyed, when: {{ header: {{ name: x-env, exact: canary }} }}, subset: stable }}]\n"
    );
    let own = "
subsets: [{ name: stable, weight: 0 }, { name: canary, weight: 10000 }]
output: { header: x-sluice-subset }
";
    let bootstrap =
        Bootstrap::canary().policy(&wide).route_policy("checkout", own).route_policy("checkout-canary", own);
    let stack = Stack::start(bootstrap).await;
    let dyed = |path: &str| Request::get(path).header("x-env", "canary");
    let answer = stack.send(dyed("/checkout/pay")).await;
    let report = answer.report();
    assert_eq!((report.subset(), report.version.as_str()), (Some("canary"), "v2"));
    assert_eq!(answer.lines("x-sluice-subset"), [""; 0], "the route's policy names no response header");
    let answer = stack.send(dyed("/")).await;
    assert_eq!(
        (answer.report().subset(), answer.lines("x-sluice-subset")),
        (Some("stable"), vec!["stable".to_owned()])
    );
    let stats = stack.stats().await;
    assert_eq!(stats.of("sluice.canary.decisions", &[("subset", "canary"), ("reason", "random")]), 1);
    assert_eq!(stats.of("sluice.canary.decisions", &[("subset", "stable"), ("rule", "dyed")]), 1);
}

async fn a_bad_policy_of_a_route_leaves_the_plugin_wide_one_in_force() {
    let bad = "
subsets: [{ name: stable, weight: 12000 }]
stiky: [{ header: x-user-id }]
";
    let bootstrap = Bootstrap::canary()
        .policy(ALL_CANARY)
        .route_policy("checkout", bad)
        .route_policy("checkout-canary", bad);
    let stack = Stack::start(bootstrap).await;
    for _ in 0..20 {
        assert_eq!(stack.subset(Request::get("/checkout")).await, "canary");
    }
    let stats = stack.stats().await;
    assert!(stats.of("sluice.canary.policy_refused", &[("scope", "route")]) >= 1);
    assert_eq!(stats.of("sluice.canary.policy_refused", &[("scope", "plugin")]), 0);
    let line = stack.envoy.log_line("subsets[0].weight").await;
    assert!(line.contains("12000"), "{line}");
    let said = stack.envoy.log().lines().filter(|line| line.contains("subsets[0].weight")).count();
    // Each worker compiles for itself, and says so once.
    assert!(said <= 2, "one line a worker, not one a request: {said}");
    stack.envoy.log_line("stiky").await;
}

async fn a_spoofed_header_changes_nothing_when_sibling_routes_agree() {
    // The client's header picks the route `canary` at first. Envoy chooses the route again only behind the filter, so
    // routes that differ in nothing but the output header must carry the same policy (README of the filter, limits).
    let bootstrap = Bootstrap::canary()
        .policy(ALL_CANARY)
        .route_policy("stable", ALL_STABLE)
        .route_policy("canary", ALL_STABLE);
    let stack = Stack::start(bootstrap).await;
    assert_eq!(stack.subset(Request::get("/")).await, "stable");
    let report = stack.send(Request::get("/").header("x-sluice-subset", "canary")).await.report();
    assert_eq!((report.lines("x-sluice-subset"), report.version.as_str()), (vec!["stable"], "v1"));
}

async fn many_route_policies_live_side_by_side() {
    let mut bootstrap = Bootstrap::canary().policy(ALL_STABLE);
    for n in 0..50 {
        let policy = if n % 2 == 0 { ALL_CANARY } else { ALL_STABLE };
        let name = format!("route-{n}");
        let route = format!("{{ name: {name}, match: {{ path: /{name} }}, route: {{ cluster: stable }} }}");
        bootstrap = bootstrap.route(&route).route_policy(&name, &format!("experiment: e{n}\n{policy}"));
    }
    let stack = Stack::start(bootstrap).await;
    for round in 0..2 {
        for n in 0..50 {
            let want = if n % 2 == 0 { "canary" } else { "stable" };
            assert_eq!(
                stack.subset(Request::get(format!("/route-{n}"))).await,
                want,
                "route {n}, round {round}"
            );
        }
    }
    assert_eq!(stack.stats().await.of("sluice.canary.policy_refused", &[]), 0);
}

async fn a_policy_as_text_is_the_same_policy() {
    let text = |yaml: &str| json!({ "json": e2e::parse_yaml(yaml).expect("YAML").to_string() }).to_string();
    let mut bootstrap = Bootstrap::canary().policy(ALL_STABLE);
    for (name, policy) in [
        ("tree", ALL_CANARY.to_owned()),
        ("text", text(ALL_CANARY)),
        ("other-text", text(ALL_STABLE)),
        ("bad-text", text("subsets: [{ name: stable, weight: 12000 }]")),
        ("no-json", json!({ "json": ALL_CANARY }).to_string()),
        ("mixed", json!({ "json": "{}", "experiment": "e" }).to_string()),
    ] {
        let route = format!("{{ name: {name}, match: {{ path: /{name} }}, route: {{ cluster: stable }} }}");
        bootstrap = bootstrap.route(&route).route_policy(name, &policy);
    }
    let stack = Stack::start(bootstrap).await;
    // Trees and texts in turn: knowing one form must not hide the other.
    for round in 0..4 {
        for (path, want) in [
            ("/tree", "canary"),
            ("/text", "canary"),
            ("/other-text", "stable"),
            ("/bad-text", "stable"),
            ("/no-json", "stable"),
            ("/mixed", "stable"),
            ("/", "stable"),
        ] {
            assert_eq!(stack.subset(Request::get(path)).await, want, "{path}, round {round}");
        }
    }
    let stats = stack.stats().await;
    let refused = stats.of("sluice.canary.policy_refused", &[("scope", "route")]);
    assert!((3..=6).contains(&refused), "three policies in one or two workers: {refused}");
    stack.envoy.log_line("not valid JSON").await;
    stack.envoy.log_line("json: unknown field").await;
}
