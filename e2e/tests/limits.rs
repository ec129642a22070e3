//! Much of everything: headers, lines, members, bytes. After each request the VM lives and decides as before.

use e2e::{Bootstrap, Report, Request};
use serde_json::json;

use crate::target::{Target, get};

e2e::tests![a_hundred_headers_in_every_form, sizes_at_and_beyond_envoys_limits];

async fn a_hundred_headers_in_every_form() {
    // Envoy's own limit is a hundred, with what it adds itself: raised, so that all of them reach the filter.
    let target = Target::start_with(Bootstrap::canary().connection_manager(|manager| {
        manager["common_http_protocol_options"] = json!({ "max_headers_count": 2000 });
        manager["max_request_headers_kb"] = json!(200);
    }))
    .await;
    let lines =
        |count, line: &dyn Fn(usize) -> String| get((0..count).map(line).collect::<String>().as_bytes());
    let forms: [(&str, &dyn Fn(usize) -> String); 10] = [
        ("different", &|n| format!("x-{n}: {n}\r\n")),
        ("the same", &|n| format!("x-same: {n}\r\n")),
        ("keys", &|n| format!("x-user-id: u-{n}\r\n")),
        ("output headers", &|_| "x-sluice-subset: canary\r\n".to_owned()),
        ("baggage", &|n| format!("baggage: m{n}=1,sluice-subset=x{n}\r\n")),
        ("cookies", &|n| format!("cookie: sid{n}={n}; sid={n}\r\n")),
        ("empty", &|n| format!("x-{n}:\r\n")),
        ("broken cookies", &|_| "cookie: ;;=;=;\"; ,\r\n".to_owned()),
        ("roles", &|n| format!("x-roles: ,,{n},,\r\n")),
        ("not allowed in HTTP", &|n| format!("x-{n}: \u{7f}\r\n")),
    ];
    for (name, line) in forms {
        // The second is more than the host hands over at once (1024).
        for count in [100, 1100] {
            let answer = target.survives(name, &lines(count, line)).await.expect("an answer");
            if name == "not allowed in HTTP" {
                assert_eq!(answer.status, 400, "{count} lines: {name}");
                continue;
            }
            assert_eq!(answer.status, 200, "{count} lines: {name}");
            let report = Report::parse(&answer.body).expect("from an upstream");
            let told = report.header("x-sluice-subset").map(str::to_owned);
            let version = if told.as_deref() == Some("canary") { "v2" } else { "v1" };
            assert_eq!((told.is_some(), report.version.as_str()), (true, version), "{count} lines: {name}");
        }
    }
    let answered = (0..90).fold(Request::get("/").header("x-env", "canary"), |request, n| {
        request.header("x-upstream-header", format!("x-{n}: {n}"))
    });
    let answer = target.stack.send(answered).await;
    assert_eq!((answer.status, answer.lines("x-sluice-subset")), (200, vec!["canary".to_owned()]));
    assert_eq!(answer.lines("x-89"), ["89"]);
    target.end().await;
}

async fn sizes_at_and_beyond_envoys_limits() {
    let target = Target::start().await;
    let x = |n: usize| "x".repeat(n);
    for (name, lines) in [
        ("a long header", format!("x-long: {}\r\n", x(50_000))),
        ("too long a header", format!("x-long: {}\r\n", x(70_000))),
        ("a long key", format!("x-user-id: {}\r\n", x(50_000))),
        ("a long cookie", format!("cookie: {}; sid={}\r\n", x(20_000), x(20_000))),
        ("many cookies", format!("cookie: {}\r\n", "a=b; ".repeat(8_000))),
        ("long baggage", format!("baggage: k={}\r\n", x(50_000))),
        ("many members", format!("baggage: {}\r\n", "k=v,".repeat(12_000))),
        ("a long spoof", format!("x-sluice-subset: {}\r\n", x(50_000))),
        ("a long value for a regex", format!("x-env: {}\r\n", "canary".repeat(8_000))),
        ("headers beyond the limit", (0..1_100).map(|n| format!("x-{n}: 1\r\n")).collect()),
    ] {
        target.survives(name, &get(lines.as_bytes())).await;
    }
    let path =
        format!("GET /{}?uid={} HTTP/1.1\r\nhost: shop.example\r\n\r\n", "a/".repeat(10_000), x(20_000));
    target.survives("a long path", path.as_bytes()).await;
    let query = format!("GET /?{} HTTP/1.1\r\nhost: shop.example\r\n\r\n", "q=a&".repeat(12_000));
    target.survives("many parameters", query.as_bytes()).await;
    target.end().await;
}
