//! Plugin-wide policies and policies of routes.

use super::metadata::metadata;
use super::*;

fn on_route(policy: &str) {
    host::with(|host| {
        host.properties
            .insert("xds.route_metadata.filter_metadata.sluice.probe".to_owned(), b"pairs".to_vec());
        host.properties.insert("xds.route_metadata".to_owned(), metadata("sluice.probe", policy));
    });
}

/// ASCII only: Rust's escapes are JSON's then.
fn on_text_route(text: &str) {
    on_route(&format!(r#"{{"json": {text:?}}}"#));
    host::with(|host| host.properties.insert(TEXT.to_owned(), text.as_bytes().to_vec()));
}

const TEXT: &str = "xds.route_metadata.filter_metadata.sluice.probe.json";

fn on_no_route() {
    host::with(|host| {
        host.properties.remove("xds.route_metadata.filter_metadata.sluice.probe");
        host.properties.remove(TEXT);
        host.properties.insert("xds.route_metadata".to_owned(), metadata("istio", r#"{"config": "x"}"#));
    });
}

#[test]
fn a_refused_policy_is_counted_and_logged_with_every_problem() {
    let vm = Vm::<Speaker>::default();
    assert!(!configure(&vm, ROOT, r#"{"say": 7, "loud": true}"#));
    assert_eq!(metric("sluice.probe.policy_refused.scope=.=plugin;.;"), 1);
    let log = host::with(|host| host.log.clone());
    assert_eq!(
        log,
        [
            "sluice.probe: plugin policy refused: say: wants a string, is a number; loud: unknown field, known here: say, lists"
        ]
    );
}

#[test]
fn a_refused_policy_leaves_the_last_good_one_serving() {
    let vm = worker(r#"{"say": "good"}"#);
    // Envoy makes a new root context, hears no, and goes on with the old one.
    assert!(!configure(&vm, 9, "{"));
    assert_eq!(request(&vm, 10, &[]).1.as_deref(), Some("good"));
    // The same context asked again, as a host may: what it had stays as well.
    host::with(|host| host.buffers.insert(7, b"[]".to_vec()));
    assert!(!vm.on_configure(ROOT, 2));
    assert_eq!(request(&vm, 11, &[]).1.as_deref(), Some("good"));
}

#[test]
fn without_any_policy_a_guard_refuses_and_others_let_pass() {
    let vm = Vm::<Guard>::default();
    vm.on_context_create(5, 4);
    assert_eq!(vm.on_request_headers(5), Action::Pause);
    assert_eq!(host::with(|host| host.replies.clone()), [(503, "sluice_probe{policy_invalid}".to_owned())]);
    let vm = Vm::<Speaker>::default();
    vm.on_context_create(5, 4);
    assert_eq!(vm.on_request_headers(5), Action::Continue);
}

#[test]
fn the_policy_of_a_route_replaces_the_plugin_wide_one() {
    let vm = worker(r#"{"say": "wide"}"#);
    assert_eq!(request(&vm, 2, &[]).1.as_deref(), Some("wide"));
    on_route(r#"{"say": "route"}"#);
    assert_eq!(request(&vm, 3, &[]).1.as_deref(), Some("route"));
    on_no_route();
    assert_eq!(request(&vm, 4, &[]).1.as_deref(), Some("wide"));
}

#[test]
fn the_policy_of_a_route_may_be_a_text() {
    let vm = worker(r#"{"say": "wide"}"#);
    let before = COMPILED.get();
    let mut calls = Vec::new();
    for _ in 0..3 {
        on_text_route(r#"{"say": "text"}"#);
        let so_far = host::with(|host| host.calls);
        assert_eq!(request(&vm, 3, &[]).1.as_deref(), Some("text"));
        calls.push(host::with(|host| host.calls) - so_far);
        on_route(r#"{"say": "tree"}"#);
        host::with(|host| host.properties.remove(TEXT));
        assert_eq!(request(&vm, 4, &[]).1.as_deref(), Some("tree"));
        on_no_route();
        assert_eq!(request(&vm, 5, &[]).1.as_deref(), Some("wide"));
    }
    assert_eq!(COMPILED.get() - before, 2);
    assert_eq!(
        (calls[1], calls[2]),
        (calls[0] - 1, calls[1]),
        "a text that is known is all that is read: {calls:?}"
    );
}

#[test]
fn a_new_text_is_in_force_at_once() {
    let vm = worker(r#"{"say": "wide"}"#);
    // The same length, and different in the last bytes only, which no word of eight bytes holds.
    for say in ["one", "two", "one", "six"] {
        on_text_route(&format!(r#"{{"say":"{say}"}}"#));
        assert_eq!(request(&vm, 3, &[]).1.as_deref(), Some(say));
    }
}

#[test]
fn only_a_text_alone_is_a_policy() {
    for namespace in [
        r#"{"json": "{\"say\": \"text\"}", "say": "tree", "lists": {}}"#,
        r#"{"json": {"say": "tree"}}"#,
        r#"{"json": ""}"#,
        r#"{"json": "say: text"}"#,
        r#"{"json": "{\"json\": \"{}\"}"}"#,
        r#"{"text": "{\"say\": \"text\"}"}"#,
    ] {
        let vm = Vm::<Guard>::default();
        assert!(configure(&vm, ROOT, r#"{"say": "wide"}"#));
        on_text_route(r#"{"say": "good"}"#);
        assert_eq!(request(&vm, 2, &[]).1.as_deref(), Some("good"));
        on_route(namespace);
        host::with(|host| host.properties.insert(TEXT.to_owned(), b"whatever the host says".to_vec()));
        let refused = host::with(|host| host.replies.len());
        assert_eq!(request(&vm, 3, &[]).0, Action::Pause, "{namespace}");
        assert_eq!(request(&vm, 4, &[]).0, Action::Pause, "{namespace}");
        assert_eq!(host::with(|host| host.replies.len()) - refused, 2);
    }
}

#[test]
fn a_policy_is_compiled_once_per_distinct_content() {
    let vm = worker(r#"{"say": "wide"}"#);
    let before = COMPILED.get();
    for round in 0..3_u32 {
        for (place, policy) in
            [r#"{"say": "a", "lists": {"l": {"inline": ["x"]}}}"#, r#"{"say": "a"}"#, r#"{"say": "b"}"#]
                .iter()
                .enumerate()
        {
            on_route(policy);
            let want = if place == 2 { "b" } else { "a" };
            assert_eq!(request(&vm, 10 + round, &[]).1.as_deref(), Some(want));
        }
    }
    assert_eq!(COMPILED.get() - before, 3);
}

#[test]
fn a_bad_policy_of_a_route_is_said_once() {
    let vm = worker(r#"{"say": "wide"}"#);
    on_route(r#"{"shout": "route"}"#);
    for stream in 2..7 {
        assert_eq!(request(&vm, stream, &[]).1.as_deref(), Some("wide"));
    }
    assert_eq!(metric("sluice.probe.policy_refused.scope=.=route;.;"), 1);
    let log = host::with(|host| host.log.clone());
    assert_eq!(
        log,
        ["sluice.probe: route policy refused: say: missing; shout: unknown field, known here: say, lists"]
    );
}

#[test]
fn a_guard_refuses_where_the_route_has_a_bad_policy() {
    let vm = Vm::<Guard>::default();
    assert!(configure(&vm, ROOT, r#"{"say": "wide"}"#));
    on_route(r#"{"say": 1}"#);
    assert_eq!(request(&vm, 2, &[]), (Action::Pause, None));
    assert_eq!(host::with(|host| host.replies.clone()), [(503, "sluice_probe{policy_invalid}".to_owned())]);
    // Metadata that is no protobuf message is no policy either.
    host::with(|host| host.properties.insert("xds.route_metadata".to_owned(), vec![0x0A, 0xFF]));
    assert_eq!(request(&vm, 3, &[]), (Action::Pause, None));
}

#[test]
fn policies_of_routes_are_bounded_and_the_oldest_goes() {
    let vm = worker(r#"{"say": "wide"}"#);
    let before = COMPILED.get();
    let all = crate::routes::CAPACITY + 1;
    for number in 0..all {
        on_route(&format!(r#"{{"say": "{number}"}}"#));
        assert_eq!(request(&vm, 2, &[]).1, Some(number.to_string()));
    }
    on_route(&format!(r#"{{"say": "{}"}}"#, all - 1));
    request(&vm, 3, &[]);
    assert_eq!(COMPILED.get() - before, all, "the newest is still there");
    on_route(r#"{"say": "0"}"#);
    request(&vm, 4, &[]);
    assert_eq!(COMPILED.get() - before, all + 1, "the oldest made room");
}

#[test]
fn workers_agree_on_the_generation_of_a_policy() {
    let _first = worker(r#"{"say": "one"}"#);
    let _second = worker(r#"{"say": "one"}"#);
    let generation = || {
        host::with(|host| {
            host.metrics
                .iter()
                .filter(|(n, _)| n == "sluice.probe.policy_generation")
                .map(|(_, v)| *v)
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(generation(), [1, 1]);
    let _third = worker(r#"{"say": "two"}"#);
    let _fourth = worker(r#"{"say": "two"}"#);
    assert_eq!(generation(), [1, 1, 2, 2]);
}

#[test]
fn plugins_of_one_vm_do_not_share_a_generation() {
    let _first = worker(r#"{"say": "one"}"#);
    host::with(|host| host.properties.insert("plugin_name".to_owned(), b"other".to_vec()));
    let _second = worker(r#"{"say": "two"}"#);
    assert_eq!(metric("sluice.probe.policy_generation"), 2, "both are their plugin's first");
}

#[test]
fn an_update_makes_a_new_root_and_old_streams_keep_the_old_one() {
    let vm = worker(r#"{"say": "old"}"#);
    assert!(configure(&vm, 5, r#"{"say": "new"}"#));
    assert_eq!(request(&vm, 6, &[]).1.as_deref(), Some("old"), "a stream of the old root");
    vm.on_context_create(7, 5);
    vm.on_request_headers(7);
    assert_eq!(said(FieldMap::Request).as_deref(), Some("new"));
    // The host drops the old root; the next new one cleans up.
    host::with(|host| host.contexts.remove(&ROOT));
    assert!(configure(&vm, 8, r#"{"say": "newest"}"#));
    assert_eq!(format!("{vm:?}"), "Vm(probe, 2 roots)");
}
