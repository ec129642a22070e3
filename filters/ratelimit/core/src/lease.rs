//! Credits: hits of a global limit that a rate limit service granted in advance, to be spent in this proxy.
//!
//! One lease per key. At most one question about it is under way from a proxy: for [`Terms::size`] hits when no more
//! than half of that is left, or, once that was too late, as long as half would not do, when no more than all of that
//! is left. A refused question is followed by one for a quarter, a granted one by one four times as
//! large, so that the tail of a limit is used up in a few questions, and a limit that began anew is found by small ones.
//! Only when a single hit is refused the limit counts as used up; that is remembered until it begins anew.
//!
//! What follows from it, for a service with a window of `L` hits, `P` proxies and leases of `n` (simulated in the tests):
//!
//! - A proxy never holds more than `H = 2n` credits, and `n + n/2` of a key whose requests never waited for more.
//! - Admitted in a window: at most `L + P*H`. At most `L` if the service says exactly when the window ends (a
//!   `duration_until_reset` that is no whole number of seconds): credits do not outlive the window they come from.
//! - Admitted in a window that has enough requests for it: at least `L - P*H`, less `n - 1` once if the service
//!   counts the hits that it refuses, less `n` for each question that the service counted and whose answer did not come.
//!
//! Values only: the clock is an argument, and the caller owns the compare-and-swap.

pub(crate) mod page; // leases by key
#[cfg(test)]
mod tests;

use crate::rls::Reset;
use filter_api::MonotonicTime;
use std::time::Duration;

/// What a limit's `global` says about its leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// How many hits to ask for at most, at least 1.
    pub(crate) size: u32,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// How long credits last if the service does not say; `per` of the limit's rate.
    pub(crate) period: Duration,
}

/// What one key has, and what is known about its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// Hits that may still be spent.
    credits: u32,
    /// How many to ask for next; 1 up to the size of the lease.
    portion: u32,
    /// Whether to ask while a whole lease is left, not half of it: the last but one ran out before the last one came.
    early: bool,
    /// When credits are lost.
    expires: MonotonicTime,
    state: State,
    /// Until when `state` holds.
    until: MonotonicTime,
    /// When it was written, on the clock of who wrote it.
    written: MonotonicTime,
}

/// Whether the service may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// A question is under way.
    Asked,
    /// There was no answer; asking every time would slow down every request.
    Failed,
    /// A single hit was refused.
    Over,
}

/// What a request that finds no credit has to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Balance {
    /// So many hits may be spent.
    Credits(u32),
    /// The limit is used up for so long.
    Over(Duration),
    /// The service did not answer.
    Failed,
    /// A question is under way.
    Asked {
        /// The last question was refused: little is left of the limit, if anything.
        in_tail: bool,
    },
    /// Somebody has to ask.
    Empty {
        /// See [`Balance::Asked`].
        in_tail: bool,
    },
}

/// A question under way, as who asked knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// For so many.
    pub(crate) hits: u32,
    /// What was left then.
    left: u32,
    at: MonotonicTime,
    until: MonotonicTime,
}

impl Terms {
    /// As many credits as a proxy holds for one key.
    pub(crate) fn most(&self) -> u32 {
        self.size.saturating_mul(2)
    }

    fn half(&self) -> u32 {
        self.size >> 1
    }
}

impl Lease {
    /// Of a key that is not known.
    pub(crate) fn new(terms: &Terms) -> Self {
        Self {
            credits: 0,
            portion: terms.size,
            early: false,
            expires: MonotonicTime::default(),
            state: State::Free,
            until: MonotonicTime::default(),
            written: MonotonicTime::default(),
        }
    }

