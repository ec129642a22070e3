//! Requests that stand still until a document is there: few, and not for long.

use filter_api::{Slot, UnixTime};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) stream: u32,
    pub(crate) root: u32,
    /// Then it is decided without the document.
    pub(crate) until: UnixTime,
}

/// All of one VM, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Slot<Vec<Wait>>);

/// Envoy holds the head of each, up to 60 KiB, and as much of the body as its buffer limit says.
const CAPACITY: usize = 1000;

impl Waiting {
    pub(crate) fn is_full(&self) -> bool {
        self.0.with(|waiting| waiting.len() >= CAPACITY).unwrap_or(true)
    }

    pub(crate) fn add(&self, wait: Wait) {
        self.0.with(|waiting| waiting.push(wait));
    }

    pub(crate) fn has(&self, root: u32) -> bool {
        self.0.with(|waiting| waiting.iter().any(|wait| wait.root == root)).unwrap_or(false)
    }

    /// Takes out those that are ready.
    pub(crate) fn take(&self, ready: impl Fn(&Wait) -> bool) -> Vec<Wait> {
        self.0.with(|waiting| waiting.extract_if(.., |wait| ready(wait)).collect()).unwrap_or_default()
    }
}
