//! `global:`, a limit that a rate limit service keeps for all proxies.

use crate::fingerprint::Salt;
use std::time::Duration;

/// Which service to ask, what, and what holds if it does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Global {
    /// The name of an Envoy cluster, 1 to 125 bytes.
    pub(crate) cluster: String,
    /// The domain that the service's own configuration has limits for.
    pub(crate) domain: String,
    /// The keys of the descriptor's entries, one for each part of the limit's key. Without a key: the value of the one
    /// entry `generic_key`.
    pub(crate) descriptor: Vec<String>,
    /// How long an answer may take: 1 ms to 10 s.
    pub(crate) timeout: Duration,
    /// How many hits to ask for at once, 1 to 1 000 000; 1 asks for every request.
    pub(crate) lease: u32,
    /// What holds without an answer.
    pub(crate) on_failure: OnFailure,
    /// Tells leases from what else is counted by the same key, and from those that another service gave.
    pub(crate) salt: Salt,
    /// Of the lease's record, if the limit has no key.
    pub(crate) single: u128,
}

/// What holds while a rate limit service does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// The request goes on.
    Allow,
    /// The request is refused.
    Deny,
    /// The limit's `rate`, kept in this proxy.
    Local,
}

impl OnFailure {
    /// As policies and stats have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Local => "local",
        }
    }
}
