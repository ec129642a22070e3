//! What is no pattern: each reason, and where.

use super::super::{InvalidRegex, MAX_PATTERN_BYTES, Regex};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn check(rows: &[(&str, &str)]) {
    for (pattern, want) in rows {
        let want = InvalidRegex::Syntax { pattern: (*pattern).to_owned(), reason: (*want).to_owned() };
        assert_eq!(Regex::parse(pattern).err(), Some(want), "{pattern}");
    }
}

#[test]
fn refuses_what_is_not_closed_or_stands_alone() {
    check(&[
        ("(", "this group is not closed, at character 1"),
        ("a(b(c)", "this group is not closed, at character 2"),
        ("(?", "this group is not closed, at character 1"),
        ("(?i", "this group is not closed, at character 1"),
        (")", "`)` without a `(` before it, at character 1"),
        ("a)(b", "`)` without a `(` before it, at character 2"),
        ("a)|(?:b", "`)` without a `(` before it, at character 2"),
        ("\u{e9}\u{20ac})", "`)` without a `(` before it, at character 3"),
        ("[", "this class is not closed, at character 1"),
        ("[a", "this class is not closed, at character 1"),
        ("a[]", "this class is not closed, at character 2"),
        ("[^", "this class is not closed, at character 1"),
        ("[a-", "this class is not closed, at character 1"),
        ("[[:alpha:]", "this class is not closed, at character 1"),
        ("a\\", "nothing after the `\\`, at character 2"),
        ("[\\", "nothing after the `\\`, at character 2"),
    ]);
}

#[test]
fn refuses_repetitions() {
    const NOTHING: &str = "nothing to repeat; a literal * + ? or { needs a \\ before it";
    const COUNTS: &str = "wants counts such as {2}, {2,} or {2,5}; a literal { needs a \\ before it";
    for pattern in ["*", "+a", "?", "{2}", "{", "(*)", "(|+)", "a|?", "(?i)*", "(?:{1})", "(*UTF8)a"] {
        let at = pattern.find(['*', '+', '{']).or_else(|| pattern.find('?')).unwrap() + 1;
        check(&[(pattern, &format!("{NOTHING}, at character {at}"))]);
    }
    for pattern in [
        "a{", "a{}", "a{2", "a{,2}", "a{x}", "a{2,x}", "a{ 2 }", "a{-1}", "a{2,5", "a{1,2,3}", "a{2]",
        "a{02}", "a{00,}", "a{0,01}",
    ] {
        check(&[(pattern, &format!("{COUNTS}, at character 2"))]);
    }
    check(&[
        ("a**", "a repetition of a repetition needs a group, at character 3"),
        ("a+*", "a repetition of a repetition needs a group, at character 3"),
        ("a*??", "a repetition of a repetition needs a group, at character 4"),
        ("a{2}{3}", "a repetition of a repetition needs a group, at character 5"),
        ("a*+", "possessive repetition is not supported, at character 3"),
        ("a{2}+", "possessive repetition is not supported, at character 5"),
        ("a{1001}", "a count is above 1000, at character 2"),
        ("a{1000000}", "a count is above 1000, at character 2"),
        ("a{2,1001}", "a count is above 1000, at character 2"),
        ("a{4294967298}", "a count is above 1000, at character 2"),
        ("a{99999999999999999999,}", "a count is above 1000, at character 2"),
        ("a{2,1}", "the second count is below the first, at character 2"),
    ]);
}

#[test]
fn refuses_classes() {
    const BYTES: &str = "a class holds bytes; write other characters as alternatives: (?:a|\u{e9})";
    const DASH: &str = "a - in a class needs a \\ before it unless it is first, last or between two bytes";
    const OPERATOR: &str = "&& -- ~~ combine classes elsewhere; put a \\ before them";
    const ALONE: &str = "a named class stands in a second pair of brackets: [[:alpha:]]";
    for (pattern, reason, at) in [
        ("[\u{e9}]", BYTES, 2),
        ("[a\\x{e9}]", BYTES, 3),
        ("[a-\u{e9}]", BYTES, 4),
        ("[\\b]", BYTES, 2),
        ("[\\w-.]", DASH, 4),
        ("[a-c-e]", DASH, 5),
        ("[]-a]", DASH, 3),
        ("[!--]", DASH, 3),
        ("[a&&b]", OPERATOR, 3),
        ("[--a]", OPERATOR, 2),
        ("[a~~b]", OPERATOR, 3),
        ("x[:alpha:]", ALONE, 2),
        ("[::]", ALONE, 1),
        ("[a[b]]", "a [ in a class needs a \\ before it", 3),
        ("[[.a.]]", "a [ in a class needs a \\ before it", 2),
        ("[!-[]", "a [ in a class needs a \\ before it", 4),
        ("[[:alphabet:]]", "unknown named class", 2),
        ("[[:Alpha:]]", "unknown named class", 2),
        ("[[::]]", "unknown named class", 2),
        ("[[:alpha]]", "unknown named class", 2),
        ("[b-a]", "this range goes down", 2),
        ("[z-a]", "this range goes down", 2),
        ("[a-\\d]", "a range ends with a byte", 2),
        ("[a-\\x{e9}]", "a range ends with a byte", 2),
        ("[\\q]", "unknown escape", 2),
    ] {
        check(&[(pattern, &format!("{reason}, at character {at}"))]);
    }
}

