//! The service fails (threats B15 to B21, B25, B27, K09): each time what `on_failure` says, in time, and counted.

use std::time::{Duration, Instant};

use e2e::{Bootstrap, Mode, Protocol, Request, eventually};
use serde_json::json;

use super::gate::Gate;
use super::setting::{PLANTED, on_routes, verdict};

e2e::tests![
    every_failure_is_what_the_policy_says,
    what_is_no_failure,
    a_silent_service_costs_its_timeout_and_no_more,
    late_answers_change_nothing,
    a_service_cannot_write_into_answers,
    a_service_that_is_not_there,
    a_circuit_that_is_open,
];

/// A route for each.
const MODES: [&str; 3] = ["allow", "deny", "local"];

fn policy(mode: &str, cluster: &str, timeout: &str) -> String {
    format!(
        "
limits:
  - name: {mode}
    key: [{{ header: x-tenant }}]
    global: {{ cluster: {cluster}, domain: sluice, descriptor: tenant, timeout: {timeout}, on_failure: {mode} }}
    rate: {{ requests: 1, per: 87600h }}
"
    )
}

fn bootstrap(cluster: &str, timeout: &str) -> Bootstrap {
    on_routes(&MODES.map(|mode| (mode, policy(mode, cluster, timeout))))
}

fn of(mode: &str, tenant: &str) -> Request {
    Request::get(format!("/{mode}")).header("x-tenant", format!("{PLANTED}-{tenant}"))
}

/// One request in each mode, of a tenant that was not seen before: each gets what its mode says, and soon. `cause`: or one
/// of several, `a|b`.
async fn fails(gate: &Gate, name: &str, cause: &str) {
    let failures = async || {
        let stats = gate.stack.stats().await;
        let of = |cause| stats.of("sluice.ratelimit.service_failures", &[("cause", cause)]);
        cause.split('|').map(of).sum::<i128>()
    };
    let fallbacks = async || gate.counted("fallbacks", &[]).await;
    let before = (failures().await, fallbacks().await);
    let begun = Instant::now();
    gate.admits(name, of("allow", name)).await;
    gate.refuses(name, "service_unavailable", of("deny", name)).await;
    gate.admits(name, of("local", name)).await;
    gate.refuses(name, "over_limit", of("local", name)).await;
    // Only against hanging; how exact it is, is not for a machine that others use, too.
    assert!(begun.elapsed() < Duration::from_secs(10), "{name}: {:?}", begun.elapsed());
    assert_eq!((failures().await, fallbacks().await), (before.0 + 4, before.1 + 4), "{name}: {cause}");
}

