//! Several limits: all or none.

use super::{decide, fields, limits, passing, user, verdict};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Decision, Held, Reply};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn rate(name: &str, requests: u32, per: &str) -> String {
    format!(
        r#"{{"name": "{name}", "rate": {{"requests": {requests}, "per": "{per}"}}, "reply": {{"status": 4{requests:02}}}}}"#
    )
}

const PER_USER: &str =
    r#"{"name": "per-user", "key": [{"header": "x-user-id"}], "rate": {"requests": 1, "per": "1h"}}"#;
const PLACE: &str = r#"{"name": "place", "concurrency": {"max": 1}}"#;

/// A request that one refuses spends nothing of the others.
#[test]
fn a_refused_request_spends_nothing() {
    let node = rate("node", 3, "1h");
    for (name, order) in
        [("behind", [node.as_str(), PER_USER].join(",")), ("before", [PER_USER, node.as_str()].join(","))]
    {
        let (policy, proxy) = (limits(&order), FakeProxy::new());
        assert_eq!(decide(&policy, &user("u-1"), &proxy), "pass", "{name}");
        assert_eq!(passing(&policy, &user("u-1"), &proxy, 100), 0, "{name}");
        assert_eq!(decide(&policy, &user("u-2"), &proxy), "pass", "{name}");
        assert_eq!(decide(&policy, &user("u-3"), &proxy), "pass", "{name}");
        assert_ne!(decide(&policy, &user("u-4"), &proxy), "pass", "{name}: the node's three are spent");
    }
}

#[test]
fn a_refused_request_holds_no_place() {
    let order = [PLACE, &rate("node", 1, "1h")].join(",");
    let (policy, proxy) = (limits(&order), FakeProxy::new());
    let Decision::Continue(effects) = policy.decide(&user("u-1"), &proxy, true) else { panic!() };
    let Some(Held(place)) = effects.held else { panic!("a place") };
    place.give_back(&proxy);
    assert_eq!(decide(&policy, &user("u-1"), &proxy), "401 over_limit");
    proxy.pass(Duration::from_secs(3600));
    assert_eq!(decide(&policy, &user("u-1"), &proxy), "pass", "the place is free");
}

#[test]
fn the_refusal_that_lasts_longest_answers() {
    let [second, minute, hour] = [rate("second", 1, "1s"), rate("minute", 2, "1m"), rate("hour", 3, "1h")];
    let deny = r#"{"name": "key", "key": [{"claim": "sub"}], "missing": "deny", "rate": {"requests": 9, "per": "1s"}}"#;
    for (name, list, passed, want) in [
        ("one", vec![second.as_str(), &minute, &hour], 1, "401 over_limit"),
        ("a place is free soon", vec![PLACE, &minute.replace("2,", "1,")], 1, "402 over_limit"),
        ("of two", vec![&second.replace("1,", "2,"), &minute], 2, "402 over_limit"),
        ("of two, the other way round", vec![&minute, &second.replace("1,", "2,")], 2, "402 over_limit"),
        (
            "of equals the first",
            vec![&second, &second.replace("second", "other").replace("401", "499")],
            1,
            "401 over_limit",
        ),
        ("a key never comes by waiting", vec![&hour, deny], 0, "429 key_missing"),
    ] {
        let (policy, proxy) = (limits(&list.join(",")), FakeProxy::new());
        assert_eq!(passing(&policy, &user("u-1"), &proxy, passed), passed, "{name}");
        assert_eq!(decide(&policy, &user("u-1"), &proxy), want, "{name}");
    }
}

#[test]
fn all_that_refuse_are_named() {
    let order = [rate("a", 1, "1s"), rate("b", 5, "1s"), rate("c", 1, "1m")].join(",");
    let (policy, proxy) = (limits(&order), FakeProxy::new());
    decide(&policy, &user("u-1"), &proxy);
    let Decision::Reply(Reply { body, .. }) = policy.decide(&user("u-1"), &proxy, true) else { panic!() };
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.contains(r#""violated-policies":["a","c"]"#), "{body}");
}

/// Another worker takes the last of the second while the first is taken: the first is given back.
#[test]
fn what_was_taken_is_given_back_if_another_limit_was_lost() {
    let (node, user_limit) = (rate("node", 2, "1h"), PER_USER);
    let order = [node.as_str(), PLACE, user_limit].join(",");
    let (policy, proxy) = (limits(&order), FakeProxy::new());
    // Before the first write, somebody else's request with the same key, which only that limit is about.
    let other = limits(user_limit);
    proxy.meddle(move |proxy| assert_eq!(decide(&other, &user("u-1"), proxy), "pass"));
    assert_eq!(decide(&policy, &user("u-1"), &proxy), "429 over_limit");
    let Decision::Continue(effects) = policy.decide(&user("u-2"), &proxy, true) else {
        panic!("the place is taken")
    };
    effects.held.unwrap().0.give_back(&proxy);
    let Decision::Continue(effects) = policy.decide(&user("u-3"), &proxy, true) else {
        panic!("the node's are spent")
    };
    effects.held.unwrap().0.give_back(&proxy);
    assert_eq!(decide(&policy, &user("u-4"), &proxy), "402 over_limit");
}

#[test]
fn keys_that_share_a_page_do_not_hinder_each_other() {
    let two = [PER_USER.to_owned(), PER_USER.replace("per-user", "again").replace("1,", "2,")].join(",");
    let json = format!(r#"{{"limits": [{two}], "max_keys": 4, "headers": "ietf"}}"#);
    let (policy, proxy) = (super::compile(&json), FakeProxy::new());
    for id in ["u-1", "u-2"] {
        let decision = policy.decide(&user(id), &proxy, true);
        assert_eq!(verdict(&decision), "pass", "{id}");
        assert_eq!(fields(&decision)[1], r#"ratelimit: "per-user";r=0;t=3600, "again";r=1;t=1800"#);
        assert_eq!(decide(&policy, &user(id), &proxy), "429 over_limit", "{id}");
    }
}

#[test]
fn a_limit_is_about_what_it_says() {
    let api =
        r#"{"name": "api", "when": {"path": {"prefix": "/api"}}, "rate": {"requests": 1, "per": "1h"}}"#;
    let (policy, proxy) = (limits(api), FakeProxy::new());
    assert_eq!(passing(&policy, &FakeRequest::get("/api/a"), &proxy, 3), 1);
    assert_eq!(passing(&policy, &FakeRequest::get("/"), &proxy, 3), 3);
}
