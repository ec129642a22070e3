//! Places by key, against a list of them.
#![allow(clippy::arithmetic_side_effects, reason = "numbers of the tables, all small")]

use super::{Entry, SLOTS, Stay};
use crate::fingerprint::Fingerprint;
use crate::limit::Concurrency;
use crate::place::{Place, Table};
use crate::tests::Arbitrary;
use filter_api::MonotonicTime;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A lease of 800 ms: bins of 100 ms.
const LEASE: Duration = Duration::from_millis(800);

fn stay(key: u64) -> Stay {
    lasting(key, LEASE)
}

fn lasting(key: u64, lease: Duration) -> Stay {
    let Place { record, .. } = Table::new("test", 1, 1).place(0, Fingerprint { page: 0, slot: 0 });
    let place = Place { record, slots: usize::try_from(SLOTS).unwrap(), slot: key };
    Stay::new(place, &Concurrency { max: 0, lease, single: 0 })
}

fn at(millis: u64) -> MonotonicTime {
    MonotonicTime { nanos: 3_600_000_000_000 + millis * 1_000_000 }
}

/// The bin, if there was room.
fn enter(page: &mut Vec<u8>, stay: &Stay, now: MonotonicTime, max: u32) -> Option<u64> {
    match stay.enter(page, now, max) {
        Entry::Taken { bin, .. } => Some(bin),
        Entry::Full { .. } | Entry::NoSlot => None,
    }
}

#[test]
fn as_many_as_may_be_and_no_more() {
    for max in [0, 1, 2, 1_000] {
        let mut page = Vec::new();
        let taken = (0..2_000).filter(|_| enter(&mut page, &stay(1), at(0), max).is_some()).count();
        assert_eq!(u32::try_from(taken), Ok(max));
        assert_eq!(stay(1).enter(&mut page, at(0), max), Entry::Full { count: max });
        assert_eq!(stay(1).count(&page, at(0)), Some(max));
        assert_eq!(stay(2).count(&page, at(0)), Some(0), "another key");
    }
}

#[test]
fn a_place_that_is_given_back_is_free() {
    let mut page = Vec::new();
    let bin = enter(&mut page, &stay(1), at(0), 1).unwrap();
    for (name, millis) in [("at once", 1), ("in another bin", 150), ("just before its lease ends", 799)] {
        let mut page = page.clone();
        assert!(enter(&mut page, &stay(1), at(millis), 1).is_none(), "{name}");
        assert!(stay(1).leave(&mut page, at(millis), bin), "{name}");
        assert!(!stay(1).leave(&mut page, at(millis), bin), "{name}: there is nothing left to give back");
        assert!(enter(&mut page, &stay(1), at(millis), 1).is_some(), "{name}");
    }
}

/// L: a VM that died gives nothing back.
#[test]
fn a_lease_ends_after_itself_and_at_most_an_eighth_more() {
    for start in [0, 1, 50, 99, 100] {
        let mut page = Vec::new();
        let bin = enter(&mut page, &stay(1), at(start), 1).unwrap();
        assert!(enter(&mut page, &stay(1), at(start + 800), 1).is_none(), "from {start}");
        assert!(enter(&mut page, &stay(1), at(start + 900), 1).is_some(), "from {start}");
        assert!(!stay(1).leave(&mut page, at(start + 900), bin), "from {start}: the other's place stays");
        assert!(enter(&mut page, &stay(1), at(start + 900), 1).is_none(), "from {start}");
    }
}

#[test]
fn a_place_that_is_renewed_lives_on() {
    let mut page = Vec::new();
    let mut bin = enter(&mut page, &stay(1), at(0), 1).unwrap();
    for round in 1..100 {
        bin = stay(1).renew(&mut page, at(round * 200), bin).unwrap();
        assert!(enter(&mut page, &stay(1), at(round * 200 + 199), 1).is_none(), "round {round}");
    }
    assert!(stay(1).leave(&mut page, at(20_000), bin));
    assert_eq!(stay(1).count(&page, at(20_000)), Some(0));
}

/// Its lease was over, another one took the place: both are in flight.
#[test]
fn a_place_that_is_renewed_too_late_counts_beyond_the_maximum() {
    let mut page = Vec::new();
    let first = enter(&mut page, &stay(1), at(0), 1).unwrap();
    let second = enter(&mut page, &stay(1), at(1_000), 1).unwrap();
    let first = stay(1).renew(&mut page, at(1_100), first).unwrap();
    assert_eq!(stay(1).count(&page, at(1_100)), Some(2));
    assert!(stay(1).leave(&mut page, at(1_200), first));
    assert!(enter(&mut page, &stay(1), at(1_200), 1).is_none());
    assert!(stay(1).leave(&mut page, at(1_200), second));
    assert!(enter(&mut page, &stay(1), at(1_200), 1).is_some());
}

#[test]
fn a_full_page_refuses_new_keys_and_forgets_nobody() {
    let mut page = Vec::new();
    for key in 1..=8 {
        enter(&mut page, &stay(key), at(0), 2).unwrap();
    }
    assert_eq!(stay(9).enter(&mut page, at(0), 2), Entry::NoSlot);
    assert_eq!(stay(9).count(&page, at(0)), None);
    for key in 1..=8 {
        assert_eq!(stay(key).count(&page, at(0)), Some(1), "{key}");
        enter(&mut page, &stay(key), at(1), 2).unwrap();
    }
    assert!(enter(&mut page, &stay(9), at(901), 2).is_some(), "leases are over");
}