async fn every_failure_is_what_the_policy_says() {
    let gate = Gate::start(bootstrap("ratelimit", "300ms")).await;
    let service = &gate.stack.lists;
    let modes = (1..=16).map(|code| (Mode::Status(code), "status"));
    let rest = [
        (Mode::Status(404), "status"),
        (Mode::Status(302), "status"),
        (Mode::Error, "status"),
        (Mode::Garbage, "status"),
        (Mode::Page, "status"),
        // Most of them `timeout`; `a_silent_service_costs_its_timeout_and_no_more` counts.
        (Mode::Slow, "timeout|status"),
        (Mode::Down, "status"),
    ];
    service.serve(verdict::OK).await;
    for (mode, cause) in modes.chain(rest) {
        service.switch(mode).await;
        fails(&gate, &format!("{mode:?}"), cause).await;
        service.switch(Mode::Up).await;
        eventually("the service is asked again", async || {
            gate.stack.send(of("deny", "x")).await.status == 200
        })
        .await;
        gate.recount().await;
    }
    let mut cut = verdict::header(b"x-a", b"b");
    cut.truncate(4);
    let nested = (0..200).fold(Vec::new(), |inner, _| verdict::field(2, &inner));
    for (name, message) in [
        ("no code", Vec::new()),
        ("UNKNOWN", verdict::UNKNOWN.to_vec()),
        ("a code to come", vec![8, 3]),
        ("a negative code", [vec![8], vec![0xff; 9], vec![1]].concat()),
        ("a code of another type", verdict::field(1, b"OK")),
        ("bytes", b"\xff\xfe\0 not protobuf".to_vec()),
        ("text", b"OK".to_vec()),
        ("a page", b"<html><body>OK</body></html>".to_vec()),
        ("cut", cut),
        ("a length beyond the end", vec![8, 1, 0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        ("OK, and 1 MiB", [verdict::OK.to_vec(), verdict::field(5, &vec![b'x'; 1 << 20])].concat()),
        ("4 MiB of nothing", vec![0xff; 4 << 20]),
        ("statuses in statuses", nested),
    ] {
        service.serve(message).await;
        fails(&gate, name, "answer").await;
    }
    gate.end().await;
}

async fn what_is_no_failure() {
    let gate = Gate::start(bootstrap("ratelimit", "5s")).await;
    let service = &gate.stack.lists;
    let long = [verdict::OK.to_vec(), verdict::field(5, &vec![b'x'; 32 << 10])].concat();
    for (name, message, admitted) in [
        ("OK", verdict::OK.to_vec(), true),
        ("over limit", verdict::OVER_LIMIT.to_vec(), false),
        ("OK at last", [verdict::UNKNOWN, verdict::OVER_LIMIT, verdict::OK].concat(), true),
        ("a field that nobody knows", [verdict::OK.to_vec(), verdict::field(15, b"new")].concat(), true),
        ("OK, and a long body", long, true),
    ] {
        service.serve(message).await;
        for mode in MODES {
            // The local rate has one; the service is asked, so it is not what decides.
            match admitted {
                true => drop(gate.admits(name, of(mode, name)).await),
                false => drop(gate.refuses(name, "over_limit", of(mode, name)).await),
            }
        }
    }
    assert_eq!(gate.counted("service_failures", &[]).await, 0);
    assert_eq!(gate.counted("fallbacks", &[]).await, 0);
    gate.end().await;
}

async fn a_silent_service_costs_its_timeout_and_no_more() {
    const TIMEOUT_MS: u64 = 50;
    let gate = Gate::start(bootstrap("ratelimit", "50ms")).await;
    gate.stack.lists.switch(Mode::Slow).await;
    for mode in ["allow", "deny"] {
        let ids: Vec<String> = (0..30).map(|number| format!("{mode}-{number}")).collect();
        for id in &ids {
            let status = gate.stack.send(of(mode, id).header("x-test-id", id)).await.status;
            assert_eq!(status, if mode == "allow" { 200 } else { 503 }, "{id}");
        }
        let log = gate.stack.access_log(&ids).await;
        let mut took: Vec<u64> = ids.iter().filter_map(|id| log[id]["duration_ms"].as_u64()).collect();
        took.sort_unstable();
        // None before its time, but for the round of events that Envoy counts from. That it is not much later, the quickest
        // of them show: the rest waited for the machine.
        assert_eq!(took.len(), ids.len(), "{mode}");
        assert!(took[0] >= TIMEOUT_MS - 5 && took[5] <= TIMEOUT_MS + 10, "{mode}: {took:?} ms");
    }
    assert_eq!(gate.counted("service_failures", &[]).await, 60);
    let timeouts = gate.counted("service_failures", &[("cause", "timeout")]).await;
    assert!(timeouts >= 40, "{timeouts} of 60 known as such");
    gate.recount().await;
    gate.end().await;
}

async fn late_answers_change_nothing() {
    let gate = Gate::start(bootstrap("ratelimit", "30ms")).await;
    let service = &gate.stack.lists;
    service.serve(verdict::OK).await;
    service.switch(Mode::Delay(150)).await;
    for number in 0..20 {
        gate.refuses(&format!("request {number}"), "service_unavailable", of("deny", "late")).await;
    }
    // All of those answers are in by the time a quick one is.
    service.serve(verdict::OVER_LIMIT).await;
    service.switch(Mode::Delay(0)).await;
    eventually("an answer in time", async || {
        let answer = gate.stack.send(of("deny", "late")).await;
        String::from_utf8_lossy(&answer.body).contains("over_limit")
    })
    .await;
    gate.untouched("late answers").await;
    eventually("no call is out", async || {
        gate.stack.stats().await.value("cluster.ratelimit.upstream_rq_active") == 0
    })
    .await;
    gate.end().await;
}

async fn a_service_cannot_write_into_answers() {
    let gate = Gate::start(bootstrap("ratelimit", "5s")).await;
    let evil: Vec<u8> = [
        verdict::header(b"x-injected", b"a\r\nset-cookie: a=b"),
        verdict::header(b"x-injected\r\nset-cookie", b"a=b"),
        verdict::header(b":status", b"200"),
        verdict::header(b":path", b"/admin"),
        verdict::header(b"authorization", b"Bearer stolen"),
        verdict::header(b"content-length", b"0"),
        verdict::header(b"x-injected", b"plain"),
        verdict::header(b"\xff\xfe", b"\xff"),
        // request_headers_to_add, raw_body
        verdict::field(4, &[verdict::field(1, b"x-injected"), verdict::field(2, b"request")].concat()),
        verdict::field(
            4,
            &[verdict::field(1, b"authorization"), verdict::field(2, b"Bearer stolen")].concat(),
        ),
        verdict::field(5, b"injected body"),
    ]
    .concat();
    for (admitted, code) in [(true, verdict::OK), (false, verdict::OVER_LIMIT)] {
        gate.stack.lists.serve([code.to_vec(), evil.clone()].concat()).await;
        let name = format!("admitted: {admitted}");
        let answer = if admitted {
            let answer = gate.admits(&name, of("deny", "evil")).await;
            let report = answer.report();
            assert_eq!((report.lines("x-injected"), report.lines("authorization")), (vec![], vec![]));
            assert_eq!(report.path, "/deny");
            answer
        } else {
            gate.refuses(&name, "over_limit", of("deny", "evil")).await
        };
        for header in ["x-injected", "set-cookie", "authorization"] {
            assert_eq!(answer.lines(header), [""; 0], "{name}: {header}");
        }
        assert!(!String::from_utf8_lossy(&answer.body).contains("injected"), "{name}");
    }
    gate.end().await;
}

async fn a_service_that_is_not_there() {
    for (cluster, cause) in [("nowhere", "unsent"), ("empty", "status|unsent")] {
        let bootstrap = bootstrap(cluster, "200ms").edit(|envoy| {
            let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("clusters");
            clusters.push(json!({ "name": "empty", "type": "STATIC", "connect_timeout": "1s" }));
        });
        let gate = Gate::start(bootstrap).await;
        for round in 0..3 {
            fails(&gate, &format!("{cluster}, {round}"), cause).await;
        }
        gate.end().await;
    }
}

async fn a_circuit_that_is_open() {
    let bootstrap = bootstrap("ratelimit", "5s").service_cluster_with(|cluster| {
        cluster["circuit_breakers"] = json!({ "thresholds": [{ "max_requests": 0 }] });
    });
    let gate = Gate::start(bootstrap).await;
    gate.stack.lists.serve(verdict::OK).await;
    // Envoy says so at once or a moment later.
    fails(&gate, "no call may be out", "status|unsent").await;
    assert_eq!(gate.stack.lists.fetches().await, 0, "nobody was asked");
    let call = of("deny", "grpc").method("POST").header("content-type", "application/grpc");
    let answer = gate.stack.client(Protocol::Http2).send(call).await;
    assert_eq!((answer.status, answer.header("grpc-status").as_deref()), (200, Some("14")), "{answer:?}");
    gate.untouched("a call").await;
    gate.end().await;
}
