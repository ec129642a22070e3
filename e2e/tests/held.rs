//! What streams hold until they end, with a filter that lends places.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use e2e::{Bootstrap, Mode, Protocol, Request, Stack, eventually, until};
use serde_json::{Value, json};

e2e::tests![
    a_place_is_given_back_whatever_ends_the_stream,
    a_place_is_given_back_when_the_client_leaves,
    a_place_is_renewed_while_it_is_held,
];

/// Two workers that lend places and credits of this service.
pub(crate) fn keeping(cluster: &str, timeout: &str) -> Bootstrap {
    let policy = json!({ "cluster": cluster, "timeout": timeout, "renewal": "50ms" });
    let http2 = json!({
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": { "http2_protocol_options": {} },
        },
    });
    Bootstrap::canary().module("test/keeper.wasm").policy_value(policy).edit(|envoy| {
        let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("clusters");
        let mut lists = clusters[0].clone();
        lists["name"] = json!("lists");
        lists["typed_extension_protocol_options"] = http2;
        // The harness leads it to its source.
        clusters.push(lists);
        if cluster == "empty" {
            clusters.push(json!({ "name": "empty", "type": "STATIC", "connect_timeout": "1s" }));
        }
    })
}

pub(crate) fn wanting(what: &str) -> Request {
    Request::get("/").header("x-do", what)
}

async fn look(stack: &Stack) -> Value {
    let answer = stack.send(wanting("look")).await;
    serde_json::from_slice(&answer.body).unwrap_or_else(|e| panic!("{e}: {:?}", answer.body))
}

async fn places(stack: &Stack, want: u64) {
    let mut last = None;
    eventually(&format!("{want} places are taken"), async || {
        last = look(stack).await["places"].as_u64();
        last == Some(want)
    })
    .await;
}

/// The VM that began still serves: one that died would have been replaced.
pub(crate) async fn ended_well(stack: &Stack) {
    assert_eq!(stack.send(wanting("look")).await.status, 404);
    stack.lost_no_vm().await;
    assert_eq!(stack.stats().await.ending(".crash"), 0);
}

/// An upstream that takes connections and ends each in the middle of an answer.
fn breaking(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    addr
}

/// The same with routes to upstreams that break, and a filter behind that replies by itself.
fn among_trouble(bootstrap: Bootstrap) -> Bootstrap {
    e2e::suite::needs_local("its upstreams that break are threads of the test");
    let broken = [
        ("silent", breaking("")),
        ("broken", breaking("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it")),
    ];
    let route = |name: &str| {
        format!(
            "{{ name: {name}, match: {{ prefix: /{name} }}, route: {{ cluster: {name}, timeout: 20s }} }}"
        )
    };
    let bootstrap = broken.iter().fold(bootstrap, |bootstrap, (name, _)| bootstrap.route(&route(name)));
    bootstrap
        .route("{ name: impatient, match: { prefix: /impatient }, route: { cluster: stable, timeout: 0.05s } }")
        .route("{ name: direct, match: { prefix: /direct }, direct_response: { status: 418 } }")
        .edit(|envoy| {
            let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("clusters");
            for (name, addr) in broken {
                let address = json!({ "address": addr.ip().to_string(), "port_value": addr.port() });
                let endpoint = json!({ "endpoint": { "address": { "socket_address": address } } });
                clusters.push(json!({
                    "name": name, "type": "STATIC", "connect_timeout": "1s",
                    "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [endpoint] }] },
                }));
            }
        })
        .connection_manager(|manager| {
            let fault = json!({
                "name": "envoy.filters.http.fault",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                    "abort": { "header_abort": {}, "percentage": { "numerator": 100 } },
                },
            });
            manager["http_filters"].as_array_mut().expect("filters").insert(1, fault);
        })
}

