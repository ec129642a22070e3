//! Counters: what each limit admitted, skipped and refused, and why.

#[cfg(test)]
mod tests;

use crate::global::OnFailure;
use crate::reason::Reason;
use crate::service::ServiceCounters;
use filter_api::{Counter, Name, StatName};

/// The counters of one policy, named at configuration time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    names: Vec<StatName>,
}

/// The counters of one limit.
#[derive(Clone, Debug)]
pub(crate) struct LimitCounters {
    pub(crate) admitted: Counter,
    /// It has no key, and the limit lets it be.
    pub(crate) skipped: Counter,
    refused: Counter,
    would_refuse: Counter,
    /// In the order of [`Reason::ALL`].
    reasons: [Counter; Reason::ALL.len()],
    /// A key that was counted gave way to another one.
    pub(crate) table_full: Counter,
    /// Other workers were faster.
    pub(crate) contended: Counter,
    /// Of the service that keeps it, if one does.
    pub(crate) service: Option<ServiceCounters>,
}

impl Counters {
    pub(crate) fn names(&self) -> &[StatName] {
        &self.names
    }

    /// Defines the counters of a limit.
    ///
    /// * `on_failure`: of a limit that a service keeps.
    pub(crate) fn limit(&mut self, name: &Name, on_failure: Option<OnFailure>) -> LimitCounters {
        let outcome = |outcome: &str| {
            StatName::new("sluice.ratelimit.requests").tag("limit", name).tag("outcome", outcome)
        };
        let reason = |reason: Reason| {
            StatName::new("sluice.ratelimit.refused").tag("limit", name).tag("reason", reason.code())
        };
        LimitCounters {
            admitted: self.define(outcome("admitted")),
            skipped: self.define(outcome("skipped")),
            refused: self.define(outcome("refused")),
            would_refuse: self.define(outcome("would_refuse")),
            reasons: Reason::ALL.map(|code| self.define(reason(code))),
            table_full: self.define(StatName::new("sluice.ratelimit.table_full").tag("limit", name)),
            contended: self.define(StatName::new("sluice.ratelimit.contended").tag("limit", name)),
            service: on_failure.map(|on_failure| ServiceCounters::define(self, name, on_failure)),
        }
    }

    /// Defines any other counter.
    pub(crate) fn define(&mut self, name: StatName) -> Counter {
        let place = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name);
        Counter(place)
    }
}

impl LimitCounters {
    /// What a refusal raises.
    ///
    /// * `is_dry`: nothing comes of it.
    pub(crate) fn refused(&self, reason: Reason, is_dry: bool) -> impl Iterator<Item = Counter> {
        let outcome = if is_dry { self.would_refuse } else { self.refused };
        let reasons = Reason::ALL.into_iter().zip(self.reasons);
        let of_reason = reasons.filter(move |(code, _)| *code == reason).map(|(_, counter)| counter);
        std::iter::once(outcome).chain(of_reason)
    }
}
