//! gRPC calls: those that requests wait for, and those in the background.

use crate::apply;
use crate::host::{self, Token};
use crate::root::{Compiled, Root};
use crate::shared::Records;
use crate::waiting::Wake;
use crate::{Filter, Vm};
use filter_api::{Answer, Ask, GrpcCall, MonotonicTime, Pending, Slot};
use std::rc::Rc;
use std::time::Duration;

/// Who asks.
pub(crate) enum Question {
    /// A request, which stands still.
    OfRequest { stream: u32, pending: Rc<dyn Pending> },
    /// Nobody in particular.
    InBackground(Ask),
}

/// A call under way.
pub(crate) struct Outstanding<F: Filter> {
    token: Token,
    question: Question,
    root: Rc<Root<F>>,
    /// Then it is given up.
    until: MonotonicTime,
    /// Whose counters the decision raises.
    policy: Rc<Compiled<F>>,
}

/// All of one VM.
pub(crate) struct Calls<F: Filter>(Slot<Vec<Outstanding<F>>>);

/// Envoy holds the head of each request that waits, and its circuit breakers count on their own.
const CAPACITY: usize = 4096;

/// Envoy's timeout comes first, if it comes: it does not for a cluster without an endpoint.
const GRACE: Duration = Duration::from_millis(5);

/// Envoy counts a timeout from the beginning of the round of events in which the call was made: so much earlier at most.
const EARLY: Duration = Duration::from_millis(5);

impl<F: Filter> Default for Calls<F> {
    fn default() -> Self {
        Self(Slot::default())
    }
}

impl Question {
    fn call(&self) -> GrpcCall<'_> {
        match self {
            Self::OfRequest { pending, .. } => pending.call(),
            Self::InBackground(ask) => ask.0.call(),
        }
    }
}

impl<F: Filter> Outstanding<F> {
    /// What it means that the host closed the call with this status. Envoy has one status for its own timeout and for a
    /// service that it cannot reach; the clock tells them apart.
    pub(crate) fn closed(&self, status: u32) -> Answer {
        let early = self.question.call().timeout.checked_div(4).unwrap_or_default().min(EARLY);
        let is_over = host::monotonic().plus(GRACE).plus(early) >= self.until;
        if is_over { Answer::TimedOut } else { Answer::Status(status) }
    }

    /// Tells the host that nobody waits for it any more. Then the root is the current context.
    fn cancel(&self) {
        if host::set_effective_context(self.root.id()).is_ok() {
            host::cancel_grpc_call(self.token);
        }
    }
}

impl<F: Filter> Calls<F> {
    /// Starts a call while a stream is the current context, which it stays; `None` if it cannot be sent.
    ///
    /// The host makes it for the root, which outlives every stream: Envoy before 1.38 can crash over the call of a stream
    /// that ends.
    pub(crate) fn send(
        &self,
        question: Question,
        stream: u32,
        root: &Rc<Root<F>>,
        policy: &Rc<Compiled<F>>,
    ) -> Option<()> {
        if self.0.with(|calls| calls.len() >= CAPACITY).unwrap_or(true) {
            return None;
        }
        let call = question.call();
        let until = host::monotonic().plus(call.timeout.saturating_add(GRACE));
        // A call that fails at once is closed before this returns: nobody knows its token then, and the host says so here.
        host::set_effective_context(root.id()).ok()?;
        let token = host::grpc_call(&call);
        let _ = host::set_effective_context(stream);
        let token = token.ok()?;
        let (root, policy) = (Rc::clone(root), Rc::clone(policy));
        self.0.with(|calls| calls.push(Outstanding { token, question, root, until, policy }))
    }

    /// Takes out the call with this token.
    pub(crate) fn answered(&self, token: Token) -> Option<Outstanding<F>> {
        let take = |calls: &mut Vec<Outstanding<F>>| {
            let place = calls.iter().position(|call| call.token == token)?;
            Some(calls.swap_remove(place))
        };
        self.0.with(take).flatten()
    }

    /// Gives up what the current stream asked, now that it ends: clients that leave would fill the cluster's circuit breaker
    /// with calls that nobody waits for.
    pub(crate) fn abandon(&self, stream: u32) {
        let of_stream = |call: &mut Outstanding<F>| matches!(call.question, Question::OfRequest { stream: asker, .. } if asker == stream);
        let left = self.0.with(|calls| calls.extract_if(.., of_stream).collect::<Vec<_>>());
        let left = left.unwrap_or_default();
        left.iter().for_each(Outstanding::cancel);
        if !left.is_empty() {
            let _ = host::set_effective_context(stream);
        }
    }

    /// Takes out calls of a root whose time is over: at most so many.
    fn overdue(&self, root: u32, now: MonotonicTime, most: usize) -> Vec<Outstanding<F>> {
        let over = |call: &mut Outstanding<F>| call.root.id() == root && now >= call.until;
        self.0.with(|calls| calls.extract_if(.., over).take(most).collect()).unwrap_or_default()
    }

    pub(crate) fn has(&self, root: u32) -> bool {
        self.0.with(|calls| calls.iter().any(|call| call.root.id() == root)).unwrap_or(false)
    }
}

impl<F: Filter> Vm<F> {
    /// Asks in the background while a stream is the current context. False if it could not be sent: that was the
    /// answer, then.
    pub(crate) fn ask(&self, ask: Ask, stream: u32, root: &Rc<Root<F>>, policy: &Rc<Compiled<F>>) -> bool {
        if !F::ASKS {
            return true;
        }
        let sent = self.calls.send(Question::InBackground(ask.clone()), stream, root, policy);
        match sent {
            Some(()) => root.set_timer(self),
            None => hear(&ask, Answer::Unsent, policy),
        }
        sent.is_some()
    }

    /// Hands an answer to whoever asked.
    pub(crate) fn settle(&self, call: Outstanding<F>, answer: Answer) {
        let Outstanding { question, root, policy, token: _, until: _ } = call;
        match question {
            Question::OfRequest { stream, pending } => {
                self.conclude(stream, pending.as_ref(), answer, &root, &policy);
            }
            Question::InBackground(ask) if F::ASKS => {
                hear(&ask, answer, &policy);
                self.resume(&root, Wake::Answer(&ask));
                if self.waiting.has(root.id()) {
                    root.set_timer(self);
                }
            }
            Question::InBackground(_) => {}
        }
    }

    /// Ends the calls of a root that nobody answered in time.
    pub(crate) fn give_up(&self, root: u32) {
        if !F::CALLS && !F::ASKS {
            return;
        }
        let overdue = self.calls.overdue(root, host::monotonic(), self.room.left());
        if overdue.is_empty() {
            return;
        }
        for call in overdue {
            call.cancel();
            self.settle(call, Answer::TimedOut);
        }
        let _ = host::set_effective_context(root);
    }
}

/// Hands the answer to a question in the background over.
fn hear<F: Filter>(ask: &Ask, answer: Answer, policy: &Compiled<F>) {
    let counters = ask.0.on(answer, &Records::of_plugin(&policy.plugin));
    apply::raise(&counters, &policy.counters);
}
