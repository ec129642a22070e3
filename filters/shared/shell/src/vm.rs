//! One VM: its root contexts, its streams, and the callbacks of the host.
//!
//! Everything is behind `Cell`s and `RefCell`s that are never held across a host call which may call back: a callout
//! can be answered before the call that started it returns.

use crate::apply::{self, Kept};
use crate::calls::{Calls, Outstanding};
use crate::host::{self, Buffer, Level, Token};
use crate::log::Log;
use crate::root::{Compiled, Root};
use crate::stats::Metrics;
use crate::streams::Streams;
use crate::waiting::{Wait, Waiting};
use crate::{BadRoutePolicy, Filter, HostRequest};
use filter_api::{Answer, Call, ConfigError, Decision, PeerMemo, Reply, Slot, StatName};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// What the host wants to hear after a header callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Action {
    /// Go on with the next filter.
    Continue = 0,
    /// Stop everything, the body included: an answer was sent, or the request waits. The milder ways to stop let a
    /// request go on as soon as its body comes, if Envoy is told to `allow_on_headers_stop_iteration`.
    Pause = 4,
}

type Roots<F> = Vec<Rc<Root<F>>>;

/// The state of one VM. `export!` keeps one per module instance.
pub struct Vm<F: Filter> {
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
    roots: Slot<Roots<F>>,
    newest_stream: Cell<(u32, u32)>,
    streams: Streams,
    pub(crate) waiting: Waiting,
    calls: Calls<F>,
    peers: Slot<PeerMemo>,
    crypto_missing: Cell<bool>,
    #[cfg(feature = "trap")]
    trap: crate::trap::Trap,
}

impl<F: Filter> std::fmt::Debug for Vm<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Vm({}, {} roots)", F::NAME, self.roots.with(|roots| roots.len()).unwrap_or(0))
    }
}

impl<F: Filter> Default for Vm<F> {
    fn default() -> Self {
        Self {
            metrics: Metrics::default(),
            log: Log::new(),
            roots: Slot::default(),
            newest_stream: Cell::new((0, 0)),
            streams: Streams::new(),
            waiting: Waiting::default(),
            calls: Calls::default(),
            peers: Slot::default(),
            crypto_missing: Cell::new(false),
            #[cfg(feature = "trap")]
            trap: crate::trap::Trap::default(),
        }
    }
}

impl<F: Filter> Vm<F> {
    /// `proxy_on_context_create`. A stream's first callback follows at once, so only the newest is remembered.
    pub fn on_context_create(&self, context: u32, parent: u32) {
        if parent == 0 {
            self.roots.with(|roots| {
                roots.retain(|root| host::set_effective_context(root.id()).is_ok());
                roots.push(Rc::new(Root::new(context)));
            });
            let _ = host::set_effective_context(context);
        } else {
            self.newest_stream.set((context, parent));
        }
    }

    /// `proxy_on_configure`. False refuses the configuration; Envoy keeps the one it has.
    pub fn on_configure(&self, root: u32, size: usize) -> bool {
        let bytes = if size == 0 { Ok(Vec::new()) } else { host::buffer(Buffer::PluginConfiguration, size) };
        let outcome = bytes
            .map_err(|status| ConfigError::one("", format!("the configuration cannot be read: {status}")))
            .and_then(|bytes| match self.root(root) {
                Some(root) => root.configure(&bytes, self),
                None => Err(ConfigError::one("", "the host configured a context that it did not create")),
            });
        match &outcome {
            // Defined although nothing was refused, so that a dashboard shows zero rather than nothing.
            Ok(()) => ["plugin", "route"].iter().for_each(|scope| {
                self.metrics.counter(&refusals::<F>(scope));
            }),
            Err(error) => self.refused("plugin", error),
        }
        outcome.is_ok()
    }

    /// `proxy_on_request_headers`.
    pub fn on_request_headers(&self, stream: u32) -> Action {
        #[cfg(feature = "trap")]
        self.trap.on_request(stream);
        let verdict = self.root_of(stream).map_or_else(refuse::<F>, |root| self.begin(stream, &root));
        if let Verdict::Go = verdict { Action::Continue } else { Action::Pause }
    }

