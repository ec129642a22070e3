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
//! Answer 200 -> Rest   built step by step at each tick, the lease renewed meanwhile, then Publish
//! Answer 304 -> Confirm   also 200 with the same body
//! anything else -> Fail   the last good one stays, the lease keeps others from trying before the pause is over
//! Tick -> Lease        the tick after Publish or Confirm: give the lease back
//! ```
//!
//! A worker that serves no requests goes first (Envoy's main thread never does), so building stalls nobody. A worker
//! that dies while it holds the lease delays the others by the timeout and half a second.

mod event;
mod head;
#[cfg(test)]
mod tests;

use crate::{Build, Built, Document, UnixTime};
use std::rc::Rc;
use std::time::Duration;
use xxhash_rust::xxh64::xxh64;

pub use event::{Event, Next};
pub use head::Head;

/// The machine of one document in one worker.
pub struct Fetcher {
    document: Rc<dyn Document>,
    installed: Option<u64>,
    /// What is installed last could not be put into use.
    damaged: bool,
    /// The end of the lease that this worker wrote last.
    lease: UnixTime,
    /// When the source last confirmed what is published, and what of that the document was told.
    confirmed: UnixTime,
    told: Option<UnixTime>,
    news: bool,
    /// When it was first told the time.
    begun: Option<UnixTime>,
    phase: Phase,
}

