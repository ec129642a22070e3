//! A bounded memory beside the simplest one that could be right.

use super::{MAX_BYTES, MAX_ENTRIES, Memory, xxh64};
use filter_api::UnixTime;
use std::rc::Rc;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
const LATER: UnixTime = UnixTime::from_secs(1_800_000_060);

fn memory(entries: usize, bytes: usize) -> Memory<u32> {
    Memory::with_limits(7, entries, bytes)
}

#[test]
fn gives_only_what_was_put_in_with_the_very_same_bytes() {
    let mut memory = memory(10, 1000);
    memory.insert(b"head.claims.signature", Rc::new(1), 0, LATER);
    for (name, token) in [
        ("nothing", "".as_bytes()),
        ("another signature", b"head.claims.signaturf"),
        ("another start", b"Head.claims.signature"),
        ("a part", b"head.claims.signatur"),
        ("more", b"head.claims.signature."),
        ("NUL behind it", b"head.claims.signature\0"),
    ] {
        assert_eq!(memory.get(token, NOW), None, "{name}");
    }
    assert_eq!(memory.get(b"head.claims.signature", NOW).as_deref(), Some(&1));
}

#[test]
fn gives_nothing_from_the_given_time_on() {
    let last = UnixTime { nanos: LATER.nanos - 1 };
    let next = UnixTime { nanos: LATER.nanos + 1 };
    for (name, now, want) in [
        ("at once", NOW, Some(1)),
        ("the last moment", last, Some(1)),
        ("the moment itself", LATER, None),
        ("the next moment", next, None),
        ("the end of time", UnixTime { nanos: u64::MAX }, None),
    ] {
        let mut memory = memory(10, 1000);
        memory.insert(b"t", Rc::new(1), 0, LATER);
        assert_eq!(memory.get(b"t", now).as_deref(), want.as_ref(), "{name}");
        assert_eq!(memory.len(), usize::from(want.is_some()), "{name}");
    }
}

#[test]
fn what_has_expired_stays_so_when_the_clock_steps_back() {
    let mut memory = memory(10, 1000);
    memory.insert(b"t", Rc::new(1), 0, LATER);
    assert_eq!(memory.get(b"t", LATER), None);
    assert_eq!(memory.get(b"t", NOW), None);
}

#[test]
fn the_later_word_about_a_token_counts() {
    let mut memory = memory(10, 1000);
    memory.insert(b"t", Rc::new(1), 100, LATER);
    memory.insert(b"t", Rc::new(2), 5, LATER);
    assert_eq!(memory.get(b"t", NOW).as_deref(), Some(&2));
    assert_eq!((memory.len(), memory.bytes()), (1, 6));
}

#[test]
fn the_least_recently_used_makes_room() {
    let mut memory = memory(2, 1000);
    memory.insert(b"a", Rc::new(1), 0, LATER);
    memory.insert(b"b", Rc::new(2), 0, LATER);
    assert!(memory.get(b"a", NOW).is_some());
    memory.insert(b"c", Rc::new(3), 0, LATER);
    assert_eq!(memory.get(b"b", NOW), None);
    assert!(memory.get(b"a", NOW).is_some() && memory.get(b"c", NOW).is_some());
}

#[test]
fn looking_for_what_is_not_there_moves_nobody_out() {
    let mut memory = memory(2, 1000);
    memory.insert(b"a", Rc::new(1), 0, LATER);
    memory.insert(b"b", Rc::new(2), 0, LATER);
    for number in 0..10_000_u32 {
        assert_eq!(memory.get(&number.to_le_bytes(), NOW), None);
    }
    assert!(memory.get(b"a", NOW).is_some() && memory.get(b"b", NOW).is_some());
}

/// Limit of bytes, sizes put in one after the other (token of one byte included), sizes left.
#[test]
fn bytes_are_bounded() {
    let rows: [(&str, usize, &[usize], &[usize]); 7] = [
        ("exactly full", 10, &[5, 5], &[5, 5]),
        ("one above", 10, &[5, 6], &[6]),
        ("one small moves one large out", 10, &[10, 1], &[1]),
        ("one large moves many small out", 10, &[2, 2, 2, 2, 2, 10], &[10]),
        ("only as many as needed", 10, &[2, 2, 2, 2, 2, 3], &[2, 2, 2, 3]),
        ("too large alone moves nobody out", 10, &[5, 5, 11], &[5, 5]),
        ("too large to count", 10, &[5, usize::MAX], &[5]),
    ];
    for (name, limit, sizes, left) in rows {
        let mut memory = Memory::with_limits(1, 100, limit);
        for (number, size) in (0_u8..).zip(sizes) {
            memory.insert(&[number], Rc::new(*size), size.saturating_sub(1), LATER);
        }
        let found: Vec<_> =
            (0_u8..10).filter_map(|number| memory.get(&[number], NOW)).map(|size| *size).collect();
        assert_eq!(found, left, "{name}");
        assert_eq!(memory.bytes(), left.iter().sum::<usize>(), "{name}");
    }
}

#[test]
fn without_room_nothing_is_remembered() {
    for (entries, bytes) in [(0, 100), (10, 0)] {
        let mut memory = memory(entries, bytes);
        memory.insert(b"t", Rc::new(1), 0, LATER);
        assert!(memory.is_empty());
    }
}

