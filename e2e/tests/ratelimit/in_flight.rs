//! At most so many at once (`concurrency`): a mutex for each item, and places that are given back however a stream ends.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use e2e::{Answer, Bootstrap, Client, Load, Protocol, Request, Stack, eventually};
use serde_json::json;

use super::gate::{Gate, alive, judge};

e2e::tests![
    a_flash_sale_has_one_buyer_at_a_time_and_answers_everybody,
    refused_requests_do_not_wait_for_the_one_in_flight,
    a_place_is_given_back_however_the_stream_ends,
    a_place_is_given_back_when_one_side_breaks_off,
    a_long_stream_keeps_its_place_beyond_the_lease,
    a_vm_that_dies_gives_its_places_back_after_the_lease,
    several_places_are_that_many,
];

/// Places that no lease gives back while the test runs.
const MUTEX: &str = "
limits:
  - name: one-checkout-per-sku
    key: [{ path_segment: 3 }]
    concurrency: { max: 1, lease: 87600h }
";

fn buy(item: &str) -> Request {
    Request::get(format!("/api/seckill/PLANTED-{item}"))
}

fn path(item: usize) -> String {
    format!("/api/seckill/PLANTED-{item}")
}

async fn a_flash_sale_has_one_buyer_at_a_time_and_answers_everybody() {
    const ITEMS: usize = 10;
    const BUYERS: usize = 5000;
    for workers in [1, 2, 4] {
        let gate = Gate::start(Bootstrap::ratelimit().policy(MUTEX).workers(workers)).await;
        let load = Load { client: gate.stack.client(Protocol::Http2), connections: 8, streams: 16 };
        let request = |number: usize| {
            let late = ((number * 7) % 5).to_string();
            Request::get(path(number % ITEMS)).header("x-upstream-delay-ms", late)
        };
        let count = if workers == 2 { BUYERS } else { BUYERS / 5 };
        let mut statuses = BTreeMap::new();
        let mut bought = vec![0; ITEMS];
        let answered = |number: usize, answer: e2e::Answer| {
            *statuses.entry(answer.status).or_insert(0) += 1;
            match answer.status {
                200 => bought[number % ITEMS] += 1,
                _ => judge("a buyer", "in_flight", &answer),
            }
        };
        load.run(count, request, answered).await.expect("everybody is answered");
        let served = statuses.get(&200).copied().unwrap_or(0);
        assert_eq!(statuses.values().sum::<usize>(), count, "{workers} workers: {statuses:?}");
        assert!(statuses.keys().all(|status| [200, 429].contains(status)), "{workers} workers: {statuses:?}");
        assert!(statuses.len() == 2 && bought.iter().all(|bought| *bought > 0), "{statuses:?} {bought:?}");
        assert_eq!(gate.upstream().await, served as u64, "{workers} workers: nobody else got through");
        for item in 0..ITEMS {
            assert_eq!(gate.stack.v1.peak(&path(item)).await, 1, "{workers} workers, item {item}: at once");
            eventually("all places are free again", async || {
                gate.stack.send(buy(&item.to_string())).await.status == 200
            })
            .await;
        }
        gate.end().await;
    }
}

async fn refused_requests_do_not_wait_for_the_one_in_flight() {
    let gate = Gate::with(MUTEX).await;
    let client = gate.stack.client(Protocol::Http1);
    let holder =
        tokio::spawn(async move { client.send(buy("1").header("x-upstream-delay-ms", "60000")).await });
    eventually("it is in flight", async || gate.stack.v1.flying(&path(1)).await == 1).await;
    gate.recount().await;
    for number in 0..20 {
        let answer = gate.refuses("while one is in flight", "in_flight", buy("1")).await;
        assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
        gate.admits("another item", buy(&format!("other-{number}"))).await;
    }
    assert!(!holder.is_finished(), "all of them were answered before it");
    holder.abort();
    free(&gate.stack, "1", "it has ended").await;
    gate.end().await;
}

