//! Questions to gRPC services: those that a request waits for, and those in the background.

use crate::{Counter, Decision, Held, RequestHead, SharedData};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// Asks on behalf of a request that stands still, and decides by the answer: a step machine of one step.
pub trait Pending {
    /// What to ask whom.
    fn call(&self) -> GrpcCall<'_>;

    /// What the request holds while it stands still, and from then on until it ends.
    fn held(&self) -> Option<Held> {
        None
    }

    /// Decides; called exactly once unless the stream ends before.
    fn on(&self, answer: Answer, request: &dyn RequestHead, shared: &dyn SharedData) -> Decision<'static>;
}

/// Asks on behalf of nobody in particular: no request waits for this very answer.
pub trait Background {
    /// What to ask whom.
    fn call(&self) -> GrpcCall<'_>;

    /// Takes the answer in, and says which counters to raise. Called exactly once unless the plugin ends before; then
    /// the requests of the plugin that stand still are decided again, at once or, where many wait in vain, in turns.
    fn on(&self, answer: Answer, shared: &dyn SharedData) -> Vec<Counter>;
}

/// A unary call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrpcCall<'c> {
    /// The name of an Envoy cluster that speaks HTTP/2.
    pub cluster: &'c str,
    /// `envoy.service.ratelimit.v3.RateLimitService`.
    pub service: &'c str,
    /// `ShouldRateLimit`.
    pub method: &'c str,
    /// The serialised request message.
    pub message: &'c [u8],
    /// How long the answer may take; at least 1 ms.
    pub timeout: Duration,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The serialised response message of a call that ended with status OK.
    Message(Vec<u8>),
    /// Another status, also when the connection broke (gRPC status registry).
    Status(u32),
    /// It could not be sent: there is no such cluster, no endpoint, or no room for another call.
    Unsent,
    /// Nothing came in time.
    TimedOut,
}

/// A question that a request waits for, as a decision carries it.
#[derive(Clone)]
pub struct Call(pub Rc<dyn Pending>);

/// A question in the background, as a decision carries it.
#[derive(Clone)]
pub struct Ask(pub Rc<dyn Background>);

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GrpcCall { cluster, method, timeout, .. } = self.0.call();
        write!(formatter, "Call({method} of {cluster} within {timeout:?})")
    }
}

impl fmt::Debug for Ask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GrpcCall { cluster, method, timeout, .. } = self.0.call();
        write!(formatter, "Ask({method} of {cluster} within {timeout:?})")
    }
}

/// The very same question.
impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Call {}

/// The very same question.
impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Ask {}
