//! One limit for all proxies: what the service is asked, and that its word counts (threats L11, L23, B26).

use std::net::TcpListener;

use e2e::rls::{Answers, Storage};
use e2e::{Answer, Bootstrap, Load, Protocol, RateLimitService, Redis, Request, Stack};
use serde_json::{Value, json};

use super::gate::{Gate, alive};
use super::setting::{PLANTED, per_tenant, shared_by_tenants, tenant};

e2e::tests![
    two_proxies_admit_what_one_limit_has,
    the_service_hears_what_the_policy_says,
    one_call_asks_for_several_limits,
    without_a_key_the_service_is_not_asked,
    what_is_refused_here_is_not_asked_there_nor_the_other_way_round,
    a_dry_run_asks_and_refuses_nobody,
    one_silent_endpoint_of_two_costs_half,
];

/// No answer is too late for it: the tests that count want all of them.
const PATIENT: &str = "timeout: 10s, on_failure: deny";

async fn two_proxies_admit_what_one_limit_has() {
    const LIMIT: usize = 200;
    let redis = Redis::start().await;
    let service =
        RateLimitService::start(&per_tenant(200, 3600), Storage::Redis(redis.addr()), Answers::Plain).await;
    let policy = shared_by_tenants(PATIENT, "");
    let start = async |workers| {
        Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service).workers(workers)).await
    };
    let stacks = [start(2).await, start(1).await];
    for round in 0..3 {
        let name = format!("round-{round}");
        let run = async |stack: &Stack| {
            let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
            let mut admitted = 0;
            let name = name.clone();
            let count = |_, answer: Answer| match answer.status {
                200 => admitted += 1,
                status => assert_eq!(status, 429, "{answer:?}"),
            };
            load.run(LIMIT, move |_| tenant(&name), count).await.expect("answers");
            admitted
        };
        let (one, two) = tokio::join!(run(&stacks[0]), run(&stacks[1]));
        assert_eq!(one + two, LIMIT, "round {round}: {one} and {two}");
    }
    let upstream = stacks[0].v1.hits().await + stacks[1].v1.hits().await;
    assert_eq!(upstream, 3 * LIMIT as u64);
    assert_eq!((service.calls().await, service.granted().await), (6 * LIMIT as u64, 3 * LIMIT as u64));
    for stack in &stacks {
        assert_eq!(stack.stats().await.of("sluice.ratelimit.service_failures", &[]), 0);
        alive(stack).await;
    }
}

/// A limit of nothing for whoever meets the condition.
fn nothing_if(conditions: &str) -> String {
    format!(
        "[{{ namespace: sluice, max_value: 0, seconds: 3600, conditions: [{conditions}], variables: [] }}]"
    )
}

async fn the_service_hears_what_the_policy_says() {
    let key = |parts: &str, descriptor: &str| {
        let key = if parts.is_empty() { String::new() } else { format!("key: [{parts}]") };
        format!(
            "
limits:
  - name: one
    {key}
    global: {{ cluster: ratelimit, domain: sluice, descriptor: {descriptor}, {PATIENT} }}
"
        )
    };
    let request = || {
        let request = Request::get("/a/b").header("x-tenant", format!("{PLANTED}-acme"));
        request.header("x-user-id", "ada lovelace").header("x-odd", b"\xff\xe9%")
    };
    for (name, policy, condition) in [
        ("a key", key("{ header: x-tenant }", "tenant"), "\"descriptors[0].tenant == 'PLANTED-acme'\""),
        (
            "a tuple",
            key("{ header: x-tenant }, { header: x-user-id }", "[tenant, user]"),
            "\"descriptors[0].tenant == 'PLANTED-acme'\", \"descriptors[0].user == 'ada lovelace'\"",
        ),
        ("no key", key("", "node"), "\"descriptors[0].generic_key == 'node'\""),
        ("a method", key("{ method: {} }", "verb"), "\"descriptors[0].verb == 'GET'\""),
        ("a segment", key("{ path_segment: 2 }", "part"), "\"descriptors[0].part == 'b'\""),
        ("bytes that are no text", key("{ header: x-odd }", "odd"), "\"descriptors[0].odd == '%FF%E9%'\""),
    ] {
        let service = RateLimitService::start(&nothing_if(condition), Storage::Memory, Answers::Plain).await;
        let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        gate.refuses(name, "over_limit", request()).await;
        let other = request().method("POST");
        match name {
            "a method" => drop(gate.admits(name, other).await),
            _ => drop(gate.refuses(name, "over_limit", other).await),
        }
        assert_eq!((service.calls().await, service.hits().await), (2, 2), "{name}");
        // And without that limit it would have been let through.
        let service = RateLimitService::start("[]", Storage::Memory, Answers::Plain).await;
        let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        gate.admits(name, request()).await;
        gate.end().await;
    }
}

