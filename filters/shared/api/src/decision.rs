//! What a filter wants done: plain data, applied by the shell in one place.

use crate::Call;
use std::borrow::Cow;

/// The verdict on a request head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'p> {
    /// The request goes on, with these effects.
    Continue(Effects<'p>),
    /// The filter answers itself; the upstream never sees the request.
    Reply(Reply<'p>),
    /// The filter cannot tell yet, because a document is not there: the request stands still and is decided again
    /// whenever a document of the policy was fetched, and for the last time, with no more waiting, soon.
    Wait,
    /// The filter asks a service: the request stands still until there is an answer or the time for it is over.
    Call(Call),
}

/// What happens besides the verdict. Borrowed from the policy as far as possible, so that a request costs few
/// allocations; each entry is one host call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects<'p> {
    /// Changes to the request's fields, in order, before the route is chosen again.
    pub request: Vec<Mutation<'p>>,
    /// Changes to the response's fields, in order, whoever produces the response.
    pub response: Vec<Mutation<'p>>,
    /// Filter state for access logs and for the filters behind; the key has no dot-separated parts for the host.
    pub state: Vec<(&'static str, Cow<'p, [u8]>)>,
    /// Counters to raise by one.
    pub counters: Vec<Counter>,
    /// A line for the log, rate-limited by the shell. Never made of request data that could be secret.
    pub log: Option<String>,
}

/// One change to the fields of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation<'p> {
    /// One line with this value, whatever lines there were.
    Set(&'p str, Cow<'p, [u8]>),
    /// One more line.
    Append(&'p str, Cow<'p, [u8]>),
    /// No line.
    Remove(&'p str),
}

/// A counter that the filter named at configuration time: its place in that list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter(pub u16);

/// An answer of the filter's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<'p> {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Fields of the answer.
    pub fields: Vec<(&'p str, Cow<'p, [u8]>)>,
    /// The body.
    pub body: Cow<'p, [u8]>,
    /// Response code details: `sluice_<filter>{<reason>}`.
    pub details: String,
    /// For gRPC requests (the status registry of gRPC).
    pub grpc_status: Option<u8>,
    /// Counters to raise by one.
    pub counters: Vec<Counter>,
}