/// The item can be bought again, by two in a row.
async fn free(stack: &Stack, item: &str, after: &str) {
    for _ in 0..2 {
        eventually(&format!("a free place after: {after}"), async || {
            stack.send(buy(item)).await.status == 200
        })
        .await;
    }
}

/// Sends it until the place is its own: the stream before it may end a moment after its answer.
pub(crate) async fn hold(client: Client, request: Request) -> Answer {
    loop {
        let answer = client.send(request.clone()).await;
        if answer.status != 429 {
            return answer;
        }
    }
}

/// Routes and filters that end a stream in ways of their own.
fn many_ends() -> Bootstrap {
    let broken = "{ name: broken, match: { prefix: /api/seckill, headers: [{ name: x-way, string_match: { exact: nowhere } }] }, route: { cluster: nowhere } }";
    let hasty = "{ name: hasty, match: { prefix: /api/seckill, headers: [{ name: x-way, string_match: { exact: hasty } }] }, route: { cluster: stable, timeout: 0.1s } }";
    let direct = "{ name: direct, match: { prefix: /api/seckill, headers: [{ name: x-way, string_match: { exact: direct } }] }, direct_response: { status: 418 } }";
    let bootstrap = Bootstrap::ratelimit().policy(MUTEX).route(broken).route(hasty).route(direct);
    let bootstrap = bootstrap.edit(|envoy| {
        let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("clusters");
        clusters.push(json!({ "name": "nowhere", "type": "STATIC", "connect_timeout": "1s" }));
    });
    bootstrap.connection_manager(|manager| {
        let filters = manager["http_filters"].as_array_mut().expect("filters");
        let fault = json!({
            "name": "envoy.filters.http.fault",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                "abort": { "header_abort": {}, "percentage": { "numerator": 100 } },
            },
        });
        filters.insert(1, fault);
    })
}

async fn a_place_is_given_back_however_the_stream_ends() {
    let stack = Stack::start(many_ends()).await;
    for (name, request, status) in [
        ("an answer", buy("1"), 200),
        ("an error of the upstream", buy("1").header("x-upstream-status", "500"), 500),
        ("no upstream", buy("1").header("x-way", "nowhere"), 503),
        (
            "a timeout of the route",
            buy("1").header("x-way", "hasty").header("x-upstream-delay-ms", "5000"),
            504,
        ),
        ("an answer of the route", buy("1").header("x-way", "direct"), 418),
        ("an answer of a later filter", buy("1").header("x-envoy-fault-abort-request", "425"), 425),
        ("HEAD", buy("1").method("HEAD"), 200),
    ] {
        for round in 0..10 {
            let answer = hold(stack.client(Protocol::Http1), request.clone()).await;
            assert_eq!(answer.status, status, "{name}, round {round}");
            free(&stack, "1", name).await;
        }
    }
    alive(&stack).await;
}

async fn a_place_is_given_back_when_one_side_breaks_off() {
    let stack = Stack::start(Bootstrap::ratelimit().policy(MUTEX)).await;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        e2e::eventually("an answer that breaks off", async || {
            let mut connection = stack.client(protocol).connect().await.expect("a connection");
            let cut = connection.send(&buy("1").header("x-upstream-report", "cut")).await;
            assert!(cut.as_ref().map_or(true, |answer| answer.status == 429), "{protocol:?}: {cut:?}");
            cut.is_err()
        })
        .await;
        free(&stack, "1", "an upstream that breaks off").await;
        // The client goes while the upstream takes its time.
        for _ in 0..10 {
            let request = buy("1").header("x-upstream-delay-ms", "60000");
            let gone = tokio::spawn(hold(stack.client(protocol), request));
            eventually("it is in flight", async || stack.v1.flying(&path(1)).await == 1).await;
            assert_eq!(stack.send(buy("1")).await.status, 429, "{protocol:?}: taken");
            gone.abort();
            free(&stack, "1", "a client that went").await;
        }
    }
    // And in the middle of a body.
    for _ in 0..10 {
        let client = half_a_request(&stack).await;
        assert_eq!(stack.send(buy("1")).await.status, 429, "taken");
        drop(client);
        free(&stack, "1", "half a request").await;
    }
    alive(&stack).await;
}

