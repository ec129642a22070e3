//! Leases: many hits for one question, and how far that may be off (the formula in the filter's README).

use std::collections::BTreeMap;
use std::time::Instant;

use e2e::rls::{Answers, Storage};
use e2e::{Answer, Bootstrap, Load, Mode, Protocol, RateLimitService, Stack, eventually};

use super::gate::alive;
use super::setting::{per_tenant, shared_by_tenants, tenant, verdict};

e2e::tests![
    a_lease_saves_calls,
    two_proxies_stay_within_the_formula,
    what_is_used_up_is_remembered_until_it_resets,
    windows_begin_anew,
    a_service_that_fails_is_not_asked_by_everybody,
    everybody_who_waits_gets_an_answer,
];

fn policy(lease: u32, more: &str) -> String {
    shared_by_tenants(&format!("timeout: 10s, on_failure: deny, lease: {lease}"), more)
}

/// Sends so many and counts answers by status.
async fn send(stack: &Stack, name: &'static str, count: usize) -> BTreeMap<u16, usize> {
    let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let mut statuses = BTreeMap::new();
    let answered = |_, answer: Answer| *statuses.entry(answer.status).or_insert(0) += 1;
    load.run(count, move |_| tenant(name), answered).await.expect("answers");
    assert!(statuses.keys().all(|status| [200, 429].contains(status)), "{statuses:?}");
    statuses
}

fn admitted(statuses: &BTreeMap<u16, usize>) -> u64 {
    statuses.get(&200).copied().unwrap_or(0) as u64
}

async fn a_lease_saves_calls() {
    const COUNT: u64 = 3000;
    let service =
        RateLimitService::start(&per_tenant(1_000_000, 3600), Storage::Memory, Answers::Plain).await;
    for (lease, most) in [(1, COUNT), (10, COUNT / 4), (100, COUNT / 20), (1000, COUNT / 100)] {
        let bootstrap = Bootstrap::ratelimit().policy(&policy(lease, "rate: { requests: 1000000, per: 1h }"));
        let stack = Stack::start(bootstrap.service(&service)).await;
        let before = (service.calls().await, service.granted().await);
        assert_eq!(
            send(&stack, "acme", COUNT as usize).await,
            [(200, COUNT as usize)].into(),
            "lease {lease}"
        );
        eventually("no question is out", async || {
            stack.stats().await.value("cluster.ratelimit.upstream_rq_active") == 0
        })
        .await;
        let (calls, granted) = (service.calls().await - before.0, service.granted().await - before.1);
        assert!(calls <= most, "lease {lease}: {calls} calls for {COUNT} requests");
        let held = if lease == 1 { 0 } else { u64::from(lease) * 2 };
        assert!((COUNT..=COUNT + held).contains(&granted), "lease {lease}: {granted} granted");
        if lease > 1 {
            let leases = stack.stats().await.of("sluice.ratelimit.leases", &[("outcome", "granted")]);
            assert_eq!(leases, i128::from(calls), "each is counted");
        }
        alive(&stack).await;
    }
}

async fn two_proxies_stay_within_the_formula() {
    const LIMIT: u64 = 500;
    const LEASE: u64 = 20;
    for answers in [Answers::Plain, Answers::Headers, Answers::Statuses] {
        let service = RateLimitService::start(&per_tenant(500, 3600), Storage::Memory, answers).await;
        let policy = policy(20, "rate: { requests: 500, per: 1h }");
        let start = async || Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        let stacks = [start().await, start().await];
        let (one, two) = tokio::join!(send(&stacks[0], "acme", 600), send(&stacks[1], "acme", 600));
        let sum = admitted(&one) + admitted(&two);
        let held = 2 * (2 * LEASE);
        assert!((LIMIT - held..=LIMIT).contains(&sum), "{answers:?}: {sum}: {one:?} and {two:?}");
        assert!(sum <= service.granted().await, "{answers:?}: no more than was granted");
        assert_eq!(stacks[0].v1.hits().await + stacks[1].v1.hits().await, sum, "{answers:?}");
        for stack in &stacks {
            alive(stack).await;
        }
    }
}

