//! What a refusal tells (threat J57): nothing but its class.

use std::collections::BTreeSet;

use e2e::{Answer, Bootstrap, Key, Request, now};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{Issuer, bearer, draft};

e2e::tests![all_faults_of_a_token_look_alike, refusals_speak_grpc, refusals_of_each_class];

/// What a client sees, but for what Envoy adds by itself.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let fields = answer
        .headers
        .iter()
        .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    let fields =
        fields.filter(|(name, _)| !["date", "x-envoy-upstream-service-time"].contains(&name.as_str()));
    (answer.status, fields.collect(), String::from_utf8_lossy(&answer.body).into_owned())
}

async fn all_faults_of_a_token_look_alike() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut answers = BTreeSet::new();
    for (name, token) in [
        ("form", "a.b.c".to_owned()),
        ("algorithm", draft().seal("es", "none", |_| vec![1])),
        ("an unknown key", draft().sign(&Key::p256("nobody"))),
        ("another key", draft().sign(&Key::p256("es"))),
        ("an unknown issuer", draft().claim("iss", "https://x.example").sign(&issuer.es)),
        ("another audience", draft().claim("aud", "x").sign(&issuer.es)),
        ("expired", draft().claim("exp", now() - 1000).sign(&issuer.es)),
        ("not yet", draft().claim("nbf", now() + 1000).sign(&issuer.es)),
        ("without exp", draft().without("exp").sign(&issuer.es)),
        ("critical", draft().header("crit", json!(["x"])).sign(&issuer.es)),
        (
            "bound to a certificate",
            draft().claim("cnf", json!({ "x5t#S256": "A".repeat(43) })).sign(&issuer.es),
        ),
        ("large", draft().claim("fill", "x".repeat(30_000)).sign(&issuer.es)),
    ] {
        let answer = gate.stack.send(bearer(&token)).await;
        assert_eq!(
            answer.header("www-authenticate").as_deref(),
            Some("Bearer error=\"invalid_token\""),
            "{name}"
        );
        answers.insert(seen(&answer));
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    gate.lives("all of them").await;
    gate.end().await;
}

async fn refusals_speak_grpc() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["rules"][0]["when"] = json!({ "path": { "exact": "/nobody" } });
    policy["rules"][1]["when"] = json!({ "path": { "prefix": "/orders" } });
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let client = gate.stack.client(e2e::Protocol::Http2);
    let call = |path: &str, token: Option<&str>| {
        let request = Request::get(path)
            .method("POST")
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    };
    for (name, request, status) in [
        ("no token", call("/orders", None), "16"),
        ("a bad one", call("/orders", Some("a.b.c")), "16"),
        ("no rule", call("/orderz", Some(&issuer.token())), "7"),
        ("an ambiguous path", call("/orders;x", Some(&issuer.token())), "3"),
    ] {
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{name}: in gRPC the status travels elsewhere");
        assert_eq!(answer.header("grpc-status").as_deref(), Some(status), "{name}: {answer:?}");
    }
    assert_eq!(client.send(call("/orders", Some(&issuer.token()))).await.status, 200);
    gate.recount().await;
    gate.end().await;
}

async fn refusals_of_each_class() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["rules"].as_array_mut().expect("a list").insert(
        1,
        json!({
            "name": "scoped", "when": { "path": { "prefix": "/scoped" } },
            "require": { "token": "idp", "claims": [{ "name": "scope", "contains": "x" }] },
        }),
    );
    policy["rules"].as_array_mut().expect("a list").insert(1, json!({
        "name": "peers", "when": { "path": { "prefix": "/peers" } }, "require": { "tls": { "min_version": "1.2" } },
    }));
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let with = |path: &str| Request::get(path).header("authorization", format!("Bearer {}", issuer.token()));
    for (name, request, status, class, challenge) in [
        ("no token", Request::get("/orders"), 401, "no_token", Some("Bearer realm=\"sluice\"")),
        ("a bad one", bearer("a.b.c"), 401, "invalid_token", Some("Bearer error=\"invalid_token\"")),
        (
            "two",
            bearer("a.b.c").header("authorization", "Bearer d.e.f"),
            400,
            "invalid_request",
            Some("Bearer error=\"invalid_request\""),
        ),
        ("scope", with("/scoped"), 403, "insufficient_scope", Some("Bearer error=\"insufficient_scope\"")),
        ("no TLS", with("/peers"), 403, "forbidden", None),
        ("a path", with("/a;b"), 400, "ambiguous_path", None),
    ] {
        let answer = gate.stack.send(request).await;
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!((answer.status, body["reason"].as_str()), (status, Some(class)), "{name}");
        assert_eq!(answer.header("www-authenticate").as_deref(), challenge, "{name}");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(4), "{name}: {body}");
    }
    let stats = gate.stack.stats().await;
    // Envoy makes one line of two.
    for reason in ["no_token", "malformed", "malformed_credentials", "scope", "tls_version", "ambiguous_path"]
    {
        assert_eq!(stats.of("sluice.auth.denied", &[("reason", reason)]), 1, "{reason}");
    }
    assert!(stats.of("sluice.auth.allowed", &[("rule", "all")]) >= 1);
    gate.end().await;
}
