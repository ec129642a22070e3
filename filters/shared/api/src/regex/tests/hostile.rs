//! What hostile patterns cost: counted in steps of the construction, not in time.

use super::super::budget::{Budget, MAX_STEPS};
use super::super::{InvalidRegex, MAX_TABLE_BYTES, Regex};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The steps that it takes, and the table or the refusal.
fn build(pattern: &str) -> (usize, Result<Regex, InvalidRegex>) {
    let mut budget = Budget::new();
    let result = Regex::build(pattern, &mut budget);
    (budget.spent(), result)
}

#[test]
fn refuses_tables_that_are_too_large() {
    let nothing = format!("{}{}", "(".repeat(50), "){1000}".repeat(50));
    let optional = "a?".repeat(500);
    for (name, pattern) in [
        ("2^21 states", "[ab]*a[ab]{20}"),
        ("2^21 states, words", "(?:\\b\\w*\\b-?)*a[ab-]{20}"),
        ("10 000 NFA states", "(((a{10}){10}){10}){10}"),
        ("much of nothing", "((){1000}){1000}"),
        ("1000^50 times nothing", &nothing),
        ("each state is a set of hundreds", "(a?){1000}"),
        ("the same, written out", &optional),
        ("rows of 256 entries", "(?:[\\x00-\\x7f]|[^\\x40-\\xbf]){20}[^a].*[b-z]{3}.*b.{15}"),
        ("anywhere, then anything", ".*a.{0,30}"),
        ("anywhere, then as much", ".*.{1,500}x.{500}"),
        ("2^21 states, groups", "(a|b)*a(a|b){20}"),
        ("2^15 states and a byte", "[ab]*a[ab]{14}c"),
        ("a million NFA states", "((a{100}){100}){100}"),
        ("a million optional ones", "(?:a{0,1000}){0,1000}"),
    ] {
        let (_, result) = build(pattern);
        assert_eq!(result.err(), Some(InvalidRegex::TooLarge(pattern.to_owned())), "{name}");
    }
}

/// The bounds are little above what it takes, so that a construction that gets slower shows.
#[test]
fn takes_few_steps() {
    let words: Vec<String> = (0..100).map(|number| format!("w{number}x")).collect();
    let words = words.join("|");
    let anywhere = format!(".*(?:{words}).*");
    for (pattern, most) in [
        ("(a*)*", 100),
        ("(x+x+)+y", 300),
        ("(a|aa){50}", 10_000),
        ("(a*){1000}", 12_000),
        ("(?:a{1000})", 6_000),
        ("[ab]*a[ab]{10}", 60_000),
        (".*a.{0,9}", 38_000),
        ("(.*,){30}P.*", 5_000),
        ("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,8}", 17_000),
        ("(?i).*\\b(canary|beta|staging)\\b.*", 5_000),
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", 650),
        (&words, 30_000),
        (&anywhere, 110_000),
    ] {
        let (steps, result) = build(pattern);
        assert!(result.is_ok() && steps <= most, "{pattern}: {steps} steps, {result:?}");
        assert!(steps > most * 2 / 3, "{pattern}: {steps} steps, the bound is {most}");
    }
}

/// Each limit by a pattern that no other one refuses, and the largest that it lets through.
#[test]
fn each_limit_refuses_alone() {
    let letters: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    for (name, refused, accepted) in [
        ("NFA states", "(?:^{1000}){10}a", "(?:^{1000}){9}a"),
        ("DFA states", "[ab]*a[ab]{12}", "[ab]*a[ab]{11}"),
        ("bytes", &format!("{letters}|[ab]*a[ab]{{10}}"), &format!("{letters}|[ab]*a[ab]{{9}}")),
        ("steps", "(a?){500}", "(a?){300}"),
    ] {
        let (steps, result) = build(refused);
        assert_eq!(result.err(), Some(InvalidRegex::TooLarge(refused.to_owned())), "{name}");
        assert_eq!(steps > MAX_STEPS * 9 / 10, name == "steps", "{name}: {steps}");
        let (_, result) = build(accepted);
        let regex = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(regex.dfa.bytes() <= MAX_TABLE_BYTES, "{name}: {}", regex.dfa.bytes());
        assert!(regex.dfa.bytes() > MAX_TABLE_BYTES / 3 || name != "bytes", "{}", regex.dfa.bytes());
    }
}

/// Each of these makes some engine take exponential or cubic time; here each byte is one step in a small table.
#[test]
fn accepts_what_is_expensive_elsewhere() {
    let run = "a".repeat(60_000);
    for (pattern, matches) in [
        ("(a+)+b", false),
        ("(a|a)*b", false),
        ("(a|aa)+", true),
        ("(a*)*(a*)*(a*)*", true),
        ("(.*)(.*)(.*)(.*)x", false),
        ("(x+x+)+y", false),
        ("^(([a-z])+.)+[A-Z]([a-z])+$", false),
        ("(a?){40}a{40}.*", true),
    ] {
        let regex = Regex::parse(pattern).unwrap();
        assert!(regex.dfa.bytes() < 2048, "{pattern}: {}", regex.dfa.bytes());
        assert_eq!(regex.is_match(run.as_bytes()), matches, "{pattern}");
    }
}

#[test]
fn no_pattern_and_no_value_make_it_panic() {
    let mut arbitrary = Arbitrary::new(9);
    let mut compiled = 0;
    for _ in 0..3_000 {
        let length = arbitrary.below(16);
        let pattern = arbitrary.bytes_of(br"aab()[]{}|*+?.^$\,0129-:!<=(?ixsm)#bBwdpAz", length);
        let value = arbitrary.bytes(length);
        if let Ok(regex) = Regex::parse(&String::from_utf8_lossy(&pattern)) {
            compiled += 1;
            let _ = (regex.is_match(&value), regex.is_match(b""));
        }
    }
    assert!(compiled > 300, "{compiled}");
}
