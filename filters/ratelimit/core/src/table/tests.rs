//! Pages against a memory without bounds.

use super::{SLOTS, put, seek};
use crate::fingerprint::Fingerprint;
use crate::gcra::{Verdict, admit};
use crate::place::{Place, Table};
use crate::rate::Rate;
use crate::tests::Arbitrary;
use crate::ticks::Ticks;
use std::collections::BTreeMap;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A page, and what all its keys would be in a memory without bounds.
struct Pair {
    record: Vec<u8>,
    all: BTreeMap<u64, Ticks>,
    slots: usize,
    horizon: Ticks,
}

impl Pair {
    fn new(slots: usize, rates: &[Rate]) -> Self {
        let horizon = rates.iter().map(Rate::period).max().unwrap();
        Self { record: Vec::new(), all: BTreeMap::new(), slots, horizon }
    }

    /// Whether the page admits it, whether the other does, and whether a key was pushed out. What the page admits counts
    /// for both.
    fn decide(&mut self, rate: &Rate, key: u64, now: Ticks) -> (bool, bool, bool) {
        let place = place(self.slots, key);
        let seat = seek(&self.record, &place, now, self.horizon);
        let known = self.all.get(&key).copied().unwrap_or_default();
        let other = admit(rate, known, now);
        let would = matches!(other, Verdict::Admitted { .. });
        match admit(rate, seat.tat, now) {
            Verdict::Admitted { tat } => {
                put(&mut self.record, &place, seat, tat);
                if let Verdict::Admitted { tat } = other {
                    self.all.insert(key, tat);
                }
                (true, would, seat.evicts(now))
            }
            Verdict::Refused { tat, .. } => {
                if tat != seat.tat {
                    put(&mut self.record, &place, seat, tat);
                }
                (false, would, false)
            }
        }
    }
}

fn place(slots: usize, slot: u64) -> Place {
    let Place { record, .. } = Table::new("test", 1, 1).place(0, Fingerprint { page: 0, slot: 0 });
    Place { record, slots, slot }
}

fn millis(millis: u64) -> Ticks {
    Duration::from_millis(millis).into()
}

fn rate(requests: u32, per_millis: u64, burst: u32) -> Rate {
    Rate::new(requests, Duration::from_millis(per_millis), burst)
}

const HOUR: u64 = 3_600_000;

/// Limits of different periods share pages, which are too small in all sizes but the last.
#[test]
fn no_key_is_ever_over_its_limit_whatever_the_size() {
    let rates = [rate(2, 1000, 2), rate(10, 1000, 3), rate(5, 60_000, 5), rate(1, 10, 1)];
    for (slots, keys) in [(1, 2), (1, 40), (2, 5), (8, 16), (8, 100), (32, 400), (32, 32)] {
        let (mut refused_more, mut evicted) = (0, 0);
        for seed in 0..30 {
            let mut any = Arbitrary::new(seed);
            let mut pair = Pair::new(slots, &rates);
            let mut now = millis(HOUR);
            for _ in 0..1000 {
                now = now.plus(millis(any.below(40)));
                // Some keys are much hotter than others.
                let key = any.below(keys).min(any.below(keys));
                let rate = &rates[usize::try_from(key % 4).unwrap()];
                // The key itself is no empty slot's.
                let (admits, would, evicts) = pair.decide(rate, key + 1, now);
                assert!(
                    !admits || would,
                    "{slots} slots, {keys} keys, seed {seed}: key {key} is over its limit"
                );
                refused_more += usize::from(would && !admits);
                evicted += usize::from(evicts);
            }
        }
        let fits = keys <= u64::try_from(slots).unwrap();
        assert_eq!(fits, refused_more == 0, "{slots} slots, {keys} keys: {refused_more} refused");
        assert_eq!(fits, evicted == 0, "{slots} slots, {keys} keys: {evicted} pushed out");
    }
}

/// More keys than slots come by, but never more than slots within a period: idle slots are as good as new ones.
#[test]
fn with_room_for_all_live_keys_a_page_decides_as_a_memory_without_bounds() {
    let rate = rate(4, 1000, 4);
    for seed in 0..30 {
        let mut any = Arbitrary::new(seed);
        let mut pair = Pair::new(8, std::slice::from_ref(&rate));
        let (mut refused, mut admitted) = (0, 0);
        for epoch in 0..40 {
            for step in 0..50 {
                let now = millis(HOUR + epoch * 2000 + step * 20);
                let key = 1 + epoch * 8 + any.below(8);
                let (admits, would, evicts) = pair.decide(&rate, key, now);
                assert_eq!(admits, would, "seed {seed}, epoch {epoch}");
                assert!(!evicts);
                if admits { admitted += 1 } else { refused += 1 }
            }
        }
        assert!(refused > 100 && admitted > 100, "{admitted} {refused}");
    }
}

