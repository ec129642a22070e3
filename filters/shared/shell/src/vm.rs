//! One VM: its root contexts, its streams, and the callbacks of the host.
//!
//! Everything is behind `Cell`s and `RefCell`s that are never held across a host call which may call back: a callout
//! can be answered before the call that started it returns.

use crate::Filter;
use crate::apply;
use crate::calls::Calls;
use crate::held::Holds;
use crate::host::{self, Buffer, Level, Token};
use crate::log::Log;
use crate::room::Room;
use crate::root::Root;
use crate::stats::Metrics;
use crate::streams::Streams;
use crate::verdict::{self, Verdict};
use crate::waiting::{Waiting, Wake};
use filter_api::{Answer, ConfigError, PeerMemo, Slot, StatName};
use std::cell::Cell;
use std::rc::Rc;

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
    pub(crate) streams: Streams,
    pub(crate) waiting: Waiting,
    pub(crate) calls: Calls<F>,
    pub(crate) holds: Holds,
    pub(crate) room: Room,
    pub(crate) peers: Slot<PeerMemo>,
    pub(crate) crypto_missing: Cell<bool>,
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
            holds: Holds::default(),
            room: Room::default(),
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
        let verdict =
            self.root_of(stream).map_or_else(verdict::refuse::<F>, |root| self.begin(stream, &root));
        if let Verdict::Go = verdict { Action::Continue } else { Action::Pause }
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
            self.room.clear();
            let came = root.on_tick(self);
            self.resume(&root, if came { Wake::Document } else { Wake::Tick });
            self.give_up(root.id());
            self.renew(&root);
            root.set_timer(self);
        }
    }

    /// `proxy_on_grpc_receive`: the answer to a unary call that ended well.
    pub fn on_grpc_receive(&self, token: u32, size: usize) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        self.room.clear();
        let Some(call) = self.calls.answered(Token(token)) else { return };
        let message = if size == 0 { Ok(Vec::new()) } else { host::buffer(Buffer::GrpcMessage, size) };
        self.settle(call, message.map_or(Answer::Status(INTERNAL), Answer::Message));
    }

    /// `proxy_on_grpc_close`: a call ended. After an answer nobody waits for this any more.
    pub fn on_grpc_close(&self, token: u32, status: u32) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        self.room.clear();
        if let Some(call) = self.calls.answered(Token(token)) {
            let answer = call.closed(status);
            self.settle(call, answer);
        }
    }

    /// `proxy_on_http_call_response`.
    pub fn on_http_call_response(&self, root: u32, token: u32, fields: u32, body_size: usize) {
        #[cfg(feature = "trap")]
        self.trap.on_callout();
        if let Some(root) = self.root(root) {
            self.room.clear();
            let came = root.on_answer(Token(token), fields, body_size, self);
            if came {
                self.resume(&root, Wake::Document);
            }
            root.set_timer(self);
        }
    }

    /// Once per VM: it works on, at many times the cost.
    #[cold]
    pub(crate) fn say_that_crypto_is_missing(&self) {
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

fn refusals<F: Filter>(scope: &str) -> StatName {
    StatName::new(&format!("sluice.{}.policy_refused", F::NAME)).tag("scope", scope)
}

/// gRPC status `INTERNAL`.
const INTERNAL: u32 = 13;
