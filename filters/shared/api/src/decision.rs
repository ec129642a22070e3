//! What a filter wants done: plain data, applied by the shell in one place.

use crate::{Ask, Call, Held};
use std::borrow::Cow;
use std::time::Duration;

/// The verdict on a request head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'p> {
    /// The request goes on, with these effects.
    Continue(Effects<'p>),
    /// The filter answers itself; the upstream never sees the request.
    Reply(Reply<'p>),
    /// The filter cannot tell yet: the request stands still and is decided again when a document of the plugin was
    /// fetched or a question in the background was answered, every few milliseconds if the filter asks such questions
    /// (another worker may have the answer), and for the last time when its patience ends.
    Wait(Patience),
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
    /// What the request holds until it ends.
    pub held: Option<Held>,
    /// What is asked in the background meanwhile.
    pub ask: Option<Ask>,
}

/// How long a request stands still, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After that it is decided for the last time. Counts from the first time that this request waits.
    pub span: Duration,
    /// What is asked in the background; `None` if it was asked before, or if a document is what is missing.
    pub ask: Option<Ask>,
}

impl Patience {
    /// For a document that is on its way, if it is: a second.
    pub const DOCUMENT: Self = Self { span: Duration::from_secs(1), ask: None };
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
