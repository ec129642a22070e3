//! The algorithm against tables, and against the same arithmetic in fractions.
#![allow(clippy::arithmetic_side_effects, reason = "numbers of the tables, all small")]

use super::{Verdict, admit, give_back, remaining};
use crate::rate::Rate;
use crate::tests::Arbitrary;
use crate::ticks::Ticks;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn millis(millis: u64) -> Ticks {
    Duration::from_millis(millis).into()
}

fn rate(requests: u32, per_millis: u64, burst: u32) -> Rate {
    Rate::new(requests, Duration::from_millis(per_millis), burst)
}

/// Decides, and stores what is to be stored.
fn decide(rate: &Rate, stored: &mut Ticks, now: Ticks) -> Verdict {
    let verdict = admit(rate, *stored, now);
    let (Verdict::Admitted { tat } | Verdict::Refused { tat, .. }) = verdict;
    *stored = tat;
    verdict
}

fn passes(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Admitted { .. })
}

const HOUR: u64 = 3_600_000;

#[test]
fn admits_a_burst_and_then_one_each_interval() {
    for (name, rate, times, want) in [
        ("a burst", rate(2, 1000, 2), &[0, 0, 0][..], "++-"),
        ("a burst of one", rate(2, 1000, 1), &[0, 0, 500, 999, 1000], "+-+-+"),
        ("a burst above the rate", rate(1, 1000, 3), &[0, 0, 0, 0, 999, 1000, 1000], "+++--+-"),
        ("one more after an interval", rate(2, 1000, 2), &[0, 0, 499, 500, 500], "++-+-"),
        ("all after a period", rate(2, 1000, 2), &[0, 0, 1000, 1000, 1000], "++++-"),
        ("a request in time costs no burst", rate(2, 1000, 2), &[0, 500, 1000, 1000, 1000], "++++-"),
        ("none", rate(0, 1000, 0), &[0, 1000, HOUR], "---"),
        ("idle for long", rate(1, 1000, 1), &[0, 1, HOUR, HOUR], "+-+-"),
        (
            "once in ten years",
            rate(1, 87_600 * HOUR, 1),
            &[0, HOUR, 87_600 * HOUR - 1, 87_600 * HOUR],
            "+--+",
        ),
    ] {
        let mut stored = Ticks::default();
        let decide = |time| match decide(&rate, &mut stored, millis(HOUR + time)) {
            Verdict::Admitted { .. } => '+',
            Verdict::Refused { .. } => '-',
        };
        let passed: String = times.iter().copied().map(decide).collect();
        assert_eq!(passed, want, "{name}");
    }
}

#[test]
fn a_refused_request_hears_when_to_come_again() {
    let rate = rate(2, 1000, 2);
    let mut stored = Ticks::default();
    decide(&rate, &mut stored, millis(HOUR));
    decide(&rate, &mut stored, millis(HOUR));
    for (after, wait) in [(0, 500), (1, 499), (499, 1)] {
        let verdict = admit(&rate, stored, millis(HOUR + after));
        assert_eq!(verdict, Verdict::Refused { wait: millis(wait), tat: stored }, "{after}");
    }
    assert!(passes(admit(&rate, stored, millis(HOUR + 500))));
}

/// L07. Steps of less than a second may be another worker's reading of the clock: they are waited out.
#[test]
fn a_clock_that_is_set_neither_fills_a_bucket_nor_freezes_it() {
    for (name, step, longest_wait) in [
        ("an hour back", -3_600_000, 500),
        ("two seconds back", -2_000, 500),
        ("a second back", -1_000, 1_500),
        ("a millisecond back", -1, 501),
        ("an hour ahead", 3_600_000, 0),
    ] {
        let rate = rate(2, 1000, 2);
        let mut stored = Ticks::default();
        assert!(passes(decide(&rate, &mut stored, millis(2 * HOUR))));
        assert!(passes(decide(&rate, &mut stored, millis(2 * HOUR))));
        let now = (2 * HOUR).checked_add_signed(step).unwrap();
        let first = decide(&rate, &mut stored, millis(now));
        if step < 0 {
            let Verdict::Refused { wait, .. } = first else { panic!("{name}: {first:?}") };
            assert!(wait <= millis(longest_wait), "{name}: {wait:?}");
            assert!(!passes(decide(&rate, &mut stored, millis(now + longest_wait - 1))), "{name}");
            assert!(passes(decide(&rate, &mut stored, millis(now + longest_wait))), "{name}");
            assert!(!passes(decide(&rate, &mut stored, millis(now + longest_wait))), "{name}");
        } else {
            assert!(passes(first) && passes(decide(&rate, &mut stored, millis(now))), "{name}");
            assert!(!passes(decide(&rate, &mut stored, millis(now))), "{name}: the burst, no more");
        }
    }
}

#[test]
fn no_number_is_too_large() {
    let rates = [
        rate(u32::MAX, 1, u32::MAX),
        rate(1, 87_600 * HOUR, u32::MAX),
        rate(u32::MAX, 87_600 * HOUR, 1),
        rate(0, 1, 0),
    ];
    for rate in &rates {
        for tat in [0, 1, u128::MAX / 2, u128::MAX] {
            for now in [0, 1, u64::MAX] {
                let now = Ticks(u128::from(now) << 32);
                let mut stored = Ticks(tat);
                decide(rate, &mut stored, now);
                assert!(
                    stored <= now.plus(rate.period()).plus(Ticks::SECOND).max(Ticks(tat.min(now.0))),
                    "{rate:?} {tat}"
                );
                assert!(remaining(rate, stored, now) <= rate.burst.into());
            }
        }
    }
}

