//! Classes: `[a-z]`, `[[:alpha:]]`, `\d`.

use super::cursor::{Cursor, Refusal};
use super::escape::Escape;
use super::{ByteSet, Parser};
use crate::regex::byte_set::WORD;

impl<'p> Parser<'p> {
    /// Reads a class after its `[`.
    pub(super) fn bracket(&mut self, start: Cursor<'p>) -> Result<ByteSet, Refusal> {
        if is_named_class_alone(self.cursor) {
            return Err(start.refusal("a named class stands in a second pair of brackets: [[:alpha:]]"));
        }
        let negated = self.cursor.eat("^");
        let mut set = ByteSet::default();
        let mut is_first = true;
        while is_first || !self.cursor.eat("]") {
            set = set.union(self.item(start, is_first)?);
            is_first = false;
        }
        Ok(self.folded(set, negated))
    }

    /// A byte, a range or a class.
    fn item(&mut self, bracket: Cursor<'p>, is_first: bool) -> Result<ByteSet, Refusal> {
        let start = self.cursor;
        if ["&&", "--", "~~"].iter().any(|operator| start.sees(operator)) {
            return Err(start.refusal("&& -- ~~ combine classes elsewhere; put a \\ before them"));
        }
        if self.cursor.eat("[:") {
            return self.named_class(start);
        }
        let low = match self.member(bracket)? {
            Escape::Set(set) => return Ok(set),
            Escape::Byte(byte) => byte,
            Escape::Character(_) | Escape::Look(_) => return Err(start.refusal(NO_BYTE)),
        };
        let is_last = self.cursor.sees("]");
        if start.sees("-") {
            let is_clear = is_last || is_first;
            return if is_clear { Ok(ByteSet::of(&[(low, low)])) } else { Err(start.refusal(UNCLEAR_DASH)) };
        }
        if !self.cursor.sees("-") || self.cursor.sees("-]") {
            return Ok(ByteSet::of(&[(low, low)]));
        }
        if start.sees("]") || self.cursor.sees("--") {
            return Err(self.cursor.refusal(UNCLEAR_DASH));
        }
        self.cursor.next();
        match self.member(bracket)? {
            Escape::Byte(high) if low <= high => Ok(ByteSet::of(&[(low, high)])),
            Escape::Byte(_) => Err(start.refusal("this range goes down")),
            _ => Err(start.refusal("a range ends with a byte")),
        }
    }

    /// One end of a range, or a class that is escaped.
    fn member(&mut self, bracket: Cursor<'p>) -> Result<Escape, Refusal> {
        let start = self.cursor;
        match self.cursor.next() {
            None => Err(bracket.refusal("this class is not closed")),
            Some(b'[') => Err(start.refusal("a [ in a class needs a \\ before it")),
            Some(b'\\') => self.escape(start),
            Some(byte) if byte.is_ascii() => Ok(Escape::Byte(byte)),
            Some(_) => Err(start.refusal(NO_BYTE)),
        }
    }

    /// `alpha:]` after `[:`.
    fn named_class(&mut self, start: Cursor<'p>) -> Result<ByteSet, Refusal> {
        let negated = self.cursor.eat("^");
        let name = self.cursor.take_while(|byte| byte.is_ascii_lowercase());
        match NAMED.iter().find(|(known, _)| known.as_bytes() == name) {
            Some((_, ranges)) if self.cursor.eat(":]") => Ok(self.folded(ByteSet::of(ranges), negated)),
            _ => Err(start.refusal("unknown named class")),
        }
    }

    /// Case is ignored before a class is negated: `(?i)[^a]` is neither a nor A.
    fn folded(&self, set: ByteSet, negated: bool) -> ByteSet {
        let set = if self.flags.ignore_case { set.fold_case() } else { set };
        if negated { set.complement() } else { set }
    }
}

/// The class behind `\d` and its kin.
pub(super) fn escaped(letter: u8) -> Option<ByteSet> {
    let ranges = match letter | 0x20 {
        b'd' => DIGIT,
        b's' => SPACE,
        b'w' => WORD,
        _ => return None,
    };
    let set = ByteSet::of(ranges);
    Some(if letter.is_ascii_uppercase() { set.complement() } else { set })
}

/// `[:alpha:]`, which would be a class of `:`, `a`, `l`, `p` and `h`.
fn is_named_class_alone(mut cursor: Cursor<'_>) -> bool {
    let content = cursor.take_while(|byte| byte != b']');
    cursor.sees("]") && matches!(content, [b':', .., b':'])
}

type Ranges = &'static [(u8, u8)];

const DIGIT: Ranges = &[(b'0', b'9')];
/// With the vertical tab, as everywhere but in RE2.
const SPACE: Ranges = &[(b'\t', b'\r'), (b' ', b' ')];

/// POSIX, in the C locale.
const NAMED: [(&str, Ranges); 14] = [
    ("alnum", &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
    ("alpha", &[(b'A', b'Z'), (b'a', b'z')]),
    ("ascii", &[(0x00, 0x7F)]),
    ("blank", &[(b'\t', b'\t'), (b' ', b' ')]),
    ("cntrl", &[(0x00, 0x1F), (0x7F, 0x7F)]),
    ("digit", DIGIT),
    ("graph", &[(b'!', b'~')]),
    ("lower", &[(b'a', b'z')]),
    ("print", &[(b' ', b'~')]),
    ("punct", &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')]),
    ("space", SPACE),
    ("upper", &[(b'A', b'Z')]),
    ("word", WORD),
    ("xdigit", &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
];

const UNCLEAR_DASH: &str =
    "a - in a class needs a \\ before it unless it is first, last or between two bytes";
const NO_BYTE: &str = "a class holds bytes; write other characters as alternatives: (?:a|\u{e9})";
