//! Filters that may do what the shipped lists of capabilities say (`hardened.yaml`), and nothing else: what they decide is
//! the same. For `auth` and the chain, [`crate::auth`] runs the whole files.

use e2e::suite::needs_local;
use e2e::{Bootstrap, Request, Stack, eventually};

use crate::auth::setting::{Issuer, bearer, draft};

e2e::tests![
    every_hardened_file_is_valid,
    auth_refuses_with_nothing_else_allowed,
    ratelimit_refuses_with_nothing_else_allowed,
    canary_decides_with_nothing_else_allowed,
    a_list_that_lacks_the_reply_keeps_it_from_being_sent,
];

async fn every_hardened_file_is_valid() {
    needs_local("the files are the same; the pinned binary has checked them");
    for name in ["auth", "canary", "chain", "ratelimit"] {
        let file = e2e::repository().join("envoy-config").join(name).join("hardened.yaml");
        unrestricted(&e2e::validated(&file));
    }
}

async fn auth_refuses_with_nothing_else_allowed() {
    let issuer = Issuer::new();
    // Keys are fetched: a call out, its answer, a tick, shared data.
    let policy = "
providers:
  - name: idp
    issuer: https://issuer.example
    audiences: [orders]
    keys: { http: { cluster: idp, path: /.well-known/jwks.json } }
log: [subject]
rules: [{ name: all, require: { token: idp } }]
";
    let stack = Stack::start(Bootstrap::auth().policy(policy).hardened().workers(1)).await;
    stack.lists.at("/.well-known/jwks.json").serve(issuer.set().to_string()).await;
    for key in issuer.all() {
        let token = bearer(&draft().sign(key));
        eventually("a token let in", async || stack.send(token.clone()).await.status == 200).await;
    }
    let hits = stack.v1.hits().await;
    let other = Issuer::new();
    for (name, request, reason) in [
        ("no token", Request::get("/orders"), "no_token"),
        ("no token at all", bearer("a.b.c"), "malformed"),
        ("another issuer's key", bearer(&draft().sign(&other.es)), "signature"),
    ] {
        let answer = stack.send(request).await;
        assert_eq!(answer.status, 401, "{name}: {answer:?}");
        assert!(answer.header("www-authenticate").is_some(), "{name}: {answer:?}");
        stack.envoy.log_line(&format!("sluice_auth{{{reason}}}")).await;
    }
    assert_eq!(stack.v1.hits().await, hits, "nobody got in");
    unrestricted(&stack.envoy.log());
}

async fn ratelimit_refuses_with_nothing_else_allowed() {
    let stack = Stack::start(Bootstrap::ratelimit().policy(LIMITS).hardened()).await;
    for (path, key) in [("/a", "ada"), ("/a", "bob")] {
        let request = Request::get(path).header("x-user-id", key);
        let answers = [stack.send(request.clone()).await, stack.send(request).await];
        assert_eq!([answers[0].status, answers[1].status], [200, 429], "{key}: {answers:?}");
        assert!(answers[1].header("retry-after").is_some() && answers[1].header("ratelimit").is_some());
        assert_eq!(
            answers[0].header("ratelimit-policy").as_deref(),
            Some("\"user\";q=1;w=3600"),
            "on an allowed one, too"
        );
    }
    // In flight, and told when the stream ends.
    for number in 0..3 {
        eventually("a place", async || stack.send(Request::get("/one")).await.status == 200).await;
        assert_eq!(stack.send(Request::get("/none")).await.status, 429, "{number}");
    }
    // The service does not answer: asked it was, so the call went out.
    assert_eq!(stack.send(Request::get("/global")).await.status, 503);
    assert!(stack.stats().await.of("sluice.ratelimit.service_failures", &[("limit", "global")]) >= 1);
    unrestricted(&stack.envoy.log());
}

async fn canary_decides_with_nothing_else_allowed() {
    let stack = Stack::start(Bootstrap::canary().policy(SUBSETS).hardened().workers(1)).await;
    stack.lists.at("/beta").serve("ada\n".to_owned()).await;
    for (user, subset) in [("ada", "canary"), ("bob", "stable")] {
        let request = || Request::get("/").header("x-user-id", user);
        eventually("the list", async || stack.subset(request()).await == subset).await;
        assert_eq!(stack.send(request()).await.header("x-sluice-subset").as_deref(), Some(subset), "{user}");
    }
    unrestricted(&stack.envoy.log());
}

/// The other way round: at this place of the configuration a list does restrict.
async fn a_list_that_lacks_the_reply_keeps_it_from_being_sent() {
    let bootstrap = Bootstrap::ratelimit().policy(LIMITS).hardened_without("proxy_send_local_response");
    let stack =
        Stack::start(bootstrap.connection_manager(|manager| manager["stream_idle_timeout"] = "1s".into()))
            .await;
    assert_ne!(stack.send(Request::get("/none")).await.status, 429);
    stack.envoy.log_line(RESTRICTED).await;
}

fn unrestricted(log: &str) {
    let restricted: Vec<&str> = log.lines().filter(|line| line.contains(RESTRICTED)).collect();
    assert!(restricted.is_empty(), "{restricted:#?}");
}

const LIMITS: &str = "
limits:
  - { name: user, when: { path: { prefix: /a } }, key: [{ header: x-user-id }], rate: { requests: 1, per: 1h } }
  - { name: one, when: { path: { exact: /one } }, concurrency: { max: 1 } }
  - { name: none, when: { path: { exact: /none } }, rate: { requests: 0, per: 1s } }
  - name: global
    when: { path: { exact: /global } }
    global: { cluster: ratelimit, domain: sluice, descriptor: all, on_failure: deny }
headers: ietf
";

const SUBSETS: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
sticky: [{ header: x-user-id }]
rules: [{ name: beta, when: { list: { name: beta, key: { header: x-user-id } } }, subset: canary }]
lists: { beta: { http: { cluster: lists, path: /beta, refresh: 200ms } } }
output: { header: x-sluice-subset, baggage: true, response_header: x-sluice-subset }
";

const RESTRICTED: &str = "restricted proxy-wasm capability";
