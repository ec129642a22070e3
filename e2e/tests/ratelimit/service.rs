//! The rate limit service of the harness is a real one: Envoy's own filter takes its word.

use e2e::rls::{Answers, Storage};
use e2e::{
    Bootstrap, Client, Load, Protocol, RateLimitService, Redis, Request, Stack, eventually,
    native_rate_limits, native_ratelimit,
};
use serde_json::{Value, json};

use super::setting::{per_tenant, tenant};

e2e::tests![
    it_counts_for_each_tenant,
    two_proxies_share_one_limit_to_the_last_request,
    without_its_redis_it_says_unavailable,
];

/// A listener `native` with Envoy's own filter.
fn native(service: &RateLimitService) -> Bootstrap {
    Bootstrap::canary().service(service).plain_listener("native", |manager: &mut Value| {
        manager["http_filters"][0] = native_ratelimit();
        manager["route_config"]["virtual_hosts"][0]["routes"] = json!([
            { "match": { "prefix": "/" }, "route": { "cluster": "stable", "rate_limits": native_rate_limits() } },
        ]);
    })
}

fn client(stack: &Stack) -> Client {
    Client::new(stack.envoy.addr("native"), Protocol::Http1)
}

async fn it_counts_for_each_tenant() {
    let redis = Redis::start().await;
    for storage in [Storage::Memory, Storage::Redis(redis.addr())] {
        let service = RateLimitService::start(&per_tenant(3, 3600), storage, Answers::Headers).await;
        let stack = Stack::start(native(&service)).await;
        let client = client(&stack);
        for left in [2, 1, 0] {
            let answer = client.send(tenant("acme")).await;
            assert_eq!(answer.status, 200, "{storage:?}, {left} left");
            assert_eq!(answer.header("x-ratelimit-remaining"), Some(left.to_string()), "{storage:?}");
            let limit = answer.header("x-ratelimit-limit").expect("a limit");
            assert_eq!(limit, "3, 3;w=3600;name=\"tenants\"", "{storage:?}");
        }
        let answer = client.send(tenant("acme")).await;
        assert_eq!(answer.status, 429, "{storage:?}");
        assert_eq!(client.send(tenant("initech")).await.status, 200, "{storage:?}: another one");
        assert_eq!(client.send(Request::get("/")).await.status, 200, "{storage:?}: no tenant, no descriptor");
        assert_eq!(stack.v1.hits().await, 5, "{storage:?}");
        assert_eq!((service.calls().await, service.hits().await, service.granted().await), (5, 5, 4));
    }
}

async fn two_proxies_share_one_limit_to_the_last_request() {
    let redis = Redis::start().await;
    for storage in [Storage::Memory, Storage::Redis(redis.addr())] {
        let service = RateLimitService::start(&per_tenant(100, 3600), storage, Answers::Plain).await;
        let stacks = [Stack::start(native(&service)).await, Stack::start(native(&service)).await];
        let loads = stacks.each_ref().map(|stack| async {
            let load = Load { client: client(stack), connections: 8, streams: 1 };
            let mut admitted = 0;
            let count = |_, answer: e2e::Answer| admitted += u32::from(answer.status == 200);
            load.run(150, |_| tenant("acme"), count).await.expect("answers");
            admitted
        });
        let [one, two] = loads;
        let (one, two) = tokio::join!(one, two);
        assert_eq!(one + two, 100, "{storage:?}: {one} and {two}");
        assert_eq!((service.calls().await, service.granted().await), (300, 100), "{storage:?}");
    }
}

async fn without_its_redis_it_says_unavailable() {
    let mut redis = Redis::start().await;
    let storage = Storage::Redis(redis.addr());
    let mut service = RateLimitService::start(&per_tenant(3, 3600), storage, Answers::Plain).await;
    let stack = Stack::start(native(&service)).await;
    let status_of = async |name| client(&stack).send(tenant(name)).await.status;
    let status = async || status_of("acme").await;
    assert_eq!(status().await, 200);
    redis.kill();
    assert_eq!(status().await, 500, "Envoy's `failure_mode_deny`");
    redis.resume().await;
    for want in [200, 200, 200, 429] {
        assert_eq!(status().await, want, "a new Redis knows of nothing");
    }
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]).await;
    assert_eq!(status_of("initech").await, 500, "a replica takes no writes");
    redis.command(&["REPLICAOF", "NO", "ONE"]).await;
    assert_eq!(status().await, 429);
    redis.command(&["FLUSHALL"]).await;
    assert_eq!(status().await, 200);
    service.kill();
    assert_eq!(status().await, 500);
    service.resume().await;
    // Envoy waits a moment before it connects again.
    eventually("the service is asked again", async || status().await == 200).await;
    assert!(service.log().contains("READONLY"), "{}", service.log());
}
