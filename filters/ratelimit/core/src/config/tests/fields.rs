//! Field by field.

use super::{RATE, limit, limits, with};
use crate::Policy;
use crate::global::OnFailure;
use crate::headers::Headers;
use crate::limit::{Control, Limit, Missing};
use filter_api::Value;
use std::rc::Rc;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Rows<'a> = &'a [(&'a str, &'a str, &'a [&'a str])];

/// Name, fields of a limit, problems.
fn check(rows: Rows<'_>) {
    for (name, fields, want) in rows {
        assert_eq!(limit(fields), *want, "{name}");
    }
}

#[test]
fn names() {
    for (name, items, want) in [
        ("none", format!("{{{RATE}}}"), "limits[0].name: missing"),
        ("empty", format!(r#"{{"name": "", {RATE}}}"#), "limits[0].name: is empty"),
        ("a number", format!(r#"{{"name": 1, {RATE}}}"#), "limits[0].name: wants a string, is a number"),
        (
            "a quote",
            format!(r#"{{"name": "a\"b", {RATE}}}"#),
            "limits[0].name: has the character '\"', allowed are letters, digits, `.`, `_` and `-`",
        ),
        (
            "twice",
            format!(r#"{{"name": "a", {RATE}}}, {{"name": "a", {RATE}}}"#),
            "limits[1].name: `a` is the name of another limit",
        ),
    ] {
        assert_eq!(limits(&items), [want], "{name}");
    }
    let many = |count: usize| {
        let items: Vec<_> = (0..count).map(|n| format!(r#"{{"name": "l{n}", {RATE}}}"#)).collect();
        limits(&items.join(","))
    };
    assert_eq!(many(65), ["limits: 65 limits are more than 64"]);
    assert_eq!(many(64), [""; 0]);
}

#[test]
fn rates() {
    check(RATES);
}

const RATES: Rows<'_> = &[
    ("no requests", r#""rate": {"per": "1s"}"#, &["limits[0].rate.requests: missing"]),
    ("no time", r#""rate": {"requests": 1}"#, &["limits[0].rate.per: missing"]),
    ("as a text", r#""rate": "100/s""#, &["limits[0].rate: wants a mapping, is a string"]),
    (
        "2^32",
        r#""rate": {"requests": 4294967296, "per": "1s"}"#,
        &["limits[0].rate.requests: 4294967296 is above 4294967295"],
    ),
    ("2^32 - 1", r#""rate": {"requests": 4294967295, "per": "1s"}"#, &[]),
    ("negative", r#""rate": {"requests": -1, "per": "1s"}"#, &["limits[0].rate.requests: -1 is below 0"]),
    (
        "half a request",
        r#""rate": {"requests": 0.5, "per": "1s"}"#,
        &["limits[0].rate.requests: 0.5 is not a whole number"],
    ),
    ("none", r#""rate": {"requests": 0, "per": "1s"}"#, &[]),
    (
        "no time at all",
        r#""rate": {"requests": 1, "per": "0ms"}"#,
        &["limits[0].rate.per: is shorter than 1ms"],
    ),
    ("a millisecond", r#""rate": {"requests": 1, "per": "1ms"}"#, &[]),
    ("ten years", r#""rate": {"requests": 1, "per": "87600h"}"#, &[]),
    (
        "more",
        r#""rate": {"requests": 1, "per": "87601h"}"#,
        &["limits[0].rate.per: `87601h` is longer than 3650 days"],
    ),
    (
        "no unit",
        r#""rate": {"requests": 1, "per": "1"}"#,
        &["limits[0].rate.per: `1` is not a duration such as 200ms, 5s, 10m or 1h"],
    ),
    (
        "a number",
        r#""rate": {"requests": 1, "per": 1}"#,
        &["limits[0].rate.per: wants a string, is a number"],
    ),
    (
        "no burst",
        r#""rate": {"requests": 1, "per": "1s", "burst": 0}"#,
        &["limits[0].rate.burst: 0 is below 1"],
    ),
    (
        "2^32 at once",
        r#""rate": {"requests": 1, "per": "1s", "burst": 4294967296}"#,
        &["limits[0].rate.burst: 4294967296 is above 4294967295"],
    ),
    (
        "a burst of none",
        r#""rate": {"requests": 0, "per": "1s", "burst": 1}"#,
        &["limits[0].rate.burst: goes with requests of at least 1"],
    ),
];

#[test]
fn plans() {
    let plan = |fields: &str| limit(&format!(r#""rate_by": {{{fields}}}"#));
    let rate = r#"{"requests": 1, "per": "1s"}"#;
    for (name, fields, want) in [
        (
            "no claim",
            format!(r#""table": {{"a": {rate}}}, "otherwise": {rate}"#),
            "limits[0].rate_by.claim: missing",
        ),
        ("no table", format!(r#""claim": "c", "otherwise": {rate}"#), "limits[0].rate_by.table: missing"),
        (
            "nothing in it",
            format!(r#""claim": "c", "table": {{}}, "otherwise": {rate}"#),
            "limits[0].rate_by.table: is empty",
        ),
        (
            "nothing else",
            format!(r#""claim": "c", "table": {{"a": {rate}}}"#),
            "limits[0].rate_by.otherwise: missing",
        ),
        (
            "twice",
            format!(r#""claim": "c", "table": {{"a": {rate}, "a": {rate}}}, "otherwise": {rate}"#),
            "limits[0].rate_by.table.a: given twice",
        ),
        (
            "no value",
            format!(r#""claim": "c", "table": {{"": {rate}}}, "otherwise": {rate}"#),
            "limits[0].rate_by.table.\"\": the value of a claim is empty",
        ),
    ] {
        assert_eq!(plan(&fields), [want], "{name}");
    }
    let many = |count: usize| {
        let table: Vec<_> = (0..count).map(|n| format!(r#""p{n}": {rate}"#)).collect();
        plan(&format!(r#""claim": "c", "table": {{{}}}, "otherwise": {rate}"#, table.join(",")))
    };
    assert_eq!(many(1001), ["limits[0].rate_by.table: 1001 plans are more than 1000"]);
    assert_eq!(many(1000), [""; 0]);
}

#[test]
fn places() {
    check(&[
        ("no number", r#""concurrency": {"lease": "1s"}"#, &["limits[0].concurrency.max: missing"]),
        ("none", r#""concurrency": {"max": 0}"#, &[]),
        ("a million", r#""concurrency": {"max": 1000000}"#, &[]),
        (
            "more",
            r#""concurrency": {"max": 1000001}"#,
            &["limits[0].concurrency.max: 1000001 is above 1000000"],
        ),
        (
            "a short lease",
            r#""concurrency": {"max": 1, "lease": "99ms"}"#,
            &["limits[0].concurrency.lease: is shorter than 100ms"],
        ),
        ("the shortest", r#""concurrency": {"max": 1, "lease": "100ms"}"#, &[]),
    ]);
}

const KEYS: &str = r#""key": [{"claim": "a"}, {"claim": "b"}],"#;

/// Name, fields of `global`, fields beside it, problem.
const SERVICES: [(&str, &str, &str, &str); 11] = [
    ("no descriptor", r#""lease": 1"#, "", "limits[0].global.descriptor: missing"),
    ("an empty one", r#""descriptor": """#, "", "limits[0].global.descriptor: is empty"),
    ("an empty one of two", r#""descriptor": ["a", ""]"#, KEYS, "limits[0].global.descriptor[1]: is empty"),
    (
        "too few",
        r#""descriptor": "a""#,
        KEYS,
        "limits[0].global.descriptor: names 1, must name 2: one for each part of the key",
    ),
    (
        "too many",
        r#""descriptor": ["a", "b"]"#,
        "",
        "limits[0].global.descriptor: names 2, must name 1: one for each part of the key",
    ),
    (
        "none",
        r#""descriptor": []"#,
        KEYS,
        "limits[0].global.descriptor: names 0, must name 2: one for each part of the key",
    ),
    (
        "no time",
        r#""descriptor": "a", "timeout": "0ms""#,
        "",
        "limits[0].global.timeout: is shorter than 1ms",
    ),
    ("K11", r#""descriptor": "a", "timeout": "11s""#, "", "limits[0].global.timeout: is longer than 10s"),
    ("L13", r#""descriptor": "a", "lease": 0"#, "", "limits[0].global.lease: 0 is below 1"),
    (
        "a lease above",
        r#""descriptor": "a", "lease": 1000001"#,
        "",
        "limits[0].global.lease: 1000001 is above 1000000",
    ),
    (
        "a word",
        r#""descriptor": "a", "on_failure": "open""#,
        "",
        "limits[0].global.on_failure: `open` is unknown, known here: allow, deny, local",
    ),
];

#[test]
fn services() {
    for (name, fields, more, want) in SERVICES {
        let found =
            limit(&format!(r#""global": {{"cluster": "c", "domain": "d", {fields}}}, {more} {RATE}"#));
        assert_eq!(found, [want], "{name}");
    }
}

#[test]
fn services_that_are_named_well() {
    for (name, fields) in [
        ("as a list", r#""descriptor": ["a"]"#),
        ("the longest", r#""descriptor": "a", "timeout": "10s", "lease": 1000000"#),
    ] {
        let found = limit(&format!(r#""global": {{"cluster": "c", "domain": "d", {fields}}}, {RATE}"#));
        assert_eq!(found, [""; 0], "{name}");
    }
    let cluster = |cluster: &str| {
        limit(&format!(r#""global": {{"cluster": "{cluster}", "domain": "d", "descriptor": "a"}}, {RATE}"#))
    };
    assert_eq!(cluster(&"c".repeat(125)), [""; 0]);
    assert_eq!(
        cluster(&"c".repeat(126)),
        ["limits[0].global.cluster: is 126 bytes long, at most 125 are allowed"]
    );
    // K10: they parse as protobuf; the shell sees to it that nobody tries.
    assert_eq!(["east1", "e-rls", "uauth"].map(cluster), [const { Vec::<String>::new() }; 3]);
    let alone = |on_failure: &str| {
        limit(&format!(r#""global": {{"cluster": "c", "domain": "d", "descriptor": "a" {on_failure}}}"#))
    };
    let needs = ["limits[0].global: needs a rate beside it, or on_failure: allow or deny"];
    assert_eq!(alone(""), needs);
    assert_eq!(alone(r#", "on_failure": "local""#), needs);
    assert_eq!(alone(r#", "on_failure": "allow""#), [""; 0]);
}

#[test]
fn keys_and_replies() {
    check(&[
        ("no key", r#""key": [], "rate": {"requests": 1, "per": "1s"}"#, &["limits[0].key: is empty"]),
        (
            "missing what",
            r#""missing": "skip", "rate": {"requests": 1, "per": "1s"}"#,
            &["limits[0].missing: goes with key"],
        ),
        (
            "a word",
            r#""key": [{"method": {}}], "missing": "allow", "rate": {"requests": 1, "per": "1s"}"#,
            &["limits[0].missing: `allow` is unknown, known here: skip, deny, shared"],
        ),
        (
            "a good status",
            r#""reply": {"status": 399}, "rate": {"requests": 1, "per": "1s"}"#,
            &["limits[0].reply.status: 399 is below 400"],
        ),
        (
            "no status",
            r#""reply": {"status": 600}, "rate": {"requests": 1, "per": "1s"}"#,
            &["limits[0].reply.status: 600 is above 599"],
        ),
        (
            "no reply",
            r#""reply": {}, "rate": {"requests": 1, "per": "1s"}"#,
            &["limits[0].reply.status: missing"],
        ),
    ]);
    for (fields, want) in [
        (r#""headers": "draft""#, "headers: `draft` is unknown, known here: none, ietf, x-ratelimit, both"),
        (r#""max_keys": 0"#, "max_keys: 0 is below 1"),
        (r#""max_keys": 16777217"#, "max_keys: 16777217 is above 16777216"),
    ] {
        assert_eq!(with(fields), [want]);
    }
}

fn first(fields: &str) -> Rc<Limit> {
    let json = format!(r#"{{"limits": [{{"name": "l", {fields}}}]}}"#);
    let policy = Policy::compile(&Value::from_json(json.as_bytes()).unwrap()).unwrap();
    assert_eq!((policy.headers, policy.dry_run), (Headers::None, false));
    Rc::clone(&policy.limits[0])
}

#[test]
fn what_absence_means() {
    let limit = first(RATE);
    assert!(limit.when.is_none() && limit.key.is_none() && !limit.dry_run);
    assert_eq!(limit.status, 429);
    let Control::Rate(bucket) = &limit.control else { panic!() };
    assert_eq!((bucket.rate.requests, bucket.rate.burst), (1, 1));
    let burst = first(r#""rate": {"requests": 7, "per": "1s"}"#);
    assert!(matches!(&burst.control, Control::Rate(bucket) if bucket.rate.burst == 7));
    let keyed = first(&format!(r#""key": [{{"method": {{}}}}], {RATE}"#));
    assert_eq!(keyed.key.as_ref().unwrap().missing, Missing::Shared);
    let places = first(r#""concurrency": {"max": 3}"#);
    let Control::Concurrency(concurrency) = &places.control else { panic!() };
    assert_eq!((concurrency.max, concurrency.lease), (3, Duration::from_secs(60)));
    let remote = first(&format!(r#""global": {{"cluster": "c", "domain": "d", "descriptor": "a"}}, {RATE}"#));
    let Control::Global(global, Some(_)) = &remote.control else { panic!() };
    assert_eq!(
        (global.timeout, global.lease, global.on_failure),
        (Duration::from_millis(20), 1, OnFailure::Local)
    );
    assert_eq!(global.descriptor, ["a"]);
}
