//! Requests that stand still until a document is there or a question is answered: few, and not for long.

use crate::host;
use crate::root::Root;
use crate::verdict::Verdict;
use crate::{Filter, Vm};
use filter_api::{Ask, MonotonicTime, Slot};
use std::rc::Rc;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) stream: u32,
    pub(crate) root: u32,
    /// Then it is decided without the document, or the answer.
    pub(crate) until: MonotonicTime,
    /// What it asked itself.
    pub(crate) ask: Option<Ask>,
    /// There was a reason to decide about it again, but no room.
    pub(crate) overdue: bool,
}

/// All of one VM; whoever was not decided about for the longest time comes first.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Slot<Vec<Wait>>);

/// Why requests are decided again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake<'a> {
    /// A tick: patience may be over, and another worker may have heard what is waited for here.
    Tick,
    /// A document was put into use or confirmed.
    Document,
    /// A question in the background was answered.
    Answer(&'a Ask),
}

/// Envoy holds the head of each, up to 60 KiB, and as much of the body as its buffer limit says.
const CAPACITY: usize = 1000;

impl Wake<'_> {
    /// How many are decided about in vain before the others are left alone: a thousand requests that wait for a thousand
    /// answers must not be decided about a million times. Ticks come often.
    fn in_vain(self) -> usize {
        match self {
            Self::Tick => 16,
            Self::Answer(_) => 64,
            Self::Document => usize::MAX,
        }
    }
}

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
    fn take(&self, ready: impl Fn(&Wait) -> bool) -> Vec<Wait> {
        self.0.with(|waiting| waiting.extract_if(.., |wait| ready(wait)).collect()).unwrap_or_default()
    }

    fn put_first(&self, waits: Vec<Wait>) {
        self.0.with(|waiting| waiting.splice(..0, waits).for_each(drop));
    }
}

impl<F: Filter> Vm<F> {
    /// Decides again about streams of a root that wait.
    pub(crate) fn resume(&self, root: &Rc<Root<F>>, wake: Wake<'_>) {
        if !F::WAITS {
            return;
        }
        let now = host::monotonic();
        let all = F::ASKS || wake == Wake::Document;
        let is_ready = |wait: &Wait| all || wait.overdue || now >= wait.until;
        let mut ready = self.waiting.take(|wait| wait.root == root.id() && is_ready(wait));
        root.hurry(false);
        if ready.is_empty() {
            return;
        }
        if let Wake::Answer(ask) = wake {
            let (askers, others): (Vec<_>, _) =
                ready.into_iter().partition(|wait| wait.ask.as_ref() == Some(ask));
            ready = askers.into_iter().chain(others).collect();
        }
        let mut in_vain = 0_usize;
        let mut left_alone = Vec::new();
        for mut wait in ready {
            if self.room.is_full() {
                root.hurry(true);
                wait.overdue = true;
                left_alone.push(wait);
                continue;
            }
            if in_vain >= wake.in_vain() && now < wait.until {
                left_alone.push(wait);
                continue;
            }
            wait.overdue = false;
            // A stream that was reset in the meantime is no context any more.
            if host::set_effective_context(wait.stream).is_err() {
                continue;
            }
            match self.decide(wait.stream, root, now < wait.until) {
                // The stream ends by the timeout of Envoy's if it cannot be resumed; it never goes on undecided.
                Verdict::Go => {
                    let _ = host::continue_request();
                    self.room.take();
                }
                Verdict::Answered => self.room.take(),
                Verdict::Called => {}
                Verdict::Wait(patience) => {
                    in_vain = in_vain.saturating_add(1);
                    wait.ask = patience.ask.or(wait.ask);
                    self.waiting.add(wait);
                }
            }
        }
        self.waiting.put_first(left_alone);
        let _ = host::set_effective_context(root.id());
    }
}
