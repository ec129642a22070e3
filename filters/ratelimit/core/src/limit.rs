//! One limit of a policy: whom it is about, who shares it, and what it counts.

use crate::counters::LimitCounters;
use crate::fingerprint::Salt;
use crate::global::Global;
use crate::rate::Rate;
use filter_api::{Key, Name, Predicate, RequestHead};
use std::rc::Rc;
use std::time::Duration;

/// See the README's table of fields.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) name: Name,
    /// `None`: all requests.
    pub(crate) when: Option<Predicate>,
    /// `None`: all requests share one bucket.
    pub(crate) key: Option<Parts>,
    pub(crate) control: Control,
    /// What a refused request gets, 400 to 599.
    pub(crate) status: u16,
    pub(crate) dry_run: bool,
    pub(crate) counters: LimitCounters,
}

/// A tuple of keys.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) keys: Vec<Key>,
    pub(crate) missing: Missing,
    /// Of the limit's name and kind.
    pub(crate) salt: Salt,
}

/// What becomes of a request that lacks a part of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It does not count here.
    Skip,
    /// It is refused.
    Deny,
    /// It shares one bucket with all that lack it.
    Shared,
}

/// What a limit counts.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    /// `rate:`
    Rate(Bucket),
    /// `rate_by:`
    RateBy(RateBy),
    /// `concurrency:`
    Concurrency(Concurrency),
    /// `global:`, and the `rate` beside it.
    Global(Rc<Global>, Option<Bucket>),
}

/// A rate, and what tells its counts from those of other rates.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    pub(crate) rate: Rate,
    /// Of the plan, if the limit has several.
    pub(crate) salt: Salt,
    /// Of its record, if the limit has no key.
    pub(crate) single: u128,
}

/// Rates by the value of a verified claim.
#[derive(Clone, Debug)]
pub(crate) struct RateBy {
    pub(crate) claim: String,
    /// Sorted by the claim's value.
    pub(crate) table: Vec<(String, Bucket)>,
    pub(crate) otherwise: Bucket,
}

/// At most so many requests in flight.
#[derive(Clone, Debug)]
pub(crate) struct Concurrency {
    pub(crate) max: u32,
    /// After that a place is given back whose request nobody vouches for any more.
    pub(crate) lease: Duration,
    /// Of its record, if the limit has no key.
    pub(crate) single: u128,
}

impl Limit {
    /// Whether it is about this request.
    pub(crate) fn is_about(&self, request: &impl RequestHead) -> bool {
        self.when.as_ref().is_none_or(|when| when.matches(request))
    }

    /// What it tells requests apart by, if it does.
    pub(crate) fn keys(&self) -> Option<&[Key]> {
        self.key.as_ref().map(|parts| parts.keys.as_slice())
    }

    /// The service that keeps it, if one does.
    pub(crate) fn global(&self) -> Option<&Rc<Global>> {
        if let Control::Global(global, _) = &self.control { Some(global) } else { None }
    }
}

impl RateBy {
    /// The rate of whoever asks. A list is no plan.
    pub(crate) fn bucket(&self, request: &impl RequestHead) -> &Bucket {
        let plan = request.identity().and_then(|identity| identity.claim(&self.claim)?.scalar());
        let found = plan.and_then(|plan| {
            let place = self.table.binary_search_by(|(value, _)| value.as_bytes().cmp(plan)).ok()?;
            self.table.get(place)
        });
        found.map_or(&self.otherwise, |(_, bucket)| bucket)
    }
}
