//! Intervals and tolerances.

use super::Rate;
use crate::ticks::Ticks;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HOUR: Duration = Duration::from_secs(3600);
const MILLISECOND: Duration = Duration::from_millis(1);

#[test]
fn intervals_are_exact_or_a_fraction_too_long() {
    for (name, requests, per, nanos) in [
        ("one a second", 1, Duration::from_secs(1), 1_000_000_000.0),
        ("three a second", 3, Duration::from_secs(1), 333_333_333.333_333_3),
        ("seven a millisecond", 7, MILLISECOND, 142_857.142_857_142_86),
        ("most a second", u32::MAX, Duration::from_secs(1), 0.232_830_643_708_1),
        ("one in ten years", 1, HOUR * 87_600, 3.1536e17),
        ("most in ten years", u32::MAX, HOUR * 87_600, 73_425_471.799_78),
    ] {
        let Rate { interval, .. } = Rate::new(requests, per, 1);
        let found = interval.0 as f64 / 4_294_967_296.0;
        assert!((found / nanos - 1.0).abs() < 1e-9, "{name}: {found} ns");
        let whole = interval.0.checked_mul(requests.into()).unwrap();
        assert!(whole >= Ticks::from(per).0, "{name}: never more than {requests}");
        assert!(whole - Ticks::from(per).0 < requests.into(), "{name}: nor much less");
    }
}

#[test]
fn nothing_overflows() {
    for (name, rate) in [
        ("none", Rate::new(0, HOUR * 87_600, 0)),
        ("the longest period there is", Rate::new(1, HOUR * 87_600, u32::MAX)),
    ] {
        let end = Ticks(u128::from(u64::MAX) << 32);
        assert!(end.plus(rate.period()).plus(rate.period()) < Ticks(u128::MAX), "{name}");
        assert!(rate.tolerance <= rate.period(), "{name}");
    }
}

#[test]
fn seconds_are_rounded_up() {
    for (ticks, want) in [
        (Ticks(0), 0),
        (Ticks(1), 1),
        (Ticks(Ticks::SECOND.0 - 1), 1),
        (Ticks::SECOND, 1),
        (Ticks(Ticks::SECOND.0 + 1), 2),
        (Ticks(u128::MAX), u64::MAX / 1_000_000_000 + 1),
    ] {
        assert_eq!(ticks.secs_up(), want, "{ticks:?}");
    }
}
