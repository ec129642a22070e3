//! Leases as tables; how they do in the long run is in `simulation`.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

mod simulation;

use super::{Asked, Balance, FAILURE, Lease, Terms};
use crate::rls::Reset;
use filter_api::MonotonicTime;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TERMS: Terms = Terms { size: 100, timeout: ms(20), period: Duration::from_secs(60) };
const START: MonotonicTime = MonotonicTime { nanos: 3_600_000_000_000 };

#[test]
fn asks_once_and_spends_what_was_granted() {
    let lease = Lease::new(&TERMS);
    assert_eq!(lease.balance(START, &TERMS), Balance::Empty { in_tail: false });
    assert_eq!(lease.take(START, &TERMS), None);
    let (lease, asked) = lease.ask(START, &TERMS).unwrap();
    assert_eq!(asked.hits, 100);
    assert_eq!(lease.balance(START, &TERMS), Balance::Asked { in_tail: false });
    assert_eq!(lease.ask(at(1), &TERMS), None);
    let mut lease = lease.grant(asked, exactly(1000), at(2), &TERMS);
    for left in (0..100).rev() {
        lease = lease.take(at(3), &TERMS).unwrap();
        assert_eq!(lease.ask(at(3), &TERMS).is_some(), left <= 50, "{left}");
    }
    assert_eq!(lease.take(at(3), &TERMS), None);
}

/// A lease that runs out while its next one is asked for, one that lasts, and what is in between.
#[test]
fn asks_earlier_once_it_was_too_late() {
    let mut lease = granted(None);
    for (name, used_meanwhile, asks_next_at) in [
        ("half a lease was enough", 49, 50),
        ("and was not", 50, 100),
        ("a whole one was just enough", 99, 100),
        ("and half of it would not do", 50, 100),
        ("half of it would do", 49, 50),
        ("in between it stays as it is", 10, 50),
        ("the requests of a moment took all", 50, 100),
        ("and a whole one was not enough", 100, 100),
    ] {
        let count =
            usize::try_from(lease.credits.saturating_sub(if lease.early { 100 } else { 50 })).unwrap();
        let (waiting, asked) = spend(lease, count).ask(at(3), &TERMS).unwrap();
        lease = spend(waiting, used_meanwhile).grant(asked, None, at(4), &TERMS);
        let left = usize::try_from(lease.credits).unwrap();
        let asks_at = (0..=left).rev().find(|left| {
            let credits = u32::try_from(*left).unwrap();
            Lease { credits, ..lease }.ask(at(4), &TERMS).is_some()
        });
        assert_eq!(asks_at, Some(asks_next_at.min(left)), "{name}");
    }
}

#[test]
fn holds_credits_until_the_window_ends() {
    for (name, reset, want) in [
        ("exact", exactly(1000), 1000),
        ("whole seconds: until the last moment", rounded(1000), 1000),
        ("nothing said: as long as the rate's period", None, 60_000),
        ("longer than the rate's period", exactly(3_600_000), 3_600_000),
    ] {
        let lease = granted(reset);
        // From the question on, not from the answer, which came 2 ms later.
        assert_eq!(lease.balance(at(want - 1), &TERMS), Balance::Credits(100), "{name}");
        assert_eq!(lease.balance(at(want), &TERMS), Balance::Empty { in_tail: false }, "{name}");
        assert_eq!(lease.give_back(at(want), &TERMS).take(at(want), &TERMS), None, "{name}");
    }
}

#[test]
fn takes_nothing_that_expired_on_its_way() {
    let (lease, asked) = Lease::new(&TERMS).ask(START, &TERMS).unwrap();
    let lease = lease.grant(asked, exactly(5), at(5), &TERMS);
    assert_eq!(lease.balance(at(5), &TERMS), Balance::Empty { in_tail: false });
}

#[test]
fn remembers_a_refusal_of_one() {
    for (name, reset, want) in [
        ("exact", exactly(2500), 2500),
        ("whole seconds: until the first moment that it may be over", rounded(60_000), 59_000),
        ("one whole second: a tenth of it", rounded(1000), 100),
        ("nothing said: a tenth of the period, at most a second", None, 1000),
        ("over before the answer came: for a moment", exactly(1), 3),
    ] {
        let lease = refused(Lease::new(&TERMS), reset);
        assert_eq!(lease.balance(at(want - 1), &TERMS), Balance::Over(ms(1)), "{name}");
        assert_eq!(lease.ask(at(want - 1), &TERMS), None, "{name}");
        assert_eq!(lease.balance(at(want), &TERMS), Balance::Empty { in_tail: true }, "{name}");
        let (_, asked) = lease.ask(at(want), &TERMS).unwrap();
        assert_eq!(asked.hits, 1, "{name}");
    }
    let terms = Terms { period: ms(200), ..TERMS };
    let (lease, asked) = Lease::new(&terms).ask(START, &Terms { size: 1, ..terms }).unwrap();
    assert_eq!(lease.deny(asked, None, START, &terms).balance(START, &terms), Balance::Over(ms(20)));
}

