//! Takes a token out of a request: all else stays byte for byte.

use super::{Place, PlaceSet, Places, cookie_value, numbered, parameter_value, split_at};
use filter_api::{Fields, Mutation};
use std::borrow::Cow;

impl Places {
    /// What to change so that no token is left in `from`: header lines go, cookies and query parameters of these names are
    /// cut out. Several `cookie` lines become one, as HTTP/2 says how (RFC 9113 section 8.2.3).
    ///
    /// * `from`: where the token was found.
    #[must_use]
    pub fn strip<'p>(&'p self, fields: Fields<'_>, from: PlaceSet) -> Vec<Mutation<'p>> {
        let mut changes: Vec<Mutation<'p>> = Vec::new();
        let (mut has_cookie, mut has_query) = (false, false);
        for place in self.among(from) {
            match place {
                Place::Header { name, .. } => {
                    let remove = Mutation::Remove(name.as_str());
                    if !changes.contains(&remove) {
                        changes.push(remove);
                    }
                }
                Place::Cookie(_) => has_cookie = true,
                Place::Query(_) => has_query = true,
            }
        }
        if has_cookie {
            changes.push(match self.cookies_left(fields, from) {
                Some(line) => Mutation::Set("cookie", Cow::Owned(line)),
                None => Mutation::Remove("cookie"),
            });
        }
        if has_query && let Some(path) = fields.first(":path").and_then(|path| self.path_left(path, from)) {
            changes.push(Mutation::Set(":path", Cow::Owned(path)));
        }
        changes
    }

    fn among(&self, set: PlaceSet) -> impl Iterator<Item = &Place> {
        numbered(&self.0).filter(move |(one, _)| one.shares(set)).map(|(_, place)| place)
    }

    /// All cookies but those in `from`, in one line.
    fn cookies_left(&self, fields: Fields<'_>, from: PlaceSet) -> Option<Vec<u8>> {
        let is_token = |pair: &[u8]| {
            self.among(from).filter_map(Place::cookie).any(|name| cookie_value(pair, name).is_some())
        };
        let mut left: Option<Vec<u8>> = None;
        for line in fields.lines("cookie") {
            let pairs = line.split(|byte| *byte == b';').enumerate();
            for (number, pair) in pairs.filter(|(_, pair)| !is_token(pair)) {
                match &mut left {
                    None => left = Some(pair.trim_ascii_start().to_vec()),
                    Some(left) => {
                        left.extend_from_slice(if number == 0 { b"; " } else { b";" });
                        left.extend_from_slice(pair);
                    }
                }
            }
        }
        left.filter(|line| !line.trim_ascii().is_empty())
    }

    /// The path without the parameters in `from`; without a `?` if none is left. `None` if it has no query.
    fn path_left(&self, path: &[u8], from: PlaceSet) -> Option<Vec<u8>> {
        let is_token = |pair: &[u8]| {
            self.among(from).filter_map(Place::query).any(|name| parameter_value(pair, name).is_some())
        };
        let (path, query) = split_at(path, b'?')?;
        let mut left = path.to_vec();
        let mut separator = b'?';
        for pair in query.split(|byte| *byte == b'&').filter(|pair| !is_token(pair)) {
            left.push(separator);
            left.extend_from_slice(pair);
            separator = b'&';
        }
        Some(left)
    }
}