    /// Decides about a stream for the first time, and sees to it that one which stands still is woken.
    fn begin(&self, stream: u32, root: &Root<F>) -> Verdict {
        let verdict = self.decide(stream, root, !self.waiting.is_full());
        if let Verdict::Wait = verdict {
            self.waiting.add(Wait { stream, root: root.id(), until: host::now().plus(PATIENCE) });
        }
        if let Verdict::Wait | Verdict::Called = verdict {
            root.set_timer(self);
        }
        verdict
    }

    /// Decides about the current stream.
    fn decide(&self, stream: u32, root: &Root<F>, may_wait: bool) -> Verdict {
        let Some(policy) = root.policy(self) else { return refuse::<F>() };
        let request = HostRequest::new(&self.peers, &self.crypto_missing, may_wait);
        let was_missing = self.crypto_missing.get();
        let decision = policy.filter.on_request_head(&request);
        if self.crypto_missing.get() && !was_missing {
            self.say_that_crypto_is_missing();
        }
        match decision {
            Decision::Wait if F::WAITS && may_wait => Verdict::Wait,
            decision => self.act(decision, stream, root.id(), &policy, &request),
        }
    }

    /// Does what was decided about the current stream.
    fn act(
        &self,
        decision: Decision<'_>,
        stream: u32,
        root: u32,
        policy: &Rc<Compiled<F>>,
        request: &HostRequest<'_>,
    ) -> Verdict {
        match decision {
            Decision::Continue(effects) => {
                apply::request(&effects, &policy.counters);
                if let Some(line) = &effects.log {
                    self.log.line(Level::Info, line);
                }
                if !effects.response.is_empty() {
                    self.streams.keep(stream, effects.response.into_iter().map(Kept::from).collect());
                }
                Verdict::Go
            }
            Decision::Reply(reply) => {
                apply::reply(&reply, &policy.counters);
                Verdict::Answered
            }
            Decision::Call(Call(pending)) if F::CALLS => {
                match self.calls.send(stream, root, Rc::clone(&pending), Rc::clone(policy)) {
                    Some(()) => Verdict::Called,
                    None => self.act(pending.on(Answer::Unsent, request), stream, root, policy, request),
                }
            }
            // It was told not to, or said that it never would.
            Decision::Wait | Decision::Call(_) => refuse::<F>(),
        }
    }

    /// Decides about a stream that waited for the answer of a call.
    fn conclude(&self, call: Outstanding<F>, answer: Answer) {
        // A stream that was reset in the meantime is no context any more.
        if host::set_effective_context(call.stream).is_err() {
            return;
        }
        let request = HostRequest::new(&self.peers, &self.crypto_missing, false);
        let decision = call.pending.on(answer, &request);
        if let Verdict::Go = self.act(decision, call.stream, call.root, &call.policy, &request) {
            // The stream ends by the timeout of Envoy's if it cannot be resumed; it never goes on undecided.
            let _ = host::continue_request();
        }
    }

    /// Decides again about the streams of a root that wait: about all if a document came, else about those whose
    /// time is over.
    fn resume(&self, root: &Root<F>, documents_came: bool) {
        if !F::WAITS {
            return;
        }
        let now = host::now();
        let is_ready = |wait: &Wait| wait.root == root.id() && (documents_came || now >= wait.until);
        let ready = self.waiting.take(is_ready);
        if ready.is_empty() {
            return;
        }
        for wait in ready {
            // A stream that was reset in the meantime is no context any more.
            if host::set_effective_context(wait.stream).is_err() {
                continue;
            }
            match self.decide(wait.stream, root, now < wait.until) {
                // The stream ends by the timeout of Envoy's if it cannot be resumed; it never goes on undecided.
                Verdict::Go => {
                    let _ = host::continue_request();
                }
                Verdict::Answered | Verdict::Called => {}
                Verdict::Wait => self.waiting.add(wait),
            }
        }
        let _ = host::set_effective_context(root.id());
    }

