//! Keeps a fetched [`Document`] fresh in every worker, with one fetch for all of them.
//!
//! Each worker (and Envoy's main thread) runs one [`Fetcher`] per document. They meet in shared data: a *head* says
//! which version is published and when it was last confirmed, a *body* is its built form, a *lease* says who is at
//! it and until when nobody else should be. The machine does no I/O: it is told what happened ([`Event`]) and says
//! what to do ([`Next`]).
//!
//! ```text
//! Tick -> Install      another worker published: take its body from shared data
//! Tick -> Lease        it is due: try to become the one who fetches      -> Leased
//! Leased -> Send       conditional GET                                   -> Answer | Failed
//! Answer 200 -> Rest   built step by step at each tick, then Publish
//! Answer 304 -> Confirm
//! anything else -> Fail   the last good one stays, the lease keeps others from trying before the pause is over
//! ```
//!
//! A worker that serves no requests goes first (Envoy's main thread never does), so building stalls nobody.

mod head;
#[cfg(test)]
mod tests;

use crate::{Build, Built, Document, UnixTime};
use std::rc::Rc;
use std::time::Duration;

pub use head::Head;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The timer came.
    Tick {
        /// What shared data says is published.
        head: Option<Head>,
        /// Until when somebody holds the lease.
        leased_until: UnixTime,
        /// Whether this worker served a request since the last tick.
        busy: bool,
    },
    /// This worker has the lease.
    Leased {
        /// What is published, for the conditional request.
        head: Option<Head>,
    },
    /// The source answered. `body` is there for status 200, unless it was above `max_bytes`.
    Answer {
        /// HTTP status.
        status: u16,
        /// `ETag` of the answer, empty if there is none.
        etag: Vec<u8>,
        /// The whole body.
        body: Option<Vec<u8>>,
        /// 64 random bits: the new version's name, and the seed of its fingerprints.
        random: u64,
    },
    /// The request could not be sent, was reset, or timed out in Envoy.
    Failed,
}

/// What to do.
#[derive(Debug)]
pub enum Next {
    /// Nothing until the next tick.
    Rest,
    /// Take the body from shared data and call [`Fetcher::install`].
    Install(u64),
    /// Try to write the lease; report [`Event::Leased`] if that succeeds.
    Lease {
        /// Its end.
        until: UnixTime,
    },
    /// Send a GET; with `If-None-Match` if there is an ETag.
    Send {
        /// The ETag of what is published.
        etag: Option<Vec<u8>>,
    },
    /// The published version is still current: write this head.
    Confirm(Head),
    /// Write this body, then this head, then call [`Fetcher::install`].
    Publish(Head, Vec<u8>),
    /// The attempt failed: write the lease again with this end, count, log the reason.
    Fail {
        /// Nobody tries again before.
        until: UnixTime,
        /// For the log.
        reason: String,
    },
}

/// The machine of one document in one worker.
pub struct Fetcher {
    document: Rc<dyn Document>,
    installed: Option<u64>,
    phase: Phase,
}

enum Phase {
    Idle,
    Waiting { deadline: UnixTime, head: Option<Head> },
    Building { build: Box<dyn Build>, head: Head },
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Fetcher({}, installed {:?})", self.document.name(), self.installed)
    }
}

impl Fetcher {
    /// Starts with nothing installed.
    #[must_use]
    pub fn new(document: Rc<dyn Document>) -> Self {
        Self { document, installed: None, phase: Phase::Idle }
    }

    /// The document it keeps.
    #[must_use]
    pub fn document(&self) -> &Rc<dyn Document> {
        &self.document
    }

    /// How long to wait for the next tick.
    #[must_use]
    pub fn poll_interval(&self) -> Duration {
        match self.phase {
            Phase::Building { .. } => BUILD_STEP,
            _ => self.document.source().refresh.mul_f64(POLLS_PER_REFRESH.recip()).clamp(MIN_POLL, MAX_POLL),
        }
    }

    /// Puts a published body into use.
    ///
    /// # Errors
    /// The body is damaged; the one in use stays, and the version is not tried again.
    pub fn install(&mut self, version: u64, body: Vec<u8>) -> Result<u64, String> {
        self.installed = Some(version);
        self.document.install(body)
    }

