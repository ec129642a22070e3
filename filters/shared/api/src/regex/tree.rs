//! A parsed pattern.

use super::byte_set::ByteSet;
use super::look::Look;

/// A parsed pattern; no deeper than the parser's limit on groups allows, so that it may be walked recursively.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Node,
    /// What [`Node::Byte`] refers to: repetitions share them.
    pub(super) sets: Vec<ByteSet>,
}

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    /// One byte of the set with this number.
    Byte(usize),
    /// No byte, if the assertion holds.
    Look(Look),
    /// One after the other; an empty sequence matches the empty value.
    Sequence(Vec<Node>),
    /// Any one of them; at least one.
    Choice(Vec<Node>),
    /// As often as this; no `max` is any number.
    Repeat {
        /// What is repeated.
        node: Box<Node>,
        /// At least.
        min: u16,
        /// At most.
        max: Option<u16>,
    },
}
