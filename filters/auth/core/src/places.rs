//! Where a request may carry its token (`from:`), and how to take it out again.
//!
//! Each provider names its own places. A policy makes one list of all of them, so that one pass over the fields finds
//! every token, wherever it is and whoever it is meant for; what comes out says where it was, and a provider asks whether
//! that is one of its places.
//!
//! RFC 6750 section 2 allows one way of sending a token per request. The same token in two places does no harm and is
//! taken; two different ones are refused, because a server behind us might read the other one. For the same reason every
//! line, every cookie and every parameter is looked at, and what looks like a token but is not well-formed is refused,
//! never skipped. Not looked at is the body (RFC 6750 section 2.2).

mod prefix; // `Bearer `
mod read; // from:
mod strip; // forward: { token: strip }
#[cfg(test)]
mod tests;

use filter_api::request::percent_decoded;
use filter_api::{FieldName, Fields};
use prefix::Prefix;

/// One place for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The value of a header, behind a prefix if there is one.
    Header {
        /// Lower-case.
        name: FieldName,
        /// What stands before the token; lines without it carry none.
        prefix: Option<Prefix>,
    },
    /// A cookie; case counts.
    Cookie(String),
    /// A query parameter; its name is compared decoded.
    Query(String),
}

/// All distinct places of a policy, at most 64.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Place>);

/// Some of the [`Places`] of a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaceSet(u64);

/// A token, not verified, and every place where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Found<'a> {
    /// The token alone.
    pub token: &'a [u8],
    /// Where it was.
    pub places: PlaceSet,
}

/// Why the credentials are not one token (RFC 6750 section 3.1, `invalid_request`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCredentials {
    /// What stands in a place for tokens is not the syntax of one (RFC 6750 section 2.1): empty, white space, quotes,
    /// escapes, several joined by commas.
    #[error("what stands in a place for tokens is none")]
    Malformed,
    /// A header for tokens in several lines; who reads which is up to each reader.
    #[error("a header for tokens is repeated")]
    Repeated,
    /// Two tokens that differ.
    #[error("two different tokens")]
    Different,
}

impl Places {
    /// Takes up the places of one provider. `None` if there would be more than 64 in all.
    #[must_use]
    pub fn add(&mut self, places: &[Place]) -> Option<PlaceSet> {
        let mut set = PlaceSet::default();
        for place in places {
            let index = self.0.iter().position(|known| known == place).unwrap_or(self.0.len());
            set = set.with(PlaceSet::one(index)?);
            if index == self.0.len() {
                self.0.push(place.clone());
            }
        }
        Some(set)
    }

    /// Finds the one token of a request. One pass over the fields, no allocation.
    ///
    /// Its bytes are not looked at: see [`Found::is_well_formed`].
    ///
    /// # Errors
    /// [`InvalidCredentials`]: more than one token, or something that cannot be told apart from one.
    pub fn find<'a>(&self, fields: Fields<'a>) -> Result<Option<Found<'a>>, InvalidCredentials> {
        let mut search = Search { places: &self.0, headers: PlaceSet::default(), found: None };
        for (name, value) in fields.iter() {
            match name {
                b":path" => search.query(value)?,
                b"cookie" => search.cookies(value)?,
                _ => search.header(name, value)?,
            }
        }
        Ok(search.found)
    }
}

impl PlaceSet {
    /// Whether some place is in both.
    #[must_use]
    pub fn shares(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn one(index: usize) -> Option<Self> {
        u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).map(Self)
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Found<'_> {
    /// Whether the token has the syntax of one, `b64token` of RFC 6750 section 2.1: one or more of
    /// `A-Z a-z 0-9 - . _ ~ + /`, then any number of `=`.
    ///
    /// Every JWS has; so this is asked only about what is none, to tell bad credentials from a bad token.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        is_well_formed(self.token)
    }
}

/// The token is a secret.
impl std::fmt::Debug for Found<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Found").field("token", &"[redacted]").field("places", &self.places).finish()
    }
}

