//! What one request wants of one limit: looked up, taken, given back.

mod credit; // a credit of a lease
mod found; // who the request is
mod rate; // one more arrival
mod remote; // limits that a service keeps
mod visit; // one more place among those in flight

use crate::fingerprint::Salt;
use crate::global::Global;
use crate::headers::Standing;
use crate::held::Taken;
use crate::limit::{Bucket, Control, Limit};
use crate::policy::Tables;
use crate::reason::Reason;
use crate::rls::Status;
use crate::ticks::Ticks;
use crate::update::Contended;
use filter_api::{Counter, RequestHead, SharedData};
use found::Found;
use rate::Arrival;
use remote::Remote;
use std::rc::Rc;
use std::time::Duration;
use visit::Visit;

pub(crate) use credit::Question;
pub(crate) use remote::Lack;

/// A request before a limit that is about it.
pub(crate) struct Demand {
    pub(crate) limit: Rc<Limit>,
    state: State,
    /// As far as this request has looked.
    verdict: Verdict,
}

enum State {
    /// Nobody passes here without a key.
    Closed,
    Rate(Arrival),
    InFlight(Visit),
    Remote(Box<Remote>),
}

/// What a limit says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Room,
    /// It does not.
    Refused(Refusal),
    /// Nobody knows yet; a service is being asked.
    Lacking,
}

/// Why a limit refuses a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// Until it would not; `None`: never.
    pub(crate) wait: Option<Ticks>,
}

impl Refusal {
    /// Nobody knows for how long.
    pub(crate) fn for_now(reason: Reason) -> Self {
        Self { reason, wait: Some(Ticks::SECOND) }
    }

    /// Which of two tells the client more: the one that lasts longer, or else the first.
    pub(crate) fn outlasts(self, other: Self) -> bool {
        match (self.wait, other.wait) {
            (Some(this), Some(other)) => this > other,
            (this, other) => this.is_none() && other.is_some(),
        }
    }
}

impl From<Option<Refusal>> for Verdict {
    fn from(refusal: Option<Refusal>) -> Self {
        refusal.map_or(Self::Room, Self::Refused)
    }
}

impl Demand {
    /// Finds out where the request counts; `None`: not at all. Reads of the request what the key names, and nothing
    /// that is shared.
    pub(crate) fn new(
        limit: &Rc<Limit>,
        tables: &Tables,
        request: &impl RequestHead,
        shared: &dyn SharedData,
        lack: Lack,
    ) -> Option<Self> {
        let key = |salt| Found::of(limit, salt, request, shared);
        let rate = |bucket: &Bucket, found: &Found| {
            let place = found.place(&tables.rates, bucket.single, shared)?;
            Some(Arrival::new(&bucket.rate, place, tables.horizon))
        };
        let state = match &limit.control {
            Control::Rate(bucket) => rate(bucket, &key(bucket.salt)?).map(State::Rate),
            Control::RateBy(rate_by) => {
                let bucket = rate_by.bucket(request);
                rate(bucket, &key(bucket.salt)?).map(State::Rate)
            }
            Control::Concurrency(concurrency) => {
                let place = key(Salt::NONE)?.place(&tables.stays, concurrency.single, shared);
                place.map(|place| State::InFlight(Visit::new(concurrency, place)))
            }
            Control::Global(global, bucket) => {
                let found = key(bucket.as_ref().map_or(global.salt, |bucket| bucket.salt))?;
                let local = bucket.as_ref().and_then(|bucket| rate(bucket, &found));
                let place = found.salted(global.salt).place(&tables.leases, global.single, shared);
                place.map(|place| State::Remote(Box::new(Remote::new(global, place, local, lack))))
            }
        };
        Some(Self { limit: Rc::clone(limit), state: state.unwrap_or(State::Closed), verdict: Verdict::Room })
    }

