use super::{SLOT, Seat, length, put, seek};
use crate::lease::{Balance, Terms};
use crate::place::Place;
use filter_api::{MonotonicTime, RecordKey};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TERMS: Terms = Terms { size: 10, timeout: Duration::from_millis(20), period: Duration::from_secs(60) };
const START: MonotonicTime = MonotonicTime { nanos: 3_600_000_000_000 };

#[test]
fn each_key_has_a_seat_of_its_own() {
    let mut record = Vec::new();
    for key in 1..=4 {
        grant(&mut record, key, 60 + key);
    }
    assert_eq!(record.len(), length(4));
    for key in 1..=4 {
        let Seat { index, lease, evicts } = seek(&record, &place(key), START, &TERMS);
        let want = usize::try_from(key).unwrap() - 1;
        assert_eq!(
            (index, lease.balance(START, &TERMS), evicts),
            (want, Balance::Credits(10), false),
            "{key}"
        );
    }
}

#[test]
fn a_full_page_gives_up_the_lease_that_ends_first() {
    let mut record = Vec::new();
    for (key, seconds) in [(1, 90), (2, 70), (3, 80), (4, 100)] {
        grant(&mut record, key, seconds);
    }
    for (name, now, want) in [
        ("before any ends", START, (1, true)),
        ("just before the second ends", later(69), (1, true)),
        ("when it has ended", later(70), (1, false)),
        ("when all have", later(100), (0, false)),
    ] {
        let Seat { index, lease, evicts } = seek(&record, &place(5), now, &TERMS);
        assert_eq!((index, evicts), want, "{name}");
        assert_eq!(lease.balance(now, &TERMS), Balance::Empty { in_tail: false }, "{name}: nobody inherits");
    }
    grant(&mut record, 5, 60);
    assert_eq!(balance(&record, 2), Balance::Empty { in_tail: false }, "its credits are lost");
    assert_eq!(balance(&record, 1), Balance::Credits(10));
    assert_eq!(balance(&record, 5), Balance::Credits(10));
}

#[test]
fn a_record_of_anybody_else_is_empty() {
    let mut whole = Vec::new();
    grant(&mut whole, 1, 60);
    for (name, record) in [
        ("nothing", Vec::new()),
        ("cut short", whole[..whole.len() - 1].to_vec()),
        ("too long", [whole.as_slice(), b"x"].concat()),
        ("a page of another size", vec![0; 3 * SLOT]),
        ("states that do not exist", vec![0xFF; length(4)]),
        (
            "the key, and a state that does not exist",
            [&[1, 0, 0, 0, 0, 0, 0, 0][..], &[0xFF; 4 * SLOT - 8]].concat(),
        ),
    ] {
        let mut record = record;
        assert_eq!(balance(&record, 1), Balance::Empty { in_tail: false }, "{name}");
        grant(&mut record, 1, 60);
        assert_eq!(balance(&record, 1), Balance::Credits(10), "{name}");
        assert_eq!(record.len(), length(4), "{name}");
    }
}

fn grant(record: &mut Vec<u8>, key: u64, seconds: u64) {
    let seat = seek(record, &place(key), START, &TERMS);
    let terms = Terms { period: Duration::from_secs(seconds), ..TERMS };
    let (lease, asked) = seat.lease.ask(START, &terms).unwrap();
    put(record, &place(key), seat, lease.grant(asked, None, START, &terms));
}

fn balance(record: &[u8], key: u64) -> Balance {
    seek(record, &place(key), START, &TERMS).lease.balance(START, &TERMS)
}

fn place(key: u64) -> Place {
    Place { record: RecordKey([7; 16]), slots: 4, slot: key }
}

fn later(seconds: u64) -> MonotonicTime {
    START.plus(Duration::from_secs(seconds))
}
