//! Request lines that are none, and headers that claim another one (threats R11, R12).

use super::gate::Gate;
use super::path::policy;
use super::setting::Issuer;
use e2e::{Bootstrap, Request, exchange};
use serde_json::{Value, json};

e2e::tests![headers_that_claim_another_path, targets_that_are_no_path,];

async fn headers_that_claim_another_path() {
    let issuer = Issuer::new();
    let gate = Gate::start(Bootstrap::auth().policy_value(policy(&issuer)), Request::get("/public")).await;
    for name in [
        "x-envoy-original-path",
        "x-envoy-original-url",
        "x-original-url",
        "x-original-uri",
        "x-original-path",
        "x-rewrite-url",
        "x-forwarded-uri",
        "x-forwarded-path",
        "x-forwarded-prefix",
        "x-http-method-override",
        "x-method-override",
        "x-envoy-internal",
        "x-envoy-decorator-operation",
    ] {
        for value in ["/public", "/", "OPTIONS"] {
            let request = Request::get("/admin").header(name, value);
            gate.refuses(&format!("{name}: {value}"), "no_token", request).await;
        }
    }
    gate.end().await;
}

async fn targets_that_are_no_path() {
    let issuer = Issuer::new();
    let mut closed = policy(&issuer);
    closed["rules"] = json!([
        { "name": "public", "when": { "path": { "prefix": "/public" } }, "allow": "anyone" },
        { "name": "admin", "when": { "path": { "prefix": "/admin" } }, "require": { "token": "idp" } },
    ]);
    let upgrades = |manager: &mut Value| {
        manager["http2_protocol_options"] = json!({ "allow_connect": true });
        manager["upgrade_configs"] = json!([{ "upgrade_type": "CONNECT" }, { "upgrade_type": "websocket" }]);
        manager["route_config"]["virtual_hosts"][0]["routes"].as_array_mut().expect("routes").insert(
            0,
            json!({ "name": "connect", "match": { "connect_matcher": {} }, "route": { "cluster": "stable" } }),
        );
    };
    let bootstrap = Bootstrap::auth().policy_value(closed).connection_manager(upgrades);
    let gate = Gate::start(bootstrap, Request::get("/public")).await;
    for (name, method, target, lines) in TARGETS {
        let token = format!("authorization: Bearer {}\r\n", issuer.token());
        let lines = lines.replace("@token\r\n", &token);
        let request = format!("{method} {target} HTTP/1.1\r\n{lines}\r\n");
        // A connection that Envoy just closes is a refusal, too.
        let answer = exchange(gate.stack.envoy.addr("http"), request.as_bytes()).await;
        let status = answer.map_or(0, |answer| answer.status);
        assert!([0, 400, 401, 403, 404].contains(&status), "{name}: {status}");
        gate.lives(name).await;
        assert_eq!(gate.upstream().await, gate.hits(), "{name}");
    }
    // In HTTP/2 a CONNECT has no path at all; the rules are about paths, so none of them is about it.
    let client = gate.stack.client(e2e::Protocol::Http2);
    let connect = Request::get("").method("CONNECT").authority("shop.example:443");
    let token = format!("Bearer {}", issuer.token());
    for request in [connect.clone(), connect.header("authorization", token)] {
        gate.refuses_by(&client, "CONNECT over HTTP/2", "no_rule", request).await;
    }
    gate.end().await;
}

/// What it is, method, target, header lines.
const TARGETS: &[(&str, &str, &str, &str)] = &[
    ("CONNECT", "CONNECT", "shop.example:443", "host: shop.example:443\r\n"),
    ("CONNECT with a token", "CONNECT", "shop.example:443", "host: shop.example:443\r\n@token\r\n"),
    ("CONNECT to a path", "CONNECT", "/public", "host: a\r\n"),
    ("OPTIONS *", "OPTIONS", "*", "host: a\r\n"),
    ("OPTIONS * with a token", "OPTIONS", "*", "host: a\r\n@token\r\n"),
    ("an upgrade", "GET", "/admin", "host: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n"),
    ("an upgrade to h2c", "GET", "/admin", "host: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n"),
    (
        "a preflight",
        "OPTIONS",
        "/admin",
        "host: a\r\norigin: https://b\r\naccess-control-request-method: GET\r\n",
    ),
    ("HEAD", "HEAD", "/admin", "host: a\r\nconnection: close\r\n"),
    ("get", "get", "/admin", "host: a\r\n"),
    ("an unknown method", "BREW", "/admin", "host: a\r\n"),
    ("two hosts", "GET", "/admin", "host: a\r\nhost: b\r\n"),
    ("a host of parts", "GET", "/admin", "host: user@a:1/public?\r\n"),
    (
        "length and chunks",
        "POST",
        "/admin",
        "host: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n",
    ),
    ("a fragment", "GET", "/public#/../admin", "host: a\r\n"),
];