#[test]
fn a_slot_without_places_is_anybodys() {
    let mut page = Vec::new();
    let bins: Vec<_> = (1..=8).map(|key| enter(&mut page, &stay(key), at(0), 1).unwrap()).collect();
    stay(5).leave(&mut page, at(1), bins[4]);
    enter(&mut page, &stay(9), at(1), 1).unwrap();
    assert_eq!(stay(5).enter(&mut page, at(1), 1), Entry::NoSlot);
}

/// After a reload: whoever is in flight stays, and goes.
#[test]
fn another_lease_keeps_who_is_there() {
    for lease in [100, 400, 1_600, 60_000] {
        let mut page = Vec::new();
        let bin = enter(&mut page, &stay(1), at(0), 2).unwrap();
        let other = lasting(1, Duration::from_millis(lease));
        let second = enter(&mut page, &other, at(50), 2).unwrap();
        assert!(enter(&mut page, &other, at(50), 2).is_none(), "{lease}");
        assert!(stay(1).leave(&mut page, at(60), bin), "{lease}");
        assert_eq!(other.count(&page, at(60)), Some(1), "{lease}");
        assert!(other.leave(&mut page, at(60), second), "{lease}");
        assert_eq!(other.count(&page, at(60)), Some(0), "{lease}");
    }
}

#[test]
fn a_clock_that_is_set_back_frees_nobody_and_freezes_nobody() {
    for back in [1, 99, 500, 5_000, 3_000_000] {
        let mut page = Vec::new();
        let bin = enter(&mut page, &stay(1), at(0), 1).unwrap();
        let now = |millis: u64| MonotonicTime { nanos: at(millis).nanos - back * 1_000_000 };
        assert!(enter(&mut page, &stay(1), now(0), 1).is_none(), "{back}");
        assert!(stay(1).leave(&mut page, now(0), bin), "{back}");
        enter(&mut page, &stay(1), now(0), 1).unwrap();
        // The bins of up to nine tenths of a second ahead, and of another worker's clock.
        assert!(enter(&mut page, &stay(1), now(900 + 1_000 + 900), 1).is_some(), "{back}");
    }
}

/// It read its clock before another one, and writes after it.
#[test]
fn a_worker_that_is_late_cuts_nobodys_lease_short() {
    let mut page = Vec::new();
    let first = enter(&mut page, &stay(1), at(100), 2).unwrap();
    let late = enter(&mut page, &stay(1), at(99), 2).unwrap();
    assert_eq!(stay(1).count(&page, at(950)), Some(2));
    assert!(stay(1).leave(&mut page, at(150), first) && stay(1).leave(&mut page, at(150), late));
    assert_eq!(stay(1).count(&page, at(150)), Some(0));
}

#[test]
fn a_record_that_is_none_of_ours_is_an_empty_page() {
    for (name, bytes) in
        [("none", vec![]), ("a byte", vec![7]), ("too long", vec![7; 481]), ("too short", vec![7; 479])]
    {
        let mut page = bytes;
        assert_eq!(stay(1).count(&page, at(0)), Some(0), "{name}");
        assert!(!stay(1).leave(&mut page, at(0), 7), "{name}");
        assert!(enter(&mut page, &stay(1), at(0), 1).is_some(), "{name}");
        assert_eq!(page.len(), 480, "{name}");
        assert_eq!(stay(1).count(&page, at(0)), Some(1), "{name}");
    }
}

#[test]
fn arbitrary_bytes_are_read_as_something() {
    for seed in 0..2_000 {
        let mut any = Arbitrary::new(seed);
        let mut page: Vec<u8> = (0..480).map(|_| any.below(256).to_le_bytes()[0]).collect();
        page[..8].copy_from_slice(&1_u64.to_le_bytes());
        if any.below(2) == 0 {
            page[16..24].copy_from_slice(&100_000_000_u64.to_le_bytes());
        }
        let bin = enter(&mut page, &stay(1), at(0), u32::MAX);
        stay(1).renew(&mut page, at(any.below(2_000)), any.below(u64::MAX / 2));
        bin.map(|bin| stay(1).leave(&mut page, at(any.below(2_000)), bin));
        stay(2).enter(&mut page, at(0), 1);
    }
}

/// Requests come, live for a while, are renewed in time or never heard of again, and go.
#[test]
fn counts_are_those_of_a_list() {
    for seed in 0..100 {
        let mut any = Arbitrary::new(seed);
        let mut page = Vec::new();
        // Key, bin, when it was taken or renewed.
        let mut list: Vec<(u64, u64, u64)> = Vec::new();
        for step in 0..600 {
            let now = step * 20;
            // A place is there for sure for a lease, and for sure not after nine eighths of it.
            list.retain(|(.., since)| now < since + 800);
            let key = 1 + any.below(4);
            match any.below(3) {
                0 => {
                    let live = list.iter().filter(|(other, ..)| *other == key).count();
                    let entry = enter(&mut page, &stay(key), at(now), 3);
                    assert!(live < 3 || entry.is_none(), "seed {seed}, step {step}: {live} are there");
                    list.extend(entry.map(|bin| (key, bin, now)));
                }
                1 if !list.is_empty() => {
                    let (key, bin, _) =
                        list.swap_remove(usize::try_from(any.below(u64::MAX)).unwrap_or(0) % list.len());
                    assert!(stay(key).leave(&mut page, at(now), bin), "seed {seed}, step {step}");
                }
                _ => {
                    for (key, bin, since) in &mut list {
                        if any.below(4) == 0 {
                            *bin = stay(*key).renew(&mut page, at(now), *bin).unwrap();
                            *since = now;
                        }
                    }
                }
            }
        }
        for key in 1..=4 {
            assert_eq!(stay(key).count(&page, at(600 * 20 + 900)), Some(0), "seed {seed}");
        }
    }
}