#[test]
fn refuses_escapes() {
    const UNICODE: &str = "Unicode classes are not supported, patterns are about bytes, at character 1";
    const WORD: &str = "\\< and \\> mean different things elsewhere; < and > need no \\, a word's edge is \\b, at character 1";
    check(&[
        ("(a)\\1", "back-references and octal numbers are not supported, at character 4"),
        ("\\0", "back-references and octal numbers are not supported, at character 1"),
        ("\\k<a>", "back-references are not supported, at character 1"),
        ("\\g1", "back-references are not supported, at character 1"),
        ("\\pL", UNICODE),
        ("\\p{Greek}", UNICODE),
        ("\\P{Greek}", UNICODE),
        ("\\<", WORD),
        ("\\>", WORD),
        ("a\\Z", "\\Z is not supported; the end is $ or \\z, at character 2"),
        ("\\Qa.b\\E", "quoting is not supported, at character 1"),
        ("\\u00e9", "wants \\x{..} for a character's number, at character 1"),
        ("\\x", "wants two hexadecimal digits such as \\x2f, at character 1"),
        ("\\x4", "wants two hexadecimal digits such as \\x2f, at character 1"),
        ("\\x+1", "wants two hexadecimal digits such as \\x2f, at character 1"),
        ("\\x{}", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\x{41", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\x{+41}", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\x{d800}", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\x{110000}", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\x{100000041}", "wants a character's number such as \\x{20ac}, at character 1"),
        ("\\R", "unknown escape, at character 1"),
        ("\\y", "unknown escape, at character 1"),
        ("\\\u{e9}", "unknown escape, at character 1"),
    ]);
}

#[test]
fn refuses_groups_and_flags() {
    const NAME: &str = "a group's name is made of letters, digits and _, in ASCII, no digit first";
    for (pattern, reason, at) in [
        ("a(?=b)", "look-ahead is not supported", 2),
        ("(?!a)", "look-ahead is not supported", 1),
        ("(?<=a)", "look-behind is not supported", 1),
        ("(?<!a)b", "look-behind is not supported", 1),
        ("(?>a)", "atomic groups are not supported", 1),
        ("(?#a)", "comments are not supported", 1),
        ("(?|a)", "branch reset is not supported", 1),
        ("(?(1)a)", "conditions are not supported", 1),
        ("(?'a'b)", "a group's name stands between < and >", 1),
        ("(?P=a)", "back-references are not supported", 1),
        ("(?P>a)", "recursion is not supported", 1),
        ("(?&a)", "recursion is not supported", 1),
        ("(?1)", "recursion is not supported", 3),
        ("(?R)", "R (lines that end with \\r\\n, elsewhere recursion) is not supported", 3),
        ("(?P<>a)", NAME, 5),
        ("(?<1a>b)", NAME, 4),
        ("(?<a.b>c)", NAME, 4),
        ("(?<a", NAME, 4),
        ("(?<a>b)(?P<a>c)", "another group has this name", 12),
        ("(?)", "no flag after the `?`", 3),
        ("(?-)", "no flag after the `-`", 4),
        ("(?i-:a)", "no flag after the `-`", 5),
        ("(?ii)", "this flag is there twice", 4),
        ("(?i-i)", "this flag is there twice", 5),
        ("(?--i)", "this flag is there twice", 4),
        ("(?x) a # )", "the flag x (spaces and comments in patterns) is not supported", 3),
        ("(?iu:a)", "the flag u (Unicode) is not supported, patterns are about bytes", 4),
        ("(?u)\\w", "the flag u (Unicode) is not supported, patterns are about bytes", 3),
        ("(?u:\\b)a", "the flag u (Unicode) is not supported, patterns are about bytes", 3),
        ("(?j)", "unknown flag or kind of group", 3),
        ("(?z)", "unknown flag or kind of group", 3),
        ("(?P", "unknown flag or kind of group", 3),
        ("(?i)\u{e9}", "ignoring case works for ASCII only", 5),
        ("(?i)\\x{e9}", "ignoring case works for ASCII only", 5),
    ] {
        check(&[(pattern, &format!("{reason}, at character {at}"))]);
    }
}

#[test]
fn refuses_what_is_too_long_or_too_deep() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    check(&[
        (&nested(51), "more than 50 groups inside each other, at character 51"),
        (&"(".repeat(1024), "more than 50 groups inside each other, at character 51"),
        (&"(?:".repeat(341), "more than 50 groups inside each other, at character 151"),
    ]);
    assert!(Regex::parse(&nested(50)).unwrap().is_match(b"a"));

    let longest = "a".repeat(MAX_PATTERN_BYTES);
    assert!(Regex::parse(&longest).unwrap().is_match(longest.as_bytes()));
    let error = Regex::parse(&format!("{longest}a")).unwrap_err();
    assert_eq!(error, InvalidRegex::TooLong(1025));
    assert_eq!(error.to_string(), "the pattern is 1025 bytes long, at most 1024 are allowed");
}

#[test]
fn says_what_is_wrong_in_one_line() {
    for (pattern, want) in [
        ("(", "`(` is not a regular expression: this group is not closed, at character 1"),
        ("(a{100}){1000}", "`(a{100}){1000}` needs too large a table; use shorter repetitions"),
    ] {
        assert_eq!(Regex::parse(pattern).unwrap_err().to_string(), want);
    }
}
