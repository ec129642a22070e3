//! Arbitrary patterns and values.

mod tokens;

use crate::testing::Arbitrary;
use tokens::{ATOMS, CLASS_TOKENS, LOOKS_AND_FLAGS, REPETITIONS, TOKENS};

/// A pattern and a value that it would match if it had no assertions and flags.
pub(super) struct Sample {
    pub(super) pattern: String,
    pub(super) value: Vec<u8>,
}

/// A pattern that parses, with `depth` levels of groups.
pub(super) fn pattern(arbitrary: &mut Arbitrary, depth: usize) -> Sample {
    match if depth == 0 { 0 } else { arbitrary.below(10) } {
        0..=1 => {
            let (pattern, value) = ATOMS[arbitrary.below(ATOMS.len())];
            Sample { pattern: pattern.to_owned(), value: value.to_vec() }
        }
        2 => {
            let pattern = LOOKS_AND_FLAGS[arbitrary.below(LOOKS_AND_FLAGS.len())].to_owned();
            Sample { pattern, value: Vec::new() }
        }
        3..=5 => {
            let parts: Vec<_> = (0..2 + arbitrary.below(3)).map(|_| pattern(arbitrary, depth - 1)).collect();
            let text = parts.iter().map(|part| part.pattern.as_str()).collect();
            Sample { pattern: text, value: parts.into_iter().flat_map(|part| part.value).collect() }
        }
        6..=7 => {
            let mut parts: Vec<_> =
                (0..1 + arbitrary.below(3)).map(|_| pattern(arbitrary, depth - 1)).collect();
            let texts: Vec<_> = parts.iter().map(|part| part.pattern.as_str()).collect();
            let open = ["(", "(?:", "(?i:", "(?-i:", "(?s:", "(?m:", "(?-ms:", "(?U:"][arbitrary.below(8)];
            let text = format!("{open}{})", texts.join("|"));
            Sample { pattern: text, value: parts.swap_remove(arbitrary.below(parts.len())).value }
        }
        _ => {
            let part = pattern(arbitrary, depth - 1);
            let (text, min, max) = REPETITIONS[arbitrary.below(REPETITIONS.len())];
            let lazy = ["", "?"][arbitrary.below(2)];
            let times = min + arbitrary.below(max - min + 1);
            Sample { pattern: format!("(?:{}){text}{lazy}", part.pattern), value: part.value.repeat(times) }
        }
    }
}

/// Text that may be a pattern: tokens in any order, alone, in brackets or within a pattern.
pub(super) fn text(arbitrary: &mut Arbitrary) -> String {
    match arbitrary.below(4) {
        0 => tokens(arbitrary, &TOKENS, 4),
        1 => {
            let open = ["[", "[^", "(?i)["][arbitrary.below(3)];
            format!("{open}{}]", tokens(arbitrary, &CLASS_TOKENS, 5))
        }
        _ => {
            let Sample { pattern, .. } = pattern(arbitrary, 2);
            let at = arbitrary.below(pattern.chars().count() + 1);
            let (before, after): (String, String) =
                (pattern.chars().take(at).collect(), pattern.chars().skip(at).collect());
            format!("{before}{}{after}", tokens(arbitrary, &TOKENS, 2))
        }
    }
}

fn tokens(arbitrary: &mut Arbitrary, tokens: &[&str], most: usize) -> String {
    (0..1 + arbitrary.below(most)).map(|_| tokens[arbitrary.below(tokens.len())]).collect()
}

/// A value, a little changed or another one.
pub(super) fn value(arbitrary: &mut Arbitrary, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    match arbitrary.below(8) {
        0..=2 => {}
        3 => {
            value = {
                let length = arbitrary.below(6);
                arbitrary.bytes_of(BYTES, length)
            }
        }
        4 => {
            value = {
                let length = arbitrary.below(4);
                arbitrary.bytes(length)
            }
        }
        _ => {
            for _ in 0..1 + arbitrary.below(2) {
                let at = arbitrary.below(value.len() + 1);
                let byte = BYTES[arbitrary.below(BYTES.len())];
                match arbitrary.below(3) {
                    0 => value.insert(at, byte),
                    1 if at < value.len() => value[at] = byte,
                    _ if at < value.len() => drop(value.remove(at)),
                    _ => {}
                }
            }
        }
    }
    value
}

/// Those that some patterns tell apart.
const BYTES: &[u8] = b"aabbccAzk019_- .\n\n\r\x0B\xC3\xA9\xE9\x00\xFF";
