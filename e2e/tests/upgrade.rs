//! A new module, and back to the old one, while requests come: what an upgrade and a rollback are. The other version is the
//! test build of the same filter, which a header kills: so it can be told which of the two serves.

use std::fs;

use e2e::{Bootstrap, Load, Mode, Protocol, Request, Stack, Update, eventually};

use crate::auth::setting::{Issuer, JWKS, fetched};

e2e::tests![
    canary_changes_under_load_and_loses_no_request,
    auth_changes_under_load_without_its_issuer,
    ratelimit_changes_under_load_and_goes_on_counting,
    what_is_no_module_changes_nothing,
];

/// The shipped module and the other version of it.
fn modules(filter: &str) -> [Vec<u8>; 2] {
    [format!("{filter}.wasm"), format!("test/{filter}-trap.wasm")]
        .map(|name| fs::read(e2e::artifact(&name).expect("make build")).expect("the module"))
}

/// Changes to the other version and back, several times, under load; returns how many requests got which status.
async fn changes(
    stack: &mut Stack,
    filter: &str,
    request: Request,
) -> std::collections::BTreeMap<u16, usize> {
    let [shipped, other] = modules(filter);
    let load = Load { client: stack.client(Protocol::Http2), connections: 2, streams: 4 };
    let stream = load.stream(200, move |_| request.clone()).await.expect("connections");
    for round in 0..3 {
        for (name, module) in [("the other version", &other), ("back", &shipped)] {
            assert_eq!(stack.update_module(module).await, Update::Accepted, "{name}, round {round}");
            let seen = stream.begun();
            eventually("requests after it", async || stream.begun() > seen + 20).await;
        }
    }
    assert_eq!(stack.update_module(&other).await, Update::Accepted);
    let tally = stream.stop().await;
    assert!(tally.lost.is_empty() && tally.sent() > 100, "{tally:?}");
    tally.statuses
}

/// Only the other version dies of it.
fn deadly(request: Request) -> Request {
    request.header("x-sluice-trap", "request")
}

/// The other version serves; and once the shipped one is back, nothing kills it, in any worker.
async fn rolls_back(stack: &mut Stack, filter: &str, request: &Request, status: u16) {
    eventually("the other version", async || stack.send(deadly(request.clone())).await.status == 503).await;
    let [shipped, _] = modules(filter);
    assert_eq!(stack.update_module(&shipped).await, Update::Accepted);
    let mut alive = 0;
    eventually("the shipped one", async || {
        alive = if stack.send(deadly(request.clone())).await.status == status { alive + 1 } else { 0 };
        alive == 20
    })
    .await;
}

async fn canary_changes_under_load_and_loses_no_request() {
    let policy = "
experiment: upgrade
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }]
";
    let mut stack = Stack::start(Bootstrap::canary_over_xds().policy(policy)).await;
    let user = |number: usize| Request::get("/").header("x-user-id", format!("user-{number}"));
    let mut before = Vec::new();
    for number in 0..40 {
        before.push(stack.subset(user(number)).await);
    }
    let statuses = changes(&mut stack, "canary", user(0)).await;
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&200], "{statuses:?}");
    for (number, subset) in before.iter().enumerate() {
        assert_eq!(stack.subset(user(number)).await, *subset, "user-{number} stays");
    }
    rolls_back(&mut stack, "canary", &user(0), 200).await;
}

/// Keys are in shared data: a new version has them from the first request on.
async fn auth_changes_under_load_without_its_issuer() {
    let issuer = Issuer::new();
    let mut stack = Stack::start(Bootstrap::auth_over_xds().policy(&fetched("1s", ""))).await;
    stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
    eventually("keys", async || stack.send(issuer.good()).await.status == 200).await;
    stack.lists.at(JWKS).switch(Mode::Error).await;
    let statuses = changes(&mut stack, "auth", issuer.good()).await;
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&200], "{statuses:?}");
    assert_eq!(stack.send(Request::get("/orders")).await.status, 401);
    rolls_back(&mut stack, "auth", &issuer.good(), 200).await;
    assert_eq!(stack.send(Request::get("/orders")).await.status, 401);
}

async fn ratelimit_changes_under_load_and_goes_on_counting() {
    let policy = "limits: [{ name: node, rate: { requests: 50, per: 87600h } }]";
    let mut stack = Stack::start(Bootstrap::ratelimit_over_xds().policy(policy)).await;
    let statuses = changes(&mut stack, "ratelimit", Request::get("/")).await;
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&200, &429], "{statuses:?}");
    assert_eq!(statuses[&200], 50, "never one more: {statuses:?}");
    assert_eq!(stack.send(Request::get("/")).await.status, 429);
    rolls_back(&mut stack, "ratelimit", &Request::get("/"), 429).await;
}

async fn what_is_no_module_changes_nothing() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds()).await;
    let load = Load { client: stack.client(Protocol::Http1), connections: 4, streams: 1 };
    let stream = load.stream(200, |_| Request::get("/")).await.expect("connections");
    let [shipped, other] = modules("canary");
    for (name, module) in [
        ("nothing", Vec::new()),
        ("text", b"not a module".to_vec()),
        ("a half", other[..other.len() / 2].to_vec()),
    ] {
        assert_eq!(stack.update_module(&module).await, Update::Rejected, "{name}");
        let seen = stream.begun();
        eventually("requests after it", async || stream.begun() > seen + 20).await;
    }
    assert_eq!(stack.update_module(&shipped).await, Update::Accepted, "a good one goes through again");
    let tally = stream.stop().await;
    assert_eq!((tally.statuses.get(&200), tally.lost.len()), (Some(&tally.sent()), 0), "{tally:?}");
}
