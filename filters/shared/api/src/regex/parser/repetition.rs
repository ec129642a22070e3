//! `*`, `+`, `?`, `{2,5}`.

use super::cursor::{Cursor, Refusal};
use super::{Node, Parser};

impl<'p> Parser<'p> {
    /// A node with the repetition that may follow it.
    pub(super) fn repeated(&mut self, node: Node) -> Result<Node, Refusal> {
        let start = self.cursor;
        let (min, max) = match self.cursor.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            Some(b'{') => self.counts(start)?,
            _ => return Ok(node),
        };
        // The symbol or the closing brace.
        self.cursor.next();
        // Lazy: which bytes a part takes does not change whether the whole value matches.
        self.cursor.eat("?");
        match self.cursor.peek() {
            Some(b'+') => Err(self.cursor.refusal("possessive repetition is not supported")),
            Some(b'*' | b'?' | b'{') => {
                Err(self.cursor.refusal("a repetition of a repetition needs a group"))
            }
            _ => Ok(Node::Repeat { node: Box::new(node), min, max }),
        }
    }

    /// `{2}`, `{2,}` or `{2,5}`, up to the closing brace.
    fn counts(&mut self, start: Cursor<'p>) -> Result<(u16, Option<u16>), Refusal> {
        self.cursor.next();
        let min = self.count();
        let max = match self.cursor.eat(",") {
            true if self.cursor.sees("}") => Some(None),
            true => self.count().map(Some),
            false => Some(min),
        };
        let (Some(min), Some(max), true) = (min, max, self.cursor.sees("}")) else {
            return Err(
                start.refusal("wants counts such as {2}, {2,} or {2,5}; a literal { needs a \\ before it")
            );
        };
        if min > MAX_COUNT || max.is_some_and(|max| max > MAX_COUNT) {
            return Err(start.refusal("a count is above 1000"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(start.refusal("the second count is below the first"));
        }
        Ok((min, max))
    }

    /// `None` without digits, and for `02`, which RE2 takes for text; what is too large for the type is above the
    /// limit anyway.
    fn count(&mut self) -> Option<u16> {
        let digits = self.cursor.take_while(|byte| byte.is_ascii_digit());
        let count = digits.iter().fold(0_u16, |count, digit| {
            count.saturating_mul(10).saturating_add(u16::from(digit.wrapping_sub(b'0')))
        });
        match digits {
            [] | [b'0', _, ..] => None,
            _ => Some(count),
        }
    }
}

/// As RE2.
const MAX_COUNT: u16 = 1000;