#[test]
fn nothing_is_left_when_all_is_forgotten() {
    let mut memory = memory(10, 1000);
    for token in [b"a", b"b", b"c"] {
        memory.insert(token, Rc::new(1), 10, LATER);
    }
    let _ = memory.get(b"b", LATER);
    memory.clear();
    assert_eq!((memory.len(), memory.bytes(), memory.get(b"a", NOW)), (0, 0, None));
    memory.insert(b"a", Rc::new(2), 10, LATER);
    assert_eq!((memory.len(), memory.get(b"a", NOW).as_deref()), (1, Some(&2)));
}

#[test]
fn a_value_in_use_outlives_its_entry() {
    let mut memory = memory(1, 1000);
    memory.insert(b"a", Rc::new(1), 0, LATER);
    let value = memory.get(b"a", NOW).unwrap();
    memory.insert(b"b", Rc::new(2), 0, LATER);
    assert_eq!(Rc::strong_count(&value), 1);
}

/// Two tokens with one hash: an entry whose place the other's hash leads to.
#[test]
fn a_collision_proves_nothing() {
    let mut memory = memory(10, 1000);
    memory.insert(b"good", Rc::new(1), 0, LATER);
    let place = memory.places[&xxh64(b"good", 7)];
    memory.places.insert(xxh64(b"evil", 7), place);
    assert_eq!(memory.get(b"evil", NOW), None);
    assert_eq!(memory.get(b"good", NOW).as_deref(), Some(&1));
}

#[test]
fn a_hundred_thousand_tokens_leave_it_at_its_cap() {
    let token = |number: u32| format!("{number:0>700}");
    let mut memory = Memory::new(42);
    for number in 0..100_000 {
        memory.insert(token(number).as_bytes(), Rc::new(number), 300, LATER);
        assert!(memory.len() <= MAX_ENTRIES && memory.bytes() <= MAX_BYTES);
    }
    assert_eq!((memory.len(), memory.bytes()), (MAX_ENTRIES, MAX_ENTRIES * 1000));
    assert_eq!((memory.entries.len(), memory.places.len()), (MAX_ENTRIES, MAX_ENTRIES));
    assert!(memory.places.capacity() < 4 * MAX_ENTRIES && memory.free.len() <= 1);
    for number in 0..3000_u32 {
        memory.insert(&number.to_le_bytes(), Rc::new(number), 16 << 10, LATER);
        assert!(memory.len() <= MAX_ENTRIES && memory.bytes() <= MAX_BYTES);
    }
    assert_eq!(memory.len(), MAX_BYTES / ((16 << 10) + 4));
}

#[test]
fn nothing_of_a_token_is_shown() {
    let mut memory = memory(10, 1000);
    memory.insert(b"secret", Rc::new(1), 0, LATER);
    let shown = format!("{memory:?}");
    assert!(shown.contains("[redacted]") && !shown.contains("secret") && !shown.contains("115"), "{shown}");
}

/// What the memory should do, in the slowest way: a list in the order of use, newest last.
struct Oracle {
    entries: Vec<(Vec<u8>, u32, usize, UnixTime)>,
    max_entries: usize,
    max_bytes: usize,
}

impl Oracle {
    fn get(&mut self, token: &[u8], now: UnixTime) -> Option<u32> {
        let entry = self.entries.remove(self.entries.iter().position(|entry| entry.0 == token)?);
        let value = (now < entry.3).then_some(entry.1);
        if value.is_some() {
            self.entries.push(entry);
        }
        value
    }

    fn insert(&mut self, token: &[u8], value: u32, bytes: usize, until: UnixTime) {
        self.entries.retain(|entry| entry.0 != token);
        let bytes = bytes.checked_add(token.len()).unwrap();
        if bytes > self.max_bytes {
            return;
        }
        self.entries.push((token.to_vec(), value, bytes, until));
        while self.entries.len() > self.max_entries || self.bytes() > self.max_bytes {
            self.entries.remove(0);
        }
    }

    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.2).sum()
    }
}

#[test]
fn agrees_with_the_simplest_memory_there_is() {
    let mut state = 1_u64;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for (max_entries, max_bytes) in [(1, 100), (2, 20), (5, 1000), (8, 60), (16, 200)] {
        let mut memory = Memory::with_limits(below(1 << 30), max_entries, max_bytes);
        let mut oracle = Oracle { entries: Vec::new(), max_entries, max_bytes };
        let mut now = 1000;
        for step in 0..20_000_u32 {
            now += below(3);
            let token = vec![b'x'; usize::try_from(1 + below(20)).unwrap()];
            match below(100) {
                0 => (memory.clear(), oracle.entries.clear()).0,
                1..50 => {
                    let (bytes, until) =
                        (usize::try_from(below(30)).unwrap(), UnixTime::from_secs(now + below(60)));
                    memory.insert(&token, Rc::new(step), bytes, until);
                    oracle.insert(&token, step, bytes, until);
                }
                _ => {
                    let now = UnixTime::from_secs(now);
                    assert_eq!(
                        memory.get(&token, now).as_deref().copied(),
                        oracle.get(&token, now),
                        "step {step}"
                    );
                }
            }
            assert_eq!((memory.len(), memory.bytes()), (oracle.entries.len(), oracle.bytes()), "step {step}");
        }
    }
}
