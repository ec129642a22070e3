//! What a token says: the members of its payload (RFC 7519 section 4).

#[cfg(test)]
mod tests;

use crate::json::Json;
use std::borrow::Cow;

/// An ordered JSON object. Whether it is proven depends on who holds it: see [`crate::VerifiedToken`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims<'t>(Vec<(Cow<'t, str>, Json<'t>)>);

impl<'t> Claims<'t> {
    /// `None` unless it is an object.
    pub(crate) fn new(payload: Json<'t>) -> Option<Self> {
        match payload {
            Json::Map(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// The claim of exactly this name: `https://ns.example/roles`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json<'t>> {
        self.0.iter().find(|(claim, _)| claim == name).map(|(_, value)| value)
    }

    /// The claim of exactly this name, or else the one at this dotted path: `realm_access.roles`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Json<'t>> {
        self.get(path).or_else(|| {
            let (first, rest) = path.split_once('.')?;
            rest.split('.').try_fold(self.get(first)?, |value, name| value.get(name))
        })
    }

    /// The top-level claims, in the order of the token.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'t>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}
