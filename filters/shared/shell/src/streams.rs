//! What the responses of open streams wait for.
//!
//! The module does not export `proxy_on_delete`: Envoy would call it for every stream, at about a third of the cost of
//! an empty filter. A stream that is reset before its response leaves an entry behind; from time to time the host is
//! asked which streams still exist, so memory is bounded by twice the number of open streams.

use crate::apply::Kept;
use crate::host;
use filter_api::Slot;
use std::cell::Cell;
use std::collections::BTreeMap;

/// The entries of one VM, by stream context.
#[derive(Debug)]
pub(crate) struct Streams {
    waiting: Slot<BTreeMap<u32, Vec<Kept>>>,
    sweep_at: Cell<usize>,
}

const FIRST_SWEEP: usize = 1024;

impl Streams {
    pub(crate) const fn new() -> Self {
        Self { waiting: Slot::new(BTreeMap::new()), sweep_at: Cell::new(FIRST_SWEEP) }
    }

    /// Keeps what the response of `stream` will need.
    pub(crate) fn keep(&self, stream: u32, mutations: Vec<Kept>) {
        self.waiting.with(|waiting| {
            waiting.insert(stream, mutations);
            if waiting.len() >= self.sweep_at.get() {
                waiting.retain(|other, _| *other == stream || host::set_effective_context(*other).is_ok());
                // The host acts for the last one asked about, until told otherwise.
                let _ = host::set_effective_context(stream);
                self.sweep_at.set(waiting.len().saturating_mul(2).max(FIRST_SWEEP));
            }
        });
    }

    /// Gives out what was kept, once.
    pub(crate) fn take(&self, stream: u32) -> Option<Vec<Kept>> {
        self.waiting.with(|waiting| waiting.remove(&stream)).flatten()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiting.with(|waiting| waiting.len()).unwrap_or(0)
    }
}
