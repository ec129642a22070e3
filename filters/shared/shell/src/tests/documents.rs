//! Fetched documents: several workers, one host.

use super::*;
use filter_api::UnixTime;
use std::time::Duration;

const POLICY: &str = r#"{"say": "stranger", "lists": {"beta": {"http":
    {"cluster": "lists", "authority": "lists.internal", "path": "/beta", "refresh": "1s", "timeout": "500ms", "max_bytes": 100}}}}"#;

/// Lets time pass, ticking every worker as the host would.
fn pass(workers: &[Vm<Speaker>], millis: u64) {
    for _ in 0..millis / 10 {
        host::with(|host| host.pass(Duration::from_millis(10)));
        workers.iter().for_each(|vm| vm.on_tick(ROOT));
    }
}

/// Lets time pass until the next callout starts.
fn await_callout(workers: &[Vm<Speaker>]) {
    let before = callouts();
    (0..1_000).take_while(|_| callouts() == before).for_each(|_| pass(workers, 10));
    assert_eq!(callouts(), before + 1);
}

/// Answers the newest callout, to whichever worker asked.
fn answer(workers: &[Vm<Speaker>], status: &str, etag: &str, body: &[u8]) {
    let token = host::with(|host| {
        let lines = [(":status", status), ("etag", etag)];
        let lines =
            lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        host.fields.insert(FieldMap::CalloutResponse as u32, lines);
        host.buffers.insert(4, body.to_vec());
        u32::try_from(host.callouts.len()).unwrap()
    });
    workers.iter().for_each(|vm| vm.on_http_call_response(ROOT, token, 2, body.len()));
}

fn callouts() -> usize {
    host::with(|host| host.callouts.len())
}

fn listed(workers: &[Vm<Speaker>], id: &str) -> Vec<bool> {
    let said = |vm| request(vm, 50, &[("x-user-id", id.as_bytes())]).1;
    workers.iter().map(|vm| said(vm).as_deref() == Some("listed")).collect()
}

fn fetches(outcome: &str) -> i64 {
    metric(&format!("sluice.probe.list_fetches.list=.=beta;.;outcome=.={outcome};.;"))
}

fn workers() -> Vec<Vm<Speaker>> {
    host::with(|host| host.now = UnixTime::from_secs(1_000_000));
    (0..3).map(|_| worker(POLICY)).collect()
}

#[test]
fn one_worker_fetches_and_all_install() {
    let workers = workers();
    assert_eq!(listed(&workers, "u-1"), [false; 3]);
    pass(&workers, 100);
    assert_eq!(callouts(), 1);
    let (cluster, fields) = host::with(|host| host.callouts[0].clone());
    assert_eq!(cluster, "lists");
    assert!(fields.contains(&(":authority".to_owned(), b"lists.internal".to_vec())), "{fields:?}");
    assert!(!fields.iter().any(|(name, _)| name == "if-none-match"));
    answer(&workers, "200", "\"v1\"", b"u-1\nu-2\n");
    pass(&workers, 500);
    assert_eq!((listed(&workers, "u-1"), listed(&workers, "u-9")), (vec![true; 3], vec![false; 3]));
    assert_eq!((callouts(), fetches("updated")), (1, 1));
}

#[test]
fn an_unchanged_list_is_confirmed_and_a_changed_one_replaced() {
    let workers = workers();
    pass(&workers, 100);
    answer(&workers, "200", "\"v1\"", b"u-1\n");
    await_callout(&workers);
    assert!(host::with(|host| host.callouts[1]
        .1
        .contains(&("if-none-match".to_owned(), b"\"v1\"".to_vec()))));
    answer(&workers, "304", "", b"");
    assert_eq!((fetches("updated"), fetches("unchanged")), (1, 1));
    await_callout(&workers);
    answer(&workers, "200", "\"v2\"", b"u-2\n");
    pass(&workers, 500);
    assert_eq!((listed(&workers, "u-1"), listed(&workers, "u-2")), (vec![false; 3], vec![true; 3]));
}

#[test]
fn a_source_without_etags_that_says_the_same_again_is_not_built_again() {
    let workers = workers();
    pass(&workers, 100);
    answer(&workers, "200", "", b"u-1\n");
    await_callout(&workers);
    answer(&workers, "200", "", b"u-1\n");
    assert_eq!((fetches("updated"), fetches("unchanged")), (1, 1));
    await_callout(&workers);
    answer(&workers, "200", "", b"u-1");
    pass(&workers, 500);
    assert_eq!((fetches("updated"), fetches("unchanged")), (2, 1), "other bytes are another document");
}

#[test]
fn the_last_good_list_stays_whatever_the_source_does() {
    let workers = workers();
    pass(&workers, 100);
    answer(&workers, "200", "", b"u-1\n");
    for (name, status, body) in [
        ("a server error", "500", &b"u-2"[..]),
        ("a page", "200", b"<html>"),
        ("a redirect", "302", b""),
        ("above max_bytes", "200", &[b'u'; 101]),
        ("no status", "", b"u-2"),
    ] {
        await_callout(&workers);
        let before = fetches("failed");
        answer(&workers, status, "", body);
        pass(&workers, 10);
        assert_eq!(listed(&workers, "u-1"), [true; 3], "{name}");
        assert_eq!(fetches("failed"), before + 1, "{name}");
    }
}

#[test]
fn a_reset_call_has_no_fields_and_is_a_failure() {
    let workers = workers();
    pass(&workers, 100);
    workers.iter().for_each(|vm| vm.on_http_call_response(ROOT, 1, 0, 0));
    assert_eq!(fetches("failed"), 1);
}

#[test]
fn a_worker_that_never_hears_back_gives_up_by_itself() {
    let workers = workers();
    pass(&workers, 100);
    assert_eq!(callouts(), 1);
    pass(&workers, 5_000);
    assert!(callouts() > 1, "the deadline is the machine's own");
    assert!(fetches("failed") >= 1);
}

#[test]
fn a_new_worker_starts_with_what_the_others_have() {
    let mut workers = workers();
    pass(&workers, 100);
    answer(&workers, "200", "", b"u-1\n");
    pass(&workers, 500);
    workers.push(worker(POLICY));
    workers[3].on_tick(ROOT);
    assert_eq!(listed(&workers, "u-1"), [true; 4]);
    assert_eq!(callouts(), 1);
}

#[test]
fn the_timer_runs_only_where_something_is_fetched() {
    worker(r#"{"say": "hello"}"#);
    assert_eq!(host::with(|host| host.tick_period), Duration::ZERO);
    worker(POLICY);
    assert!(host::with(|host| host.tick_period) > Duration::ZERO);
}
