//! A request before a limit that a service keeps: a credit, or a question, or what holds if there is no answer.

use super::credit::{Credit, Question};
use super::rate::Arrival;
use super::{Refusal, Verdict};
use crate::global::{Global, OnFailure};
use crate::headers::Standing;
use crate::lease::{Balance, Terms};
use crate::place::Place;
use crate::reason::Reason;
use crate::rls::Status;
use crate::ticks::Ticks;
use crate::update::Contended;
use filter_api::{Name, SharedData};
use std::rc::Rc;
use std::time::Duration;

/// What a request does that finds no credit, and nobody who said that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// It stands still until the service has answered.
    Wait,
    /// It goes by what holds without an answer.
    Fall,
    /// It goes on: a dry run holds nobody up.
    Pass,
}

/// What is known, and from whom.
pub(crate) struct Remote {
    pub(super) global: Rc<Global>,
    source: Source,
    /// The rate beside it, if there is one.
    local: Option<Arrival>,
    lack: Lack,
}

/// Who says whether there is room.
enum Source {
    /// The service, for every request.
    Service(Option<Status>),
    /// A lease of the service's.
    Lease(Credit),
    /// Nobody: `on_failure`.
    Nobody,
}

impl Remote {
    /// * `place`: of the lease; `local`: the rate beside it, where it is counted.
    pub(super) fn new(global: &Rc<Global>, place: Place, local: Option<Arrival>, lack: Lack) -> Self {
        let source = if global.lease > 1 {
            let period = local.as_ref().map_or(DEFAULT_PERIOD, |local| local.rate.per);
            let terms = Terms { size: global.lease, timeout: global.timeout, period };
            Source::Lease(Credit::new(place, terms))
        } else {
            Source::Service(None)
        };
        Self { global: Rc::clone(global), source, local, lack }
    }

    /// Whether the service must be asked about this very request.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.source, Source::Service(None))
    }

    /// Whether `on_failure` decides.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.source, Source::Nobody)
    }

    /// At most two host calls.
    pub(super) fn look(&mut self, shared: &dyn SharedData) -> Verdict {
        if let Source::Lease(credit) = &mut self.source {
            let balance = credit.look(shared);
            if let Some(verdict) = self.weigh(balance) {
                return verdict;
            }
            self.source = Source::Nobody;
        }
        match (&self.source, self.global.on_failure, &mut self.local) {
            (Source::Nobody, OnFailure::Deny, _) => UNAVAILABLE,
            (Source::Nobody, OnFailure::Local, Some(local)) => local.look(shared).into(),
            _ => Verdict::Room,
        }
    }

    /// Returns the verdict, and whether another key had to give way.
    pub(super) fn take(
        &mut self,
        may_ask: bool,
        shared: &dyn SharedData,
    ) -> Result<(Verdict, bool), Contended> {
        if let Source::Lease(credit) = &mut self.source {
            let balance = credit.take(self.lack, may_ask, shared)?;
            if let Some(verdict) = self.weigh(balance) {
                return Ok((verdict, false));
            }
            self.source = Source::Nobody;
        }
        match (&self.source, self.global.on_failure, &mut self.local) {
            (Source::Nobody, OnFailure::Deny, _) => Ok((UNAVAILABLE, false)),
            (Source::Nobody, OnFailure::Local, Some(local)) => Ok(match local.take(shared)? {
                Ok(evicts) => (Verdict::Room, evicts),
                Err(refusal) => (Verdict::Refused(refusal), false),
            }),
            _ => Ok((Verdict::Room, false)),
        }
    }

    /// Undoes [`Self::take`].
    pub(super) fn give_back(&mut self, shared: &dyn SharedData) {
        match (&mut self.source, self.global.on_failure, &mut self.local) {
            (Source::Lease(credit), ..) => credit.give_back(shared),
            (Source::Nobody, OnFailure::Local, Some(local)) => local.give_back(shared),
            _ => {}
        }
    }

    /// What a lease says; `None`: nothing.
    fn weigh(&self, balance: Balance) -> Option<Verdict> {
        Some(match (balance, self.lack) {
            (Balance::Credits(_), _) => Verdict::Room,
            (Balance::Over(wait), _) => {
                Verdict::Refused(Refusal { reason: Reason::OverLimit, wait: Some(wait.into()) })
            }
            (Balance::Failed, _) => return None,
            (_, Lack::Wait) => Verdict::Lacking,
            (_, Lack::Pass) => Verdict::Room,
            // The service answers, and has next to nothing left.
            (Balance::Asked { in_tail: true } | Balance::Empty { in_tail: true }, Lack::Fall) => {
                Verdict::Refused(Refusal::for_now(Reason::OverLimit))
            }
            _ => return None,
        })
    }

    /// The service was asked about this request, and said so.
    pub(super) fn hear(&mut self, status: Status) -> Verdict {
        self.source = Source::Service(Some(status));
        if !status.is_over {
            return Verdict::Room;
        }
        let unknown = Refusal::for_now(Reason::OverLimit);
        let wait = status.reset.map_or(unknown.wait, |reset| Some(reset.latest.into()));
        Verdict::Refused(Refusal { wait, ..unknown })
    }

    /// The service was asked about this request in vain.
    pub(super) fn fail(&mut self) {
        self.source = Source::Nobody;
    }

    /// The question about a lease that is to be sent.
    pub(super) fn question(&self) -> Option<Question> {
        let Source::Lease(credit) = &self.source else { return None };
        credit.question
    }

    pub(super) fn standing<'n>(&self, name: &'n Name, shared: &dyn SharedData) -> Option<Standing<'n>> {
        match &self.source {
            Source::Service(status) => Standing::of_status(name, (*status)?),
            Source::Lease(credit) => {
                Some(Standing::of_lease(name, &self.local.as_ref()?.rate, credit.balance))
            }
            Source::Nobody if self.global.on_failure == OnFailure::Local => {
                Some(self.local.as_ref()?.standing(name, shared))
            }
            Source::Nobody => None,
        }
    }
}

/// How long credits last if neither the service nor a rate says it.
const DEFAULT_PERIOD: Duration = Duration::from_secs(1);

const UNAVAILABLE: Verdict =
    Verdict::Refused(Refusal { reason: Reason::ServiceUnavailable, wait: Some(Ticks::SECOND) });