    /// `proxy_on_response_headers`.
    pub fn on_response_headers(&self, stream: u32) -> Action {
        #[cfg(feature = "trap")]
        self.trap.on_response(stream);
        if let Some(mutations) = self.streams.take(stream) {
            apply::response(&mutations);
        }
        Action::Continue
    }

    /// `proxy_on_tick`.
    pub fn on_tick(&self, root: u32) {
        #[cfg(feature = "trap")]
        self.trap.on_tick();
        if let Some(root) = self.root(root) {
            let came = root.on_tick(self);
            self.resume(&root, came);
            self.give_up(root.id());
            root.set_timer(self);
        }
    }

    /// Ends the calls of a root that nobody answered in time.
    fn give_up(&self, root: u32) {
        if !F::CALLS {
            return;
        }
        let overdue = self.calls.overdue(root, host::now());
        if overdue.is_empty() {
            return;
        }
        for call in overdue {
            host::cancel_grpc_call(call.token);
            self.conclude(call, Answer::TimedOut);
        }
        let _ = host::set_effective_context(root);
    }

    /// `proxy_on_grpc_receive`: the answer to a unary call that ended well.
    pub fn on_grpc_receive(&self, token: u32, size: usize) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        let Some(call) = self.calls.answered(Token(token)) else { return };
        let message = if size == 0 { Ok(Vec::new()) } else { host::buffer(Buffer::GrpcMessage, size) };
        self.conclude(call, message.map_or(Answer::Status(INTERNAL), Answer::Message));
    }

    /// `proxy_on_grpc_close`: a call ended. After an answer nobody waits for this any more.
    pub fn on_grpc_close(&self, token: u32, status: u32) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        if let Some(call) = self.calls.answered(Token(token)) {
            self.conclude(call, Answer::Status(status));
        }
    }

    /// `proxy_on_http_call_response`.
    pub fn on_http_call_response(&self, root: u32, token: u32, fields: u32, body_size: usize) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        if let Some(root) = self.root(root) {
            let came = root.on_answer(Token(token), fields, body_size, self);
            self.resume(&root, came);
            root.set_timer(self);
        }
    }

    /// Once per VM: it works on, at many times the cost.
    #[cold]
    fn say_that_crypto_is_missing(&self) {
        let name = StatName::new(&format!("sluice.{}.host_crypto_missing", F::NAME));
        host::increment(self.metrics.counter(&name), 1);
        let line = format!(
            "sluice.{}: the host checks no signatures (verify_signature), this module does it itself",
            F::NAME
        );
        self.log.line(Level::Warn, &line);
    }

    /// Counts and logs a policy that cannot be read, with every problem.
    pub(crate) fn refused(&self, scope: &str, error: &ConfigError) {
        host::increment(self.metrics.counter(&refusals::<F>(scope)), 1);
        self.log.line(Level::Error, &format!("sluice.{}: {scope} policy refused: {error}", F::NAME));
    }

    /// Whether requests of a root stand still.
    pub(crate) fn holds_requests(&self, root: u32) -> bool {
        self.waiting.has(root) || self.calls.has(root)
    }

    fn root(&self, id: u32) -> Option<Rc<Root<F>>> {
        self.roots.with(|roots| roots.iter().find(|root| root.id() == id).map(Rc::clone)).flatten()
    }

    fn root_of(&self, stream: u32) -> Option<Rc<Root<F>>> {
        match self.newest_stream.get() {
            (newest, root) if newest == stream => self.root(root),
            _ => None,
        }
    }
}

/// What became of a request.
enum Verdict {
    Go,
    Answered,
    Wait,
    Called,
}

fn refusals<F: Filter>(scope: &str) -> StatName {
    StatName::new(&format!("sluice.{}.policy_refused", F::NAME)).tag("scope", scope)
}

/// No policy is there to decide: a filter that guards refuses, the others let pass.
fn refuse<F: Filter>() -> Verdict {
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

/// How long a request stands still for a document.
const PATIENCE: Duration = Duration::from_secs(1);

/// gRPC status `INTERNAL`.
const INTERNAL: u32 = 13;
