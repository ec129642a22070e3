//! Requests that want to kill the VM, or to be misread. After each one the VM lives and decides as before.

use e2e::{Protocol, Request, exchange};

use crate::target::{Target, get};

e2e::tests![
    bytes_that_are_no_text_in_every_place,
    odd_request_lines,
    paths_that_mean_the_same_are_one_path,
    an_upstream_that_answers_strangely,
    clients_that_leave,
];

async fn bytes_that_are_no_text_in_every_place() {
    let target = Target::start().await;
    for bytes in NO_TEXT {
        for line in LINES {
            target.survives(line, &get(&with(line, bytes))).await;
        }
        for line in REQUEST_LINES {
            let request = [&with(line, bytes), b"\r\nhost: shop.example\r\n\r\n".as_slice()].concat();
            target.survives(line, &request).await;
        }
        // hyper's HTTP/2 client sends them, too.
        let cookie = [b"sid=", *bytes].concat();
        let request = Request::get("/").header("x-user-id", bytes).header("cookie", cookie);
        let status = target.stack.client(Protocol::Http2).send(request.header("baggage", bytes)).await.status;
        assert!([200, 400].contains(&status), "{status}");
        target.lives("HTTP/2").await;
    }
    let percent = Request::get("/%ff%fe/%80?uid=%ff&q=%c3%28&%=%&=&&uid").header("cookie", "sid=%ff");
    assert_eq!(target.stack.send(percent).await.status, 200);
    target.end().await;
}

