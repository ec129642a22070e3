use std::collections::HashSet;

use super::{super::InvalidTable, Numbers, SEED, Table};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The table of `u-1`, `u-2` and `u-3` with seed 7. The fingerprints come from another implementation (Python's xxhash).
fn golden() -> Vec<u8> {
    let fingerprints = [0x23bf_4bb3_1291_4323_u64, 0xc17b_7907_5b1e_98bb, 0xff3a_112a_7f30_9e54];
    let mut bytes = b"sluicel\x01\x07\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0".to_vec();
    bytes.extend(fingerprints.into_iter().flat_map(u64::to_le_bytes));
    bytes
}

#[test]
fn refuses_bytes_that_are_not_a_table() {
    type Change = fn(&mut Vec<u8>);
    let rows: [(&str, Change, InvalidTable); 9] = [
        ("nothing", Vec::clear, InvalidTable::Cut { bytes: 0 }),
        ("half a header", |b| b.truncate(16), InvalidTable::Cut { bytes: 16 }),
        ("a byte less", |b| b.truncate(47), InvalidTable::Cut { bytes: 47 }),
        ("a byte more", |b| b.push(0), InvalidTable::Cut { bytes: 49 }),
        ("an entry less", |b| b.truncate(40), InvalidTable::Count { header: 3, found: 2 }),
        ("an entry more", |b| b.extend([0; 8]), InvalidTable::Count { header: 3, found: 4 }),
        ("count of 2^61 + 3", |b| b[23] = 0x20, InvalidTable::Count { header: (1 << 61) + 3, found: 3 }),
        ("other magic", |b| b[0] = b'S', InvalidTable::Magic { found: *b"Sluicel" }),
        ("other format", |b| b[7] = 2, InvalidTable::Format { found: 2 }),
    ];
    for (name, change, want) in rows {
        let mut bytes = golden();
        change(&mut bytes);
        assert_eq!(Table::from_bytes(bytes).unwrap_err(), want, "{name}");
    }
}

#[test]
fn the_layout_is_the_documented_one() {
    let table = Table::from_entries(["u-2", "u-1", "u-3", "u-2"], 7);
    assert_eq!(table.as_bytes(), golden());
    assert_eq!(table.len(), 3);
    assert_eq!(Table::from_bytes(golden()).unwrap(), table);
    assert_eq!(table.into_bytes(), golden());
}

#[test]
fn the_seed_travels_in_the_table() {
    let table = Table::from_bytes(Table::from_entries(["u-1"], 99).as_bytes().to_vec()).unwrap();
    assert!(table.contains(b"u-1"));
    assert_ne!(table, Table::from_entries(["u-1"], 98));
}

#[test]
fn finds_nothing_in_an_empty_table() {
    let table = Table::from_entries([""; 0], SEED);
    assert!(table.is_empty());
    assert!(!table.contains(b""));
    assert!(!table.contains(b"u-1"));
    assert_eq!(Table::from_bytes(table.as_bytes().to_vec()).unwrap(), table);
}

#[test]
fn agrees_with_a_hash_set() {
    let mut numbers = Numbers(1);
    for size in [1, 2, 3, 63, 64, 65, 127, 128, 129, 1000, 20_000] {
        // From twice as many ids, so that some repeat and about half of the others are absent.
        let ids = |numbers: &mut Numbers| numbers.below(2 * size).to_string();
        let entries: HashSet<String> = (0..size).map(|_| ids(&mut numbers)).collect();
        let table = Table::from_entries(&entries, numbers.below(u64::MAX));
        assert_eq!(table.len(), entries.len(), "{size}");
        for id in 0..2 * size {
            let id = id.to_string();
            assert_eq!(table.contains(id.as_bytes()), entries.contains(&id), "{size}: {id}");
        }
    }
}

#[test]
fn finds_fingerprints_that_are_far_from_uniform() {
    // A table whose fingerprints are all alike but for the low bits: interpolation points nowhere near.
    let entries: Vec<String> = (0..2000).map(|n| format!("u-{n}")).collect();
    let uniform = Table::from_entries(&entries, SEED);
    let skewed =
        [0_u64, 1 << 40, 1 << 63, !0 << 20].into_iter().flat_map(|base| (0..1000).map(move |n| base + n));
    let mut fingerprints: Vec<u64> = skewed.collect();
    fingerprints.extend(uniform.as_bytes()[24..].as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)));
    fingerprints.sort_unstable();
    let mut bytes = uniform.as_bytes()[..16].to_vec();
    bytes.extend((fingerprints.len() as u64).to_le_bytes());
    bytes.extend(fingerprints.into_iter().flat_map(u64::to_le_bytes));
    let table = Table::from_bytes(bytes).unwrap();
    for entry in &entries {
        assert!(table.contains(entry.as_bytes()), "{entry}");
    }
    assert!(!table.contains(b"u-2000"));
}

#[test]
fn any_bytes_in_the_slots_only_cost_answers() {
    let mut numbers = Numbers(2);
    let mut bytes = Table::from_entries([""; 0], SEED).as_bytes().to_vec();
    bytes[16..24].copy_from_slice(&500_u64.to_le_bytes());
    bytes.extend((0..500 * 8).map(|_| numbers.below(256) as u8));
    let table = Table::from_bytes(bytes).unwrap();
    for n in 0..1000 {
        let _ = table.contains(n.to_string().as_bytes()); // must come back
    }
}

#[test]
fn debug_output_keeps_the_seed() {
    assert_eq!(format!("{:?}", Table::from_entries(["u-1"], 424_242)), "Table { len: 1, .. }");
}
