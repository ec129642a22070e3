//! Arbitrary patterns and values against the crate `regex`, which reads nearly the same syntax.
//!
//! Where the two disagree about a pattern, the ledger has a row for it; a row that nothing meets fails, too.

use super::super::{InvalidRegex, Regex};
use super::arbitrary::{self, Sample};
use crate::testing::Arbitrary;
use regex::bytes::{Regex as Oracle, RegexBuilder};

#[test]
fn agrees_with_the_oracle_about_what_matches() {
    let mut arbitrary = Arbitrary::new(1);
    let (mut patterns, mut matches, mut others) = (0, 0, 0);
    for _ in 0..PATTERNS {
        let Sample { pattern, value } = arbitrary::pattern(&mut arbitrary, 3);
        let ours = match Regex::parse(&pattern) {
            Ok(ours) => ours,
            Err(error) if reason_of(&error).starts_with("ignoring case") => continue,
            Err(error) => panic!("{error}"),
        };
        let oracle = oracle(&format!("\\A(?:{pattern})\\z")).unwrap();
        patterns += 1;
        for _ in 0..VALUES {
            let value = arbitrary::value(&mut arbitrary, &value);
            let want = oracle.is_match(&value);
            *(if want { &mut matches } else { &mut others }) += 1;
            assert_eq!(ours.is_match(&value), want, "{pattern:?} on b\"{}\"", value.escape_ascii());
        }
    }
    println!("{patterns} patterns, {matches} values match, {others} do not");
    assert!(patterns > PATTERNS * 9 / 10, "{patterns}");
    assert!(matches > VALUES * PATTERNS / 4 && others > VALUES * PATTERNS / 4, "{matches} and {others}");
}

#[test]
fn agrees_with_the_oracle_about_what_is_a_pattern() {
    let mut arbitrary = Arbitrary::new(2);
    let mut met = [0; LEDGER.len()];
    let (mut both, mut neither) = (0, 0);
    for _ in 0..PATTERNS {
        let pattern = arbitrary::text(&mut arbitrary);
        match (Regex::parse(&pattern), oracle(&pattern)) {
            (Ok(ours), Ok(_)) => {
                both += 1;
                let oracle = oracle(&format!("\\A(?:{pattern})\\z")).unwrap();
                for _ in 0..VALUES {
                    let value = arbitrary::value(&mut arbitrary, pattern.as_bytes());
                    let same = ours.is_match(&value) == oracle.is_match(&value);
                    assert!(same, "{pattern:?} on b\"{}\"", value.escape_ascii());
                }
            }
            (Err(_), Err(_)) => neither += 1,
            (Ok(_), Err(error)) => panic!("{pattern:?} is accepted, but the oracle says {error}"),
            (Err(error), Ok(_)) => {
                let row = LEDGER.iter().position(|(_, reason)| reason_of(&error).starts_with(reason));
                met[row.unwrap_or_else(|| panic!("{pattern:?}: {error}, but the oracle accepts it"))] += 1;
            }
        }
    }
    println!("{both} accepted by both, {neither} by neither; by the oracle only:");
    for ((name, _), count) in LEDGER.iter().zip(met) {
        println!("{count:6} {name}");
        assert!(count > 0, "nothing meets {name}");
    }
    assert!(both > PATTERNS / 8 && neither > PATTERNS / 8, "{both} and {neither}");
}

fn oracle(pattern: &str) -> Result<Oracle, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).build()
}

fn reason_of(error: &InvalidRegex) -> String {
    match error {
        InvalidRegex::Syntax { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

/// What the oracle accepts and we do not: why, and the reason that we give.
const LEDGER: [(&str, &str); 16] = [
    ("RE2 refuses it, too: a repetition of a repetition", "a repetition of a repetition needs a group"),
    ("`a*+` is possessive elsewhere, and refused by RE2", "possessive repetition"),
    ("RE2's limit of a count", "a count is above 1000"),
    ("`a{ 2 }`, `a{02}`: text in RE2", "wants counts"),
    ("`[a[b]]`: nested classes, text in RE2", "a [ in a class"),
    ("`[a&&b]`: set operations, text in RE2", "&& -- ~~"),
    ("`[a-c-e]`, `[]-a]`: read differently", "a - in a class"),
    ("`[[:nope:]]`: a nested class, unknown to RE2", "unknown named class"),
    ("`[:alpha:]`: five characters, surely a mistake", "a named class stands"),
    ("`(?i)\u{e9}`: both cases in RE2, this one only in the oracle", "ignoring case works"),
    ("`\\<`: an edge of a word, text in RE2", "\\< and \\>"),
    ("`\\u00e9`: unknown to RE2", "wants \\x{..}"),
    ("`(?x)`: unknown to RE2", "the flag x"),
    ("`(?u)`: unknown to RE2, and values are bytes", "the flag u"),
    ("`(?R)`: unknown to RE2", "R (lines"),
    ("`(?<a.b>..)`: unknown to RE2", "a group's name is made of"),
];

const PATTERNS: usize = 12_500;
const VALUES: usize = 8;