/// 100, 25, 7, 2, 1, and back: 1, 4, 16, 64, 100.
#[test]
fn asks_for_a_quarter_after_a_refusal_and_for_four_times_as_much_after_a_grant() {
    let mut lease = Lease::new(&TERMS);
    let mut sizes = Vec::new();
    for granted in [false, false, false, false, true, true, true, true, true] {
        let (waiting, asked) = lease.ask(START, &TERMS).unwrap();
        sizes.push(asked.hits);
        lease = if granted {
            spent(waiting.grant(asked, None, START, &TERMS))
        } else {
            waiting.deny(asked, exactly(1000), START, &TERMS)
        };
        assert_eq!(lease.balance(START, &TERMS), Balance::Empty { in_tail: lease.portion < 100 });
    }
    assert_eq!(sizes, [100, 25, 7, 2, 1, 4, 16, 64, 100]);
}

#[test]
fn spends_what_it_has_whatever_the_service_says() {
    let (lease, asked) = spend(granted(None), 50).ask(at(3), &TERMS).unwrap();
    let single = Asked { hits: 1, ..asked };
    for (name, lease) in [
        ("while a question is under way", lease),
        ("after a refusal", lease.deny(asked, None, at(4), &TERMS)),
        ("after a refusal of one", lease.deny(single, exactly(1000), at(4), &TERMS)),
        ("after a failure", lease.fail(asked, at(4), &TERMS)),
    ] {
        assert_eq!(lease.balance(at(5), &TERMS), Balance::Credits(50), "{name}");
        assert_eq!(spent(lease).take(at(5), &TERMS), None, "{name}");
    }
}

#[test]
fn leaves_a_service_that_failed_in_peace() {
    let (lease, asked) = Lease::new(&TERMS).ask(START, &TERMS).unwrap();
    let lease = lease.fail(asked, at(20), &TERMS);
    let end = at(20).plus(FAILURE);
    let before = MonotonicTime { nanos: end.nanos - 1 };
    assert_eq!(lease.balance(before, &TERMS), Balance::Failed);
    assert_eq!(lease.ask(before, &TERMS), None);
    assert_eq!(lease.balance(end, &TERMS), Balance::Empty { in_tail: false });
    assert!(lease.ask(end, &TERMS).is_some());
}

/// A worker that died in the middle of a question, and one that is answered after all.
#[test]
fn forgets_a_question_that_nobody_answers() {
    let (lease, first) = Lease::new(&TERMS).ask(START, &TERMS).unwrap();
    assert_eq!(lease.ask(at(39), &TERMS), None);
    assert_eq!(lease.balance(at(40), &TERMS), Balance::Empty { in_tail: false });
    let (lease, second) = lease.ask(at(40), &TERMS).unwrap();
    let late = lease.grant(first, None, at(41), &TERMS);
    assert_eq!(late.balance(at(41), &TERMS), Balance::Credits(100));
    assert_eq!(
        spent(late).balance(at(41), &TERMS),
        Balance::Asked { in_tail: false },
        "the second is under way"
    );
    assert_eq!(lease.fail(first, at(41), &TERMS), lease, "the failure of a question that was given up");
    let both = late.grant(second, None, at(42), &TERMS);
    assert_eq!(both.balance(at(42), &TERMS), Balance::Credits(200), "never more than two leases");
}

#[test]
fn gives_back() {
    let full = granted(None);
    for (name, lease, want) in [
        ("one that was taken", full.take(at(3), &TERMS).unwrap(), 100),
        ("the last one", spent(full), 1),
        ("never more than may be held", Lease { credits: 200, ..full }, 200),
    ] {
        let back = lease.give_back(at(3), &TERMS);
        assert_eq!(back.balance(at(3), &TERMS), Balance::Credits(want), "{name}");
    }
    // A later grant would make it good for longer than it was granted for.
    let expired = full.give_back(full.expires, &TERMS);
    assert_eq!(expired.credits, 0, "at its end it is lost");
}

