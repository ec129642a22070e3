//! Reading a configuration tree so that **every** problem is reported at once, each with its path.
//!
//! A [`Node`] is a value and where it stands. Its readers return `None` after noting a [`Problem`]; a policy's
//! constructor reads on with what it has and asks [`read`] at the end whether there was anything wrong.
//!
//! ```
//! use filter_api::{Value, config};
//!
//! let value = Value::from_json(br#"{"name": 7, "colour": "red"}"#).unwrap();
//! let error = config::read(&value, |node| {
//!     let mut map = node.map()?;
//!     let name = map.required("name", |node| node.text());
//!     map.finish();
//!     name.map(str::to_owned)
//! })
//! .unwrap_err();
//! assert_eq!(error.to_string(), "name: wants a string, is a number; colour: unknown field, known here: name");
//! ```

mod decimal;
mod map;
mod node;
#[cfg(test)]
mod tests;

use crate::Slot;
use crate::value::Value;
use std::fmt;

pub use map::Map;
pub use node::Node;

/// One thing that is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// As a user would write it: `subsets[1].weight`; empty for the document as a whole.
    pub path: String,
    /// Lower-case, no full stop: `12000 is above 10000`.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, message } = self;
        if path.is_empty() { formatter.write_str(message) } else { write!(formatter, "{path}: {message}") }
    }
}

/// A policy is refused: all that is wrong with it, in document order as far as readers went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    /// A single problem.
    #[must_use]
    pub fn one(path: &str, message: impl Into<String>) -> Self {
        Self { problems: vec![Problem { path: path.to_owned(), message: message.into() }] }
    }
}

/// One line for a log: the first problems, and how many more there are. `problems` has all of them.
impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(MAX_SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{problem}")?;
        }
        match self.problems.len().saturating_sub(MAX_SHOWN) {
            0 => Ok(()),
            more => write!(formatter, "; and {more} more"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Reads a whole document with `reader`.
///
/// # Errors
/// Every problem that was noted while reading; `None` without a noted problem is reported too, never taken for
/// success.
pub fn read<T>(value: &Value, reader: impl FnOnce(Node<'_>) -> Option<T>) -> Result<T, ConfigError> {
    let problems = Problems::default();
    let result = reader(Node::new(value, String::new(), &problems));
    let problems = problems.0.into_inner();
    match result {
        Some(result) if problems.is_empty() => Ok(result),
        None if problems.is_empty() => Err(ConfigError::one("", "cannot be read")),
        _ => Err(ConfigError { problems }),
    }
}

/// Where nodes note what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Problems(Slot<Vec<Problem>>);

impl Problems {
    fn note(&self, path: &str, message: &str) {
        let problem = Problem { path: printable(path), message: printable(message) };
        self.0.with(|problems| problems.push(problem));
    }
}

/// Paths and messages quote what the document says: it must not forge lines of a log, nor flood it.
fn printable(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if line.len() >= MAX_QUOTED_BYTES {
            line.push_str("...");
            break;
        }
        if character.is_control() { line.extend(character.escape_default()) } else { line.push(character) }
    }
    line
}

const MAX_SHOWN: usize = 100;
/// The longest regular expression and what is wrong with it fit.
const MAX_QUOTED_BYTES: usize = 2048;
