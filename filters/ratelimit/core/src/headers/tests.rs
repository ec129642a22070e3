//! Values right to the second.
#![allow(clippy::arithmetic_side_effects, reason = "numbers of the tables, all small")]

use super::{Headers, Standing};
use crate::rate::Rate;
use crate::ticks::Ticks;
use filter_api::Name;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HOUR: u64 = 3_600_000;

fn millis(millis: u64) -> Ticks {
    Duration::from_millis(millis).into()
}

/// 10 in a minute, 6 s each, of which 5 at once; so much of it spent, in milliseconds of the clock.
fn spent(name: &Name, spent: u64) -> Standing<'_> {
    Standing::of_rate(name, &Rate::new(10, Duration::from_secs(60), 5), millis(HOUR + spent), millis(HOUR))
}

#[test]
fn what_remains_and_for_how_long() {
    let name = Name::parse("node").unwrap();
    for (spending, want) in [
        (0, r#""node";r=5;t=0"#),
        (1, r#""node";r=4;t=1"#),
        (1000, r#""node";r=4;t=1"#),
        (1001, r#""node";r=4;t=2"#),
        (6_000, r#""node";r=4;t=6"#),
        (6_001, r#""node";r=3;t=7"#),
        (24_000, r#""node";r=1;t=24"#),
        (24_001, r#""node";r=0;t=1"#),
        (25_000, r#""node";r=0;t=1"#),
        (25_001, r#""node";r=0;t=2"#),
        (30_000, r#""node";r=0;t=6"#),
        (30_500, r#""node";r=0;t=7"#),
    ] {
        let fields = Headers::Ietf.fields(&[spent(&name, spending)]);
        assert_eq!(fields[0], ("ratelimit-policy", r#""node";q=10;w=60"#.to_owned()));
        assert_eq!(fields[1], ("ratelimit", want.to_owned()), "{spending} ms spent");
        assert_eq!(fields.len(), 2);
    }
}

#[test]
fn windows_are_whole_seconds() {
    let name = Name::parse("node").unwrap();
    for (per, want) in [(1, 1), (1000, 1), (1001, 2), (60_000, 60), (3_600_000, 3600)] {
        let rate = Rate::new(10, Duration::from_millis(per), 10);
        let fields = Headers::Ietf.fields(&[Standing::of_rate(&name, &rate, millis(0), millis(HOUR))]);
        assert_eq!(fields[0].1, format!(r#""node";q=10;w={want}"#), "{per} ms");
    }
}

#[test]
fn every_kind_of_fields() {
    let [node, user, sku, closed] =
        ["node", "per-user", "sku", "closed"].map(|name| Name::parse(name).unwrap());
    let none = Rate::new(0, Duration::from_secs(3600), 0);
    let standings = [
        spent(&node, 6_000),
        Standing::of_places(&sku, 3, 1),
        spent(&user, 12_001),
        Standing::of_rate(&closed, &none, millis(0), millis(HOUR)),
    ];
    let ietf = [
        (
            "ratelimit-policy",
            r#""node";q=10;w=60, "sku";q=3;qu="concurrent-requests", "per-user";q=10;w=60, "closed";q=0;w=3600"#,
        ),
        ("ratelimit", r#""node";r=4;t=6, "sku";r=2, "per-user";r=2;t=13, "closed";r=0;t=3600"#),
    ];
    let draft_03 = [
        (
            "x-ratelimit-limit",
            r#"0, 10;w=60;name="node", 3;name="sku", 10;w=60;name="per-user", 0;w=3600;name="closed""#,
        ),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "3600"),
    ];
    let both = [ietf.as_slice(), draft_03.as_slice()].concat();
    for (headers, want) in [
        (Headers::None, &[][..]),
        (Headers::Ietf, &ietf),
        (Headers::XRateLimit, &draft_03),
        (Headers::Both, &both),
    ] {
        let fields = headers.fields(&standings);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(fields, want, "{headers:?}");
        assert_eq!(headers.fields(&[]), [], "{headers:?}: under no limit");
    }
}

#[test]
fn draft_03_tells_of_the_tightest() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Name::parse(name).unwrap());
    let hour = Rate::new(5, Duration::from_secs(3600), 5);
    let empty = Standing::of_rate(&c, &hour, millis(2 * HOUR), millis(HOUR));
    for (name, standings, want) in [
        ("least left", vec![spent(&a, 6_000), spent(&b, 6_001)], ["10", "3", "7"]),
        ("the first of equals", vec![spent(&a, 6_000), spent(&b, 6_000)], ["10", "4", "6"]),
        ("the longest of those without any left", vec![spent(&a, 30_000), empty], ["5", "0", "720"]),
        ("places", vec![spent(&a, 6_000), Standing::of_places(&b, 3, 2)], ["3", "1", "0"]),
        ("no places left", vec![spent(&a, 6_000), Standing::of_places(&b, 3, 3)], ["3", "0", "1"]),
        ("more than all places", vec![Standing::of_places(&b, 3, 4)], ["3", "0", "1"]),
    ] {
        let fields = Headers::XRateLimit.fields(&standings);
        let first = fields[0].1.split(',').next().unwrap();
        assert_eq!([first, &fields[1].1, &fields[2].1], want, "{name}");
    }
}
