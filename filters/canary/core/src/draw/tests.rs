//! The draw against other implementations of XXH64, and against chance.
#![allow(clippy::arithmetic_side_effects, reason = "counts of a few thousand keys")]

use super::Draw;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The table of the module's documentation: experiment, key, seed, bucket. Computed with python-xxhash and with an XXH64
/// written in Python, which agree.
const VECTORS: [(&str, &str, u64, u16); 9] = [
    ("", "u-1", 0xef46_db37_51d8_e999, 477),
    ("", "key-10767", 0xef46_db37_51d8_e999, 0),
    ("checkout-2026-11", "u-1", 0x771c_74f9_9bc2_9cf2, 371),
    ("checkout-2026-11", "u-2", 0x771c_74f9_9bc2_9cf2, 9591),
    ("checkout-2026-11", "key-3517", 0x771c_74f9_9bc2_9cf2, 9999),
    ("checkout-2026-11", "0123456789abcdef0123456789abcdef", 0x771c_74f9_9bc2_9cf2, 6752),
    ("checkout-2026-11", "spiffe://example.org/ns/prod/sa/web", 0x771c_74f9_9bc2_9cf2, 1711),
    ("checkout-2027-01", "u-1", 0x0cfb_875e_bdd1_9a89, 2112),
    ("prix-été", "Zoë", 0x9b37_517d_a7da_553c, 3434),
];

#[test]
fn agrees_with_other_implementations() {
    for (experiment, key, seed, bucket) in VECTORS {
        let draw = Draw::new(experiment);
        assert_eq!(draw.seed, seed, "{experiment}");
        assert_eq!(draw.bucket(key.as_bytes()), bucket, "{experiment}, {key}");
    }
}

/// What is published must be what is tested: the same rows, as they are written.
#[test]
fn the_documents_show_the_tested_vectors() {
    let shown = |experiment: &str| match experiment {
        "" => "(none)".to_owned(),
        name => format!("`{name}`"),
    };
    let readme = include_str!("../../../README.md");
    for (name, document) in [("draw.rs", include_str!("../draw.rs")), ("README.md", readme)] {
        for (experiment, key, seed, bucket) in VECTORS {
            let row = format!("| {} | `{key}` | `{seed:016x}` | {bucket} |", shown(experiment));
            assert!(document.contains(&row), "{name} lacks {row}");
        }
        let rows = document.lines().filter(|line| line.contains("| `") && line.matches('|').count() == 5);
        let vectors = rows.filter(|line| line.split('`').rev().nth(1).is_some_and(is_seed));
        assert_eq!(vectors.count(), VECTORS.len(), "{name} shows others too");
    }
}

fn is_seed(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn bytes_count_and_nothing_else() {
    let draw = Draw::new("bytes");
    let same = |a: &[u8], b: &[u8]| draw.bucket(a) == draw.bucket(b);
    for (name, a, b) in [
        ("case", &b"Ada"[..], &b"ada"[..]),
        ("white space", b"ada", b"ada "),
        ("Unicode forms", "é".as_bytes(), "e\u{301}".as_bytes()),
        ("obs-text", b"\xff", b"\xfe"),
        ("a NUL behind", b"ada", b"ada\0"),
    ] {
        assert!(!same(a, b), "{name}");
    }
    assert!(same(b"\xff\x00", &[255, 0]));
}

/// Pearson's statistic against the uniform law with `cells` cells, `counts` having seen `keys` keys.
fn chi_square(counts: &[u32], keys: u32) -> f64 {
    let expected = f64::from(keys) / counts.len() as f64;
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

#[test]
fn keys_fall_evenly() {
    // 1 - 10^-6 of the chi-square law with 99 degrees of freedom is below 180.
    for (name, key) in [("counting", "user-"), ("bare numbers", ""), ("a long prefix", &"x".repeat(1000))] {
        let draw = Draw::new("shares");
        let mut counts = [0_u32; 100];
        for number in 0..100_000 {
            counts[usize::from(draw.bucket(format!("{key}{number}").as_bytes()) / 100)] += 1;
        }
        let statistic = chi_square(&counts, 100_000);
        assert!(statistic < 180.0, "{name}: {statistic}");
    }
}

#[test]
fn experiments_are_independent() {
    for (one, other) in [("", "a"), ("checkout-2026-11", "checkout-2026-12"), ("a", "b"), ("a", "aa")] {
        let (one_draw, other_draw) = (Draw::new(one), Draw::new(other));
        let mut counts = [0_u32; 100];
        for number in 0..50_000 {
            let key = format!("user-{number}");
            let (row, column) =
                (one_draw.bucket(key.as_bytes()) / 1000, other_draw.bucket(key.as_bytes()) / 1000);
            counts[usize::from(row * 10 + column)] += 1;
        }
        let statistic = chi_square(&counts, 50_000);
        assert!(statistic < 180.0, "{one} and {other}: {statistic}");
    }
    // The test sees dependence: the same experiment twice fills the diagonal only.
    let diagonal: Vec<u32> = (0..100).map(|cell| if cell % 11 == 0 { 5_000 } else { 0 }).collect();
    assert!(chi_square(&diagonal, 50_000) > 180.0);
}
