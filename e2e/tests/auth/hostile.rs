//! Requests that want to kill the VM (threats R18, R19): none of them is served for it.

use e2e::{Bootstrap, Protocol, Request, exchange};
use serde_json::json;

use super::gate::Gate;
use super::setting::{Issuer, draft};

e2e::tests![
    bytes_that_are_no_text,
    many_and_large_headers,
    clients_that_leave_while_keys_are_fetched,
    bodies_go_nowhere_before_the_verdict,
];

async fn bytes_that_are_no_text() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["from"] = json!([
        { "header": "authorization", "prefix": "Bearer " }, { "cookie": "access_token" }, { "query": "access_token" },
    ]);
    policy["providers"][0]["forward"] = json!({ "claims": [{ "claim": "sub", "header": "x-jwt-sub" }] });
    policy["spiffe"] = json!({ "xfcc": { "from": ["spiffe://example.org/ns/edge/sa/*"] } });
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let token = issuer.token();
    for bytes in BYTES {
        beside_a_token(&gate, &token, bytes).await;
        in_place_of_a_token(&gate, &token, bytes).await;
    }
    let client = gate.stack.client(Protocol::Http2);
    let request = issuer.good().header("x-any", b"\xff\xfe").header("cookie", b"a=\xff");
    gate.allows_by(&client, "HTTP/2", request).await;
    let request = Request::get("/orders").header("authorization", b"Bearer \xff\xfe");
    gate.refuses_by(&client, "HTTP/2", "malformed|malformed_credentials", request).await;
    gate.end().await;
}

const BYTES: &[&[u8]] = &[
    b"\xff",
    b"\x80",
    b"\xc3\x28",
    b"\xf0\x9f\x92",
    b"\xed\xa0\x80",
    b"a\xffb",
    b"\xc0\x80",
    b"\xfe\xff\xfe\xff",
];

/// The status of a request with these header lines.
async fn status(gate: &Gate, lines: &[&[u8]]) -> u16 {
    let mut request = b"GET /orders HTTP/1.1\r\nhost: a\r\n".to_vec();
    lines.iter().for_each(|line| request.extend([line, b"\r\n".as_slice()].concat()));
    request.extend(b"\r\n");
    exchange(gate.stack.envoy.addr("http"), &request).await.expect("an answer").status
}

async fn beside_a_token(gate: &Gate, token: &str, bytes: &[u8]) {
    let authorization = format!("authorization: Bearer {token}");
    for name in [
        "x-any: ",
        "user-agent: ",
        "x-jwt-sub: ",
        "x-forwarded-client-cert: ",
        "x-forwarded-for: ",
        "cookie: a=",
    ] {
        let line = [name.as_bytes(), bytes].concat();
        let served = status(gate, &[authorization.as_bytes(), &line]).await;
        assert_eq!(served, 200, "{} with a token", line.escape_ascii());
        let refused = status(gate, &[&line]).await;
        assert_eq!(refused, 401, "{} without one", line.escape_ascii());
        gate.recount().await;
        gate.lives(name).await;
    }
}

async fn in_place_of_a_token(gate: &Gate, token: &str, bytes: &[u8]) {
    let token = token.as_bytes();
    let before = gate.upstream().await;
    for line in [
        [b"authorization: ", bytes].concat(),
        [b"authorization: Bearer ", bytes].concat(),
        [b"authorization: Bearer ", token, bytes].concat(),
        [b"authorization: Bearer ".as_slice(), bytes, token].concat(),
        [b"cookie: access_token=", bytes].concat(),
        [b"cookie: access_token=", token, bytes].concat(),
        [b"cookie: ".as_slice(), bytes, b"; access_token=", token, b"x"].concat(),
    ] {
        let status = status(gate, &[&line]).await;
        assert!([400, 401].contains(&status), "{}: {status}", line.escape_ascii());
    }
    for target in ["/orders?access_token=", "/orders", "/orders?a="] {
        let request = [b"GET ", target.as_bytes(), bytes, b" HTTP/1.1\r\nhost: a\r\n\r\n"].concat();
        let status = exchange(gate.stack.envoy.addr("http"), &request).await.expect("an answer").status;
        assert!([400, 401].contains(&status), "{target}{}: {status}", bytes.escape_ascii());
    }
    assert_eq!(gate.upstream().await, before);
    gate.recount().await;
    gate.lives("bytes for a token").await;
}

