//! A million keys (threat L04): memory is bounded by the policy, and nobody who is over a limit gets under it.

use std::collections::BTreeMap;
use std::fs;

use e2e::{Bootstrap, Load, Protocol, Request, Stack};

use super::gate::alive;
use super::setting::{PLANTED, user};

e2e::tests![a_million_keys_take_no_more_memory, long_and_odd_keys_are_keys_like_others];

/// So many limits keep a key each for every user: with 16 000 users a million keys and more.
const LIMITS: usize = 64;
const USERS: usize = 16_000;

/// All have much room but the one of a victim, which has none after the first request.
fn policy() -> String {
    let crowd = (1..LIMITS).map(|number| {
        format!("  - {{ name: crowd-{number}, key: [{{ header: x-user-id }}], rate: {{ requests: 100000, per: 87600h }} }}\n")
    });
    let victim = "  - { name: once, key: [{ header: x-user-id }], when: { header: { name: x-once, present: true } }, rate: { requests: 1, per: 87600h } }\n";
    format!("limits:\n{victim}{}max_keys: 4096\n", crowd.collect::<String>())
}

fn resident_kib(stack: &Stack) -> u64 {
    let process = stack.envoy.process_id().expect("a process of this machine");
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a running process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

async fn a_million_keys_take_no_more_memory() {
    e2e::suite::needs_local("reads the memory of a process");
    let stack = Stack::start(Bootstrap::ratelimit().policy(&policy())).await;
    let once = |name: &str| user(name).header("x-once", "1");
    let victims: Vec<String> = (0..50).map(|number| format!("victim-{number}")).collect();
    for victim in &victims {
        assert_eq!(stack.send(once(victim)).await.status, 200, "{victim}");
        assert_eq!(stack.send(once(victim)).await.status, 429, "{victim}");
    }
    let load = Load { client: stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let mut resident = vec![resident_kib(&stack)];
    let mut statuses = BTreeMap::new();
    for part in 0..4 {
        let request =
            move |number: usize| user(&format!("crowd-{part}-{number}")).header("x-upstream-report", "none");
        let answered = |_, answer: e2e::Answer| *statuses.entry(answer.status).or_insert(0) += 1;
        load.run(USERS / 4, request, answered).await.expect("answers");
        resident.push(resident_kib(&stack));
    }
    assert!(statuses.keys().all(|status| [200, 429].contains(status)), "{statuses:?}");
    let (start, full, end) = (resident[0], resident[1], resident[4]);
    assert!(end < start + 64 * 1024, "KiB: {resident:?}");
    assert!(end < full + 16 * 1024, "once the table is full it does not grow, KiB: {resident:?}");
    let gave_way = stack.stats().await.of("sluice.ratelimit.table_full", &[]);
    assert!(gave_way > 0, "there were more keys than slots");
    for victim in &victims {
        assert_eq!(stack.send(once(victim)).await.status, 429, "{victim} after a million others");
    }
    alive(&stack).await;
}

async fn long_and_odd_keys_are_keys_like_others() {
    let policy = "limits: [{ name: one, key: [{ header: x-user-id }], rate: { requests: 1, per: 87600h } }]";
    let stack = Stack::start(Bootstrap::ratelimit().policy(policy)).await;
    let long = format!("{PLANTED}-{}", "x".repeat(50_000));
    let odd = |bytes: &[u8]| [PLANTED.as_bytes(), bytes].concat();
    let keys: Vec<Vec<u8>> = vec![
        long.clone().into_bytes(),
        format!("{long}y").into_bytes(),
        odd(b"\xff\xfe"),
        odd(b"\xff"),
        odd("\u{fffd}".as_bytes()),
        odd(b"\t1"),
        odd(b"%00"),
        odd(b"{{}}%s%n"),
        odd(b"'; DROP TABLE limits"),
    ];
    for status in [200, 429] {
        for key in &keys {
            let answer = stack.send(Request::get("/").header("x-user-id", key)).await;
            assert_eq!(answer.status, status, "{}", key[..key.len().min(40)].escape_ascii());
        }
    }
    alive(&stack).await;
}
