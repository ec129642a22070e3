//! The predicate language: which requests a rule is about (`when:`).

mod read;
#[cfg(test)]
mod tests;
mod vain;

use crate::request::{authority_host, cookie, parameter, path_of, query_of};
use crate::{Cidr, FieldName, Key, Matcher, NamedList, RequestHead};
use filter_spiffe::Pattern;
use std::rc::Rc;

pub use read::Lists;

/// A condition on a request. A field that is absent satisfies nothing but `present: false`.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// `:path` up to the query, as the client sent it.
    Path(Matcher),
    /// The request method; case counts.
    Method(Matcher),
    /// The host of `:authority`: lower-case, without port.
    Authority(Matcher),
    /// Any line of a field.
    Header(FieldName, Matcher),
    /// The first cookie of a name.
    Cookie(String, Matcher),
    /// The first query parameter of a name, decoded.
    Query(String, Matcher),
    /// A verified claim, by name or dotted path.
    Claim(String, Matcher),
    /// The verified peer is one of these.
    Peer(Vec<Pattern>),
    /// There is (`true`) or is not (`false`) a verified peer.
    PeerPresent(bool),
    /// The client's address lies in one of these networks.
    SourceIp(Vec<Cidr>),
    /// A key of the request is an entry of a list.
    List(Rc<NamedList>, Key),
    /// All of these hold; `all: []` is refused.
    All(Vec<Predicate>),
    /// At least one of these holds.
    Any(Vec<Predicate>),
    /// This does not hold.
    Not(Box<Predicate>),
}

impl Predicate {
    /// Whether the request satisfies this. Reads no more than it needs, left to right.
    #[must_use]
    pub fn matches(&self, request: &impl RequestHead) -> bool {
        match self {
            Self::Path(matcher) => matcher.matches(path_of(request.fields())),
            Self::Method(matcher) => matcher.matches(request.fields().first(":method")),
            Self::Authority(matcher) => {
                let host = authority_host(request.fields()).map(<[u8]>::to_ascii_lowercase);
                matcher.matches(host.as_deref())
            }
            Self::Header(name, matcher) => matcher.matches_any(request.fields().lines(name.as_str())),
            Self::Cookie(name, matcher) => matcher.matches(cookie(request.fields(), name)),
            Self::Query(name, matcher) => {
                let value = query_of(request.fields()).and_then(|query| parameter(query, name));
                matcher.matches(value.as_deref())
            }
            Self::Claim(path, matcher) => {
                matcher.matches_claim(request.identity().and_then(|identity| identity.claim(path)))
            }
            Self::Peer(patterns) => {
                request.peer().is_some_and(|peer| patterns.iter().any(|pattern| pattern.matches(&peer)))
            }
            Self::PeerPresent(wanted) => request.peer().is_some() == *wanted,
            Self::SourceIp(networks) => request
                .source_ip()
                .is_some_and(|address| networks.iter().any(|network| network.contains(address))),
            Self::List(list, key) => key.extract(request).is_some_and(|key| list.contains(&key)),
            Self::All(all) => all.iter().all(|one| one.matches(request)),
            Self::Any(any) => any.iter().any(|one| one.matches(request)),
            Self::Not(inner) => !inner.matches(request),
        }
    }
}
