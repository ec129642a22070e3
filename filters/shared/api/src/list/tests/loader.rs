use std::collections::HashSet;

use super::{
    super::{Limits, Loader, Step},
    InvalidList, Numbers, SEED, Table, load,
};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn text(entries: impl IntoIterator<Item = String>) -> String {
    entries.into_iter().map(|entry| entry + "\n").collect()
}

fn steps(body: impl Into<Vec<u8>>, budget: usize) -> usize {
    let mut loader = Loader::new(body.into(), Limits { max_entries: 1_000_000 }, SEED);
    let mut steps = 1;
    while let Step::More(rest) = loader.step(budget) {
        loader = rest;
        steps += 1;
    }
    steps
}

#[test]
fn the_limit_is_exact() {
    let body = |n: u32| text((0..n).map(|n| n.to_string()));
    for (max_entries, n, want) in [
        (0, 0, Ok(0)),
        (0, 1, Err(InvalidList::TooManyEntries { limit: 0 })),
        (1, 1, Ok(1)),
        (1, 2, Err(InvalidList::TooManyEntries { limit: 1 })),
        (5000, 4999, Ok(4999)),
        (5000, 5000, Ok(5000)),
        (5000, 5001, Err(InvalidList::TooManyEntries { limit: 5000 })),
    ] {
        let got = load(body(n), max_entries, 1000).map(|table| table.len());
        assert_eq!(got, want, "{n} entries where {max_entries} may be");
    }
}

#[test]
fn repeated_entries_count_against_the_limit_but_take_no_room() {
    assert_eq!(load("u\n".repeat(3), 2, 10).unwrap_err(), InvalidList::TooManyEntries { limit: 2 });
    let table = load("u\n".repeat(3), 3, 10).unwrap();
    assert_eq!(table.as_bytes().len(), 32);
}

#[test]
fn the_budget_does_not_change_the_table() {
    let mut numbers = Numbers(3);
    let ids: Vec<String> = (0..30_000).map(|_| numbers.below(40_000).to_string()).collect();
    let want = Table::from_entries(&ids, SEED);
    assert!(want.len() < ids.len(), "some must repeat");
    for budget in [0, 1, 999, 4096, 10_000, usize::MAX] {
        assert_eq!(load(text(ids.clone()), ids.len(), budget).unwrap(), want, "budget {budget}");
    }
}

#[test]
fn both_forms_give_the_same_table() {
    let mut numbers = Numbers(4);
    for size in [0, 1, 2, 4095, 4096, 4097, 20_000] {
        let ids: HashSet<String> = (0..size).map(|_| format!("u-{}", numbers.below(1 << 40))).collect();
        let json = format!("{:?}", ids.iter().collect::<Vec<_>>()); // ASCII: Rust's notation is JSON's
        let from_text = load(text(ids.iter().cloned()), ids.len(), 1000).unwrap();
        assert_eq!(from_text, load(json, ids.len(), 1000).unwrap(), "{size}");
        assert_eq!(from_text.len(), ids.len(), "{size}");
    }
}

#[test]
fn survives_garbage() {
    let mut numbers = Numbers(5);
    let alphabet = b"[]\"\\,u0 \n#<{\x00\x1f\xef\xbb\xbf\xff";
    for _ in 0..3000 {
        let len = numbers.below(40);
        let letters = (0..len).map(|_| alphabet[numbers.below(alphabet.len() as u64) as usize]);
        let mut body: Vec<u8> = letters.collect();
        let _ = load(body.clone(), 4, 1); // must come back
        body.insert(0, b'[');
        let _ = load(body, 4, 1);
    }
}

#[test]
fn a_step_is_bounded_by_entries_and_by_bytes() {
    // Reading, placing and sorting take about one step each for every budget of entries.
    let entries = steps(text((0..100_000).map(|n| n.to_string())), 10_000);
    assert!((26..=34).contains(&entries), "{entries} steps");
    // No entry at all: a mebibyte in 640 000 bytes a step.
    for (name, body) in [
        ("comments", format!("#{}\n", "-".repeat(1022)).repeat(1024)),
        ("white space", " ".repeat(1 << 20)),
        ("white space in an array", format!("[{}]", " ".repeat(1 << 20))),
    ] {
        let steps = steps(body, 10_000);
        assert!((4..=6).contains(&steps), "{name}: {steps} steps");
    }
}
