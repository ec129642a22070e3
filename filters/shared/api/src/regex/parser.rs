//! The syntax of patterns: what RE2 and Rust's `regex` agree on.
//!
//! Whatever they read differently, or a backtracking engine would take for something else, is refused by name.

mod class; // [a-z], \d
mod cursor; // where we are
mod escape; // \n, \x41
mod group; // (?:..), (?i)
mod repetition; // *, {2,5}

use super::byte_set::ByteSet;
use super::look::Look;
use super::tree::{Node, Tree};
use cursor::{Cursor, Refusal};
use escape::Escape;
use group::Opened;

/// Parses a pattern of at most `MAX_PATTERN_BYTES`.
pub(super) fn parse(pattern: &str) -> Result<Tree, Refusal> {
    let mut parser = Parser {
        cursor: Cursor::new(pattern),
        flags: Flags::default(),
        depth: 0,
        names: Vec::new(),
        sets: Vec::new(),
    };
    let root = parser.choice()?;
    match parser.cursor.peek() {
        None => Ok(Tree { root, sets: parser.sets }),
        Some(_) => Err(parser.cursor.refusal("`)` without a `(` before it")),
    }
}

struct Parser<'p> {
    cursor: Cursor<'p>,
    flags: Flags,
    /// How many groups are open.
    depth: usize,
    /// Of groups; two of the same name are surely a mistake.
    names: Vec<&'p [u8]>,
    sets: Vec<ByteSet>,
}

/// What `(?ims)` switch on.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_is_any: bool,
}

impl<'p> Parser<'p> {
    /// Alternatives up to the end of the group or pattern. Flags that are set in between count until there.
    fn choice(&mut self) -> Result<Node, Refusal> {
        let first = self.sequence()?;
        if !self.cursor.sees("|") {
            return Ok(first);
        }
        let mut choices = vec![first];
        while self.cursor.eat("|") {
            choices.push(self.sequence()?);
        }
        Ok(Node::Choice(choices))
    }

    fn sequence(&mut self) -> Result<Node, Refusal> {
        let mut nodes = Vec::new();
        while !matches!(self.cursor.peek(), None | Some(b'|' | b')')) {
            if let Some(node) = self.atom()? {
                nodes.push(self.repeated(node)?);
            }
        }
        Ok(Node::Sequence(nodes))
    }

    /// What a repetition would apply to; `None` for flags, which are no part of the value.
    fn atom(&mut self) -> Result<Option<Node>, Refusal> {
        let start = self.cursor;
        let Some(byte) = self.cursor.next() else { return Ok(None) };
        let node = match byte {
            b'(' => return self.group(start),
            b'[' => {
                let set = self.bracket(start)?;
                self.byte_of(set)
            }
            b'\\' => match self.escape(start)? {
                Escape::Byte(byte) => self.byte_of(ByteSet::of(&[(byte, byte)])),
                Escape::Character(character) => {
                    self.text(character.encode_utf8(&mut [0; 4]).as_bytes(), start)?
                }
                Escape::Set(set) => self.byte_of(set),
                Escape::Look(look) => Node::Look(look),
            },
            b'.' if self.flags.dot_is_any => self.byte_of(ByteSet::of(&[(0, u8::MAX)])),
            b'.' => self.byte_of(ByteSet::of(&[(b'\n', b'\n')]).complement()),
            b'^' => Node::Look(if self.flags.multi_line { Look::LineStart } else { Look::Start }),
            b'$' => Node::Look(if self.flags.multi_line { Look::LineEnd } else { Look::End }),
            b'*' | b'+' | b'?' | b'{' => {
                return Err(start.refusal("nothing to repeat; a literal * + ? or { needs a \\ before it"));
            }
            _ if byte.is_ascii() => self.byte_of(ByteSet::of(&[(byte, byte)])),
            // A repetition after it repeats the whole character.
            _ => {
                self.cursor.take_while(cursor::is_continuation);
                self.text(self.cursor.since(start), start)?
            }
        };
        Ok(Some(node))
    }

    /// A group after its `(`.
    fn group(&mut self, start: Cursor<'p>) -> Result<Option<Node>, Refusal> {
        let flags = self.flags;
        if let Opened::Flags = self.opened(start)? {
            return Ok(None);
        }
        if self.depth >= MAX_DEPTH {
            return Err(start.refusal("more than 50 groups inside each other"));
        }
        self.depth = self.depth.saturating_add(1);
        let node = self.choice()?;
        self.depth = self.depth.saturating_sub(1);
        self.flags = flags;
        if self.cursor.eat(")") { Ok(Some(node)) } else { Err(start.refusal("this group is not closed")) }
    }

    /// A character above ASCII, in UTF-8.
    fn text(&mut self, bytes: &[u8], start: Cursor<'p>) -> Result<Node, Refusal> {
        if self.flags.ignore_case {
            return Err(start.refusal("ignoring case works for ASCII only"));
        }
        Ok(Node::Sequence(bytes.iter().map(|byte| self.byte_of(ByteSet::of(&[(*byte, *byte)]))).collect()))
    }

    fn byte_of(&mut self, set: ByteSet) -> Node {
        self.sets.push(if self.flags.ignore_case { set.fold_case() } else { set });
        Node::Byte(self.sets.len().saturating_sub(1))
    }
}

/// The parser and the NFA's builder call themselves once or twice for each group inside another.
const MAX_DEPTH: usize = 50;
