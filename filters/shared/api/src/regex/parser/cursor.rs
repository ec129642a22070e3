//! A place in a pattern, and what is wrong there.
//!
//! What is not inlined is called from many places; the parser is smaller by a quarter for it.

use std::fmt;

/// Reads a pattern byte by byte; all that has a meaning is ASCII.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'p> {
    pattern: &'p [u8],
    at: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(pattern: &'p str) -> Self {
        Self { pattern: pattern.as_bytes(), at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    /// Whether `text` comes next.
    #[inline(never)]
    pub(super) fn sees(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    /// Skips `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let sees = self.sees(text);
        if sees {
            self.at = self.at.saturating_add(text.len());
        }
        sees
    }

    /// All that comes next and satisfies `wanted`.
    #[inline(never)]
    pub(super) fn take_while(&mut self, wanted: fn(u8) -> bool) -> &'p [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    /// What was read since.
    pub(super) fn since(&self, start: Self) -> &'p [u8] {
        self.pattern.get(start.at..self.at).unwrap_or_default()
    }

    /// What is wrong here.
    #[cold]
    #[inline(never)]
    pub(super) fn refusal(&self, reason: &'static str) -> Refusal {
        // Every character has one byte that continues no other.
        let starts = self.pattern.iter().take(self.at).filter(|byte| !is_continuation(**byte));
        Refusal { reason, character: starts.count().saturating_add(1) }
    }

    fn rest(&self) -> &'p [u8] {
        self.pattern.get(self.at..).unwrap_or_default()
    }
}

/// Not the first byte of a character in UTF-8.
pub(super) fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Refusal {
    /// Lower-case, no full stop.
    reason: &'static str,
    /// Where: 1 is the first character.
    character: usize,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, at character {}", self.reason, self.character)
    }
}
