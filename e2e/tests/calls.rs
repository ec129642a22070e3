//! Requests that wait for the answer of a gRPC service, with a filter that does nothing else.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use e2e::{Bootstrap, Mode, Request, Stack, eventually, exchange};
use serde_json::json;

e2e::tests![
    an_answer_decides_about_the_request,
    every_failure_is_an_answer_in_time,
    a_cluster_may_have_any_name,
    clients_that_hang_up_while_a_call_is_out_do_no_harm,
    a_body_does_not_wake_a_request_that_waits,
];

/// The service behind a cluster of this name.
fn asking(cluster: &str, timeout: &str) -> Bootstrap {
    let http2 = json!({
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": { "http2_protocol_options": {} },
        },
    });
    let policy = json!({ "cluster": cluster, "timeout": timeout });
    Bootstrap::canary().module("test/asker.wasm").policy_value(policy).edit(|envoy| {
        let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("clusters");
        let mut service = clusters[0].clone();
        service["name"] = json!(cluster);
        service["typed_extension_protocol_options"] = http2;
        match cluster {
            "nowhere" => {}
            "empty" => clusters.push(json!({ "name": "empty", "type": "STATIC", "connect_timeout": "1s" })),
            // The harness leads `lists` to its source; nobody is behind the others.
            _ => clusters.push(service),
        }
    })
}

fn text(answer: &e2e::Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn question() -> Request {
    Request::get("/").header("x-question", "who")
}

async fn an_answer_decides_about_the_request() {
    let stack = Stack::start(asking("lists", "5s")).await;
    for want in ["stable", "canary"] {
        stack.lists.serve(want).await;
        assert_eq!(stack.subset(question()).await, want);
    }
    assert_eq!(stack.lists.fetches().await, 2, "one call each");
}

/// Envoy says UNAVAILABLE of its own timeout; on a busy machine it does so too early for the filter to know it by the clock.
fn is_late(said: &str) -> bool {
    said == "timed_out" || said == "status_14"
}

async fn every_failure_is_an_answer_in_time() {
    let stack = Stack::start(asking("lists", "200ms")).await;
    stack.lists.serve("stable").await;
    let statuses = (1..=16).map(|code| (Mode::Status(code), format!("status_{code}")));
    let rest = [
        (Mode::Garbage, "status_"),
        (Mode::Error, "status_"),
        (Mode::Slow, ""),
        (Mode::Status(404), "status_"),
        (Mode::Down, "status_14"),
    ];
    let rest = rest.into_iter().map(|(mode, want)| (mode, want.to_owned()));
    for (mode, want) in statuses.chain(rest) {
        stack.lists.switch(mode).await;
        let hits = stack.hits().await;
        let begun = Instant::now();
        let answer = stack.send(question()).await;
        assert_eq!(answer.status, 503, "{mode:?}");
        assert!(text(&answer).starts_with(&want), "{mode:?}: {}", text(&answer));
        assert!(mode != Mode::Slow || is_late(&text(&answer)), "{mode:?}: {}", text(&answer));
        // Only against hanging; how exact it is, is not for a machine that others use, too.
        assert!(begun.elapsed() < Duration::from_secs(5), "{mode:?}: {:?}", begun.elapsed());
        assert_eq!(stack.hits().await, hits, "{mode:?} reached the upstream");
        stack.lists.switch(Mode::Up).await;
        eventually("the service is asked again", async || stack.send(question()).await.status == 200).await;
    }
    for (cluster, want) in [("nowhere", "unsent"), ("empty", "")] {
        let stack = Stack::start(asking(cluster, "200ms")).await;
        let answer = stack.send(question()).await;
        assert_eq!(
            (answer.status, text(&answer).starts_with(want)),
            (503, true),
            "{cluster}: {}",
            text(&answer)
        );
    }
}

/// As bare names these would parse as a message without a target, and Envoy would abort.
async fn a_cluster_may_have_any_name() {
    for name in ["east1", "e-rls", "uauth", "us-rl", "p1", "hi"] {
        let stack = Stack::start(asking(name, "5s")).await;
        eventually("the call gets through or is refused", async || {
            matches!(stack.send(question()).await.status, 200 | 503)
        })
        .await;
    }
}

async fn clients_that_hang_up_while_a_call_is_out_do_no_harm() {
    let stack = Stack::start(asking("lists", "5s")).await;
    stack.lists.serve("stable").await;
    stack.lists.switch(Mode::Delay(50)).await;
    let addr = stack.envoy.addr("http");
    for round in 0..10 {
        let clients: Vec<_> = (0..50)
            .map(|_| {
                let mut client = TcpStream::connect(addr).expect("a connection");
                client.write_all(b"GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n").expect("a request");
                client
            })
            .collect();
        let asked = 50 * (round + 1);
        eventually("the calls are out", async || stack.lists.fetches().await >= asked).await;
        drop(clients);
    }
    stack.lists.switch(Mode::Up).await;
    eventually("requests are answered", async || stack.send(question()).await.status == 200).await;
    let log = stack.envoy.log();
    assert!(!log.contains("wasm_fail_stream") && !log.contains("Wasm VM failed"), "{log}");
}

async fn a_body_does_not_wake_a_request_that_waits() {
    let bootstrap = asking("lists", "300ms").edit(|envoy| {
        let filters = &mut envoy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"];
        filters[0]["typed_config"]["config"]["allow_on_headers_stop_iteration"] = json!(true);
    });
    let stack = Stack::start(bootstrap).await;
    stack.lists.switch(Mode::Slow).await;
    let hits = stack.hits().await;
    let body = "x".repeat(10_000);
    let request =
        format!("POST / HTTP/1.1\r\nhost: shop.example\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let answer = exchange(stack.envoy.addr("http"), request.as_bytes()).await.expect("an answer");
    let said = String::from_utf8_lossy(&answer.body);
    assert!(answer.status == 503 && is_late(&said), "{} {said}", answer.status);
    assert_eq!(stack.hits().await, hits);
}
