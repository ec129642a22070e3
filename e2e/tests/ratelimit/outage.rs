//! The service comes and goes (threats B22 to B24, L16, L19): nobody hangs, nobody is let in unasked, nothing is left over.

use e2e::rls::{Answers, Storage};
use e2e::{Bootstrap, Load, Mode, Protocol, RateLimitService, Redis, Request, Stack, Tally, eventually};
use serde_json::Value;

use super::gate::alive;
use super::setting::{per_tenant, shared_by_tenants, tenant, verdict};

e2e::tests![
    killed_thirty_times_under_load_it_leaves_nobody_hanging,
    killed_under_load_with_leases_it_leaves_nobody_hanging,
    without_its_redis,
    ten_thousand_clients_leave_while_a_call_is_out,
    clients_leave_while_they_wait_for_a_lease,
    requests_that_wait_are_answered_while_envoy_drains,
];

/// Kills and starts the service so many times while requests go on, each time with some in between.
async fn killed(stack: &Stack, service: &mut RateLimitService, rounds: usize) -> Tally {
    let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let stream = load.stream(400, |_| tenant("acme")).await.expect("connections");
    let more = async || {
        let begun = stream.begun();
        eventually("more requests", async || stream.begun() > begun + 16).await;
    };
    for _ in 0..rounds {
        more().await;
        service.kill();
        more().await;
        service.resume().await;
    }
    more().await;
    let tally = stream.stop().await;
    assert!(tally.lost.is_empty(), "nobody is without an answer: {tally:?}");
    tally
}

/// How long so many requests took, by the proxy's own clock, in milliseconds, sorted.
async fn durations(stack: &Stack, count: usize) -> Vec<u64> {
    e2e::until("a line of the access log for each", async || {
        let log = stack.envoy.log();
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut durations: Vec<u64> = entries.filter_map(|entry| entry["duration_ms"].as_u64()).collect();
        durations.sort_unstable();
        (durations.len() >= count).then_some(durations)
    })
    .await
}

async fn killed_thirty_times_under_load_it_leaves_nobody_hanging() {
    let storage = Storage::Memory;
    let mut service = RateLimitService::start(&per_tenant(1_000_000, 3600), storage, Answers::Plain).await;
    let policy = shared_by_tenants("timeout: 100ms, on_failure: deny", "");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let tally = killed(&stack, &mut service, 30).await;
    assert!(tally.statuses.keys().all(|status| [200, 503].contains(status)), "{tally:?}");
    let of = |status| tally.statuses.get(&status).copied().unwrap_or(0);
    assert!(of(200) > 0 && of(503) > 0, "it was there, and it was not: {tally:?}");
    assert_eq!(stack.v1.hits().await, of(200) as u64, "who was refused did not get through");
    let stats = stack.stats().await;
    assert_eq!(
        stats.of("sluice.ratelimit.service_failures", &[]),
        of(503) as i128,
        "each failure is counted"
    );
    let durations = durations(&stack, tally.sent()).await;
    // Nine of ten within the timeout and 10 ms; the others waited for a machine that runs more than this.
    let (most, last) = (durations[durations.len() * 9 / 10], durations[durations.len() - 1]);
    assert!(most <= 110 && last <= 5000, "nine of ten within {most} ms, all within {last} ms");
    eventually("it is asked again", async || stack.send(tenant("acme")).await.status == 200).await;
    alive(&stack).await;
}

async fn killed_under_load_with_leases_it_leaves_nobody_hanging() {
    let storage = Storage::Memory;
    let mut service = RateLimitService::start(&per_tenant(1_000_000, 3600), storage, Answers::Plain).await;
    let policy =
        shared_by_tenants("timeout: 100ms, on_failure: deny, lease: 10", "rate: { requests: 1000, per: 1s }");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let tally = killed(&stack, &mut service, 15).await;
    assert!(tally.statuses.keys().all(|status| [200, 503].contains(status)), "{tally:?}");
    let admitted = tally.statuses.get(&200).copied().unwrap_or(0);
    assert!(admitted > 0, "{tally:?}");
    assert_eq!(stack.v1.hits().await, admitted as u64);
    let last = durations(&stack, tally.sent()).await.pop().expect("requests");
    assert!(last <= 5000, "all within {last} ms");
    eventually("it is asked again", async || stack.send(tenant("acme")).await.status == 200).await;
    alive(&stack).await;
}

async fn without_its_redis() {
    let mut redis = Redis::start().await;
    let storage = Storage::Redis(redis.addr());
    let service = RateLimitService::start(&per_tenant(3, 3600), storage, Answers::Plain).await;
    let policy = shared_by_tenants("timeout: 200ms, on_failure: deny", "");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let send = async || stack.send(tenant("acme")).await.status;
    let failures = async || stack.stats().await.of("sluice.ratelimit.service_failures", &[]);
    for status in [200, 200, 200, 429] {
        assert_eq!(send().await, status);
    }
    redis.kill();
    assert_eq!((send().await, failures().await), (503, 1), "the service says UNAVAILABLE");
    redis.resume().await;
    // A new Redis has forgotten: one limit more, and no error.
    for status in [200, 200, 200, 429] {
        assert_eq!(send().await, status);
    }
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(stack.send(tenant("initech")).await.status, 503, "a replica that takes no writes");
    redis.command(&["REPLICAOF", "NO", "ONE"]).await;
    // It takes what is asked and says nothing: the filter's timeout decides, not the service's.
    redis.command(&["CLIENT", "PAUSE", "600000", "ALL"]).await;
    assert_eq!((send().await, failures().await), (503, 3), "silence");
    redis.kill();
    redis.resume().await;
    eventually("all is well", async || send().await == 200).await;
    assert_eq!(stack.v1.hits().await, 3 + 3 + 1);
    alive(&stack).await;
}

