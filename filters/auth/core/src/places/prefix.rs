//! What stands before a token in a header.

use super::InvalidCredentials;
use filter_api::is_token;

/// `Bearer ` in any case, as a scheme of RFC 9110 section 11.1; or any other text, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Bearer,
    Text(String),
}

impl Prefix {
    /// The scheme of RFC 6750.
    #[must_use]
    pub fn bearer() -> Self {
        Self(Kind::Bearer)
    }

    /// Reads a prefix from a policy.
    ///
    /// # Errors
    /// What is wrong with it, for the author of the policy.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.eq_ignore_ascii_case(SCHEME) {
            return Err("has no space at its end, tokens would begin with one");
        }
        if text.strip_suffix(' ').is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME)) {
            return Ok(Self::bearer());
        }
        match text {
            "" => Err("is empty; leave it out where the token stands alone"),
            _ if text.len() > MAX_BYTES => Err("is longer than 64 bytes"),
            _ if !text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b',')
                || text.starts_with(' ') =>
            {
                Err(
                    "starts with a space or has a character that it may not have: a comma, a control, not ASCII",
                )
            }
            _ => Ok(Self(Kind::Text(text.to_owned()))),
        }
    }

    /// What stands for a token in a line; `None` if the line is something else, say, credentials of another scheme.
    ///
    /// # Errors
    /// The line has the prefix behind a comma or white space.
    pub(super) fn token_of<'a>(&self, line: &'a [u8]) -> Result<Option<&'a [u8]>, InvalidCredentials> {
        if let Some(rest) = self.cut_from(line) {
            let token = if self.0 == Kind::Bearer { rest.strip_prefix(b" ") } else { Some(rest) };
            return token.ok_or(InvalidCredentials::Malformed).map(Some);
        }
        // Envoy may have joined two lines by a comma, and a server behind us may look behind it.
        match line.split(|byte| *byte == b',').any(|part| self.cut_from(part.trim_ascii()).is_some()) {
            true => Err(InvalidCredentials::Malformed),
            false => Ok(None),
        }
    }

    /// What follows the prefix; behind a scheme that is not even a space yet.
    fn cut_from<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        match &self.0 {
            Kind::Text(prefix) => text.strip_prefix(prefix.as_bytes()),
            Kind::Bearer => {
                let end = text.iter().position(|byte| !is_token(*byte)).unwrap_or(text.len());
                let (scheme, rest) = text.split_at_checked(end)?;
                scheme.eq_ignore_ascii_case(SCHEME.as_bytes()).then_some(rest)
            }
        }
    }
}

const SCHEME: &str = "Bearer";
const MAX_BYTES: usize = 64;
