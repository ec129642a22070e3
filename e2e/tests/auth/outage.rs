//! Issuers that are down or slow, and crowds that want keys (threats B01 to B03, B09, B12, B13).

use super::memory::everybody;
use super::setting::{Issuer, bearer, draft, fetched, set};
use e2e::{Key, Mode, Protocol, Request, eventually};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

e2e::tests![
    an_unknown_key_is_asked_for_at_most_every_ten_seconds,
    an_issuer_that_is_down_at_the_start,
    an_issuer_that_goes_down_later,
    an_issuer_that_never_answers,
    a_cold_start_costs_one_fetch,
];

async fn an_unknown_key_is_asked_for_at_most_every_ten_seconds() {
    let issuer = Issuer::new();
    let (gate, keys) = issuer.cold_gate(&fetched("1h", ""), |b| b.workers(4)).await;
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    let (begun, before) = (Instant::now(), keys.fetches().await);
    // The issuer takes up a new key, and everybody who has no key at all tries his luck.
    let new = Key::p256("new");
    keys.serve(set(&[&issuer.es, &new]).to_string()).await;
    let token = draft().sign(&new);
    let mut flood = gate.stack.client(Protocol::Http1).connect().await.expect("a connection");
    let (mut sent, upstream) = (0, gate.upstream().await);
    let mut served = 0;
    while begun.elapsed() < Duration::from_secs(60) {
        for _ in 0..50 {
            let unknown = draft().header("kid", format!("nobody-{sent}")).sign(&issuer.es);
            let status = flood.send(&bearer(&unknown)).await.expect("an answer").status;
            assert_eq!(status, 401);
            sent += 1;
        }
        let status = gate.stack.send(bearer(&token)).await.status;
        assert!([200, 401].contains(&status), "{status}");
        if status == 200 {
            served += 1;
            break;
        }
    }
    let (took, fetches) = (begun.elapsed(), keys.fetches().await - before);
    assert_eq!(served, 1, "the new key was learned");
    assert!(took < Duration::from_secs(20), "it took {took:?}");
    assert!(fetches <= 2, "{fetches} fetches for {sent} unknown keys in {took:?}");
    assert_eq!(gate.upstream().await, upstream + 1);
    // The old key that is gone is gone, too, as soon as every worker has the new set.
    let withdrawn = bearer(&draft().sign(&issuer.ed));
    everybody(&gate.stack, &withdrawn, 401).await;
    gate.recount().await;
    gate.refuses("withdrawn", "unknown_key", withdrawn).await;
    gate.end().await;
}

async fn an_issuer_that_is_down_at_the_start() {
    let issuer = Issuer::new();
    let (mut gate, keys) = issuer.cold_gate(&fetched("1s", ""), |b| b).await;
    keys.serve(issuer.set().to_string()).await;
    gate.stack.lists.switch(Mode::Down).await;
    gate.stack.envoy.restart().await;
    let good = issuer.good();
    gate.good_is(Request::get("/healthz"));
    gate.recount().await;
    for _ in 0..3 {
        gate.refuses("no keys yet", "keys_missing", good.clone()).await;
    }
    // What needs no key is answered as ever.
    gate.refuses("no token", "no_token", Request::get("/orders")).await;
    gate.refuses("no form", "malformed", bearer("a.b.c")).await;
    gate.stack.lists.switch(Mode::Up).await;
    everybody(&gate.stack, &good, 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn an_issuer_that_goes_down_later() {
    let issuer = Issuer::new();
    let (mut gate, keys) = issuer.cold_gate(&fetched("500ms", ", max_stale: 4s"), |b| b).await;
    keys.serve(issuer.set().to_string()).await;
    gate.warm().await;
    gate.stack.lists.switch(Mode::Down).await;
    let begun = Instant::now();
    let (good, mut last) = (issuer.good(), Duration::ZERO);
    eventually("the keys to be too old", async || match gate.stack.send(good.clone()).await.status {
        200 => {
            last = begun.elapsed();
            assert!(last < Duration::from_secs(7), "served {last:?} after the issuer went down");
            false
        }
        status => {
            assert_eq!(status, 503);
            true
        }
    })
    .await;
    assert!(last > Duration::from_secs(2), "the last good set served for {last:?}");
    gate.recount().await;
    gate.good_is(Request::get("/healthz"));
    everybody(&gate.stack, &good, 503).await;
    gate.refuses("a token that was remembered", "keys_stale", good.clone()).await;
    gate.refuses("one that was not", "keys_stale", bearer(&draft().claim("sub", "x").sign(&issuer.ed))).await;
    gate.stack.lists.switch(Mode::Up).await;
    everybody(&gate.stack, &good, 200).await;
    gate.recount().await;
    gate.end().await;
}

async fn an_issuer_that_never_answers() {
    let issuer = Issuer::new();
    for mode in [Mode::Slow, Mode::Trickle] {
        let (mut gate, keys) = issuer.cold_gate(&fetched("1s", ""), |b| b).await;
        keys.serve(issuer.set().to_string()).await;
        keys.switch(mode).await;
        gate.stack.envoy.restart().await;
        gate.good_is(Request::get("/healthz"));
        gate.recount().await;
        let (begun, before) = (Instant::now(), keys.fetches().await);
        let mut waiting = JoinSet::new();
        for _ in 0..100 {
            let (client, request) = (gate.stack.client(Protocol::Http1), issuer.good());
            waiting.spawn(async move {
                let begun = Instant::now();
                (client.send(request).await.status, begun.elapsed())
            });
        }
        while let Some(answer) = waiting.join_next().await {
            let (status, took) = answer.expect("an answer");
            assert_eq!(status, 503, "{mode:?}");
            assert!(took < Duration::from_secs(3), "{mode:?}: waited {took:?}");
        }
        // One at a time: each holds for half a second, its timeout.
        let (took, fetches) = (begun.elapsed(), keys.fetches().await - before);
        assert!(fetches as u128 <= took.as_millis() / 500 + 2, "{mode:?}: {fetches} fetches in {took:?}");
        assert_eq!(gate.stack.stats().await.ending("http.http.downstream_rq_active"), 0, "{mode:?}");
        gate.recount().await;
        keys.switch(Mode::Up).await;
        everybody(&gate.stack, &issuer.good(), 200).await;
        gate.recount().await;
        gate.end().await;
    }
}

async fn a_cold_start_costs_one_fetch() {
    let issuer = Issuer::new();
    let (mut gate, keys) = issuer.cold_gate(&fetched("1h", ""), |b| b.workers(4)).await;
    keys.serve(issuer.set().to_string()).await;
    keys.switch(Mode::Delay(300)).await;
    gate.stack.envoy.restart().await;
    let before = keys.fetches().await;
    let mut waiting = JoinSet::new();
    for _ in 0..200 {
        let (client, request) = (gate.stack.client(Protocol::Http1), issuer.good());
        waiting.spawn(async move { client.send(request).await.status });
    }
    let mut statuses = Vec::new();
    while let Some(answer) = waiting.join_next().await {
        statuses.push(answer.expect("an answer"));
    }
    let served = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(served, 200, "all of them waited for the keys: {statuses:?}");
    // The one that begins before the first answer may be counted before or after the restart.
    assert!(keys.fetches().await - before <= 1, "one for all workers");
    gate.warm().await;
    gate.end().await;
}