/// What all of these requests hold is free again, and no call is out.
async fn nothing_is_left(stack: &Stack, request: Request, places: u64) {
    eventually("no call and no stream", async || {
        let stats = stack.stats().await;
        stats.value("cluster.ratelimit.upstream_rq_active") == 0
            && stats.value("http.http.downstream_rq_active") == 0
    })
    .await;
    eventually("an answer with all places free but its own", async || {
        let left = stack.send(request.clone()).await.header("ratelimit").unwrap_or_default();
        left.contains(&format!("\"flights\";r={}", places - 1))
    })
    .await;
}

async fn ten_thousand_clients_leave_while_a_call_is_out() {
    let policy = format!(
        "{}
  - {{ name: flights, concurrency: {{ max: 20000, lease: 87600h }} }}
headers: ietf
",
        shared_by_tenants("timeout: 10s, on_failure: deny", "").trim_end()
    );
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy)).await;
    let service = &stack.lists;
    service.serve(verdict::OK).await;
    service.switch(Mode::Slow).await;
    let client = stack.client(Protocol::Http2);
    for round in 1..=100_u64 {
        let connection = client.connect().await.expect("a connection");
        let requests: Vec<_> = (0..100)
            .map(|_| {
                let mut stream = connection.stream().expect("HTTP/2");
                tokio::spawn(async move { stream.send(&tenant("acme")).await.is_ok() })
            })
            .collect();
        eventually("the calls are out", async || service.fetches().await >= 100 * round).await;
        // Half of them one by one, half with their connection.
        requests.iter().take(50).for_each(tokio::task::JoinHandle::abort);
        drop(connection);
        requests.iter().for_each(tokio::task::JoinHandle::abort);
    }
    assert_eq!(stack.v1.hits().await, 0, "nobody got through");
    eventually("the calls are cancelled with their requests", async || {
        stack.stats().await.value("cluster.ratelimit.upstream_rq_active") == 0
    })
    .await;
    service.switch(Mode::Up).await;
    nothing_is_left(&stack, tenant("acme"), 20_000).await;
    alive(&stack).await;
}

async fn clients_leave_while_they_wait_for_a_lease() {
    let policy = format!(
        "{}
  - {{ name: flights, concurrency: {{ max: 20000, lease: 87600h }} }}
headers: ietf
",
        shared_by_tenants("timeout: 2s, on_failure: deny, lease: 10", "").trim_end()
    );
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy)).await;
    stack.lists.serve(verdict::OK).await;
    stack.lists.switch(Mode::Slow).await;
    let client = stack.client(Protocol::Http2);
    for round in 0..10 {
        let connection = client.connect().await.expect("a connection");
        let requests: Vec<_> = (0..100)
            .map(|number| {
                let mut stream = connection.stream().expect("HTTP/2");
                // A key for ten of them.
                let request = tenant(&format!("{round}-{}", number % 10));
                tokio::spawn(async move { stream.send(&request).await.is_ok() })
            })
            .collect();
        let waiting = 100;
        eventually("they wait", async || {
            stack.stats().await.value("http.http.downstream_rq_active") >= waiting
        })
        .await;
        drop(connection);
        requests.iter().for_each(tokio::task::JoinHandle::abort);
        eventually("they are gone", async || {
            stack.stats().await.value("http.http.downstream_rq_active") == 0
        })
        .await;
    }
    assert_eq!(stack.v1.hits().await, 0, "nobody got through");
    stack.lists.switch(Mode::Up).await;
    // Questions of those who left are still out; then all is as ever.
    eventually("a lease", async || stack.send(tenant("0-0")).await.status == 200).await;
    nothing_is_left(&stack, tenant("0-1"), 20_000).await;
    alive(&stack).await;
}

/// A fleet replaces its proxies in the middle of everything (threat V25).
async fn requests_that_wait_are_answered_while_envoy_drains() {
    for lease in ["lease: 1", "lease: 10"] {
        let policy = shared_by_tenants(&format!("timeout: 3s, on_failure: deny, {lease}"), "");
        let stack = Stack::start(Bootstrap::ratelimit().policy(&policy)).await;
        stack.lists.serve(verdict::OK).await;
        stack.lists.switch(Mode::Slow).await;
        let mut waiting = tokio::task::JoinSet::new();
        for (number, protocol) in [Protocol::Http1, Protocol::Http2].into_iter().cycle().take(24).enumerate()
        {
            let (client, request) = (stack.client(protocol), tenant(&(number % 4).to_string()));
            waiting.spawn(async move { client.send(request).await.status });
        }
        eventually("they wait", async || stack.stats().await.value("http.http.downstream_rq_active") == 24)
            .await;
        stack.envoy.drain().await;
        let statuses = waiting.join_all().await;
        assert!(statuses.iter().all(|status| *status == 503), "{lease}: {statuses:?}");
        assert_eq!(stack.hits().await, 0, "{lease}: nobody got through");
        eventually("nothing is left", async || {
            stack.stats().await.value("http.http.downstream_rq_active") == 0
        })
        .await;
        stack.lost_no_vm().await;
    }
}
