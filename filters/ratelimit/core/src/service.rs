//! A rate limit service as a limit sees it: asked, heard, and counted if it fails.

#[cfg(test)]
mod tests;

use crate::counters::Counters;
use crate::global::{Global, OnFailure};
use crate::rls::{METHOD, SERVICE, ServiceAnswer};
use filter_api::{Answer, Counter, GrpcCall, Name, StatName};
use std::time::Duration;

/// The call that asks it.
pub(crate) fn call<'c>(global: &'c Global, timeout: Duration, message: &'c [u8]) -> GrpcCall<'c> {
    GrpcCall { cluster: &global.cluster, service: SERVICE, method: METHOD, message, timeout }
}

/// Why there is no answer; the tag `cause` of the stats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing came in time.
    Timeout,
    /// No such cluster, no endpoint, or no room for another call.
    Unsent,
    /// gRPC ended with another status than OK.
    Status,
    /// What came says neither yes nor no.
    Answer,
}

impl Cause {
    const ALL: [Self; 4] = [Self::Timeout, Self::Unsent, Self::Status, Self::Answer];

    fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unsent => "unsent",
            Self::Status => "status",
            Self::Answer => "answer",
        }
    }
}

/// Reads what came of a call.
pub(crate) fn hear(answer: &Answer) -> Result<ServiceAnswer, Cause> {
    match answer {
        Answer::Message(message) => ServiceAnswer::read(message).map_err(|_| Cause::Answer),
        Answer::Status(_) => Err(Cause::Status),
        Answer::Unsent => Err(Cause::Unsent),
        Answer::TimedOut => Err(Cause::Timeout),
    }
}

/// The counters of one global limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServiceCounters {
    /// In the order of [`Cause::ALL`].
    failures: [Counter; Cause::ALL.len()],
    /// A request for which `on_failure` decided.
    pub(crate) fallback: Counter,
    /// A lease that the service granted.
    pub(crate) granted: Counter,
    /// One that it refused.
    pub(crate) refused: Counter,
}

impl ServiceCounters {
    pub(crate) fn define(counters: &mut Counters, limit: &Name, on_failure: OnFailure) -> Self {
        let mut define = |base: &str, tag: &str, value: &str| {
            let base = format!("sluice.ratelimit.{base}");
            counters.define(StatName::new(&base).tag("limit", limit).tag(tag, value))
        };
        Self {
            failures: Cause::ALL.map(|cause| define("service_failures", "cause", cause.as_str())),
            fallback: define("fallbacks", "mode", on_failure.as_str()),
            granted: define("leases", "outcome", "granted"),
            refused: define("leases", "outcome", "refused"),
        }
    }

    pub(crate) fn failure(&self, cause: Cause) -> Counter {
        let [timeout, unsent, status, answer] = self.failures;
        match cause {
            Cause::Timeout => timeout,
            Cause::Unsent => unsent,
            Cause::Status => status,
            Cause::Answer => answer,
        }
    }
}
