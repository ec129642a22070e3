//! Names that users choose, and names of HTTP fields.

#[cfg(test)]
mod tests;

use std::fmt;
use std::rc::Rc;

/// A name in a policy (subset, rule, list, limit): 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// So it can stand in a header value, a baggage member and a stat's tag as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Rc<str>);

impl Name {
    /// Checks length and characters.
    ///
    /// # Errors
    /// [`InvalidName`].
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        match text.len() {
            0 => Err(InvalidName::Empty),
            1..=64 => match text.chars().find(|c| !u8::try_from(*c).is_ok_and(allowed)) {
                Some(found) => Err(InvalidName::Character(found)),
                None => Ok(Self(text.into())),
            },
            length => Err(InvalidName::TooLong(length)),
        }
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Why a text is not a [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// No character at all.
    #[error("is empty")]
    Empty,
    /// More than 64 bytes.
    #[error("is {0} bytes long, at most 64 are allowed")]
    TooLong(usize),
    /// Outside `A-Z a-z 0-9 . _ -`.
    #[error("has the character {0:?}, allowed are letters, digits, `.`, `_` and `-`")]
    Character(char),
}

/// The name of an HTTP field (RFC 9110 section 5.1), lower-case as HTTP/2 and Envoy carry it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldName(Rc<str>);

impl FieldName {
    /// A field that a policy reads: checks the token characters and folds the case, which has no meaning in HTTP.
    ///
    /// # Errors
    /// [`InvalidFieldName`].
    pub fn parse(text: &str) -> Result<Self, InvalidFieldName> {
        let name = Self::parse_token(text)?;
        // Envoy hands `host` over as `:authority`, so nobody would ever find it.
        if name.as_str() == "host" { Err(InvalidFieldName::Host) } else { Ok(name) }
    }

    /// A field that a filter writes: not one that frames the message, belongs to the hop (RFC 9113 section 8.2.2) or
    /// names the target.
    ///
    /// # Errors
    /// [`InvalidFieldName`].
    pub fn parse_writable(text: &str) -> Result<Self, InvalidFieldName> {
        let name = Self::parse_token(text)?;
        if RESERVED.contains(&name.as_str()) {
            return Err(InvalidFieldName::Reserved(text.to_owned()));
        }
        Ok(name)
    }

    fn parse_token(text: &str) -> Result<Self, InvalidFieldName> {
        if text.is_empty() || text.len() > 256 {
            return Err(InvalidFieldName::Length(text.len()));
        }
        if text.starts_with(':') {
            return Err(InvalidFieldName::Pseudo(text.to_owned()));
        }
        match text.chars().find(|c| !u8::try_from(*c).is_ok_and(is_token)) {
            Some(found) => Err(InvalidFieldName::Character(found)),
            None => Ok(Self(text.to_ascii_lowercase().into())),
        }
    }

    /// Lower-case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a [`FieldName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFieldName {
    /// Empty, or more than 256 bytes.
    #[error("is {0} bytes long, 1 to 256 are allowed")]
    Length(usize),
    /// `:path` and its like.
    #[error("{0} is a pseudo-header; use the predicates path, method and authority")]
    Pseudo(String),
    /// Carried as `:authority`.
    #[error("host reaches a filter as :authority; use the predicate authority")]
    Host,
    /// Not a token character (RFC 9110 section 5.6.2).
    #[error("has the character {0:?}, which no field name may have")]
    Character(char),
    /// It frames the message or names its target.
    #[error("{0} belongs to the connection; a filter must not write it")]
    Reserved(String),
}

/// Whether RFC 9110 section 5.6.2 allows this byte in a token.
#[must_use]
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

const RESERVED: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "proxy-connection",
    "upgrade",
    "te",
    "trailer",
];