async fn a_place_is_given_back_whatever_ends_the_stream() {
    let stack = Stack::start(among_trouble(keeping("lists", "5s"))).await;
    stack.lists.serve("yes").await;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for what in ["hold", "call"] {
            for (name, path, header, status) in [
                ("its response ended", "/", ("x-none", "1"), Some(200)),
                ("a response without a body", "/", ("x-upstream-report", "none"), Some(200)),
                ("a filter behind replied", "/", ("x-envoy-fault-abort-request", "503"), Some(503)),
                ("the route replied", "/direct", ("x-none", "1"), Some(418)),
                ("the upstream was too slow", "/impatient", ("x-upstream-delay-ms", "30000"), Some(504)),
                ("the upstream broke before its answer", "/silent", ("x-none", "1"), Some(503)),
                ("the upstream broke in its answer", "/broken", ("x-none", "1"), None),
            ] {
                let request = Request::get(path).header("x-do", what).header(header.0, header.1);
                let mut connection = stack.client(protocol).connect().await.expect("a connection");
                let answer = connection.send(&request).await.ok();
                assert_eq!(answer.map(|answer| answer.status), status, "{name}: {what}, {protocol:?}");
                places(&stack, 0).await;
            }
        }
        for (name, answer, mode) in [("it was refused", "no", Mode::Up), ("nobody answered", "", Mode::Down)]
        {
            stack.lists.serve(answer).await;
            stack.lists.switch(mode).await;
            assert_eq!(stack.client(protocol).send(wanting("call")).await.status, 404, "{name}");
            places(&stack, 0).await;
            stack.lists.switch(Mode::Up).await;
            stack.lists.serve("yes").await;
            eventually("the service is asked again", async || {
                stack.send(wanting("call")).await.status == 200
            })
            .await;
        }
    }
    ended_well(&stack).await;
    let stack = Stack::start(keeping("nowhere", "5s")).await;
    assert_eq!(stack.send(wanting("call")).await.status, 404, "it cannot be asked");
    places(&stack, 0).await;
    ended_well(&stack).await;
}

async fn a_place_is_given_back_when_the_client_leaves() {
    let stack = Stack::start(keeping("lists", "30s")).await;
    stack.lists.switch(Mode::Slow).await;
    for (name, what) in [("it waits for the upstream", "hold"), ("it waits for the service", "call")] {
        let request = || wanting(what).header("x-upstream-delay-ms", "30000");
        // HTTP/1.1: connections end.
        let clients: Vec<_> = (0..20)
            .map(|_| {
                let mut client = TcpStream::connect(stack.envoy.addr("http")).expect("a connection");
                let head = format!(
                    "GET / HTTP/1.1\r\nhost: a\r\nx-do: {what}\r\nx-upstream-delay-ms: 30000\r\n\r\n"
                );
                client.write_all(head.as_bytes()).expect("a request");
                client
            })
            .collect();
        places(&stack, 20).await;
        drop(clients);
        places(&stack, 0).await;
        // HTTP/2: streams are reset, their connection lives on.
        let connection = stack.client(Protocol::Http2).connect().await.expect("a connection");
        let streams: Vec<_> = (0..20)
            .map(|_| {
                let mut stream = connection.stream().expect("HTTP/2");
                let request = request();
                tokio::spawn(async move { stream.send(&request).await.map(|answer| answer.status) })
            })
            .collect();
        places(&stack, 20).await;
        streams.iter().for_each(tokio::task::JoinHandle::abort);
        places(&stack, 0).await;
        let answer = connection.stream().expect("HTTP/2").send(&wanting("look")).await;
        assert_eq!(answer.expect("an answer").status, 404, "{name}: the connection lives");
    }
    ended_well(&stack).await;
}

async fn a_place_is_renewed_while_it_is_held() {
    let stack = Stack::start(keeping("lists", "5s")).await;
    assert_eq!(look(&stack).await["renewals"], 0);
    let mut client = TcpStream::connect(stack.envoy.addr("http")).expect("a connection");
    client
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nx-do: hold\r\nx-upstream-delay-ms: 30000\r\n\r\n")
        .expect("a request");
    let begun = until("it is held", async || {
        let seen = look(&stack).await;
        (seen["places"] == 1).then(|| seen["now"].as_u64().unwrap_or(0))
    })
    .await;
    let (renewals, now) = until("it was renewed ten times", async || {
        let seen = look(&stack).await;
        let renewals = seen["renewals"].as_u64().filter(|renewals| *renewals >= 10)?;
        Some((renewals, seen["now"].as_u64().unwrap_or(0)))
    })
    .await;
    let spent = (now - begun) / 1_000_000;
    assert!(renewals <= spent / 50 + 1, "{renewals} in {spent} ms, one every 50 ms");
    drop(client);
    places(&stack, 0).await;
    ended_well(&stack).await;
}
