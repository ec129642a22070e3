//! Ranges of buckets, and who moves when weights change.
#![allow(clippy::arithmetic_side_effects, reason = "weights sum to 10 000")]

use super::Weights;
use filter_api::{Value, Weight, config};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn weights(parts: &[u16]) -> Weights {
    let value = Value::List(parts.iter().map(|part| Value::Number(f64::from(*part))).collect());
    let read = |node: config::Node<'_>| Weights::new(&node.list(|item| Weight::read(&item))?, &node);
    config::read(&value, read).unwrap_or_else(|error| panic!("{parts:?}: {error}"))
}

/// How many buckets go from one subset to another: (from, to, buckets).
fn moved(before: &[u16], after: &[u16]) -> Vec<(usize, usize, u32)> {
    let (before, after) = (weights(before), weights(after));
    let mut moved: Vec<(usize, usize, u32)> = Vec::new();
    for (from, to) in (0..10_000).map(|bucket| (before.subset(bucket), after.subset(bucket))) {
        match moved.iter_mut().find(|(f, t, _)| (*f, *t) == (from, to)) {
            Some((_, _, count)) => *count += 1,
            None if from != to => moved.push((from, to, 1)),
            None => {}
        }
    }
    moved
}

#[test]
fn subsets_own_consecutive_ranges_in_order() {
    for (name, parts, ranges) in [
        ("two", &[9_000, 1_000][..], &[0..9_000, 9_000..10_000][..]),
        ("all to the first", &[10_000, 0], &[0..10_000, 0..0]),
        ("one part each at the ends", &[1, 9_998, 1], &[0..1, 1..9_999, 9_999..10_000]),
        (
            "zeros own nothing",
            &[0, 5_000, 0, 0, 5_000, 0],
            &[0..0, 0..5_000, 0..0, 0..0, 5_000..10_000, 0..0],
        ),
    ] {
        let weights = weights(parts);
        for (subset, range) in ranges.iter().enumerate() {
            assert!(range.clone().all(|bucket| weights.subset(bucket) == subset), "{name}: {subset}");
        }
    }
}

#[test]
fn share_between_neighbours_moves_exactly_that_share() {
    for (name, before, after, want) in [
        ("10 % to 20 %", &[9_000, 1_000][..], &[8_000, 2_000][..], &[(0, 1, 1_000)][..]),
        ("and back", &[8_000, 2_000], &[9_000, 1_000], &[(1, 0, 1_000)]),
        ("the first of two", &[1_000, 9_000], &[2_000, 8_000], &[(1, 0, 1_000)]),
        ("one part", &[9_999, 1], &[9_998, 2], &[(0, 1, 1)]),
        ("from nothing", &[10_000, 0], &[9_999, 1], &[(0, 1, 1)]),
        ("to everything", &[9_000, 1_000], &[0, 10_000], &[(0, 1, 9_000)]),
        (
            "the middle of three from both sides",
            &[4_000, 2_000, 4_000],
            &[3_000, 4_000, 3_000],
            &[(0, 1, 1_000), (2, 1, 1_000)],
        ),
        ("nothing", &[9_000, 1_000], &[9_000, 1_000], &[]),
    ] {
        assert_eq!(moved(before, after), want, "{name}");
    }
}

/// The rule of neighbours that the README states: a share that passes over a subset moves its users along.
#[test]
fn share_between_others_moves_those_in_the_middle() {
    assert_eq!(moved(&[8_900, 1_000, 100], &[8_800, 1_000, 200]), [(0, 1, 100), (1, 2, 100)]);
}

#[test]
fn a_subset_that_grows_keeps_all_it_had() {
    let mut state = 1_u32;
    let mut below = |limit: u16| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u16::try_from((state >> 16) % u32::from(limit + 1)).unwrap()
    };
    for round in 0..300 {
        let mut before = [below(3_000), below(3_000), below(3_000), 0];
        before[3] = 10_000 - before.iter().sum::<u16>();
        let grown = usize::from(below(3));
        let mut after = before;
        for other in (0..4).filter(|other| *other != grown) {
            let given = below(before[other]);
            after[other] -= given;
            after[grown] += given;
        }
        let left: Vec<_> = moved(&before, &after).into_iter().filter(|(from, _, _)| *from == grown).collect();
        assert_eq!(left, [], "round {round}: {before:?} to {after:?}, {grown} grew");
    }
}
