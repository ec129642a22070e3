//! Judges the path of a request as the client sent it: has it one reading?
//!
//! A policy compares paths byte for byte; servers behind it fold, decode, cut and resolve them, each in its own way. A
//! path that some server could take for another one is refused before any rule sees it, whatever Envoy's connection
//! manager normalises. What is left means the same to everybody: decoding it once yields text in UTF-8 with the same
//! segments, none of them a dot segment, and decoding that again changes nothing.
//!
//! Not judged, because no reading of them is wrong: the case of letters, one slash at the end, a dot at the end of a
//! name, and how reserved characters are written (`@` or `%40`; RFC 3986 section 2.2 says that they differ, many servers
//! say that they do not).

#[cfg(test)]
mod tests;

use filter_api::request::escaped;

/// Judges `:path` (RFC 9113 section 8.3.1) with its query.
///
/// * `path`: any bytes. `*` alone stands for the server itself (OPTIONS, RFC 9110 section 7.1); it names no resource, so
///   it is fine with every method. CONNECT has no `:path`, and so nothing to judge.
///
/// In the query only what no request target may hold is refused: controls, spaces and `#`. One pass, no allocation.
///
/// # Errors
/// The first reason, in the order of the bytes.
pub fn judge(path: &[u8]) -> Result<(), Ambiguous> {
    let mut rest = match path {
        b"*" => return Ok(()),
        [b'/', rest @ ..] => rest,
        _ => return Err(unrooted(path)),
    };
    let mut segment = Segment::Empty;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        segment = match *byte {
            b'/' => segment.before_slash()?,
            b'.' => segment.with_dot(),
            b'%' => {
                rest = judge_escape(behind)?;
                Segment::Name
            }
            b'?' => {
                segment.at_the_end()?;
                return judge_query(behind);
            }
            b'#' => return Err(Ambiguous::Fragment),
            b';' => return Err(Ambiguous::Parameter),
            b'\\' => return Err(Ambiguous::Backslash),
            ..=b' ' | 0x7F => return Err(Ambiguous::Control),
            0x80.. => return Err(Ambiguous::NotAscii),
            _ => Segment::Name,
        };
    }
    segment.at_the_end()
}

/// Why a path has more than one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ambiguous {
    /// Neither starts with `/` nor is `*` (RFC 9113 section 8.3.1).
    #[error("the path does not start with a slash")]
    NotRooted,
    /// A whole URI (RFC 9112 section 3.2.2): which host is meant, and where does the path start?
    #[error("the path is a whole URI")]
    AbsoluteForm,
    /// `//`: some servers merge slashes, some take what follows for a host.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// `.` or `..` (RFC 3986 section 5.2.4): some resolve them, some do not.
    #[error("the path has a dot segment")]
    DotSegment,
    /// `;` or `%3B`: some servers cut off what follows (matrix parameters), before or after they resolve `..`.
    #[error("the path has a semicolon")]
    Parameter,
    /// `\`: some servers take it for a slash.
    #[error("the path has a backslash")]
    Backslash,
    /// `%5C`.
    #[error("the path has an encoded backslash")]
    EncodedBackslash,
    /// `%2F`: a slash to those that decode before they split.
    #[error("the path has an encoded slash")]
    EncodedSlash,
    /// `%2E`: a dot segment to those that decode before they resolve.
    #[error("the path has an encoded dot")]
    EncodedDot,
    /// A letter, digit, `-`, `_` or `~` that need not be encoded (RFC 3986 section 2.3): `%61dmin` is `admin` to a server
    /// and is not to a rule.
    #[error("the path has an encoded character that needs no encoding")]
    EncodedUnreserved,
    /// `%25` and two hexadecimal digits: an escape to those that decode twice.
    #[error("the path has an escape that is encoded itself")]
    EncodedTwice,
    /// `%` without two hexadecimal digits, `%u002f` among them: kept by some, refused or repaired by others.
    #[error("the path has a percent sign that begins no escape")]
    Escape,
    /// NUL, another control character (U+0080 to U+009F and the separators U+2028 and U+2029 too), raw or encoded, or a
    /// raw space, in the path; raw ones in the query. They cut strings, and lines of a message to an upstream.
    #[error("the path has a control character or a raw space")]
    Control,
    /// Escapes that decode to no UTF-8 (RFC 3629): overlong forms (`%C0%AF`), surrogates, lone bytes.
    #[error("the path has escapes that are not UTF-8")]
    NotUtf8,
    /// A raw byte above 0x7F, which no URI has (RFC 3986 section 2): the same letter could come encoded.
    #[error("the path has a raw byte that is not ASCII")]
    NotAscii,
    /// `#`: some servers cut off what follows.
    #[error("the path has a fragment")]
    Fragment,
}

