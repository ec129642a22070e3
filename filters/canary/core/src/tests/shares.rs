//! Boundaries of the draw, in cohorts and along a ramp.

use super::{KEYS, compile, decided, policy, user};
use filter_api::UnixTime;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const STICKY: &str = r#""sticky": [{"header": "x-user-id"}]"#;

#[test]
fn a_boundary_belongs_to_the_next_subset() {
    let policy = policy(STICKY);
    let subsets = ["stable", "stable", "stable", "canary", "canary", "canary", "next", "next"];
    for ((bucket, key), want) in KEYS.into_iter().zip(subsets) {
        assert_eq!(decided(&policy, &user(key)), format!("{want}: draw {bucket}"), "{key}");
    }
}

#[test]
fn a_subset_of_one_part_has_one_bucket_and_one_of_none_has_none() {
    let policy = compile(
        r#"{"experiment": "checkout-2026-11", "sticky": [{"header": "x-user-id"}], "subsets": [
            {"name": "none", "weight": 0}, {"name": "one", "weight": 1}, {"name": "void", "weight": 0},
            {"name": "rest", "weight": 9998}, {"name": "last", "weight": 1}, {"name": "nobody", "weight": 0}
        ]}"#,
    );
    for ((bucket, key), want) in
        KEYS.into_iter().zip(["one", "rest", "rest", "rest", "rest", "rest", "rest", "last"])
    {
        assert_eq!(decided(&policy, &user(key)), format!("{want}: draw {bucket}"), "{key}");
    }
}

/// A mapping has no order: the ranges of a cohort follow the list `subsets`, whatever order it is written in.
#[test]
fn a_cohort_is_laid_out_in_the_order_of_the_subsets() {
    for weights in
        [r#"{"stable": 8900, "canary": 1, "next": 1099}"#, r#"{"next": 1099, "canary": 1, "stable": 8900}"#]
    {
        let policy = policy(&format!(
            r#"{STICKY}, "rules": [{{"name": "all", "when": {{"path": {{"prefix": "/"}}}}, "weights": {weights}}}]"#
        ));
        let subsets = ["stable", "stable", "stable", "canary", "next", "next", "next", "next"];
        for ((bucket, key), want) in KEYS.into_iter().zip(subsets) {
            assert_eq!(decided(&policy, &user(key)), format!("{want}: cohort all {bucket}"), "{key}");
        }
    }
    let fields =
        r#""rules": [{"name": "all", "when": {"path": {"prefix": "/"}}, "weights": {"next": 10000}}]"#;
    let policy = policy(&format!("{STICKY}, {fields}"));
    for (bucket, key) in KEYS {
        assert_eq!(
            decided(&policy, &user(key)),
            format!("next: cohort all {bucket}"),
            "subsets left out have no share"
        );
    }
}

#[test]
fn a_ramp_steps_at_its_times() {
    let policy = policy(&format!(
        r#"{STICKY}, "ramp": {{"start": "2026-11-22T00:00:00Z", "steps": [
            {{"after": "0s", "weights": {{"stable": 9900, "canary": 100}}}},
            {{"after": "10m", "weights": {{"stable": 8901, "canary": 1099}}}},
            {{"after": "1h", "weights": {{"canary": 10000}}}}
        ]}}"#
    ));
    let start = UnixTime::parse("2026-11-22T00:00:00Z").expect("a time").as_millis();
    let at = |millis: i64, key| {
        decided(&policy, &user(key).at(UnixTime::from_millis(start.saturating_add_signed(millis))))
    };
    // Buckets 8900, 8901 and 9900.
    for (name, millis, want) in [
        ("long before", -1_000_000_000_000, ["canary", "canary", "next"]),
        ("just before", -1, ["canary", "canary", "next"]),
        ("at the start", 0, ["stable", "stable", "canary"]),
        ("just after", 1, ["stable", "stable", "canary"]),
        ("just before the second step", 599_999, ["stable", "stable", "canary"]),
        ("at the second step", 600_000, ["stable", "canary", "canary"]),
        ("between", 3_599_999, ["stable", "canary", "canary"]),
        ("at the last step", 3_600_000, ["canary", "canary", "canary"]),
        ("years later", 1_000_000_000_000, ["canary", "canary", "canary"]),
    ] {
        let got = ["key-13260", "key-1020", "key-4316"].map(|key| at(millis, key));
        let want: Vec<_> = want
            .iter()
            .zip([8900, 8901, 9900])
            .map(|(subset, bucket)| format!("{subset}: draw {bucket}"))
            .collect();
        assert_eq!(got[..], want, "{name}");
    }
}

#[test]
fn a_ramp_that_starts_with_a_pause_leaves_the_weights_until_then() {
    let policy = policy(&format!(
        r#"{STICKY}, "ramp": {{"start": "1970-01-01T00:00:00Z", "steps": [{{"after": "87600h", "weights": {{"canary": 10000}}}}]}}"#
    ));
    for (secs, want) in [(0, "stable"), (315_359_999, "stable"), (315_360_000, "canary")] {
        let request = user("key-79").at(UnixTime::from_secs(secs));
        assert_eq!(decided(&policy, &request), format!("{want}: draw 1"), "{secs}");
    }
    let end = user("key-79").at(UnixTime { nanos: u64::MAX });
    assert_eq!(decided(&policy, &end), "canary: draw 1", "the end of time");
}

/// A ramp moves the draw of everybody; rules and cohorts say themselves what they want.
#[test]
fn a_ramp_leaves_rules_alone() {
    let policy = policy(&format!(
        r#"{STICKY}, "ramp": {{"start": "1970-01-01T00:00:00Z", "steps": [{{"after": "0s", "weights": {{"next": 10000}}}}]}},
        "rules": [
            {{"name": "half", "when": {{"path": {{"exact": "/half"}}}}, "weights": {{"stable": 5000, "canary": 5000}}}},
            {{"name": "fixed", "when": {{"path": {{"exact": "/fixed"}}}}, "subset": "canary"}}
        ]"#
    ));
    for (path, want) in
        [("/half", "stable: cohort half 371"), ("/fixed", "canary: rule fixed"), ("/", "next: draw 371")]
    {
        let request =
            filter_api::fake::FakeRequest::get(path).field("x-user-id", "u-1").at(UnixTime::from_secs(1));
        assert_eq!(decided(&policy, &request), want, "{path}");
    }
}
