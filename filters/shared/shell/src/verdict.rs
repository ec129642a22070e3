//! What becomes of a request: a policy decides, and the decision is carried out.

use crate::apply::{self, Kept};
use crate::calls::Question;
use crate::host::{self, Level};
use crate::root::{Compiled, Root};
use crate::waiting::Wait;
use crate::{BadRoutePolicy, Filter, HostRequest, Vm};
use filter_api::{Answer, Call, Decision, Effects, Patience, Pending, Reply, SharedData as _};
use std::rc::Rc;

/// What became of it.
pub(crate) enum Verdict {
    Go,
    Answered,
    Wait(Patience),
    Called,
}

/// A request about which is being decided: its stream is the current context.
struct Current<'a, F: Filter> {
    stream: u32,
    root: &'a Rc<Root<F>>,
    policy: &'a Rc<Compiled<F>>,
    request: &'a HostRequest<'a>,
}

impl<F: Filter> Vm<F> {
    /// Decides about a stream for the first time, and sees to it that one which stands still is woken.
    pub(crate) fn begin(&self, stream: u32, root: &Rc<Root<F>>) -> Verdict {
        let verdict = self.decide(stream, root, !self.waiting.is_full());
        // The constant keeps the clock out of modules that never wait.
        if let (true, Verdict::Wait(Patience { span, ask })) = (F::WAITS, &verdict) {
            let until = host::monotonic().plus(*span);
            self.waiting.add(Wait { stream, root: root.id(), until, ask: ask.clone(), overdue: false });
        }
        if let Verdict::Wait(_) | Verdict::Called = verdict {
            root.set_timer(self);
        }
        verdict
    }

    /// Decides about the current stream. A question of its own that cannot be sent is answered at once, and so is
    /// decided again: twice, and then without waiting.
    pub(crate) fn decide(&self, stream: u32, root: &Rc<Root<F>>, may_wait: bool) -> Verdict {
        for may_wait in [may_wait, may_wait, false] {
            let Some(policy) = root.policy(self) else { return refuse::<F>() };
            let verdict = self.decide_by(&policy, stream, root, may_wait);
            match &verdict {
                Verdict::Wait(Patience { ask: Some(ask), .. })
                    if !self.ask(ask.clone(), stream, root, &policy) => {}
                _ => return verdict,
            }
        }
        refuse::<F>()
    }

    fn decide_by(
        &self,
        policy: &Rc<Compiled<F>>,
        stream: u32,
        root: &Rc<Root<F>>,
        may_wait: bool,
    ) -> Verdict {
        let request = HostRequest::new(&self.peers, &self.crypto_missing, policy.records(), may_wait);
        let was_missing = self.crypto_missing.get();
        let decision = policy.filter.on_request_head(&request);
        if self.crypto_missing.get() && !was_missing {
            self.say_that_crypto_is_missing();
        }
        match decision {
            Decision::Wait(patience) if F::WAITS && may_wait => Verdict::Wait(patience),
            decision => self.act(decision, &Current { stream, root, policy, request: &request }),
        }
    }

    /// Decides about a stream that waited for the answer of a call.
    pub(crate) fn conclude(
        &self,
        stream: u32,
        pending: &dyn Pending,
        answer: Answer,
        root: &Rc<Root<F>>,
        policy: &Rc<Compiled<F>>,
    ) {
        // A stream that was reset in the meantime is no context any more.
        if host::set_effective_context(stream).is_err() {
            return;
        }
        let request = HostRequest::new(&self.peers, &self.crypto_missing, policy.records(), false);
        let decision = pending.on(answer, &request, &request);
        if let Verdict::Go = self.act(decision, &Current { stream, root, policy, request: &request }) {
            // The stream ends by the timeout of Envoy's if it cannot be resumed; it never goes on undecided.
            let _ = host::continue_request();
        }
        self.room.take();
    }

    /// Does what was decided about the current stream.
    fn act(&self, decision: Decision<'_>, current: &Current<'_, F>) -> Verdict {
        let Current { stream, root, policy, request } = *current;
        match decision {
            Decision::Continue(effects) => {
                self.effect(effects, current);
                Verdict::Go
            }
            Decision::Reply(reply) => {
                apply::reply(&reply, &policy.counters);
                Verdict::Answered
            }
            Decision::Call(Call(pending)) if F::CALLS => {
                if let Some(held) = pending.held() {
                    self.hold(stream, held, root, policy, || request.monotonic());
                }
                let question = Question::OfRequest { stream, pending: Rc::clone(&pending) };
                match self.calls.send(question, stream, root, policy) {
                    Some(()) => Verdict::Called,
                    None => self.act(pending.on(Answer::Unsent, request, request), current),
                }
            }
            // It was told not to, or said that it never would.
            Decision::Wait(_) | Decision::Call(_) => refuse::<F>(),
        }
    }

    fn effect(&self, effects: Effects<'_>, current: &Current<'_, F>) {
        let Current { stream, root, policy, request } = *current;
        apply::request(&effects, &policy.counters);
        if let Some(line) = &effects.log {
            self.log.line(Level::Info, line);
        }
        if !effects.response.is_empty() {
            self.streams.keep(stream, effects.response.into_iter().map(Kept::from).collect());
        }
        if let Some(held) = effects.held {
            self.hold(stream, held, root, policy, || request.monotonic());
        }
        if let Some(ask) = effects.ask {
            self.ask(ask, stream, root, policy);
        }
    }
}

/// No policy is there to decide: a filter that guards refuses, the others let pass.
pub(crate) fn refuse<F: Filter>() -> Verdict {
    if F::BAD_ROUTE_POLICY == BadRoutePolicy::UsePluginWide {
        return Verdict::Go;
    }
    let body =
        br#"{"type":"about:blank","title":"Service Unavailable","status":503,"reason":"policy_invalid"}"#;
    let reply = Reply {
        status: 503,
        fields: vec![("content-type", b"application/problem+json".into())],
        body: body.into(),
        details: format!("sluice_{}{{policy_invalid}}", F::NAME),
        grpc_status: Some(14),
        counters: Vec::new(),
    };
    apply::reply(&reply, &[]);
    Verdict::Answered
}