async fn what_is_used_up_is_remembered_until_it_resets() {
    for answers in [Answers::Headers, Answers::Statuses] {
        let service = RateLimitService::start(&per_tenant(5, 3600), Storage::Memory, answers).await;
        let policy = policy(4, "rate: { requests: 5, per: 1h }");
        let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        assert_eq!(admitted(&send(&stack, "acme", 50).await), 5, "{answers:?}: to the last one");
        let calls = service.calls().await;
        let statuses = send(&stack, "acme", 300).await;
        assert_eq!((admitted(&statuses), service.calls().await), (0, calls), "{answers:?}: it has said when");
        let answer = stack.send(tenant("acme")).await;
        let wait: u64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
        assert!((3600 - 120..=3600).contains(&wait), "{answers:?}: {wait}");
        assert_eq!(admitted(&send(&stack, "initech", 50).await), 5, "{answers:?}: another tenant");
        alive(&stack).await;
    }
    // Where it does not say when, it is asked again, now and then.
    let service = RateLimitService::start(&per_tenant(5, 3600), Storage::Memory, Answers::Plain).await;
    let policy = policy(4, "rate: { requests: 5, per: 1h }");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    let begun = Instant::now();
    assert_eq!(admitted(&send(&stack, "acme", 500).await), 5, "to the last one");
    // The portions on the way down to one, then one question a second.
    let most = 8 + 2 * begun.elapsed().as_secs();
    let calls = service.calls().await;
    assert!(calls <= most, "{calls} calls in {:?}", begun.elapsed());
}

async fn windows_begin_anew() {
    for answers in [Answers::Plain, Answers::Headers, Answers::Statuses] {
        let service = RateLimitService::start(&per_tenant(20, 1), Storage::Memory, answers).await;
        let policy = policy(5, "rate: { requests: 20, per: 1s }");
        let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
        let load = Load { client: stack.client(Protocol::Http1), connections: 4, streams: 1 };
        let stream = load.stream(200, |_| tenant("acme")).await.expect("connections");
        // More than two windows have, less the credits that are lost when one ends.
        eventually("three windows", async || stack.v1.hits().await > 45).await;
        let tally = stream.stop().await;
        assert!(tally.lost.is_empty() && tally.statuses.contains_key(&429), "{answers:?}: {tally:?}");
        let sum = stack.v1.hits().await;
        assert_eq!(tally.statuses.get(&200).copied().unwrap_or(0) as u64, sum, "{answers:?}");
        assert!(sum <= service.granted().await, "{answers:?}: {sum} of what was granted");
        alive(&stack).await;
    }
}

async fn a_service_that_fails_is_not_asked_by_everybody() {
    for mode in [Mode::Status(14), Mode::Garbage, Mode::Slow] {
        let policy = shared_by_tenants(
            "timeout: 50ms, lease: 10, on_failure: local",
            "rate: { requests: 100, per: 87600h }",
        );
        let stack = Stack::start(Bootstrap::ratelimit().policy(&policy)).await;
        stack.lists.serve(verdict::OK).await;
        stack.lists.switch(mode).await;
        let begun = Instant::now();
        let statuses = send(&stack, "acme", 500).await;
        assert_eq!(admitted(&statuses), 100, "{mode:?}: the local rate decides: {statuses:?}");
        let asked = stack.lists.fetches().await;
        // One question, then none for 100 ms.
        let most = 2 + begun.elapsed().as_millis() / 100;
        assert!(asked >= 1 && u128::from(asked) <= most, "{mode:?}: {asked} in {:?}", begun.elapsed());
        let stats = stack.stats().await;
        assert_eq!(stats.of("sluice.ratelimit.fallbacks", &[("mode", "local")]), 500, "{mode:?}");
        // It comes back: what was spent here in the meantime is another matter.
        stack.lists.switch(Mode::Up).await;
        eventually("it is asked again", async || stack.send(tenant("acme")).await.status == 200).await;
        alive(&stack).await;
    }
}

async fn everybody_who_waits_gets_an_answer() {
    let service = RateLimitService::start(&per_tenant(2, 3600), Storage::Memory, Answers::Plain).await;
    let policy = policy(2, "rate: { requests: 2, per: 1h }");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy).service(&service)).await;
    // A thousand keys that nobody has met: each of them waits, three requests side by side.
    let load = Load { client: stack.client(Protocol::Http2), connections: 4, streams: 24 };
    let mut kept = vec![0; 1000];
    let answered = |number: usize, answer: Answer| match answer.status {
        200 => kept[number / 3] += 1,
        status => assert_eq!(status, 429, "{answer:?}"),
    };
    load.run(3000, |number| tenant(&(number / 3).to_string()), answered).await.expect("answers");
    assert!(
        kept.iter().all(|kept| *kept == 2),
        "two each: {:?}",
        kept.iter().filter(|kept| **kept != 2).count()
    );
    assert_eq!(stack.v1.hits().await, 2000);
    assert_eq!(service.granted().await, 2000);
    alive(&stack).await;
}
