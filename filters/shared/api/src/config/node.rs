//! One value of a configuration document, and where it stands.

use super::decimal::Decimal;
use super::{Map, Problems};
use crate::value::Value;
use std::fmt::Display;

/// A value with its path. Readers note a problem and return `None` when the value is not what they want.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    value: &'a Value,
    path: String,
    problems: &'a Problems,
}

impl<'a> Node<'a> {
    pub(super) fn new(value: &'a Value, path: String, problems: &'a Problems) -> Self {
        Self { value, path, problems }
    }

    /// The value as it stands.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Notes what is wrong here. Always `None`, so that a reader can end with it.
    pub fn refuse<T>(&self, message: impl Display) -> Option<T> {
        self.problems.note(&self.path, &message.to_string());
        None
    }

    /// Unwraps the result of a parser, or notes its error here.
    pub fn accept<T, E: Display>(&self, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.refuse(error),
        }
    }

    /// A mapping without duplicate keys.
    #[must_use]
    pub fn map(&self) -> Option<Map<'a>> {
        match self.value {
            Value::Map(entries) => Some(Map::new(self.clone(), entries)),
            other => self.refuse_kind("a mapping", other),
        }
    }

    /// A list; `reader` reads each item, and problems in one do not hide those in the next.
    pub fn list<T>(&self, mut reader: impl FnMut(Node<'a>) -> Option<T>) -> Option<Vec<T>> {
        let Value::List(items) = self.value else { return self.refuse_kind("a list", self.value) };
        let read: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| reader(self.child(&format!("[{index}]"), item)))
            .collect();
        read.into_iter().collect()
    }

    /// A list with at least one item.
    pub fn non_empty<T>(&self, reader: impl FnMut(Node<'a>) -> Option<T>) -> Option<Vec<T>> {
        match self.list(reader)? {
            items if items.is_empty() => self.refuse("is empty"),
            items => Some(items),
        }
    }

    /// A string.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match self.value {
            Value::Text(text) => Some(text),
            other => self.refuse_kind("a string", other),
        }
    }

    /// A string that `parse` makes into something better.
    pub fn parse<T, E: Display>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        self.accept(parse(self.text()?))
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Bool(yes) => Some(*yes),
            other => self.refuse_kind("true or false", other),
        }
    }

    /// A whole number from `min` to `max`, both at most 2^53.
    #[must_use]
    pub fn whole(&self, min: u64, max: u64) -> Option<u64> {
        let Value::Number(number) = self.value else { return self.refuse_kind("a whole number", self.value) };
        if number.fract() != 0.0 || !number.is_finite() {
            return self.refuse(format_args!("{} is not a whole number", Decimal(*number)));
        }
        #[expect(clippy::cast_precision_loss, reason = "bounds are at most 2^53")]
        let (low, high) = (min as f64, max as f64);
        if *number < low {
            return self.refuse(format_args!("{} is below {min}", Decimal(*number)));
        }
        if *number > high {
            return self.refuse(format_args!("{} is above {max}", Decimal(*number)));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between two u64, and whole"
        )]
        let whole = *number as u64;
        Some(whole)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn child(&self, suffix: &str, value: &'a Value) -> Node<'a> {
        Node::new(value, format!("{}{suffix}", self.path), self.problems)
    }

    pub(super) fn note_at(&self, path: &str, message: &str) {
        self.problems.note(path, message);
    }

    fn refuse_kind<T>(&self, wanted: &str, found: &Value) -> Option<T> {
        self.refuse(format_args!("wants {wanted}, is {}", found.kind()))
    }
}