    /// What is left of it now. A lease from the future, of a clock that stepped back, is no lease: what it says about
    /// time is worth nothing, and it could hold for ever.
    pub(crate) fn at(self, now: MonotonicTime, terms: &Terms) -> Self {
        if self.written > now.plus(TOLERANCE) {
            return Self::new(terms);
        }
        Self {
            credits: if now < self.expires { self.credits.min(terms.most()) } else { 0 },
            portion: self.portion.clamp(1, terms.size.max(1)),
            state: if now < self.until { self.state } else { State::Free },
            ..self
        }
    }

    /// How a request stands.
    pub(crate) fn balance(&self, now: MonotonicTime, terms: &Terms) -> Balance {
        let lease = self.at(now, terms);
        let in_tail = lease.portion < terms.size;
        match lease.state {
            _ if lease.credits > 0 => Balance::Credits(lease.credits),
            State::Free => Balance::Empty { in_tail },
            State::Asked => Balance::Asked { in_tail },
            State::Failed => Balance::Failed,
            State::Over => Balance::Over(lease.until.since(now)),
        }
    }

    /// Spends one credit; `None` if there is none.
    pub(crate) fn take(self, now: MonotonicTime, terms: &Terms) -> Option<Self> {
        let lease = self.at(now, terms);
        let credits = lease.credits.checked_sub(1)?;
        Some(Self { credits, written: now, ..lease })
    }

    /// Gives one back that was taken for a request which another limit refused. Credits that expired are not revived.
    pub(crate) fn give_back(self, now: MonotonicTime, terms: &Terms) -> Self {
        let lease = self.at(now, terms);
        let credits = if now < lease.expires { lease.credits.saturating_add(1).min(terms.most()) } else { 0 };
        Self { credits, written: now, ..lease }
    }

    /// Asks for more if little is left and nothing speaks against it: what to ask for.
    pub(crate) fn ask(self, now: MonotonicTime, terms: &Terms) -> Option<(Self, Asked)> {
        let lease = self.at(now, terms);
        let enough = if lease.early { terms.size } else { terms.half() };
        if lease.state != State::Free || lease.credits > enough {
            return None;
        }
        let until = now.plus(terms.timeout.saturating_add(GRACE));
        let asked = Asked { hits: lease.portion, left: lease.credits, at: now, until };
        Some((Self { state: State::Asked, until, written: now, ..lease }, asked))
    }

    /// The service granted what was asked for. Credits count from the question, not from the answer: so they never
    /// outlive a window whose end was named exactly.
    pub(crate) fn grant(self, asked: Asked, reset: Option<Reset>, now: MonotonicTime, terms: &Terms) -> Self {
        let lease = self.at(now, terms).answered(asked);
        let expires = asked.at.plus(reset.map_or(terms.period, |reset| reset.latest));
        // More than the most only comes of a question that was given up and answered after all; `at` cuts it.
        let sum = lease.credits.saturating_add(asked.hits);
        // The later end holds for all: nothing is lost in between, and as all that is held is bounded, so is what is
        // taken into another window.
        let (credits, expires) =
            if expires <= now { (lease.credits, lease.expires) } else { (sum, expires.max(lease.expires)) };
        let portion = asked.hits.saturating_mul(STEP).clamp(1, terms.size.max(1));
        let early = match lease.credits {
            0 if asked.left > 0 => true,
            left if left > terms.half() => false,
            _ => lease.early,
        };
        Self { credits, portion, early, expires, written: now, ..lease }
    }

    /// The service refused what was asked for.
    pub(crate) fn deny(self, asked: Asked, reset: Option<Reset>, now: MonotonicTime, terms: &Terms) -> Self {
        let lease = self.at(now, terms).answered(asked);
        if asked.hits > 1 {
            let portion = asked.hits.div_ceil(STEP);
            return Self { portion, written: now, ..lease };
        }
        let span = reset.map_or(pause(terms.period), |Reset { latest, earliest }| {
            earliest.max(pause(latest)).min(latest)
        });
        let until = asked.at.plus(span);
        // An answer that took longer than what it says holds: asked again at once, it would be asked for ever.
        let until = until.max(now.plus(SHORTEST));
        Self { state: State::Over, until, portion: 1, written: now, ..lease }
    }