    /// Why the request cannot go on, if it cannot.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        if let Verdict::Refused(refusal) = self.verdict { Some(refusal) } else { None }
    }

    /// If nobody knows yet: how long an answer may take.
    pub(crate) fn lacks(&self) -> Option<Duration> {
        let remote = self.remote().filter(|_| self.verdict == Verdict::Lacking)?;
        Some(remote.global.timeout)
    }

    /// Whether there is room, without taking it. One host call.
    pub(crate) fn look(&mut self, shared: &dyn SharedData) {
        self.verdict = match &mut self.state {
            State::Closed => Verdict::Refused(NO_KEY),
            State::Rate(arrival) => arrival.look(shared).into(),
            State::InFlight(visit) => visit.look(shared).into(),
            State::Remote(remote) => remote.look(shared),
        };
    }

    /// Takes what the request wants, or says why not. Two host calls if it was not looked up before and nobody
    /// interferes.
    ///
    /// * `may_ask`: whether the decision has room for a question in the background.
    pub(crate) fn take(&mut self, may_ask: bool, shared: &dyn SharedData, counters: &mut Vec<Counter>) {
        let taken = match &mut self.state {
            State::Closed => Ok((Verdict::Refused(NO_KEY), false)),
            State::Rate(arrival) => arrival.take(shared).map(|taken| match taken {
                Ok(evicted) => (Verdict::Room, evicted),
                Err(refusal) => (Verdict::Refused(refusal), false),
            }),
            State::InFlight(visit) => visit.take(shared).map(|taken| (taken.err().into(), false)),
            State::Remote(remote) => remote.take(may_ask, shared),
        };
        let of_limit = &self.limit.counters;
        self.verdict = match taken {
            Ok((verdict, evicted)) => {
                counters.extend(evicted.then_some(of_limit.table_full));
                verdict
            }
            Err(Contended) => {
                counters.push(of_limit.contended);
                Verdict::Refused(Refusal::for_now(Reason::Contended))
            }
        };
    }

    /// Undoes [`Self::take`].
    pub(crate) fn give_back(&mut self, shared: &dyn SharedData) {
        match &mut self.state {
            State::Closed => {}
            State::Rate(arrival) => arrival.give_back(shared),
            State::InFlight(visit) => visit.give_back(shared),
            State::Remote(remote) => remote.give_back(shared),
        }
    }

    /// The place that it has taken, to be held from now on by somebody else.
    pub(crate) fn take_place(&mut self) -> Option<Taken> {
        if let State::InFlight(visit) = &mut self.state { visit.take_place() } else { None }
    }

    /// What fields of the answer say about it.
    pub(crate) fn standing(&self, shared: &dyn SharedData) -> Option<Standing<'_>> {
        let name = &self.limit.name;
        match &self.state {
            State::Closed => None,
            State::Rate(arrival) => Some(arrival.standing(name, shared)),
            State::InFlight(visit) => Some(visit.standing(name)),
            State::Remote(remote) => remote.standing(name, shared),
        }
    }
}

/// What only limits that a service keeps have.
impl Demand {
    /// The service that must be asked about this very request.
    pub(crate) fn open(&self) -> Option<&Rc<Global>> {
        self.remote().filter(|remote| remote.is_open()).map(|remote| &remote.global)
    }

    /// Takes in what the service said about it.
    pub(crate) fn hear(&mut self, status: Status) {
        if let State::Remote(remote) = &mut self.state {
            self.verdict = remote.hear(status);
        }
    }

    /// The service did not answer: takes what `on_failure` says.
    pub(crate) fn fail(&mut self, shared: &dyn SharedData, counters: &mut Vec<Counter>) {
        if let State::Remote(remote) = &mut self.state {
            remote.fail();
            self.take(false, shared, counters);
        }
    }

    /// The counter of requests for which `on_failure` decided, if this is one.
    pub(crate) fn fallback(&self) -> Option<Counter> {
        self.remote().filter(|remote| remote.has_failed())?;
        self.limit.counters.service.map(|service| service.fallback)
    }

    /// The question in the background that it leads to.
    pub(crate) fn question(&self) -> Option<(&Rc<Global>, Question)> {
        let remote = self.remote()?;
        Some((&remote.global, remote.question()?))
    }

    fn remote(&self) -> Option<&Remote> {
        if let State::Remote(remote) = &self.state { Some(remote) } else { None }
    }
}

const NO_KEY: Refusal = Refusal { reason: Reason::KeyMissing, wait: None };