/// What is known in the middle of the fields.
struct Search<'s, 'a> {
    places: &'s [Place],
    /// The headers that were there already.
    headers: PlaceSet,
    found: Option<Found<'a>>,
}

impl<'a> Search<'_, 'a> {
    fn header(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), InvalidCredentials> {
        let all = self.places;
        let places = numbered(all).filter_map(|(set, place)| match place {
            Place::Header { name: wanted, prefix } if wanted.as_str().as_bytes() == name => {
                Some((set, prefix.as_ref()))
            }
            _ => None,
        });
        let (mut bare, mut claimed) = (PlaceSet::default(), false);
        for (set, prefix) in places {
            if self.headers.shares(set) {
                return Err(InvalidCredentials::Repeated);
            }
            self.headers = self.headers.with(set);
            let Some(prefix) = prefix else {
                bare = bare.with(set);
                continue;
            };
            if let Some(token) = prefix.token_of(value)? {
                self.note(token, set)?;
                claimed = true;
            }
        }
        // A line with a prefix that another provider asks for is not a bare token.
        if claimed || bare == PlaceSet::default() { Ok(()) } else { self.note(value, bare) }
    }

    fn cookies(&mut self, line: &'a [u8]) -> Result<(), InvalidCredentials> {
        let all = self.places;
        for (set, name) in numbered(all).filter_map(|(set, place)| Some((set, place.cookie()?))) {
            for pair in line.split(|byte| *byte == b';') {
                match cookie_value(pair, name) {
                    // What is left behind by a log-out.
                    None | Some([]) => {}
                    Some(value) => self.note(value, set)?,
                }
            }
        }
        Ok(())
    }

    fn query(&mut self, path: &'a [u8]) -> Result<(), InvalidCredentials> {
        let Some((_, query)) = split_at(path, b'?') else { return Ok(()) };
        let all = self.places;
        for (set, name) in numbered(all).filter_map(|(set, place)| Some((set, place.query()?))) {
            for pair in query.split(|byte| *byte == b'&') {
                if let Some(value) = parameter_value(pair, name) {
                    self.note(value, set)?;
                }
            }
        }
        Ok(())
    }

    /// Takes up what stands in a place for tokens.
    fn note(&mut self, token: &'a [u8], places: PlaceSet) -> Result<(), InvalidCredentials> {
        let before = match self.found {
            Some(found) if found.token != token => {
                return Err(match is_well_formed(found.token) && is_well_formed(token) {
                    true => InvalidCredentials::Different,
                    false => InvalidCredentials::Malformed,
                });
            }
            Some(found) => found.places,
            None => PlaceSet::default(),
        };
        self.found = Some(Found { token, places: before.with(places) });
        Ok(())
    }
}

impl Place {
    fn cookie(&self) -> Option<&str> {
        if let Self::Cookie(name) = self { Some(name) } else { None }
    }

    fn query(&self) -> Option<&str> {
        if let Self::Query(name) = self { Some(name) } else { None }
    }
}

fn numbered(places: &[Place]) -> impl Iterator<Item = (PlaceSet, &Place)> {
    places.iter().enumerate().filter_map(|(index, place)| Some((PlaceSet::one(index)?, place)))
}

/// Whether a text has the syntax of a token: `b64token` of RFC 6750 section 2.1. Nothing is decoded or trimmed.
fn is_well_formed(text: &[u8]) -> bool {
    let mut token = text;
    while let [rest @ .., b'='] = token {
        token = rest;
    }
    let is_b64token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    !token.is_empty() && token.iter().all(is_b64token)
}

/// The value of a cookie pair, if it has this name; white space around both is not part of them.
fn cookie_value<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (key, value) = split_at(pair, b'=')?;
    (key.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
}

/// The value of a query parameter, not decoded, if its name is this one once decoded.
fn parameter_value<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (key, value) = split_at(pair, b'=').unwrap_or((pair, b""));
    percent_decoded(key).eq(name.bytes()).then_some(value)
}

/// What stands before and behind the first such byte.
fn split_at(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|found| *found == byte)?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}