/// What was seen of the segment at hand.
#[derive(Clone, Copy)]
enum Segment {
    Empty,
    Dot,
    TwoDots,
    Name,
}

impl Segment {
    fn with_dot(self) -> Self {
        match self {
            Self::Empty => Self::Dot,
            Self::Dot => Self::TwoDots,
            Self::TwoDots | Self::Name => Self::Name,
        }
    }

    /// The segment that starts behind a slash.
    fn before_slash(self) -> Result<Self, Ambiguous> {
        match self {
            Self::Empty => Err(Ambiguous::EmptySegment),
            Self::Dot | Self::TwoDots => Err(Ambiguous::DotSegment),
            Self::Name => Ok(Self::Empty),
        }
    }

    fn at_the_end(self) -> Result<(), Ambiguous> {
        match self {
            Self::Dot | Self::TwoDots => Err(Ambiguous::DotSegment),
            Self::Empty | Self::Name => Ok(()),
        }
    }
}

fn unrooted(path: &[u8]) -> Ambiguous {
    let after_scheme =
        path.iter().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'-' | b'.'));
    let is_uri = after_scheme.and_then(|end| path.get(end..)).is_some_and(|rest| rest.starts_with(b"://"));
    if is_uri { Ambiguous::AbsoluteForm } else { Ambiguous::NotRooted }
}

/// Judges one escape, or those that make one character, and gives what comes behind. `rest` is behind the `%`.
fn judge_escape(rest: &[u8]) -> Result<&[u8], Ambiguous> {
    let (byte, rest) = escaped(rest).ok_or(Ambiguous::Escape)?;
    match byte {
        b'/' => Err(Ambiguous::EncodedSlash),
        b'\\' => Err(Ambiguous::EncodedBackslash),
        b'.' => Err(Ambiguous::EncodedDot),
        b';' => Err(Ambiguous::Parameter),
        ..b' ' | 0x7F => Err(Ambiguous::Control),
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => Err(Ambiguous::EncodedUnreserved),
        b'%' if escaped(rest).is_some() => Err(Ambiguous::EncodedTwice),
        0x80.. => judge_character(byte, rest),
        _ => Ok(rest),
    }
}

/// Judges a character of several bytes, each an escape; `rest` is behind the first one.
fn judge_character(lead: u8, mut rest: &[u8]) -> Result<&[u8], Ambiguous> {
    let length = match lead {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return Err(Ambiguous::NotUtf8),
    };
    let mut bytes = [lead, 0, 0, 0];
    for byte in bytes.iter_mut().take(length).skip(1) {
        let escape = rest.strip_prefix(b"%").ok_or(Ambiguous::NotUtf8)?;
        (*byte, rest) = escaped(escape).ok_or(Ambiguous::Escape)?;
    }
    let character = bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match character.and_then(|text| text.chars().next()) {
        None => Err(Ambiguous::NotUtf8),
        Some(character) if character.is_control() => Err(Ambiguous::Control),
        Some('\u{2028}' | '\u{2029}') => Err(Ambiguous::Control),
        Some(_) => Ok(rest),
    }
}

fn judge_query(query: &[u8]) -> Result<(), Ambiguous> {
    query.iter().try_for_each(|byte| match byte {
        b'#' => Err(Ambiguous::Fragment),
        ..=b' ' | 0x7F => Err(Ambiguous::Control),
        _ => Ok(()),
    })
}
