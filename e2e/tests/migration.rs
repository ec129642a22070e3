//! The files of the migration guide, side by side in one Envoy: what was before, what comes after, and the same requests.

use std::fs;

use e2e::{Bootstrap, Client, Protocol, Request, Stack, eventually, parse_yaml, suite};
use serde_json::Value;

use crate::auth::setting::{Issuer, JWKS, bearer, draft};

e2e::tests![auth_answers_as_jwt_authn_did, ratelimit_admits_as_local_ratelimit_did];

/// A file of the guide.
fn guide(name: &str) -> Value {
    let path = e2e::repository().join("envoy-config/migration").join(name);
    parse_yaml(&fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .expect("YAML")
}

/// Both in one Envoy: the listener `http` has what comes after, `before` what was.
async fn side_by_side(name: &str, bootstrap: Bootstrap) -> (Stack, Client, Client) {
    suite::needs_local("a listener more");
    let filter = |file: &str| guide(&format!("{name}/{file}.yaml"))["http_filters"][0].clone();
    let (before, after) = (filter("before"), filter("after"));
    let put = |filter: Value| {
        move |manager: &mut Value| {
            manager["http_filters"][0] = filter.clone();
            // It names the filter that is there.
            let routes =
                manager["route_config"]["virtual_hosts"][0]["routes"].as_array_mut().expect("routes");
            routes.retain(|route| route["name"] != "off");
        }
    };
    let stack =
        Stack::start(bootstrap.connection_manager(put(after)).plain_listener("before", put(before))).await;
    let client = |listener| Client::new(stack.envoy.addr(listener), Protocol::Http1);
    let (before, after) = (client("before"), client("http"));
    (stack, before, after)
}

async fn auth_answers_as_jwt_authn_did() {
    let issuer = Issuer::new();
    let (stack, before, after) = side_by_side("jwt_authn", Bootstrap::auth()).await;
    stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
    for client in [&before, &after] {
        eventually("keys", async || client.send(issuer.good()).await.status == 200).await;
    }
    let at = |path: &str| Request::get(path).header("authorization", format!("Bearer {}", issuer.token()));
    let signed = |claim: &str, value: Value| bearer(&draft().claim(claim, value).sign(&issuer.es));
    for (name, request, then, now) in [
        ("health", Request::get("/healthz"), 200, 200),
        ("no token", Request::get("/orders"), 401, 401),
        ("a good one", issuer.good(), 200, 200),
        ("a good one, further down", at("/orders/7"), 200, 200),
        ("expired", signed("exp", 1.into()), 401, 401),
        ("another issuer", signed("iss", "https://other.example".into()), 401, 401),
        ("another key", bearer(&draft().sign(&e2e::Key::p256("es"))), 401, 401),
        ("not a token", bearer("a.b.c"), 401, 401),
        ("elsewhere", Request::get("/elsewhere"), 200, 200),
        // The guide names these.
        ("another audience", signed("aud", "others".into()), 403, 401),
        ("no expiry", bearer(&draft().without("exp").sign(&issuer.es)), 200, 401),
        ("a path with two readings", at("/orders;x"), 200, 400),
    ] {
        assert_eq!(before.send(request.clone()).await.status, then, "{name}, before");
        assert_eq!(after.send(request).await.status, now, "{name}, after");
    }
    for client in [&before, &after] {
        let report = client.send(issuer.good().header("x-jwt-sub", "forged")).await.report();
        assert_eq!(report.lines("x-jwt-sub"), ["user-1"]);
    }
}

async fn ratelimit_admits_as_local_ratelimit_did() {
    let (_stack, before, after) = side_by_side("local_ratelimit", Bootstrap::ratelimit()).await;
    for (name, client) in [("before", &before), ("after", &after)] {
        let user = |user: &str| Request::get("/").header("x-user-id", user);
        for who in ["ada", "bob"] {
            let mut statuses = Vec::new();
            for _ in 0..7 {
                statuses.push(client.send(user(who)).await.status);
            }
            assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429], "{name}: {who}");
        }
        let answer = client.send(user("carol")).await;
        assert_eq!(answer.status, 200, "{name}");
        for field in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
            assert!(answer.header(field).is_some(), "{name}: {field}");
        }
        // Without the header there is the bucket of the proxy only, and that ends, too.
        let mut admitted = 0;
        for _ in 0..20 {
            admitted += u32::from(client.send(Request::get("/")).await.status == 200);
        }
        // What was refused to ada and bob cost the native filter's bucket; here it cost nothing.
        let wanted = if name == "after" { 9..=9 } else { 0..=9 };
        assert!(wanted.contains(&admitted), "{name}: {admitted}");
    }
}
