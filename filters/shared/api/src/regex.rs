//! Regular expressions with a bounded cost: RE2's syntax without back-references, compiled to a DFA.
//!
//! Every pattern becomes a table when the policy is read, at most [`MAX_TABLE_BYTES`] large; matching then takes one
//! step a byte whatever the pattern, so no request can be made expensive. A pattern must match the **whole** value,
//! as Envoy's `safe_regex` and Istio's `regex` do. Classes such as `\d` and `\w` are ASCII; values are bytes.

#[cfg(test)]
mod tests;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

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
    /// It does not parse, or uses what a DFA cannot do (back-references, look-around other than `^` and `$`).
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
        // The group keeps `a|b` together under the end anchor.
        let whole = format!("(?:{pattern})\\z");
        let ascii = syntax::Config::new().unicode(false).utf8(false);
        // Parsed alone first: `a)(b` must not be made whole by the group, and the message shows the user's pattern.
        let parse = |text: &str| {
            syntax::parse_with(text, &ascii).map_err(|error| InvalidRegex::Syntax {
                pattern: pattern.to_owned(),
                reason: last_line(&error),
            })
        };
        parse(pattern)?;
        let expression = parse(&whole)?;
        let nfa = thompson::NFA::compiler()
            .configure(thompson::Config::new().utf8(false).nfa_size_limit(Some(MAX_TABLE_BYTES)))
            .build_from_hir(&expression)
            .map_err(|_| InvalidRegex::TooLarge(pattern.to_owned()))?;
        let limits = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(MAX_TABLE_BYTES))
            .determinize_size_limit(Some(MAX_TABLE_BYTES.saturating_mul(2)));
        let table = dense::Builder::new()
            .configure(limits)
            .build_from_nfa(&nfa)
            .map_err(|_| InvalidRegex::TooLarge(pattern.to_owned()))?;
        Ok(Self { pattern: pattern.to_owned(), table })
    }

    /// Whether the pattern matches the whole of `value`. One table step a byte.
    #[must_use]
    pub fn is_match(&self, value: &[u8]) -> bool {
        let input = Input::new(value).anchored(Anchored::Yes);
        matches!(self.table.try_search_fwd(&input), Ok(Some(_)))
    }
}

/// The parser draws a picture of several lines; what is wrong stands in the last.
fn last_line(error: &impl ToString) -> String {
    let text = error.to_string();
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}
