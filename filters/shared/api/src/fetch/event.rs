//! What the machine is told and what it says.

use super::Head;
use crate::UnixTime;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The timer came.
    Tick {
        /// What shared data says is published. To be read after the lease: then whoever sees the lease free also sees
        /// what its last holder published.
        head: Option<Head>,
        /// Until when somebody holds the lease, in milliseconds.
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
    /// Take the body from shared data and call [`Fetcher::install`](super::Fetcher::install), with no bytes if there
    /// is none.
    Install(u64),
    /// Try to write the lease, if it is still what the tick said; report [`Event::Leased`] if that succeeds.
    Lease {
        /// Its end; now, to give it back.
        until: UnixTime,
    },
    /// Send a GET; with `If-None-Match` if there is an ETag.
    Send {
        /// The ETag of what is published.
        etag: Option<Vec<u8>>,
    },
    /// The published version is still current: write this head.
    Confirm(Head),
    /// Write this body, then this head, then call [`Fetcher::install`](super::Fetcher::install).
    Publish(Head, Vec<u8>),
    /// The attempt failed: write the lease again with this end, count, log the reason.
    Fail {
        /// Nobody tries again before.
        until: UnixTime,
        /// For the log.
        reason: String,
    },
}
