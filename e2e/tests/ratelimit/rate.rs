//! Rates, to the last request (threats L01 to L03, L05, L06, L13): whichever worker takes it, however many come at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::{Bootstrap, Load, Protocol, Request};

use super::gate::Gate;
use super::setting::{PLANTED, user};

e2e::tests![
    a_thousand_windows_admit_what_they_should_on_1_worker,
    a_thousand_windows_admit_what_they_should_on_2_workers,
    a_thousand_windows_admit_what_they_should_on_4_workers,
    ten_thousand_races_to_create_a_key_lose_nothing,
    one_bucket_under_load_never_admits_one_more_in_any_stretch,
    a_drained_bucket_fills_again,
    nothing_is_not_unlimited,
    large_numbers_do_not_wrap,
];

async fn a_thousand_windows_admit_what_they_should_on_1_worker() {
    windows(1, 1000, 5, 7).await;
}

async fn a_thousand_windows_admit_what_they_should_on_2_workers() {
    windows(2, 1000, 5, 7).await;
}

async fn a_thousand_windows_admit_what_they_should_on_4_workers() {
    windows(4, 1000, 5, 7).await;
}

async fn ten_thousand_races_to_create_a_key_lose_nothing() {
    windows(2, 10_000, 1, 2).await;
}

/// Each key is a window of its own, so long that nothing comes back while the test runs. Its requests come one behind the
/// other on many connections, so that workers meet on it.
async fn windows(workers: u32, keys: usize, allowed: usize, sent: usize) {
    let policy = format!(
        "limits: [{{ name: per-user, key: [{{ header: x-user-id }}], rate: {{ requests: {allowed}, per: 87600h }} }}]"
    );
    let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).workers(workers)).await;
    let load = Load { client: gate.stack.client(Protocol::Http1), connections: 16, streams: 1 };
    let mut admitted = vec![0; keys];
    let request = move |number: usize| user(&(number / sent).to_string()).header("x-upstream-report", "none");
    let mut others = BTreeMap::new();
    let answered = |number: usize, answer: e2e::Answer| match answer.status {
        200 => admitted[number / sent] += 1,
        status => *others.entry(status).or_insert(0) += 1,
    };
    load.run(keys * sent, request, answered).await.expect("answers");
    let wrong: Vec<_> = admitted.iter().enumerate().filter(|(_, count)| **count != allowed).collect();
    assert!(wrong.is_empty(), "{workers} workers: keys with another number than {allowed}: {wrong:?}");
    assert_eq!(others, [(429, keys * (sent - allowed))].into(), "{workers} workers");
    assert_eq!(gate.upstream().await, (keys * allowed) as u64, "{workers} workers");
    let outcome = async |outcome| gate.counted("requests", &[("outcome", outcome)]).await;
    assert_eq!(outcome("admitted").await, (keys * allowed) as i128);
    assert_eq!(outcome("refused").await, (keys * (sent - allowed)) as i128);
    gate.end().await;
}

/// When the client sent a request and when it had the answer: the decision fell in between.
struct Admitted {
    sent: Instant,
    answered: Instant,
}