enum Phase {
    Idle,
    Waiting {
        deadline: UnixTime,
        head: Option<Head>,
        conditional: bool,
    },
    Building {
        build: Box<dyn Build>,
        head: Head,
    },
    /// This version was published or confirmed; the lease has done its work.
    Finished {
        version: u64,
    },
    Releasing,
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
        Self {
            document,
            installed: None,
            damaged: false,
            lease: UnixTime::default(),
            confirmed: UnixTime::default(),
            told: None,
            news: false,
            begun: None,
            phase: Phase::Idle,
        }
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
            _ if self.installed.is_none() || self.document.is_wanted() => WANTED_POLL,
            _ => part(self.document.source().refresh, POLLS_PER_REFRESH).clamp(MIN_POLL, MAX_POLL),
        }
    }

    /// Puts a published body into use.
    ///
    /// # Errors
    /// The body is damaged; the one in use stays, the version is not tried again, and the next request is made soon
    /// and without its ETag.
    pub fn install(&mut self, version: u64, body: Vec<u8>) -> Result<u64, String> {
        self.installed = Some(version);
        let result = self.document.install(body);
        self.damaged = result.is_err();
        self.tell();
        result
    }

    fn tell(&mut self) {
        if !self.damaged && self.told != Some(self.confirmed) {
            self.told = Some(self.confirmed);
            self.news = true;
            self.document.checked(self.confirmed);
        }
    }

    /// Whether the document was put into use or confirmed since this was last asked.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// Takes one event and says what to do about it.
    pub fn on(&mut self, event: Event, now: UnixTime) -> Next {
        match event {
            Event::Tick { head, leased_until, busy } => self.on_tick(head.as_ref(), leased_until, busy, now),
            Event::Leased { head } => self.on_leased(head, now),
            Event::Answer { status, etag, body, random } => {
                let Some((asked, conditional)) = self.take_question(now) else { return Next::Rest };
                match (status, body, asked) {
                    (200, Some(body), asked) => {
                        let digest = xxh64(&body, 0);
                        match asked.filter(|asked| asked.digest == digest && !self.damaged) {
                            Some(same) => self.confirm(Head { checked_at: now, etag, ..same }),
                            None => self.build(Head { version: random, checked_at: now, digest, etag }, body),
                        }
                    }
                    (304, _, Some(head)) if conditional => self.confirm(Head { checked_at: now, ..head }),
                    (200, None, _) => {
                        let limit = self.document.source().max_bytes;
                        self.fail(format!("the body is missing or above {limit} bytes"), now)
                    }
                    (status, ..) => self.fail(format!("the source answered {status}"), now),
                }
            }
            Event::Failed => match self.take_question(now) {
                Some(_) => self.fail("the request failed or timed out".to_owned(), now),
                None => Next::Rest,
            },
        }
    }

    fn on_tick(&mut self, head: Option<&Head>, leased_until: UnixTime, busy: bool, now: UnixTime) -> Next {
        self.begun.get_or_insert(now);
        let is_mine = leased_until.as_millis() == self.lease.as_millis();
        if let Some(head) = head {
            self.confirmed = head.checked_at;
            if self.installed == Some(head.version) {
                self.tell();
            }
        }
        let due = self.is_due(head, busy, now);
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Building { build, head } if is_mine => return self.build_on(build, head, now),
            Phase::Waiting { deadline, .. } if is_mine && now >= deadline => {
                return self.fail("no answer came within the deadline".to_owned(), now);
            }
            Phase::Waiting { deadline, head, conditional } if now < deadline => {
                // A deadline further away than that was set before the clock stepped back.
                let deadline = deadline.min(now.plus(self.patience()));
                self.phase = Phase::Waiting { deadline, head, conditional };
            }
            Phase::Finished { version } if is_mine && head.is_some_and(|head| head.version == version) => {
                if due {
                    return self.take_lease(now);
                }
                self.phase = Phase::Releasing;
                return Next::Lease { until: now };
            }
            // The last two rows: this worker stood still for so long that another one took over.
            Phase::Idle | Phase::Finished { .. } | Phase::Releasing => {}
            Phase::Waiting { .. } | Phase::Building { .. } => {}
        }
        match head {
            Some(head) if self.installed != Some(head.version) => return Next::Install(head.version),
            _ => {}
        }
        let free = now >= leased_until || leased_until > now.plus(self.longest_lease());
        if matches!(self.phase, Phase::Idle) && free && due { self.take_lease(now) } else { Next::Rest }
    }

    fn is_due(&self, head: Option<&Head>, busy: bool, now: UnixTime) -> bool {
        let Some(head) = head else { return true };
        if self.document.is_wanted() && now >= head.checked_at.plus(MIN_AGE_IF_WANTED) {
            return true;
        }
        let refresh = self.document.source().refresh;
        let refresh = if self.damaged { refresh.min(MAX_PAUSE) } else { refresh };
        // An idle worker goes first; a busy one steps in when no idle one did.
        let grace = if busy { part(refresh, 2).min(MAX_GRACE) } else { Duration::ZERO };
        // A head from the future means that the clock stepped back: fetch, rather than wait for it to catch up.
        now >= head.checked_at.plus(refresh.saturating_add(grace)) || head.checked_at > now.plus(refresh)
    }

    fn take_lease(&mut self, now: UnixTime) -> Next {
        self.lease = now.plus(self.patience());
        Next::Lease { until: self.lease }
    }

    fn on_leased(&mut self, head: Option<Head>, now: UnixTime) -> Next {
        match self.phase {
            Phase::Idle => {
                let etag = head.as_ref().map(|head| head.etag.clone());
                // What could not be put into use must not be confirmed either.
                let etag = etag.filter(|etag| !etag.is_empty() && !self.damaged);
                let conditional = etag.is_some();
                self.phase = Phase::Waiting { deadline: now.plus(self.patience()), head, conditional };
                return Next::Send { etag };
            }
            Phase::Releasing => self.phase = Phase::Idle,
            // Renewed: nothing changes.
            Phase::Waiting { .. } | Phase::Building { .. } | Phase::Finished { .. } => {}
        }
        Next::Rest
    }

    /// What an answer answers, and whether the request was conditional; `None` if no answer is expected any more. The
    /// next tick sees to one that is late: it knows whether the lease is still this worker's.
    fn take_question(&mut self, now: UnixTime) -> Option<(Option<Head>, bool)> {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Waiting { deadline, head, conditional } if now < deadline => Some((head, conditional)),
            other => {
                self.phase = other;
                None
            }
        }
    }

    fn confirm(&mut self, head: Head) -> Next {
        self.phase = Phase::Finished { version: head.version };
        Next::Confirm(head)
    }

    fn build(&mut self, head: Head, body: Vec<u8>) -> Next {
        self.confirmed = head.checked_at;
        let build = self.document.build(body, head.version);
        self.phase = Phase::Building { build, head };
        Next::Rest
    }

    fn build_on(&mut self, build: Box<dyn Build>, head: Head, now: UnixTime) -> Next {
        if now.plus(part(self.patience(), 2)) >= self.lease {
            self.phase = Phase::Building { build, head };
            return self.take_lease(now);
        }
        match build.step() {
            Built::More(build) => {
                self.phase = Phase::Building { build, head };
                Next::Rest
            }
            Built::Done(published) => {
                self.phase = Phase::Finished { version: head.version };
                Next::Publish(head, published)
            }
            Built::Refused(reason) => self.fail(reason, now),
        }
    }

    fn fail(&mut self, reason: String, now: UnixTime) -> Next {
        self.phase = Phase::Idle;
        let longest = match self.installed {
            Some(_) => MAX_PAUSE,
            // Nobody can use the document before it was there once, and Envoy may not have resolved the source's name yet:
            // soon again, and then after twice the time.
            None => now.since(self.begun.unwrap_or(now)).clamp(MIN_PAUSE, MAX_COLD_PAUSE),
        };
        let pause = self.document.source().refresh.clamp(MIN_PAUSE, longest);
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

/// One of so many equal parts.
fn part(whole: Duration, of: u32) -> Duration {
    whole.checked_div(of).unwrap_or_default()
}

const BUILD_STEP: Duration = Duration::from_millis(4);
/// While requests may be waiting for the document, or decided without it.
const WANTED_POLL: Duration = Duration::from_millis(10);
/// A document that is wanted anew is at least this old: clients can make up names that are in none.
const MIN_AGE_IF_WANTED: Duration = Duration::from_secs(10);
/// What is in force a refresh after it changed includes two polls: by who fetches, and by who installs.
const POLLS_PER_REFRESH: u32 = 16;
const MIN_POLL: Duration = Duration::from_millis(10);
const MAX_POLL: Duration = Duration::from_millis(250);
const MAX_GRACE: Duration = Duration::from_secs(1);
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(10);
const MAX_COLD_PAUSE: Duration = Duration::from_secs(1);
const SLACK: Duration = Duration::from_millis(500);
