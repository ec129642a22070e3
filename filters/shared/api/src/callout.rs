//! A question to a gRPC service that a request waits for: a step machine of one step.

use crate::{Decision, RequestHead};
use std::rc::Rc;
use std::time::Duration;

/// Asks, and decides by the answer.
pub trait Pending {
    /// What to ask whom.
    fn call(&self) -> GrpcCall<'_>;

    /// Decides; called exactly once unless the stream ends before.
    fn on(&self, answer: Answer, request: &dyn RequestHead) -> Decision<'static>;
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

/// A question, as a decision carries it.
#[derive(Clone)]
pub struct Call(pub Rc<dyn Pending>);

impl std::fmt::Debug for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let GrpcCall { cluster, method, timeout, .. } = self.0.call();
        write!(formatter, "Call({method} of {cluster} within {timeout:?})")
    }
}

/// The very same question.
impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Call {}
