//! Decisions become host calls: here, and nowhere else.

use crate::host::{self, FieldMap, Metric, Status};
use filter_api::{Counter, Effects, Mutation, Reply};

/// A mutation that outlives its policy: what a response waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Set(String, Vec<u8>),
    Append(String, Vec<u8>),
    Remove(String),
}

impl From<Mutation<'_>> for Kept {
    fn from(mutation: Mutation<'_>) -> Self {
        match mutation {
            Mutation::Set(name, value) => Self::Set(name.to_owned(), value.into_owned()),
            Mutation::Append(name, value) => Self::Append(name.to_owned(), value.into_owned()),
            Mutation::Remove(name) => Self::Remove(name.to_owned()),
        }
    }
}

/// Counts, changes the request and writes filter state. Envoy chooses the route again by itself after a changed
/// request field (pinned by e2e for every supported version).
pub(crate) fn request(effects: &Effects<'_>, counters: &[Metric]) {
    raise(&effects.counters, counters);
    for mutation in &effects.request {
        keep_going(match mutation {
            Mutation::Set(name, value) => host::replace_field(FieldMap::Request, name, value),
            Mutation::Append(name, value) => host::add_field(FieldMap::Request, name, value),
            Mutation::Remove(name) => host::remove_field(FieldMap::Request, name),
        });
    }
    for (key, value) in &effects.state {
        keep_going(host::set_property(key, value));
    }
}

/// Changes the response.
pub(crate) fn response(mutations: &[Kept]) {
    for mutation in mutations {
        keep_going(match mutation {
            Kept::Set(name, value) => host::replace_field(FieldMap::Response, name, value),
            Kept::Append(name, value) => host::add_field(FieldMap::Response, name, value),
            Kept::Remove(name) => host::remove_field(FieldMap::Response, name),
        });
    }
}

/// Answers the request. False if the host would not: the caller must then refuse in another way.
pub(crate) fn reply(reply: &Reply<'_>, counters: &[Metric]) -> bool {
    raise(&reply.counters, counters);
    let fields: Vec<_> = reply.fields.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    host::reply(reply.status, &reply.details, &fields, &reply.body, reply.grpc_status).is_ok()
}

/// Counts.
pub(crate) fn raise(raised: &[Counter], counters: &[Metric]) {
    for Counter(index) in raised {
        if let Some(metric) = counters.get(usize::from(*index)) {
            host::increment(*metric, 1);
        }
    }
}

/// A field that cannot be written (the stream is gone, a capability is withheld) must not keep the others from being
/// written; there is nobody left to tell.
fn keep_going(result: Result<(), Status>) {
    let _ = result;
}
