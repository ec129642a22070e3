//! Regular expressions with a bounded cost, as tables.
//!
//! Every pattern becomes a table when the policy is read, at most [`MAX_TABLE_BYTES`] large; matching then takes one
//! step a byte whatever the pattern, so no request can be made expensive. Building the table is bounded too: a pattern
//! that would take more than a few milliseconds is refused, so no policy can stall a worker.
//!
//! A pattern must match the **whole** value, as with Envoy's `safe_regex` and Istio's `regex`. Values are bytes:
//!
//! | pattern | matches |
//! |---|---|
//! | `é`, `\x{e9}` | the bytes of this character in UTF-8, outside of brackets |
//! | `\xe9` | this byte |
//! | `.` | any byte but `\n`; `(?s)`: any byte |
//! | `[a-z]` `[^a-z]` `[[:alpha:]]` `[[:^alpha:]]` | a byte of the class, or not of it |
//! | `\d` `\w` `\s` `\D` `\W` `\S` | the same with ASCII's digits; letters, digits and `_`; white space (with `\v`, unlike RE2) |
//! | `\a` `\f` `\n` `\r` `\t` `\v`, `\` and punctuation | this byte |
//! | `(..)` `(?:..)` `(?P<name>..)` `(?<name>..)` | a group; what it matched is not kept |
//! | `a\|b` | one or the other |
//! | `a*` `a+` `a?` `a{2}` `a{2,}` `a{2,5}` | as often; `?` after it changes nothing |
//! | `^` `\A` `$` `\z` | start and end of the value; `(?m)` `^` `$`: of a line |
//! | `\b` `\B` | an edge of a word in ASCII, and no such edge |
//! | `(?i)` `(?m)` `(?s)` `(?U)` `(?-i)` `(?i:..)` | flags; `i` ignores the case of ASCII letters |
//!
//! All else is refused, with the reason and where: what needs more than a table (back-references, look-around), and what
//! RE2 and other engines read differently (`[a&&b]`, `a**`, `\<`).

mod budget; // what construction may cost
mod byte_set; // a set of bytes
mod classes; // bytes that a pattern does not tell apart
mod dfa; // the table
mod kernels; // numbers the table's states
mod look; // ^ $ \b
mod nfa; // what the table is built from
mod parser; // the syntax
#[cfg(test)]
mod tests;
mod tree; // what the parser returns

use budget::Budget;
use dfa::Dfa;
use nfa::Nfa;

/// The largest table that a pattern may need.
pub const MAX_TABLE_BYTES: usize = 256 * 1024;

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1024;

/// A compiled pattern.
#[derive(Clone)]
pub struct Regex {
    pattern: String,
    dfa: Dfa,
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Regex({:?})", self.pattern)
    }
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRegex {
    /// Longer than [`MAX_PATTERN_BYTES`].
    #[error("the pattern is {0} bytes long, at most {MAX_PATTERN_BYTES} are allowed")]
    TooLong(usize),
    /// It does not parse, or uses what a table cannot do (back-references, look-around other than `^`, `$` and `\b`).
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Syntax {
        /// As written.
        pattern: String,
        /// What is wrong, and at which character.
        reason: String,
    },
    /// Its table would be larger than [`MAX_TABLE_BYTES`], or take too long to build.
    #[error("`{0}` needs too large a table; use shorter repetitions")]
    TooLarge(String),
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`InvalidRegex`].
    pub fn parse(pattern: &str) -> Result<Self, InvalidRegex> {
        Self::build(pattern, &mut Budget::new())
    }

    fn build(pattern: &str, budget: &mut Budget) -> Result<Self, InvalidRegex> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(InvalidRegex::TooLong(pattern.len()));
        }
        let tree = parser::parse(pattern).map_err(|refusal| InvalidRegex::Syntax {
            pattern: pattern.to_owned(),
            reason: refusal.to_string(),
        })?;
        let dfa = Nfa::build(tree, budget).and_then(|nfa| Dfa::build(&nfa, budget));
        let dfa = dfa.map_err(|_| InvalidRegex::TooLarge(pattern.to_owned()))?;
        Ok(Self { pattern: pattern.to_owned(), dfa })
    }

    /// Whether the pattern matches the whole of `value`. One table step a byte, and none after a byte with which it
    /// cannot match.
    #[must_use]
    pub fn is_match(&self, value: &[u8]) -> bool {
        self.dfa.accepts(value)
    }
}
