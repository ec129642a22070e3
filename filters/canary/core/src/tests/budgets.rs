//! Host calls per kind of request: each costs 0.1 to 1.3 us, so more of them must be somebody's decision.

use super::{host_calls, policy, user};
use filter_api::IdentityRecord;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULES: &str = r#"
    "sticky": [{"header": "x-user-id"}],
    "rules": [
        {"name": "dyed", "when": {"header": {"name": "x-env", "exact": "canary"}}, "subset": "canary"},
        {"name": "ios", "when": {"header": {"name": "x-device", "prefix": "ios"}}, "weights": {"stable": 10000}},
        {"name": "beta", "when": {"list": {"name": "beta", "key": {"cookie": "id"}}}, "subset": "canary"}
    ],
    "lists": {"beta": {"inline": ["u-7"]}}"#;

/// Name, fields of the policy, request, reads, host calls for the request, changes of the response.
type Row<'a> = (&'a str, String, FakeRequest, usize, usize, usize);

fn check(rows: Vec<Row<'_>>) {
    for (name, fields, request, reads, calls, response) in rows {
        let policy = policy(&fields);
        let effects = policy.apply(&request);
        assert_eq!(request.reads(), reads, "{name}: reads");
        assert_eq!(host_calls(&effects), calls, "{name}: {effects:?}");
        assert_eq!(effects.response.len(), response, "{name}: {effects:?}");
    }
}

#[test]
fn a_decision_by_headers_takes_one_read_and_three_writes() {
    let output = |fields: &str| format!("{RULES}, \"output\": {{{fields}}}");
    check(vec![
        ("rules and draw", RULES.into(), user("u-1"), 1, 3, 0),
        ("a rule", RULES.into(), user("u-1").field("x-env", "canary"), 1, 3, 0),
        ("a cohort", RULES.into(), user("u-1").field("x-device", "ios"), 1, 3, 0),
        ("a list", RULES.into(), user("u-1").field("cookie", "id=u-7"), 1, 3, 0),
        ("a spoofed header", RULES.into(), user("u-1").field("x-sluice-subset", "next"), 1, 3, 0),
        ("a spoofed member", RULES.into(), user("u-1").field("baggage", "sluice-subset=next"), 1, 4, 0),
        ("baggage", output(r#""baggage": true"#), user("u-1"), 1, 4, 0),
        (
            "baggage that is right",
            output(r#""baggage": true"#),
            user("u-1").field("baggage", "sluice-subset=stable"),
            1,
            3,
            0,
        ),
        ("a response header", output(r#""response_header": "x-v""#), user("u-1"), 1, 3, 1),
        (
            "a hundred fields",
            RULES.into(),
            (0..100).fold(user("u-1"), |r, n| r.field(&format!("x-{n}"), "v")),
            1,
            3,
            0,
        ),
    ]);
}

#[test]
fn each_other_source_takes_its_own_read() {
    let sticky = |key: &str| format!(r#""sticky": [{key}]"#);
    let cookie = r#""sticky_cookie": {"name": "id"}"#;
    let ramp = r#""ramp": {"start": "1970-01-01T00:00:00Z", "steps": [{"after": "0s", "weights": {"next": 10000}}]}"#;
    let identity = IdentityRecord::default().text("sub", "u-1").into_bytes();
    let get = || FakeRequest::get("/");
    let claim_or_header = sticky(r#"{"claim": "sub"}, {"header": "x-user-id"}"#);
    check(vec![
        // `fields` is read in any case: a client's own member of baggage must go.
        ("claim", claim_or_header.clone(), get().identity(identity), 2, 3, 0),
        ("no claim", claim_or_header, user("u-1"), 2, 3, 0),
        ("address", sticky(r#"{"source_ip": {}}"#), get().from("192.0.2.1"), 2, 3, 0),
        ("peer", sticky(r#"{"peer": "spiffe_id"}"#), get().peer("spiffe://example.org/a"), 2, 3, 0),
        ("route", sticky(r#"{"route": {}}"#), get().route("r"), 2, 3, 0),
        ("random id", String::new(), get(), 2, 3, 0),
        ("random id, kept", cookie.into(), get(), 2, 3, 1),
        ("kept id", cookie.into(), get().field("cookie", "id=u-1"), 1, 3, 0),
        ("ramp", format!("{RULES}, {ramp}"), user("u-1"), 2, 3, 0),
        (
            "ramp that a rule makes idle",
            format!("{RULES}, {ramp}"),
            user("u-1").field("x-env", "canary"),
            1,
            3,
            0,
        ),
    ]);
}

#[test]
fn inherit_costs_one_more_read_only_where_there_is_something_to_inherit() {
    let fields = format!(r#"{RULES}, "inherit": {{"peers": ["spiffe://example.org/*"]}}"#);
    let peer = || user("u-1").peer("spiffe://example.org/a");
    check(vec![
        ("nothing to inherit", fields.clone(), peer(), 1, 3, 0),
        ("inherited", fields.clone(), peer().field("x-sluice-subset", "next"), 2, 3, 0),
        ("from baggage", fields.clone(), peer().field("baggage", "sluice-subset=next"), 2, 3, 0),
        ("a stranger", fields, user("u-1").field("x-sluice-subset", "next"), 2, 3, 0),
    ]);
}

#[test]
fn a_dry_run_counts_and_logs() {
    let dry = format!(r#"{RULES}, "output": {{"baggage": true, "response_header": "x-v"}}, "dry_run": true"#);
    check(vec![("policy", dry, user("u-1").field("baggage", "sluice-subset=next"), 1, 2, 0)]);
    let rule = r#"{"name": "all", "when": {"path": {"prefix": "/"}}, "subset": "next", "dry_run": true}"#;
    let rule = format!(r#""sticky": [{{"header": "x-user-id"}}], "rules": [{rule}]"#);
    check(vec![("rule", rule, user("u-1"), 1, 4, 0)]);
}

/// A decision borrows from the policy what it can.
#[test]
fn values_are_borrowed_from_the_policy() {
    let policy = policy(&format!(r#"{RULES}, "output": {{"baggage": true}}"#));
    let effects = policy.apply(&user("u-1"));
    for mutation in &effects.request {
        assert!(
            matches!(mutation, filter_api::Mutation::Set(_, std::borrow::Cow::Borrowed(_))),
            "{mutation:?}"
        );
    }
    assert!(matches!(effects.state[..], [(_, std::borrow::Cow::Borrowed(_))]), "{:?}", effects.state);
}
