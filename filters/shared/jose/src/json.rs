//! JSON as a token may hold it (RFC 8259, RFC 7515 section 4): strict, bounded, nothing lost.
//!
//! A duplicate name is refused at any depth, a number keeps its text (9007199254740993 stays what it is), text is
//! Unicode without lone surrogates. At most [`Json::MAX_DEPTH`] levels. A reader of our own, because those we know keep
//! the last duplicate and turn numbers into doubles, or change what numbers mean for every crate of the workspace.

mod reader;
mod string;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

/// One JSON value. Borrows the text; only strings with escapes in them are copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number by its very text: `1e3` and `1000` are two.
    Number(Cow<'t, str>),
    /// A string, unescaped.
    Text(Cow<'t, str>),
    /// An array.
    List(Vec<Json<'t>>),
    /// An object, in the order of the text; no name is there twice.
    Map(Vec<(Cow<'t, str>, Json<'t>)>),
}

/// Why a text is not the JSON that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJson {
    /// Not JSON (RFC 8259), or bytes that are not UTF-8, or a lone surrogate.
    #[error("not JSON at byte {at}")]
    Syntax {
        /// Where reading stopped.
        at: usize,
    },
    /// An object names a member twice.
    #[error("an object names a member twice, before byte {at}")]
    Duplicate {
        /// Behind the object.
        at: usize,
    },
    /// More levels than [`Json::MAX_DEPTH`].
    #[error("more than {} levels deep", Json::MAX_DEPTH)]
    TooDeep,
}

impl<'t> Json<'t> {
    /// How many arrays and objects may stand in one another.
    pub const MAX_DEPTH: usize = 32;

    /// Reads one document. O(n log n) in its length, whatever it holds.
    ///
    /// # Errors
    /// [`InvalidJson`].
    pub fn parse(text: &'t [u8]) -> Result<Self, InvalidJson> {
        let text =
            std::str::from_utf8(text).map_err(|error| InvalidJson::Syntax { at: error.valid_up_to() })?;
        reader::Reader::new(text).document()
    }

    /// A string's text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An array's items.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// An object's member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members.iter().find(|(member, _)| member == name).map(|(_, value)| value),
            _ => None,
        }
    }
}