#[test]
fn a_key_that_is_over_its_limit_stays_so_however_many_push_it_out() {
    let limit = rate(5, 60_000, 5);
    let mut pair = Pair::new(4, std::slice::from_ref(&limit));
    let now = millis(HOUR);
    let passed = (0..10).filter(|_| pair.decide(&limit, 7, now).0).count();
    assert_eq!(passed, 5);
    for flood in 0..10_000 {
        for _ in 0..6 {
            pair.decide(&limit, 100 + flood, now.plus(millis(flood / 1000)));
        }
        let (admits, ..) = pair.decide(&limit, 7, now.plus(millis(flood / 1000)));
        assert!(!admits, "after {flood} others");
    }
}

/// A new key pays for what the page has forgotten, but waits no longer than if it had spent all of its own.
#[test]
fn a_new_key_in_a_full_page_waits_at_most_an_interval_of_its_own() {
    let (long, short) = (rate(1, 3_600_000, 1), rate(1, 1000, 1));
    let mut pair = Pair::new(2, &[long.clone(), short.clone()]);
    let now = millis(HOUR);
    for key in 1..=4 {
        pair.decide(&long, key, now);
    }
    assert!(!pair.decide(&short, 9, now).0);
    assert!(!pair.decide(&short, 9, now.plus(millis(999))).0);
    assert!(pair.decide(&short, 9, now.plus(millis(1000))).0, "it was not forgotten that it waited");
}

#[test]
fn a_record_that_is_none_of_ours_is_an_empty_page() {
    let place = place(4, 9);
    let mut good = Vec::new();
    let seat = seek(&good, &place, millis(1), millis(1));
    put(&mut good, &place, seat, millis(5));
    let long = [good.as_slice(), &[0]].concat();
    for (name, bytes) in [
        ("none", &[][..]),
        ("a byte", &[7]),
        ("cut off", &good[..good.len() - 1]),
        ("too long", &long),
        ("a number", &7_u64.to_le_bytes()),
    ] {
        let mut record = bytes.to_vec();
        let seat = seek(&record, &place, millis(1), millis(1));
        assert_eq!(seat.tat, Ticks::default(), "{name}");
        put(&mut record, &place, seat, millis(5));
        assert_eq!(record, good, "{name}");
    }
}

/// Arbitrary bytes of the right length, which all are far ahead of the clock.
#[test]
fn arbitrary_bytes_heal() {
    let limit = rate(2, 1000, 2);
    for seed in 0..200 {
        let mut any = Arbitrary::new(seed);
        let mut pair = Pair::new(4, std::slice::from_ref(&limit));
        pair.decide(&limit, 1, millis(1));
        let bytes = pair.record.len();
        pair.record = (0..bytes).map(|_| any.below(256).to_le_bytes()[0]).collect();
        let mut passed = [0; 4];
        for second in 0..20 {
            for (key, passed) in (1..).zip(&mut passed) {
                *passed += u64::from(pair.decide(&limit, key, millis(HOUR + second * 1000)).0);
            }
        }
        assert!(passed.iter().all(|passed| *passed >= 10), "seed {seed}: {passed:?}");
    }
}

/// The clock was set back: what was counted before gives way to what is counted now, and not the reverse.
#[test]
fn keys_of_a_later_time_give_way_first() {
    let limit = rate(1, 10_000, 1);
    let mut pair = Pair::new(4, std::slice::from_ref(&limit));
    for key in 11..=14 {
        pair.decide(&limit, key, millis(1000 * HOUR));
    }
    let mut last = Vec::new();
    for round in 0..10 {
        let now = millis(HOUR + round * 10_000);
        last = (1..=4).map(|key| pair.decide(&limit, key, now)).collect();
    }
    assert_eq!(last, [(true, true, false); 4], "all have a seat, and nobody is pushed out");
    let new = pair.decide(&limit, 5, millis(HOUR + 200_000));
    assert_eq!(new, (true, true, false), "nor does a new key pay for that time");
}

#[test]
fn a_page_is_small() {
    let place = place(usize::try_from(SLOTS).unwrap(), 9);
    let mut record = Vec::new();
    let seat = seek(&record, &place, millis(1), millis(1));
    put(&mut record, &place, seat, millis(5));
    assert_eq!(record.len(), 784);
}