async fn odd_request_lines() {
    let target = Target::start().await;
    for (name, request) in [
        ("CONNECT", "CONNECT shop.example:443 HTTP/1.1\r\nhost: shop.example:443\r\n\r\n"),
        ("OPTIONS *", "OPTIONS * HTTP/1.1\r\nhost: shop.example\r\n\r\n"),
        ("absolute form", "GET http://beta.example/admin/?uid=1 HTTP/1.1\r\nhost: shop.example\r\n\r\n"),
        ("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"),
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"),
        ("an unknown method", "BREW / HTTP/1.1\r\nhost: shop.example\r\n\r\n"),
        ("HEAD", "HEAD / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n"),
        ("a body", "POST / HTTP/1.1\r\nhost: shop.example\r\ncontent-length: 3\r\n\r\nabc"),
        (
            "chunks and trailers",
            "POST / HTTP/1.1\r\nhost: shop.example\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n",
        ),
        (
            "length and chunks",
            "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "an upgrade",
            "GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        ),
        ("a fragment", "GET /#fragment HTTP/1.1\r\nhost: shop.example\r\n\r\n"),
        ("an empty query", "GET /? HTTP/1.1\r\nhost: shop.example\r\n\r\n"),
        ("folded", "GET / HTTP/1.1\r\nhost: shop.example\r\nx-env: a\r\n canary\r\n\r\n"),
        ("nothing", "\r\n\r\n"),
        ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03"),
    ] {
        let request: Vec<u8> = request.chars().map(|c| c as u8).collect();
        let mut request = request;
        if name == "no HTTP" {
            request.extend_from_slice(b"\r\n\r\n");
        }
        let sent = exchange(target.stack.envoy.addr("http"), &request).await;
        if let Ok(answer) = sent {
            // No upgrade is configured and CONNECT has no route: those are Envoy's own refusals.
            assert!(answer.status < 500, "{name}: {}", String::from_utf8_lossy(&answer.head));
        }
        target.lives(name).await;
    }
    target.end().await;
}

async fn paths_that_mean_the_same_are_one_path() {
    let target = Target::start().await;
    // The shipped file normalises, so that a rule on `/admin/` sees one spelling.
    for path in [
        "/admin/x",
        "//admin/x",
        "/./admin/x",
        "/a/../admin/x",
        "/%61dmin/x",
        "/admin//x",
        "/a/%2e%2e/admin/x",
    ] {
        let answer = target.stack.send(Request::get(path)).await;
        assert_eq!(answer.lines("x-sluice-subset"), ["canary"], "{path}");
    }
    let stats = target.stack.stats().await;
    assert_eq!(stats.of("sluice.canary.decisions", &[("rule", "path")]), 7);
    for path in ["/admin%2Fx", "/admin%5Cx"] {
        let answer = target.stack.send(Request::get(path)).await;
        let redirected = answer.status == 307 || answer.lines("x-sluice-subset") == ["canary"];
        assert!(redirected, "{path}: {answer:?}");
    }
    target.end().await;
}

async fn an_upstream_that_answers_strangely() {
    let target = Target::start().await;
    let answers =
        |header: &[u8]| Request::get("/").header("x-env", "canary").header("x-upstream-header", header);
    for (name, header) in [
        ("bytes that are no text", b"x-any: \xff\xfe".as_slice()),
        ("our header in bytes that are no text", b"x-sluice-subset: \xff"),
        ("a cookie that is no text", b"set-cookie: sluice-id=\xff"),
        ("our cookie", b"set-cookie: sluice-id=from-upstream"),
        ("an empty one", b"x-sluice-subset:"),
    ] {
        let answer = target.stack.send(answers(header)).await;
        assert_eq!(
            (answer.status, answer.lines("x-sluice-subset")),
            (200, vec!["canary".to_owned()]),
            "{name}"
        );
        target.lives(name).await;
    }
    let says = async |status| {
        let request = answers(b"x-a: 1").header("x-upstream-status", status);
        let answer = target.stack.client(Protocol::Http1).send(request).await;
        assert!(answer.status >= 200, "{status}");
    };
    for status in ["204", "304", "404", "500"] {
        says(status).await;
        target.lives(status).await;
    }
    // After that it leaves.
    says("100").await;
    target.lives_again("100").await;
    target.end().await;
}

async fn clients_that_leave() {
    let target = Target::start().await;
    let addr = target.stack.envoy.addr("http");
    for round in 0..50 {
        let mut stream = tokio::net::TcpStream::connect(addr).await.expect("a connection");
        let request = b"GET / HTTP/1.1\r\nhost: shop.example\r\nx-upstream-delay-ms: 200\r\n\r\n";
        tokio::io::AsyncWriteExt::write_all(&mut stream, request).await.expect("sent");
        if round % 2 == 0 {
            stream.set_zero_linger().expect("a reset instead of a farewell");
        }
    }
    target.lives("fifty that left").await;
    target.end().await;
}

/// The template with `bytes` in place of its `@`.
fn with(template: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, after) = template.split_once('@').expect("a place for the bytes");
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

const NO_TEXT: &[&[u8]] =
    &[b"\xff", b"\x80", b"\xc3\x28", b"\xf0\x9f\x92", b"\xed\xa0\x80", b"a\xffb", b"\xfe\xff\xfe\xff"];
const LINES: &[&str] = &[
    "x-any: @\r\n",
    "x-user-id: @\r\n",
    "x-env: @\r\n",
    "x-roles: staff, @\r\n",
    "x-sluice-subset: @\r\n",
    "x-forwarded-for: @\r\n",
    "user-agent: @\r\n",
    "baggage: @\r\n",
    "baggage: a=@,b=1\r\n",
    "baggage: sluice-subset=@\r\n",
    "baggage: sluice-subset@=1\r\n",
    "cookie: @\r\n",
    "cookie: sid=@\r\n",
    "cookie: @=1; sid=2\r\n",
    "cookie: group=@\r\n",
    "cookie: sluice-id=@\r\n",
    "x-@: 1\r\n",
    "host: @\r\n",
];
const REQUEST_LINES: &[&str] = &[
    "GET /@ HTTP/1.1",
    "GET /?uid=@ HTTP/1.1",
    "GET /?q=@ HTTP/1.1",
    "GET /admin/@ HTTP/1.1",
    "GE@T / HTTP/1.1",
];
