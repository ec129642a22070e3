//! The two forms of a list that a source may answer with.
//!
//! The first byte that is not white space decides. `[` starts a JSON array of strings (RFC 8259). Anything else
//! is text with one entry a line: white space around it and a CR are cut off, blank lines and lines that start
//! with `#` are skipped.
//!
//! Text cannot be told from garbage, but what a broken source commonly sends can: a page (`<`), a JSON object
//! (`{`), a byte order mark, compressed data (NUL, or no line end for too long) are refused. An empty document
//! is an empty list.

use std::borrow::Cow;

use super::invalid::{InvalidList, check_entry};

/// A fetched document and how much of it was read.
pub(super) struct Document {
    body: Vec<u8>,
    at: usize,
    form: Form,
}

/// What one call of [`Document::next`] found.
pub(super) enum Item<'a> {
    /// An entry that passed [`check_entry`].
    Entry(Cow<'a, [u8]>),
    /// White space or a comment; there is more to read.
    Nothing,
    /// All was read and it was whole.
    End,
}

enum Form {
    Undecided,
    Text,
    Json(Expect),
}

/// What may come next in a JSON array.
#[derive(Clone, Copy)]
enum Expect {
    StringOrEnd,
    String,
    CommaOrEnd,
    Nothing,
}

impl Document {
    pub(super) fn new(body: Vec<u8>) -> Self {
        Self { body, at: 0, form: Form::Undecided }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Reads on to the next entry, but never more than about [`WINDOW`] bytes. Not to be called again after an
    /// error.
    pub(super) fn next(&mut self) -> Result<Item<'_>, InvalidList> {
        match self.form {
            Form::Undecided => self.decide(),
            Form::Text => self.next_line(),
            Form::Json(expect) => self.next_string(expect),
        }
    }

    fn decide(&mut self) -> Result<Item<'_>, InvalidList> {
        self.form = match self.skip_space() {
            Next::Byte(b'[') => {
                self.at = self.at.saturating_add(1);
                Form::Json(Expect::StringOrEnd)
            }
            Next::Byte(found @ (b'<' | b'{')) => return Err(InvalidList::Form { found }),
            Next::Byte(_) if rest(&self.body, self.at).starts_with(BYTE_ORDER_MARK) => {
                return Err(InvalidList::ByteOrderMark);
            }
            Next::Byte(_) => Form::Text,
            Next::Space => return Ok(Item::Nothing),
            Next::End => return Ok(Item::End),
        };
        Ok(Item::Nothing)
    }

    fn next_line(&mut self) -> Result<Item<'_>, InvalidList> {
        let at = self.at;
        let rest = rest(&self.body, at);
        if rest.is_empty() {
            return Ok(Item::End);
        }
        let window = window(rest);
        let line = match window.iter().position(|&byte| byte == b'\n') {
            Some(end) => window.get(..end).unwrap_or_default(),
            None if window.len() == rest.len() => rest,
            None => return Err(InvalidList::LineTooLong { at }),
        };
        self.at = at.saturating_add(line.len()).saturating_add(1);
        let entry = line.trim_ascii();
        if entry.is_empty() || entry.starts_with(b"#") {
            return Ok(Item::Nothing);
        }
        check_entry(entry).map_err(|problem| InvalidList::Entry { at, problem })?;
        Ok(Item::Entry(Cow::Borrowed(entry)))
    }

    fn next_string(&mut self, mut expect: Expect) -> Result<Item<'_>, InvalidList> {
        loop {
            let next = self.skip_space();
            let at = self.at;
            self.form = Form::Json(expect);
            let found = match (next, expect) {
                (Next::Space, _) => return Ok(Item::Nothing),
                (Next::End, Expect::Nothing) => return Ok(Item::End),
                (Next::End, _) => return Err(InvalidList::Cut { at }),
                (Next::Byte(found), _) => found,
            };
            self.at = at.saturating_add(1);
            expect = match (expect, found) {
                (Expect::StringOrEnd | Expect::String, b'"') => return self.string(),
                (Expect::StringOrEnd | Expect::CommaOrEnd, b']') => Expect::Nothing,
                (Expect::CommaOrEnd, b',') => Expect::String,
                (Expect::StringOrEnd | Expect::String, _) => {
                    return Err(InvalidList::NotAString { at, found });
                }
                (Expect::CommaOrEnd, _) => return Err(InvalidList::NoComma { at, found }),
                (Expect::Nothing, _) => return Err(InvalidList::Trailing { at, found }),
            };
        }
    }

    /// Reads a string whose opening quote was just read.
    fn string(&mut self) -> Result<Item<'_>, InvalidList> {
        let at = self.at.saturating_sub(1);
        let rest = rest(&self.body, at);
        let window = window(rest);
        let mut bytes = window.iter().enumerate().skip(1);
        let mut escaped = false;
        let end = loop {
            match bytes.next() {
                Some((end, b'"')) => break end,
                Some((_, b'\\')) => {
                    escaped = true;
                    bytes.next();
                }
                Some((offset, 0..0x20)) => {
                    return Err(InvalidList::ControlCharacter { at: at.saturating_add(offset) });
                }
                Some(_) => {}
                None if window.len() == rest.len() => return Err(InvalidList::Cut { at: self.body.len() }),
                None => return Err(InvalidList::LineTooLong { at }),
            }
        };
        let token = window.get(..=end).unwrap_or_default();
        self.at = at.saturating_add(token.len());
        self.form = Form::Json(Expect::CommaOrEnd);
        let entry = if escaped {
            let text: String = serde_json::from_slice(token).map_err(|_| InvalidList::Malformed { at })?;
            Cow::Owned(text.into_bytes())
        } else {
            let content = token.get(1..end).unwrap_or_default();
            std::str::from_utf8(content).map_err(|_| InvalidList::Malformed { at })?;
            Cow::Borrowed(content)
        };
        check_entry(&entry).map_err(|problem| InvalidList::Entry { at, problem })?;
        Ok(Item::Entry(entry))
    }

    /// Moves to the next byte that is no white space.
    fn skip_space(&mut self) -> Next {
        let rest = rest(&self.body, self.at);
        let window = window(rest);
        let space = window.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        let next = match window.get(space) {
            Some(&byte) => Next::Byte(byte),
            None if window.len() == rest.len() => Next::End,
            None => Next::Space,
        };
        self.at = self.at.saturating_add(space);
        next
    }
}

/// What was not read yet.
fn rest(body: &[u8], at: usize) -> &[u8] {
    body.get(at..).unwrap_or_default()
}

/// As much of `rest` as one call may read.
fn window(rest: &[u8]) -> &[u8] {
    rest.get(..WINDOW).unwrap_or(rest)
}

/// What [`Document::skip_space`] stopped at.
enum Next {
    Byte(u8),
    /// White space only so far; enough for one call.
    Space,
    End,
}

/// At most this much is read at once. Holds every string that may be an entry: each byte can be written as six
/// (`\u0041`).
pub(super) const WINDOW: usize = 8192;
/// U+FEFF in UTF-8; in UTF-16 the NULs of the text tell.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
