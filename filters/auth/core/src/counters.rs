//! Counters: what was allowed by which rule, what was refused for which reason.

#[cfg(test)]
mod tests;

use crate::denial::Reason;
use filter_api::{Counter, Name, StatName};

/// The counters of one policy, named at configuration time. Reasons are a fixed set, rules and providers the policy's.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    names: Vec<StatName>,
    /// By rule.
    allowed: Vec<Counter>,
    /// By provider, then for JWT-SVIDs.
    verified: Vec<Counter>,
    /// In the order of [`Reason::all`].
    denied: Vec<Counter>,
    /// The same under a dry run; empty if nothing is dry.
    would_deny: Vec<Counter>,
    unlisted: Option<Counter>,
}

impl Counters {
    /// * `issuers`: the providers, then `jwt_svid` if there are trust domains.
    /// * `dry`: whether the policy or a rule is a dry run.
    /// * `revocations`: whether there is a revocation list.
    pub(crate) fn new(rules: &[&Name], issuers: &[&str], dry: bool, revocations: bool) -> Self {
        let mut counters = Self::default();
        let allowed = StatName::new("sluice.auth.allowed");
        counters.allowed =
            rules.iter().map(|rule| counters.define(allowed.clone().tag("rule", rule))).collect();
        let verified = StatName::new("sluice.auth.verified");
        counters.verified =
            issuers.iter().map(|issuer| counters.define(verified.clone().tag("issuer", issuer))).collect();
        counters.denied = counters.by_reason("sluice.auth.denied");
        if dry {
            counters.would_deny = counters.by_reason("sluice.auth.would_deny");
        }
        if revocations {
            counters.unlisted = Some(counters.define(StatName::new("sluice.auth.revocations_unknown")));
        }
        counters
    }

    pub(crate) fn names(&self) -> &[StatName] {
        &self.names
    }

    /// A rule let a request pass.
    pub(crate) fn allowed(&self, rule: usize) -> Option<Counter> {
        self.allowed.get(rule).copied()
    }

    /// A token was seen for the first time and verified; see [`Counters::new`] for the place.
    pub(crate) fn verified(&self, issuer: usize) -> Option<Counter> {
        self.verified.get(issuer).copied()
    }

    /// A request was refused.
    pub(crate) fn denied(&self, reason: Reason) -> Counter {
        // Every reason is in the list.
        place(&self.denied, reason).unwrap_or(Counter(u16::MAX))
    }

    /// A request would have been refused if this were no dry run.
    pub(crate) fn would_deny(&self, reason: Reason) -> Option<Counter> {
        place(&self.would_deny, reason)
    }

    /// A token was taken while the revocation list was not there yet.
    pub(crate) fn revocations_unknown(&self) -> Option<Counter> {
        self.unlisted
    }

    fn by_reason(&mut self, base: &str) -> Vec<Counter> {
        Reason::all().map(|reason| self.define(StatName::new(base).tag("reason", reason.code()))).collect()
    }

    fn define(&mut self, name: StatName) -> Counter {
        let place = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name);
        Counter(place)
    }
}

/// Only refused requests look for a counter, and there are about fifty.
fn place(counters: &[Counter], reason: Reason) -> Option<Counter> {
    Reason::all().zip(counters).find(|(other, _)| *other == reason).map(|(_, counter)| *counter)
}
