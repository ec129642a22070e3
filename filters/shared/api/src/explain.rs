//! `explain:`, callers who are told in a field of the response why they were served so.
//!
//! Only what `auth` has verified makes a caller one of them. Everybody else gets no such field, not even from the
//! service behind.

mod account;
#[cfg(test)]
mod tests;

use crate::config::Node;
use crate::{ClaimCondition, Identity, Mutation, RequestHead};
use filter_spiffe::{Pattern, SpiffeId};

pub use account::{Account, Item};

/// A policy's `explain:`.
#[derive(Clone, Debug)]
pub struct Explain {
    field: &'static str,
    insiders: Vec<Insider>,
}

/// One of `for:`. All of it must hold.
#[derive(Clone, Debug)]
struct Insider {
    claims: Vec<ClaimCondition>,
    /// Empty: nobody in particular.
    peer: Vec<Pattern>,
}

/// What becomes of the field of one response.
#[derive(Clone, Debug)]
pub struct Telling {
    field: &'static str,
    /// Begins with who the caller is; `None`: not told.
    account: Option<Account>,
}

impl Explain {
    /// Reads it.
    ///
    /// * `field`: of the response, lower case.
    #[must_use]
    pub fn read(node: &Node<'_>, field: &'static str) -> Option<Self> {
        let mut map = node.map()?;
        let insiders = map.required("for", |node| node.non_empty(|item| Insider::read(&item)));
        map.finish();
        Some(Self { field, insiders: insiders? })
    }

    /// Finds out whether the caller is to be told. Reads the verified identity, and nothing else.
    #[must_use]
    pub fn telling(&self, request: &impl RequestHead) -> Telling {
        // Nobody verified: nobody is told, whatever is said about claims that are not there.
        let identity =
            request.identity().filter(|identity| self.insiders.iter().any(|one| one.is(*identity)));
        Telling { field: self.field, account: identity.map(Account::of) }
    }
}

impl Insider {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let (claims, peer) = (map.field("claims"), map.field("peer"));
        map.finish();
        if claims.is_none() && peer.is_none() {
            return node.refuse("needs claims or peer");
        }
        let claims =
            claims.map_or(Some(Vec::new()), |node| node.non_empty(|item| ClaimCondition::read(&item)));
        let peer = peer.map_or(Some(Vec::new()), |node| node.non_empty(|item| item.parse(Pattern::parse)));
        Some(Self { claims: claims?, peer: peer? })
    }

    fn is(&self, identity: Identity<'_>) -> bool {
        let is_peer = || {
            let id = SpiffeId::parse(std::str::from_utf8(identity.spiffe_id()?).ok()?).ok()?;
            Some(self.peer.iter().any(|pattern| pattern.matches(&id)))
        };
        self.claims.iter().all(|claim| claim.holds(Some(identity)))
            && (self.peer.is_empty() || is_peer().unwrap_or(false))
    }
}

impl Telling {
    /// What the caller is told so far; `None`: nothing, ever.
    pub fn account(&mut self) -> Option<&mut Account> {
        self.account.as_mut()
    }

    /// The field of an answer of the filter's own, if the caller is told.
    #[must_use]
    pub fn into_field(self) -> Option<(&'static str, String)> {
        self.account.map(|account| (self.field, account.finish()))
    }
}

/// The field of an answer that comes from behind: what somebody else wrote there goes in any case.
impl From<Telling> for Mutation<'static> {
    fn from(telling: Telling) -> Self {
        let field = telling.field;
        match telling.into_field() {
            Some((_, value)) => Self::Set(field, value.into_bytes().into()),
            None => Self::Remove(field),
        }
    }
}