async fn one_bucket_under_load_never_admits_one_more_in_any_stretch() {
    const PER_SECOND: u32 = 400;
    const BURST: u32 = 20;
    let policy =
        format!("limits: [{{ name: node, rate: {{ requests: {PER_SECOND}, per: 1s, burst: {BURST} }} }}]");
    let gate = Gate::start(Bootstrap::ratelimit().policy(&policy).workers(4)).await;
    let lanes: Vec<_> = (0..8).map(|_| gate.stack.client(Protocol::Http1)).collect();
    let mut tasks = Vec::new();
    for client in lanes {
        tasks.push(tokio::spawn(async move {
            let mut connection = client.connect().await.expect("a connection");
            let request = Request::get("/").header("x-upstream-report", "none");
            let mut admitted = Vec::new();
            for _ in 0..400 {
                let sent = Instant::now();
                let status = connection.send(&request).await.expect("an answer").status;
                match status {
                    200 => admitted.push(Admitted { sent, answered: Instant::now() }),
                    status => assert_eq!(status, 429),
                }
            }
            admitted
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("a lane"));
    }
    // Each stretch, seen from outside: those that were sent at its beginning or later, and answered by its end.
    all.sort_by_key(|admitted| admitted.answered);
    let interval = Duration::from_secs(1) / PER_SECOND;
    for begin in &all {
        let mut inside = 0_u32;
        for end in all.iter().filter(|end| end.sent >= begin.sent) {
            inside += 1;
            let length = end.answered.duration_since(begin.sent);
            let most =
                BURST + u32::try_from(length.as_nanos() / interval.as_nanos()).expect("a small number");
            assert!(inside <= most, "{inside} in {length:?}, not {most}");
        }
    }
    assert!(all.len() > BURST as usize, "more than the first burst: {}", all.len());
    gate.recount().await;
    gate.end().await;
}

async fn a_drained_bucket_fills_again() {
    let policy = "
limits: [{ name: per-user, key: [{ header: x-user-id }], rate: { requests: 2, per: 1s, burst: 3 } }]
";
    let gate = Gate::with(policy).await;
    // A burst is three; one more comes each half second, so a slow machine has seen one come back already.
    for round in 0..2 {
        let begun = Instant::now();
        for number in 0..3 {
            gate.admits(&format!("round {round}, {number}"), user("ada")).await;
        }
        if begun.elapsed() < Duration::from_millis(450) {
            gate.refuses("the fourth", "over_limit", user("ada")).await;
        }
        gate.admits("somebody else", user(&format!("bob-{round}"))).await;
        // Whole again three half seconds after the last one.
        tokio::time::sleep(Duration::from_millis(1600)).await;
    }
    gate.end().await;
}

async fn nothing_is_not_unlimited() {
    let policy = "
limits:
  - { name: none, when: { path: { prefix: /none } }, rate: { requests: 0, per: 1s } }
  - { name: nobody, when: { path: { prefix: /nobody } }, key: [{ header: x-user-id }], rate: { requests: 0, per: 1h } }
  - { name: no-flight, when: { path: { prefix: /flight } }, key: [{ header: x-user-id }], concurrency: { max: 0 } }
";
    let gate = Gate::with(policy).await;
    for (path, reason) in [("/none", "over_limit"), ("/nobody", "over_limit"), ("/flight", "in_flight")] {
        for _ in 0..5 {
            let request = Request::get(path).header("x-user-id", format!("{PLANTED}-ada"));
            gate.refuses(path, reason, request).await;
        }
    }
    gate.admits("no limit", Request::get("/")).await;
    gate.end().await;
}

async fn large_numbers_do_not_wrap() {
    let policy = "
limits:
  - { name: many, key: [{ header: x-user-id }], rate: { requests: 4294967295, per: 1ms } }
  - { name: rare, when: { path: { prefix: /rare } }, key: [{ header: x-user-id }], rate: { requests: 1, per: 87600h } }
  - { name: burst, when: { path: { prefix: /burst } }, rate: { requests: 1, per: 87600h, burst: 4294967295 } }
";
    let gate = Gate::with(policy).await;
    for number in 0..50 {
        gate.admits(&format!("many, {number}"), user("ada")).await;
        let request = Request::get("/burst").header("x-user-id", format!("{PLANTED}-ada"));
        gate.admits(&format!("burst, {number}"), request).await;
    }
    let rare = || Request::get("/rare").header("x-user-id", format!("{PLANTED}-ada"));
    gate.admits("the first in ten years", rare()).await;
    let answer = gate.refuses("the second", "over_limit", rare()).await;
    let wait: u64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
    assert!((3650 * 86_400 - 60..=3650 * 86_400).contains(&wait), "{wait}");
    gate.end().await;
}