/// Arbitrary quotas, for which the interval is exact or not, and arrivals around their rate.
fn arbitrary(seed: u64) -> (Rate, Vec<u64>) {
    let mut any = Arbitrary::new(seed);
    let requests = [1, 2, 3, 7, 10, 100, 999, 1 << 20][usize::try_from(any.below(8)).unwrap()];
    let per = [1, 10, 1000, 60_000][usize::try_from(any.below(4)).unwrap()];
    let rate = rate(requests, per, u32::try_from(1 + any.below(20)).unwrap());
    let mean = u64::try_from(rate.per.as_nanos()).unwrap() / u64::from(requests);
    let mut now = 3_600_000_000_000;
    let arrivals = (0..400).map(|_| {
        let gap = match any.below(50) {
            0 => mean.saturating_mul(30),
            1..20 => 0,
            _ => any.below(mean.saturating_mul(2).max(2)),
        };
        now += gap;
        now
    });
    let arrivals = arrivals.collect();
    (rate, arrivals)
}

/// The definition: in any stretch of time no more than the burst and what the rate gives for it.
#[test]
fn no_stretch_of_time_has_one_too_many() {
    for seed in 0..60 {
        let (rate, arrivals) = arbitrary(seed);
        let mut stored = Ticks::default();
        let times: Vec<u64> = arrivals
            .into_iter()
            .filter(|now| passes(decide(&rate, &mut stored, Duration::from_nanos(*now).into())))
            .collect();
        let per = rate.per.as_nanos();
        for (first, from) in times.iter().enumerate() {
            for (last, to) in times.iter().enumerate().skip(first) {
                let earned = u128::from(to - from) * u128::from(rate.requests) / per;
                let admitted = u128::try_from(last - first + 1).unwrap();
                assert!(
                    admitted <= u128::from(rate.burst) + earned,
                    "seed {seed}: {from} to {to}: {admitted}"
                );
            }
        }
    }
}

/// An oracle in fractions: theoretical arrival times in units of 1/requests ns, in which every interval is whole.
/// Whom it admits we admit, at most a nanosecond later.
#[test]
fn nobody_is_refused_whom_exact_arithmetic_admits() {
    let mut refused = 0;
    for seed in 0..200 {
        let (rate, arrivals) = arbitrary(seed);
        let scale = u128::from(rate.requests);
        let interval = rate.per.as_nanos();
        let tolerance = interval * u128::from(rate.burst - 1);
        let (mut stored, mut exact) = (Ticks::default(), 0);
        for now in arrivals {
            let admits = |now: u64| exact <= u128::from(now) * scale + tolerance;
            match decide(&rate, &mut stored, Duration::from_nanos(now).into()) {
                Verdict::Admitted { .. } => {
                    assert!(admits(now), "seed {seed}: one too many at {now}");
                    exact = exact.max(u128::from(now) * scale) + interval;
                }
                Verdict::Refused { .. } => {
                    refused += 1;
                    assert!(!admits(now - 1), "seed {seed}: one too few at {now}");
                }
            }
        }
    }
    assert!(refused > 10_000, "{refused}");
}

/// Giving back leaves no more room than there would have been without the request: here, with and without it.
#[test]
fn what_is_given_back_is_never_more_than_what_was_taken() {
    let mut whole = 0;
    for seed in 0..2000 {
        let mut any = Arbitrary::new(seed);
        let rate = rate(10, 1000, u32::try_from(1 + any.below(5)).unwrap());
        let mut now = millis(HOUR);
        let mut with = now.plus(millis(any.below(300)));
        let mut without = with;
        let Verdict::Admitted { tat: reached } = admit(&rate, with, now) else { continue };
        with = reached;
        for _ in 0..any.below(4) {
            now = now.plus(millis(any.below(150)));
            // Others, as far as both admit them.
            if passes(admit(&rate, with, now)) {
                decide(&rate, &mut with, now);
                decide(&rate, &mut without, now);
            }
        }
        now = now.plus(millis(any.below(50)));
        let left = give_back(&rate, with, reached, now);
        assert!(left.max(now) >= without.max(now), "seed {seed}");
        whole += usize::from(left.max(now) == without.max(now));
    }
    assert!(whole > 500, "it is not given back in full {whole} times only");
}

#[test]
fn what_remains_is_what_would_pass() {
    for seed in 0..300 {
        let mut any = Arbitrary::new(seed);
        let rate = rate(7, 1000, u32::try_from(1 + any.below(9)).unwrap());
        let now = millis(HOUR);
        let mut stored = now.plus(millis(any.below(1500)));
        let promised = remaining(&rate, stored, now);
        let passed = (0..20).filter(|_| passes(decide(&rate, &mut stored, now))).count();
        assert_eq!(u64::try_from(passed).unwrap(), promised, "seed {seed}");
    }
}
