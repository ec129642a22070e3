//! Questions in the background, requests that wait for what comes of them, and the records of all that, with a filter
//! that lends credits.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use e2e::{Answer, Bootstrap, Mode, Protocol, Request, Stack, eventually};
use serde_json::{Value, json};

use crate::held::{ended_well, keeping, wanting};

e2e::tests![
    time_scopes_and_secrets_are_the_same_for_all_workers,
    an_answer_wakes_all_that_wait,
    a_question_outlives_the_request_that_asked_it,
    every_failure_of_a_question_is_an_answer_in_time,
    a_thousand_are_refused_at_once,
];

/// Two virtual hosts, `shop` and `other`, each with routes `one` and `two` that have a policy, one and the same.
fn with_policies_of_routes(bootstrap: Bootstrap) -> Bootstrap {
    let policy = json!({ "cluster": "lists", "timeout": "5s", "renewal": "1s" });
    let routes = ["one", "two"].map(|name| {
        json!({
            "name": name, "match": { "prefix": format!("/{name}") }, "route": { "cluster": "stable" },
            "metadata": { "filter_metadata": { "sluice.keeper": policy } },
        })
    });
    bootstrap.connection_manager(|manager| {
        let hosts = manager["route_config"]["virtual_hosts"].as_array_mut().expect("virtual hosts");
        let table = hosts[0]["routes"].as_array_mut().expect("routes");
        table.splice(..0, routes);
        let mut other = hosts[0].clone();
        other["name"] = json!("other");
        other["domains"] = json!(["other.example"]);
        hosts.push(other);
    })
}

async fn time_scopes_and_secrets_are_the_same_for_all_workers() {
    let stack = Stack::start(with_policies_of_routes(keeping("lists", "5s"))).await;
    let (mut last, mut secrets, mut scopes) = (0, BTreeSet::new(), BTreeSet::new());
    // Each on a connection of its own, so that both workers answer.
    for _ in 0..20 {
        for (host, path) in [
            ("shop.example", "/"),
            ("shop.example", "/one"),
            ("shop.example", "/two"),
            ("other.example", "/one"),
        ] {
            let answer = stack.send(Request::get(path).authority(host)).await;
            let seen: Value = serde_json::from_slice(&answer.body).expect("JSON");
            let now = seen["now"].as_u64().expect("a time");
            assert!(now > last, "{now} after {last}");
            last = now;
            secrets.insert(seen["secret"].to_string());
            scopes.insert((host, path, seen["scope"].as_str().expect("a scope").to_owned()));
        }
    }
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    assert_eq!(scopes.len(), 4, "one for each: {scopes:?}");
    let distinct: BTreeSet<_> = scopes.iter().map(|(_, _, scope)| scope).collect();
    assert_eq!(distinct.len(), 4, "another for each: {scopes:?}");
    let is_plugin_wide = |path: &str, scope: &str| (path == "/") == (scope == "0");
    assert!(scopes.iter().all(|(_, path, scope)| is_plugin_wide(path, scope)), "{scopes:?}");
    ended_well(&stack).await;
}

/// So many that borrow, each on a connection of its own.
fn borrowers(stack: &Stack, count: usize) -> Vec<tokio::task::JoinHandle<Answer>> {
    (0..count)
        .map(|_| {
            let client = stack.client(Protocol::Http1);
            tokio::spawn(async move { client.send(wanting("borrow")).await })
        })
        .collect()
}

async fn statuses(borrowers: Vec<tokio::task::JoinHandle<Answer>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for borrower in borrowers {
        statuses.push(borrower.await.expect("an answer").status);
    }
    statuses
}

async fn an_answer_wakes_all_that_wait() {
    let stack = Stack::start(keeping("lists", "10s")).await;
    stack.lists.serve("120").await;
    stack.lists.switch(Mode::Delay(300)).await;
    // Those of the worker that did not ask are woken, too.
    assert_eq!(statuses(borrowers(&stack, 120)).await, [200; 120]);
    assert_eq!(stack.lists.fetches().await, 1, "one asked for all");
    // Some have to ask again.
    stack.lists.serve("7").await;
    stack.lists.switch(Mode::Delay(20)).await;
    assert_eq!(statuses(borrowers(&stack, 28)).await, [200; 28]);
    assert_eq!(stack.lists.fetches().await, 5);
    assert_eq!(stack.stats().await.of("sluice.keeper.asked", &[("outcome", "lent")]), 5);
    ended_well(&stack).await;
}

async fn a_question_outlives_the_request_that_asked_it() {
    let stack = Stack::start(keeping("lists", "10s")).await;
    stack.lists.serve("2").await;
    stack.lists.switch(Mode::Delay(300)).await;
    assert_eq!(stack.send(wanting("ahead")).await.status, 200, "it waits for nothing");
    // Its stream is over, its question is not.
    eventually("credits were lent", async || {
        stack.stats().await.of("sluice.keeper.asked", &[("outcome", "lent")]) == 1
    })
    .await;
    // The same for a client that leaves while it waits.
    assert_eq!(statuses(borrowers(&stack, 2)).await, [200; 2]);
    let mut client = TcpStream::connect(stack.envoy.addr("http")).expect("a connection");
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nx-do: borrow\r\n\r\n").expect("a request");
    eventually("it was asked", async || stack.lists.fetches().await == 2).await;
    drop(client);
    assert_eq!(statuses(borrowers(&stack, 2)).await, [200; 2]);
    assert_eq!(stack.lists.fetches().await, 2, "others waited for the same answer");
    ended_well(&stack).await;
}

async fn every_failure_of_a_question_is_an_answer_in_time() {
    for (cluster, mode) in [
        ("lists", Mode::Status(14)),
        ("lists", Mode::Garbage),
        ("lists", Mode::Error),
        ("lists", Mode::Slow),
        ("lists", Mode::Down),
        ("nowhere", Mode::Up),
        ("empty", Mode::Up),
    ] {
        let stack = Stack::start(keeping(cluster, "300ms")).await;
        stack.lists.serve("100").await;
        stack.lists.switch(mode).await;
        assert_eq!(statuses(borrowers(&stack, 20)).await, [404; 20], "{cluster}, {mode:?}");
        let failed = async || stack.stats().await.of("sluice.keeper.asked", &[("outcome", "failed")]) > 0;
        eventually("it is counted", failed).await;
        ended_well(&stack).await;
    }
}

/// All that wait on a worker are answered in one callback, and all of them end in it: nothing of that may pile up.
async fn a_thousand_are_refused_at_once() {
    let stack = Stack::start(keeping("lists", "30s").workers(1)).await;
    for (name, answer, status) in [("admitted", "1000", "200"), ("refused", "none", "404")] {
        stack.lists.serve(answer).await;
        stack.lists.switch(Mode::Delay(3_000)).await;
        let clients: Vec<_> = (0..1_000)
            .map(|_| {
                let mut client = TcpStream::connect(stack.envoy.addr("http")).expect("a connection");
                let head = b"GET / HTTP/1.1\r\nhost: a\r\nx-do: borrow\r\nx-upstream-report: none\r\n\r\n";
                client.write_all(head).expect("a request");
                client
            })
            .collect();
        for mut client in clients {
            let mut head = [0; 12];
            client.read_exact(&mut head).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(String::from_utf8_lossy(&head), format!("HTTP/1.1 {status}"), "{name}");
        }
    }
    assert_eq!(stack.lists.fetches().await, 2, "all of them waited for the same answer");
    ended_well(&stack).await;
}