async fn many_and_large_headers() {
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth().policy_value(issuer.policy()).connection_manager(|manager| {
        manager["common_http_protocol_options"] = json!({ "max_headers_count": 4000 });
    });
    let gate = Gate::start(bootstrap, issuer.good()).await;
    for count in [90, 100, 1000, 1100, 2000] {
        let many =
            |request: Request| (0..count).fold(request, |request, n| request.header(&format!("x-{n}"), "v"));
        gate.allows(&format!("{count} headers"), many(issuer.good())).await;
        gate.refuses(&format!("{count} headers"), "no_token", many(Request::get("/orders"))).await;
        // The second token behind all of them.
        let other = draft().claim("sub", "user-2").sign(&issuer.es);
        let twice = many(issuer.good()).header("authorization", format!("Bearer {other}"));
        gate.refuses(&format!("{count} headers between"), "two_tokens|malformed_credentials", twice).await;
        let cookies =
            (0..count).fold(issuer.good(), |request, n| request.header("cookie", format!("c{n}=1")));
        gate.allows(&format!("{count} cookies"), cookies).await;
    }
    for kib in [8, 32, 50] {
        let large = |request: Request| request.header("x-large", "v".repeat(kib << 10));
        gate.allows(&format!("{kib} KiB"), large(issuer.good())).await;
        gate.refuses(&format!("{kib} KiB"), "no_token", large(Request::get("/orders"))).await;
    }
    for value in ["", " ", "\t"] {
        gate.allows("an empty value", issuer.good().header("x-empty", value)).await;
    }
    gate.end().await;
}

async fn clients_that_leave_while_keys_are_fetched() {
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth().policy(&super::setting::fetched("1h", "")).workers(1);
    let gate = Gate::start_cold(bootstrap, issuer.good()).await;
    gate.stack.lists.switch(e2e::Mode::Delay(300)).await;
    gate.stack.lists.at(super::setting::JWKS).switch(e2e::Mode::Delay(300)).await;
    gate.stack.lists.at(super::setting::JWKS).serve(issuer.set().to_string()).await;
    let request =
        format!("GET /orders HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\n\r\n", issuer.token());
    for round in 0..200 {
        let mut stream =
            tokio::net::TcpStream::connect(gate.stack.envoy.addr("http")).await.expect("a connection");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.expect("sent");
        if round % 2 == 0 {
            stream.set_zero_linger().expect("a reset instead of a farewell");
        }
    }
    gate.warm().await;
    e2e::eventually("no stream left", async || {
        gate.stack.stats().await.ending("http.http.downstream_rq_active") == 0
    })
    .await;
    gate.recount().await;
    gate.end().await;
}

async fn bodies_go_nowhere_before_the_verdict() {
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth().policy(&super::setting::fetched("1h", ""));
    let mut gate = Gate::start_cold(bootstrap, issuer.good()).await;
    gate.good_is(Request::get("/healthz"));
    let post = |token: Option<&str>| {
        let token = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
        let head = format!("POST /orders HTTP/1.1\r\nhost: a\r\n{token}content-length: {}\r\n\r\n", 5 << 20);
        [head.into_bytes(), vec![b'x'; 5 << 20]].concat()
    };
    // Refused at once, refused after a wait for keys that do not come, and refused with keys.
    for (name, token, statuses) in [
        ("no token", None, [401, 401]),
        ("a token nobody can check yet", Some(issuer.token()), [503, 413]),
        ("a bad one", Some("a.b.c".to_owned()), [401, 401]),
    ] {
        let answer = exchange(gate.stack.envoy.addr("http"), &post(token.as_deref())).await;
        let status = answer.expect("an answer").status;
        assert!(statuses.contains(&status), "{name}: {status}");
        gate.lives(name).await;
        assert_eq!(gate.upstream().await, gate.hits(), "{name}");
    }
    gate.stack.lists.at(super::setting::JWKS).serve(issuer.set().to_string()).await;
    gate.good_is(issuer.good());
    gate.warm().await;
    let answer =
        exchange(gate.stack.envoy.addr("http"), &post(Some(&issuer.token()))).await.expect("an answer");
    assert_eq!(answer.status, 200, "a good one, body and all");
    gate.recount().await;
    gate.end().await;
}