    /// Takes one event and says what to do about it.
    pub fn on(&mut self, event: Event, now: UnixTime) -> Next {
        match event {
            Event::Tick { head, leased_until, busy } => self.on_tick(head, leased_until, busy, now),
            Event::Leased { head } => {
                let etag = head.as_ref().map(|head| head.etag.clone()).filter(|etag| !etag.is_empty());
                self.phase = Phase::Waiting { deadline: now.plus(self.patience()), head };
                Next::Send { etag }
            }
            Event::Answer { status, etag, body, random } => self.on_answer(status, etag, body, random, now),
            Event::Failed => self.fail("the request failed or timed out".to_owned(), now),
        }
    }

    fn on_tick(&mut self, head: Option<Head>, leased_until: UnixTime, busy: bool, now: UnixTime) -> Next {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Building { build, head } => return self.build_on(build, head, now),
            Phase::Waiting { deadline, .. } if now >= deadline => {
                return self.fail("no answer came within the deadline".to_owned(), now);
            }
            waiting @ Phase::Waiting { .. } => self.phase = waiting,
            Phase::Idle => {}
        }
        match &head {
            Some(head) if self.installed != Some(head.version) => return Next::Install(head.version),
            _ => {}
        }
        let free = now >= leased_until || leased_until > now.plus(self.longest_lease());
        if matches!(self.phase, Phase::Idle) && free && self.is_due(head.as_ref(), busy, now) {
            return Next::Lease { until: now.plus(self.patience()) };
        }
        Next::Rest
    }

    fn is_due(&self, head: Option<&Head>, busy: bool, now: UnixTime) -> bool {
        let Some(head) = head else { return true };
        let refresh = self.document.source().refresh;
        // An idle worker goes first; a busy one steps in when no idle one did.
        let grace = if busy { refresh.mul_f64(0.5).min(MAX_GRACE) } else { Duration::ZERO };
        // A head from the future means that the clock stepped back: fetch, rather than wait for it to catch up.
        now >= head.checked_at.plus(refresh.saturating_add(grace)) || head.checked_at > now.plus(refresh)
    }

    fn on_answer(
        &mut self,
        status: u16,
        etag: Vec<u8>,
        body: Option<Vec<u8>>,
        random: u64,
        now: UnixTime,
    ) -> Next {
        let Phase::Waiting { head, .. } = std::mem::replace(&mut self.phase, Phase::Idle) else {
            return Next::Rest; // the deadline was first
        };
        match (status, body, head) {
            (200, Some(body), _) => {
                let head = Head { version: random, checked_at: now, etag };
                let build = self.document.build(body, random);
                self.phase = Phase::Building { build, head };
                Next::Rest
            }
            (200, None, _) => {
                let limit = self.document.source().max_bytes;
                self.fail(format!("the body is missing or above {limit} bytes"), now)
            }
            (304, _, Some(head)) => Next::Confirm(Head { checked_at: now, ..head }),
            (status, ..) => self.fail(format!("the source answered {status}"), now),
        }
    }

    fn build_on(&mut self, build: Box<dyn Build>, head: Head, now: UnixTime) -> Next {
        match build.step() {
            Built::More(build) => {
                self.phase = Phase::Building { build, head };
                Next::Rest
            }
            Built::Done(published) => Next::Publish(head, published),
            Built::Refused(reason) => self.fail(reason, now),
        }
    }

    fn fail(&mut self, reason: String, now: UnixTime) -> Next {
        self.phase = Phase::Idle;
        let pause = self.document.source().refresh.clamp(MIN_PAUSE, MAX_PAUSE);
        Next::Fail { until: now.plus(pause), reason }
    }

    /// Envoy's own timeout does not fire in every case, so the machine has a deadline of its own.
    fn patience(&self) -> Duration {
        self.document.source().timeout.saturating_add(SLACK)
    }

    /// A lease that ends later than this was written before the clock stepped back.
    fn longest_lease(&self) -> Duration {
        self.patience().max(MAX_PAUSE).saturating_add(SLACK)
    }
}

const BUILD_STEP: Duration = Duration::from_millis(4);
const POLLS_PER_REFRESH: f64 = 4.0;
const MIN_POLL: Duration = Duration::from_millis(25);
const MAX_POLL: Duration = Duration::from_millis(250);
const MAX_GRACE: Duration = Duration::from_secs(1);
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_millis(500);
