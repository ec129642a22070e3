//! What the other fields may not say.

use super::problems_with;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Row<'a> = (&'a str, &'a str, &'a [&'a str]);

fn refused(rows: &[Row<'_>]) {
    for (name, fields, want) in rows {
        assert_eq!(problems_with(fields), *want, "{name}");
        assert!(!want.is_empty(), "{name}");
    }
}

#[test]
fn refuses_experiments() {
    let long = format!(r#""experiment": "{}""#, "x".repeat(257));
    refused(&[
        ("empty", r#""experiment": """#, &["experiment: is empty"]),
        ("257 bytes", &long, &["experiment: is longer than 256 bytes"]),
        ("a number", r#""experiment": 2026"#, &["experiment: wants a string, is a number"]),
        ("nothing", r#""experiment": null"#, &["experiment: wants a string, is nothing"]),
    ]);
    for (name, text) in
        [("256 bytes", "x".repeat(256)), ("one", "x".to_owned()), ("any script", "prix d'été".to_owned())]
    {
        assert_eq!(problems_with(&format!(r#""experiment": "{text}""#)), [""; 0], "{name}");
    }
}

#[test]
fn refuses_sticky_keys() {
    refused(&[
        ("one key without a list", r#""sticky": {"header": "x"}"#, &["sticky: wants a list, is a mapping"]),
        (
            "a key without a field",
            r#""sticky": [{}]"#,
            &[
                "sticky[0]: needs one of claim, peer, header, cookie, query, source_ip, path_segment, method, route",
            ],
        ),
        (
            "two fields in one key",
            r#""sticky": [{"header": "x", "cookie": "y"}]"#,
            &["sticky[0]: has both header and cookie"],
        ),
        ("an empty cookie name", r#""sticky": [{"cookie": ""}]"#, &["sticky[0].cookie: is empty"]),
        (
            "a header that never arrives",
            r#""sticky": [{"header": "host"}]"#,
            &["sticky[0].header: host reaches a filter as :authority; use the predicate authority"],
        ),
        ("a bare name", r#""sticky": ["x-user-id"]"#, &["sticky[0]: wants a mapping, is a string"]),
    ]);
}

/// Name, `start`, `steps` with bare spans for steps to canary alone, problems.
const RAMPS: [(&str, &str, &str, &[&str]); 14] = [
    (
        "a date",
        "2026-11-22",
        "0s",
        &["ramp.start: `2026-11-22` is not a timestamp such as 2026-11-22T00:00:00Z"],
    ),
    (
        "no time zone",
        "2026-11-22T00:00:00",
        "0s",
        &["ramp.start: `2026-11-22T00:00:00` is not a timestamp such as 2026-11-22T00:00:00Z"],
    ),
    (
        "a 30th of February",
        "2026-02-30T00:00:00Z",
        "0s",
        &["ramp.start: `2026-02-30T00:00:00Z` is no point in time"],
    ),
    ("no unit", START, "10", &["ramp.steps[0].after: `10` is not a duration such as 200ms, 5s, 10m or 1h"]),
    (
        "before the start",
        START,
        "-1s",
        &["ramp.steps[0].after: `-1s` is not a duration such as 200ms, 5s, 10m or 1h"],
    ),
    ("two at once", START, "0s 1m 60s", &["ramp.steps[2].after: is not later than the step before"]),
    ("out of order", START, "10m 9m 11m", &["ramp.steps[1].after: is not later than the step before"]),
    ("no step", START, "[]", &["ramp.steps: is empty"]),
    ("no list", START, "{}", &["ramp.steps: wants a list, is a mapping"]),
    ("an empty step", START, "[{}]", &["ramp.steps[0].after: missing", "ramp.steps[0].weights: missing"]),
    (
        "a part of the weight",
        START,
        r#"[{"after": "0s", "weights": {"canary": 10}}]"#,
        &["ramp.steps[0].weights: weights sum to 10, must be 10000"],
    ),
    (
        "a stranger",
        START,
        r#"[{"after": "0s", "weights": {"beta": 10000}}]"#,
        &["ramp.steps[0].weights.beta: `beta` is not a subset, known here: stable, canary"],
    ),
    (
        "an unknown field",
        START,
        r#"[{"after": "0s", "weights": {"canary": 10000}, "hold": "1h"}]"#,
        &["ramp.steps[0].hold: unknown field, known here: after, weights"],
    ),
    (
        "several at once",
        "",
        r#"[{"after": 0, "weights": {"canary": 10000}}, 1]"#,
        &[
            "ramp.start: `` is not a timestamp such as 2026-11-22T00:00:00Z",
            "ramp.steps[0].after: wants a string, is a number",
            "ramp.steps[1]: wants a mapping, is a number",
        ],
    ),
];

const START: &str = "2026-11-22T00:00:00Z";

#[test]
fn refuses_ramps() {
    for (name, start, steps, want) in RAMPS {
        let step = |after: &str| format!(r#"{{"after": "{after}", "weights": {{"canary": 10000}}}}"#);
        let steps = match steps.as_bytes() {
            [b'[' | b'{', ..] => steps.to_owned(),
            _ => format!("[{}]", steps.split(' ').map(step).collect::<Vec<_>>().join(",")),
        };
        let fields = format!(r#""ramp": {{"start": "{start}", "steps": {steps}}}"#);
        assert_eq!(problems_with(&fields), want, "{name}");
    }
    refused(&[
        ("nothing in it", r#""ramp": {}"#, &["ramp.start: missing", "ramp.steps: missing"]),
        ("a list", r#""ramp": []"#, &["ramp: wants a mapping, is a list"]),
        (
            "seconds since 1970",
            r#""ramp": {"start": 1795305600, "steps": [], "end": 1}"#,
            &[
                "ramp.start: wants a string, is a number",
                "ramp.steps: is empty",
                "ramp.end: unknown field, known here: start, steps",
            ],
        ),
    ]);
}

#[test]
fn refuses_peers_to_inherit_from() {
    refused(&[
        ("nothing in it", r#""inherit": {}"#, &["inherit.peers: missing"]),
        ("nobody", r#""inherit": {"peers": []}"#, &["inherit.peers: is empty"]),
        ("true", r#""inherit": true"#, &["inherit: wants a mapping, is a boolean"]),
        (
            "no SPIFFE ID",
            r#""inherit": {"peers": ["example.org"]}"#,
            &["inherit.peers[0]: starts with \"example.o\", not with \"spiffe://\""],
        ),
        (
            "unknown fields",
            r#""inherit": {"peers": ["spiffe://example.org/a"], "header": "x"}"#,
            &["inherit.header: unknown field, known here: peers"],
        ),
    ]);
}

const OUTPUTS: [Row<'static>; 11] = [
    ("a header name alone", r#""output": "x-version""#, &["output: wants a mapping, is a string"]),
    (
        "an empty name",
        r#""output": {"header": ""}"#,
        &["output.header: is 0 bytes long, 1 to 256 are allowed"],
    ),
    (
        "a space",
        r#""output": {"header": "x version"}"#,
        &["output.header: has the character ' ', which no field name may have"],
    ),
    (
        "a pseudo-header",
        r#""output": {"header": ":path"}"#,
        &["output.header: :path is a pseudo-header; use the predicates path, method and authority"],
    ),
    (
        "framing",
        r#""output": {"header": "Content-Length"}"#,
        &["output.header: Content-Length belongs to the connection; a filter must not write it"],
    ),
    (
        "the target",
        r#""output": {"header": "host"}"#,
        &["output.header: host belongs to the connection; a filter must not write it"],
    ),
    (
        "others' cookies",
        r#""output": {"header": "cookie", "response_header": "Set-Cookie"}"#,
        &[
            "output.header: cookie carries what others write, the subset would replace it",
            "output.response_header: set-cookie carries what others write, the subset would replace it",
        ],
    ),
    (
        "others' baggage",
        r#""output": {"header": "baggage"}"#,
        &["output.header: baggage carries what others write, the subset would replace it"],
    ),
    (
        "others' credentials",
        r#""output": {"header": "Authorization"}"#,
        &["output.header: authorization carries what others write, the subset would replace it"],
    ),
    ("no boolean", r#""output": {"baggage": 1}"#, &["output.baggage: wants true or false, is a number"]),
    (
        "an unknown field",
        r#""output": {"cookie": "x"}"#,
        &["output.cookie: unknown field, known here: header, baggage, response_header"],
    ),
];

#[test]
fn refuses_outputs() {
    refused(&OUTPUTS);
}

#[test]
fn refuses_lists() {
    let many = format!(r#""lists": {{"beta": {{"inline": [{}]}}}}"#, vec![r#""u""#; 100_001].join(","));
    refused(&[
        ("a list of lists", r#""lists": []"#, &["lists: wants a mapping, is a list"]),
        (
            "a space in the name",
            r#""lists": {"a b": {"inline": []}}"#,
            &["lists.a b: has the character ' ', allowed are letters, digits, `.`, `_` and `-`"],
        ),
        ("no source", r#""lists": {"beta": {}}"#, &["lists.beta: needs inline or http"]),
        (
            "two sources",
            r#""lists": {"beta": {"inline": [], "http": {"cluster": "l", "path": "/"}}}"#,
            &["lists.beta: has both inline and http"],
        ),
        (
            "an empty entry",
            r#""lists": {"beta": {"inline": ["u-1", ""]}}"#,
            &["lists.beta.inline[1]: an entry is empty"],
        ),
        (
            "a number",
            r#""lists": {"beta": {"inline": [1]}}"#,
            &["lists.beta.inline[0]: wants a string, is a number"],
        ),
        ("one entry too many", &many, &["lists.beta.inline: has 100001 entries, at most 100000 are allowed"]),
        (
            "a source without a cluster",
            r#""lists": {"beta": {"http": {"path": "beta"}}}"#,
            &["lists.beta.http.cluster: missing", "lists.beta.http.path: is not a path such as /list"],
        ),
        (
            "a busy loop",
            r#""lists": {"beta": {"http": {"cluster": "l", "path": "/", "refresh": "99ms"}}}"#,
            &["lists.beta.http.refresh: is shorter than 100ms"],
        ),
        (
            "an unknown field",
            r#""lists": {"beta": {"inline": [], "refresh": "1s"}}"#,
            &["lists.beta.refresh: unknown field, known here: inline, http"],
        ),
    ]);
}

#[test]
fn refuses_dry_runs() {
    refused(&[
        ("a word", r#""dry_run": "true""#, &["dry_run: wants true or false, is a string"]),
        ("a number", r#""dry_run": 1"#, &["dry_run: wants true or false, is a number"]),
        ("nothing", r#""dry_run": null"#, &["dry_run: wants true or false, is nothing"]),
    ]);
}