/// Begins a request and has the place.
async fn half_a_request(stack: &Stack) -> TcpStream {
    const HALF: &[u8] =
        b"POST /api/seckill/PLANTED-1 HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 1000\r\n\r\nx";
    loop {
        let mut client = TcpStream::connect(stack.envoy.addr("http")).expect("a connection");
        client.write_all(HALF).expect("a request");
        client.set_nonblocking(true).expect("a socket");
        let arrived = e2e::until("it is in flight, or refused", async || {
            let refused = client.peek(&mut [0]).is_ok();
            let arrived = stack.v1.flying(&path(1)).await == 1;
            (arrived || refused).then_some(arrived)
        });
        if arrived.await {
            return client;
        }
    }
}

async fn a_long_stream_keeps_its_place_beyond_the_lease() {
    const LEASE: Duration = Duration::from_secs(2);
    let gate = Gate::with(&MUTEX.replace("87600h", "2s")).await;
    let client = gate.stack.client(Protocol::Http1);
    let holder =
        tokio::spawn(async move { client.send(buy("1").header("x-upstream-delay-ms", "7000")).await });
    eventually("it is in flight", async || gate.stack.v1.flying(&path(1)).await == 1).await;
    gate.recount().await;
    let begun = std::time::Instant::now();
    while begun.elapsed() < LEASE * 3 {
        let answer = gate.stack.send(buy("1")).await;
        if holder.is_finished() {
            break;
        }
        assert_eq!(answer.status, 429, "after {:?}", begun.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(holder.await.expect("the holder").status, 200);
    assert_eq!(gate.stack.v1.peak(&path(1)).await, 1);
    free(&gate.stack, "1", "it has ended").await;
    gate.recount().await;
    gate.end().await;
}

async fn a_vm_that_dies_gives_its_places_back_after_the_lease() {
    let policy = MUTEX.replace("87600h", "3s");
    let bootstrap = Bootstrap::ratelimit().policy(&policy).module("test/ratelimit-trap.wasm").workers(1);
    let stack = Stack::start(bootstrap).await;
    let client = stack.client(Protocol::Http1);
    let holder =
        tokio::spawn(async move { client.send(buy("1").header("x-upstream-delay-ms", "1000")).await });
    eventually("it is in flight", async || stack.v1.flying(&path(1)).await == 1).await;
    let taken = std::time::Instant::now();
    let killer = stack.send(Request::get("/").header("x-sluice-trap", "request")).await;
    assert_eq!(killer.status, 503);
    drop(holder.await.expect("an answer, whichever"));
    // The new VM knows nothing of that stream; the place is free once its lease is over, and not for ever.
    eventually("a free place", async || stack.send(buy("1")).await.status == 200).await;
    let waited = taken.elapsed();
    assert!(waited >= Duration::from_secs(2), "nobody gave it back but the lease: {waited:?}");
    assert!(stack.stats().await.ending(".vm_reload_success") >= 1);
}

async fn several_places_are_that_many() {
    let gate = Gate::with(&MUTEX.replace("max: 1", "max: 3")).await;
    let holders: Vec<_> = (0..3)
        .map(|_| {
            let client = gate.stack.client(Protocol::Http1);
            tokio::spawn(async move { client.send(buy("1").header("x-upstream-delay-ms", "1500")).await })
        })
        .collect();
    eventually("three are in flight", async || gate.stack.v1.flying(&path(1)).await == 3).await;
    gate.recount().await;
    for _ in 0..5 {
        gate.refuses("the fourth", "in_flight", buy("1")).await;
    }
    for holder in holders {
        assert_eq!(holder.await.expect("a holder").status, 200);
    }
    assert_eq!(gate.stack.v1.peak(&path(1)).await, 3);
    free(&gate.stack, "1", "they have ended").await;
    gate.end().await;
}
