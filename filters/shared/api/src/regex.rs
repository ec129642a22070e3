//! Regular expressions with a bounded cost: RE2's syntax without back-references, compiled to a DFA.
//!
//! Every pattern becomes a table when the policy is read, at most [`MAX_TABLE_BYTES`] large; matching then takes one
//! step a byte whatever the pattern, so no request can be made expensive. A pattern must match the **whole** value,
//! as Envoy's `safe_regex` and Istio's `regex` do. Classes such as `\d` and `\w` are ASCII; values are bytes.

#[cfg(test)]
mod tests;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

/// The largest table that a pattern may need.
pub const MAX_TABLE_BYTES: usize = 256 * 1024;

/// The longest pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1024;

/// A compiled pattern.
#[derive(Clone)]
pub struct Regex {
    pattern: String,
    table: dense::DFA<Vec<u32>>,
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
    /// It does not parse, or uses what a DFA or a byte-wise engine cannot do: back-references, look-around other
    /// than `^`, `$` and `\b`, classes of Unicode.
    #[error("`{pattern}` is not a regular expression: {reason}")]
    Syntax {
        /// As written.
        pattern: String,
        /// What the parser says.
        reason: String,
    },
    /// Its table would be larger than [`MAX_TABLE_BYTES`].
    #[error("`{0}` needs too large a table; use shorter repetitions")]
    TooLarge(String),
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`InvalidRegex`].
    pub fn parse(pattern: &str) -> Result<Self, InvalidRegex> {
        if pattern.len() > MAX_PATTERN_BYTES {
            return Err(InvalidRegex::TooLong(pattern.len()));
        }
        let refused = |reason: String| InvalidRegex::Syntax { pattern: pattern.to_owned(), reason };
        let too_large = || InvalidRegex::TooLarge(pattern.to_owned());
        let ascii = syntax::Config::new().unicode(false).utf8(false);
        let expression = syntax::parse_with(pattern, &ascii).map_err(|error| refused(last_line(&error)))?;
        let states = thompson::Config::new()
            .utf8(false)
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(MAX_TABLE_BYTES));
        let nfa =
            thompson::NFA::compiler().configure(states).build_from_hir(&expression).map_err(|error| {
                if error.size_limit().is_some() { too_large() } else { refused(last_line(&error)) }
            })?;
        let table = dense::Config::new()
            .start_kind(StartKind::Anchored)
            // Not the first alternative that matches somewhere, but whether any of them ends where the value does.
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(MAX_TABLE_BYTES))
            .determinize_size_limit(Some(MAX_TABLE_BYTES.saturating_mul(2)));
        let table = dense::Builder::new().configure(table).build_from_nfa(&nfa).map_err(|error| {
            if error.is_size_limit_exceeded() { too_large() } else { refused(last_line(&error)) }
        })?;
        Ok(Self { pattern: pattern.to_owned(), table })
    }

    /// Whether the pattern matches the whole of `value`. One table step a byte.
    #[must_use]
    pub fn is_match(&self, value: &[u8]) -> bool {
        let Ok(mut state) = self.table.start_state(&start::Config::new().anchored(Anchored::Yes)) else {
            return false;
        };
        for byte in value {
            state = self.table.next_state(state, *byte);
            if self.table.is_dead_state(state) {
                return false;
            }
        }
        self.table.is_match_state(self.table.next_eoi_state(state))
    }
}

/// The parser draws a picture of several lines; what is wrong stands in the last.
fn last_line(error: &impl ToString) -> String {
    let text = error.to_string();
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}