async fn one_call_asks_for_several_limits() {
    let policy = format!(
        "
limits:
  - {{ name: a, key: [{{ header: x-tenant }}], global: {{ cluster: ratelimit, domain: sluice, descriptor: tenant, {PATIENT} }} }}
  - {{ name: b, key: [{{ header: x-user-id }}], global: {{ cluster: ratelimit, domain: sluice, descriptor: user, {PATIENT} }} }}
  - {{ name: c, global: {{ cluster: ratelimit, domain: other, descriptor: node, {PATIENT} }} }}
"
    );
    let limits = "
- { namespace: sluice, max_value: 2, seconds: 3600, conditions: [], variables: ['descriptors[1].user'] }
- { namespace: other, max_value: 5, seconds: 3600, conditions: [], variables: ['descriptors[0].generic_key'] }
";
    let service = RateLimitService::start(limits, Storage::Memory, Answers::Plain).await;
    let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let of = |user: &str| tenant("acme").header("x-user-id", user);
    for (user, admitted) in [
        ("ada", true),
        ("ada", true),
        ("ada", false),
        ("bob", true),
        ("bob", true),
        ("eve", true),
        ("dan", false),
    ] {
        match admitted {
            true => drop(gate.admits(user, of(user)).await),
            false => drop(gate.refuses(user, "over_limit", of(user)).await),
        }
    }
    // Two domains are two calls, the second only if the first one says yes.
    assert_eq!(service.calls().await, 6 * 2 + 1);
    gate.end().await;
}

async fn without_a_key_the_service_is_not_asked() {
    let service = RateLimitService::start(&per_tenant(2, 3600), Storage::Memory, Answers::Plain).await;
    for (missing, admitted) in [("skip", true), ("deny", false)] {
        let policy = shared_by_tenants(PATIENT, &format!("missing: {missing}"));
        let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        for _ in 0..5 {
            match admitted {
                true => drop(gate.admits(missing, Request::get("/")).await),
                false => drop(gate.refuses(missing, "key_missing", Request::get("/")).await),
            }
        }
        assert_eq!(service.calls().await, 0, "{missing}");
        gate.end().await;
    }
    // One bucket for all that lack it: also there.
    let gate =
        Gate::start(Bootstrap::ratelimit().policy(&shared_by_tenants(PATIENT, "")).service(&service)).await;
    gate.admits("who has one", tenant("acme")).await;
    for admitted in [true, true, false, false] {
        match admitted {
            true => drop(gate.admits("shared", Request::get("/")).await),
            false => drop(gate.refuses("shared", "over_limit", Request::get("/")).await),
        }
    }
    gate.admits("who has one", tenant("acme")).await;
    gate.end().await;
}

async fn what_is_refused_here_is_not_asked_there_nor_the_other_way_round() {
    let service = RateLimitService::start(&per_tenant(2, 3600), Storage::Memory, Answers::Plain).await;
    let policy = format!(
        "{}
  - {{ name: per-user, key: [{{ header: x-user-id }}], rate: {{ requests: 3, per: 87600h }} }}
  - {{ name: flights, key: [{{ header: x-user-id }}], concurrency: {{ max: 1, lease: 87600h }} }}
",
        shared_by_tenants(PATIENT, "").trim_end()
    );
    let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let of = |user: &str, name: &str| tenant(name).header("x-user-id", format!("{PLANTED}-{user}"));
    // The stream of the one before may still be ending, and hold its place.
    let settled = async |user: &str, name: &str| {
        e2e::until("an answer by a rate", async || {
            let answer = gate.stack.send(of(user, name)).await;
            let in_flight = String::from_utf8_lossy(&answer.body).contains("in_flight");
            (!in_flight).then_some(answer.status)
        })
        .await
    };
    for status in [200, 200, 429, 429, 429] {
        assert_eq!(settled("ada", "acme").await, status);
    }
    // What the service refused has cost the user nothing: one is left.
    assert_eq!(settled("ada", "initech").await, 200);
    let calls = service.calls().await;
    for _ in 0..5 {
        assert_eq!(settled("ada", "initech").await, 429);
    }
    assert_eq!(service.calls().await, calls, "refused here");
    assert_eq!(settled("bob", "initech").await, 200, "and that cost the tenant nothing");
    gate.recount().await;
    gate.end().await;
}

async fn a_dry_run_asks_and_refuses_nobody() {
    for (name, of_limit, of_all) in [("the limit", "dry_run: true", ""), ("all", "", "dry_run: true")] {
        let service = RateLimitService::start(&per_tenant(2, 3600), Storage::Memory, Answers::Plain).await;
        let policy = format!("{}\n{of_all}\n", shared_by_tenants(PATIENT, of_limit));
        let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        for _ in 0..5 {
            gate.admits(name, tenant("acme")).await;
        }
        e2e::eventually("all of it is counted", async || {
            let outcome = async |outcome| gate.counted("requests", &[("outcome", outcome)]).await;
            (outcome("admitted").await, outcome("would_refuse").await) == (2, 3)
        })
        .await;
        gate.end().await;
    }
}

async fn one_silent_endpoint_of_two_costs_half() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let service =
        RateLimitService::start(&per_tenant(1_000_000, 3600), Storage::Memory, Answers::Plain).await;
    let policy = shared_by_tenants("timeout: 100ms, on_failure: allow", "");
    let port = silent.local_addr().expect("bound").port();
    let second = move |cluster: &mut Value| {
        let endpoints =
            cluster["load_assignment"]["endpoints"][0]["lb_endpoints"].as_array_mut().expect("endpoints");
        let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
        endpoints.push(json!({ "endpoint": { "address": address } }));
    };
    let bootstrap = Bootstrap::ratelimit().policy(&policy).service(&service).service_cluster_with(second);
    let gate = Gate::start(bootstrap.workers(1)).await;
    let load = Load { client: gate.stack.client(Protocol::Http1), connections: 4, streams: 1 };
    load.run(60, |_| tenant("acme"), |_, answer| assert_eq!(answer.status, 200)).await.expect("none hangs");
    let late = gate.counted("service_failures", &[]).await;
    // One in two; on a busy machine a good answer may be late, too.
    assert!((20..=40).contains(&late), "{late} of 60");
    gate.recount().await;
    gate.end().await;
}