/// The clock of the host does not step back; a record of a stranger, or of another host, could still be from the future.
#[test]
fn a_lease_from_the_future_is_none() {
    let asked = Lease::new(&TERMS).ask(START, &TERMS).unwrap().0;
    for (name, lease) in [
        ("credits", granted(None)),
        ("a question", asked),
        ("a refusal", refused(Lease::new(&TERMS), exactly(1000))),
    ] {
        for (back, want) in [(ms(500), true), (Duration::from_secs(2), false)] {
            let earlier = MonotonicTime { nanos: START.nanos - u64::try_from(back.as_nanos()).unwrap() };
            let balance = lease.balance(earlier, &TERMS);
            assert_eq!(balance != Balance::Empty { in_tail: false }, want, "{name}, {back:?}");
        }
    }
}

#[test]
fn says_when_it_ends() {
    let asked = Lease::new(&TERMS).ask(START, &TERMS).unwrap().0;
    for (name, lease, want) in [
        ("never used", Lease::new(&TERMS), MonotonicTime::default()),
        ("with credits", granted(exactly(1000)), at(1000)),
        ("all spent", spent(granted(exactly(1000))), MonotonicTime::default()),
        ("asked", asked, at(40)),
        ("refused", refused(Lease::new(&TERMS), exactly(2500)), at(2500)),
    ] {
        assert_eq!(lease.ends(), want, "{name}");
        let bare = Lease { written: MonotonicTime::default(), portion: 100, ..lease.at(want, &TERMS) };
        assert_eq!(bare.balance(want, &TERMS), Balance::Empty { in_tail: false }, "{name}");
    }
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let asked = Lease::new(&TERMS).ask(START, &TERMS).unwrap();
    let refusal = refused(Lease::new(&TERMS), rounded(60_000));
    let early = Lease { early: true, ..refusal };
    for lease in [granted(None), asked.0, refusal, early, asked.0.fail(asked.1, at(1), &TERMS)] {
        assert_eq!(Lease::from_bytes(&lease.to_bytes()), Some(lease));
    }
    assert_eq!(Lease::from_bytes(&[0xFF; Lease::BYTES]), None, "a state that does not exist");
    let mut largest = [0xFF; Lease::BYTES];
    largest[Lease::BYTES - 1] = 1;
    largest[Lease::BYTES - 9..Lease::BYTES - 1].copy_from_slice(&START.nanos.to_le_bytes());
    let lease = Lease::from_bytes(&largest).unwrap();
    assert_eq!(lease.balance(START, &TERMS), Balance::Credits(200));
    assert_eq!(lease.at(START, &TERMS).portion, 100);
}

/// 1 has no half, and the largest lease has no sum that is too large.
#[test]
fn the_smallest_and_the_largest() {
    for (size, most) in [(1, 2), (2, 4), (3, 6), (1_000_000, 2_000_000), (u32::MAX, u32::MAX)] {
        let terms = Terms { size, ..TERMS };
        assert_eq!(terms.most(), most);
        let (lease, asked) = Lease::new(&terms).ask(START, &terms).unwrap();
        assert_eq!(asked.hits, size);
        let lease = lease.grant(asked, None, START, &terms).grant(asked, None, START, &terms);
        assert_eq!(
            lease.balance(START, &terms),
            Balance::Credits(most.min(size.saturating_mul(2))),
            "{size}"
        );
    }
}

fn granted(reset: Option<Reset>) -> Lease {
    let (lease, asked) = Lease::new(&TERMS).ask(START, &TERMS).unwrap();
    lease.grant(asked, reset, at(2), &TERMS)
}

fn refused(lease: Lease, reset: Option<Reset>) -> Lease {
    let (lease, asked) = lease.ask(START, &TERMS).unwrap();
    lease.deny(Asked { hits: 1, ..asked }, reset, at(2), &TERMS)
}

fn spend(lease: Lease, count: usize) -> Lease {
    (0..count).fold(lease, |lease, _| lease.take(lease.written, &TERMS).unwrap())
}

fn spent(lease: Lease) -> Lease {
    Lease { credits: 0, ..lease }
}

fn exactly(millis: u64) -> Option<Reset> {
    Some(Reset { latest: ms(millis), earliest: ms(millis) })
}

fn rounded(millis: u64) -> Option<Reset> {
    Some(Reset { latest: ms(millis), earliest: ms(millis - 1000) })
}

fn at(millis: u64) -> MonotonicTime {
    START.plus(ms(millis))
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