    /// There was no answer, or none that can be read.
    pub(crate) fn fail(self, asked: Asked, now: MonotonicTime, terms: &Terms) -> Self {
        let lease = self.at(now, terms);
        if lease.is_about(asked) || lease.state == State::Free {
            let until = now.plus(FAILURE);
            return Self { state: State::Failed, until, written: now, ..lease };
        }
        lease
    }

    /// The question was not sent after all.
    pub(crate) fn withdraw(self, asked: Asked, now: MonotonicTime, terms: &Terms) -> Self {
        Self { written: now, ..self.at(now, terms).answered(asked) }
    }

    /// From when on it says nothing any more: then its place may be taken by another key.
    pub(crate) fn ends(&self) -> MonotonicTime {
        let credits = if self.credits > 0 { self.expires } else { MonotonicTime::default() };
        if self.state == State::Free { credits } else { credits.max(self.until) }
    }

    fn is_about(&self, asked: Asked) -> bool {
        self.state == State::Asked && self.until == asked.until
    }

    /// Ends the question under way, if it is this one: it could have been given up, and somebody else have asked.
    fn answered(self, asked: Asked) -> Self {
        if self.is_about(asked) { Self { state: State::Free, ..self } } else { self }
    }

    /// As a record has it, [`Lease::BYTES`] long.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let Self { credits, portion, early, expires, state, until, written } = self;
        let mut bytes = [0; Self::BYTES];
        let parts = [
            &credits.to_le_bytes()[..],
            &portion.to_le_bytes(),
            &expires.nanos.to_le_bytes(),
            &until.nanos.to_le_bytes(),
            &written.nanos.to_le_bytes(),
            &[state.code() | if early { EARLY } else { 0 }],
        ];
        bytes.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
        bytes
    }

    /// Reads it; any bytes are some lease, and [`Lease::at`] makes sense of it.
    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (credits, rest) = bytes.split_first_chunk()?;
        let (portion, rest) = rest.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (until, rest) = rest.split_first_chunk()?;
        let (written, rest) = rest.split_first_chunk()?;
        let time = |bytes: &[u8; 8]| MonotonicTime { nanos: u64::from_le_bytes(*bytes) };
        let state = *rest.first()?;
        Some(Self {
            credits: u32::from_le_bytes(*credits),
            portion: u32::from_le_bytes(*portion),
            early: state & EARLY != 0,
            expires: time(expires),
            state: State::read(state & !EARLY)?,
            until: time(until),
            written: time(written),
        })
    }

    pub(crate) const BYTES: usize = 33;
}

/// For how long a refusal is believed that does not say so itself, and within a second that was rounded up.
fn pause(window: Duration) -> Duration {
    window.checked_div(10).unwrap_or_default().min(Duration::from_secs(1))
}

impl State {
    fn code(self) -> u8 {
        match self {
            Self::Free => 0,
            Self::Asked => 1,
            Self::Failed => 2,
            Self::Over => 3,
        }
    }

    fn read(code: u8) -> Option<Self> {
        [Self::Free, Self::Asked, Self::Failed, Self::Over].into_iter().find(|state| state.code() == code)
    }
}

/// The bit beside the state in a record.
const EARLY: u8 = 4;

/// By how much questions grow and shrink.
const STEP: u32 = 4;

/// Until a question whose answer never comes is forgotten: what a shell may take beyond the timeout to say so.
const GRACE: Duration = Duration::from_millis(20);

/// For how long a service that failed is not asked.
pub(crate) const FAILURE: Duration = Duration::from_millis(100);

/// How long a refusal holds at least.
const SHORTEST: Duration = Duration::from_millis(1);

/// By how much the clocks of two workers may differ: both read it at the beginning of a callback.
const TOLERANCE: Duration = Duration::from_secs(1);
