//! One VM: its root contexts, its streams, and the callbacks of the host.
//!
//! Everything is behind `Cell`s and `RefCell`s that are never held across a host call which may call back: a callout
//! can be answered before the call that started it returns.

use crate::apply::{self, Kept};
use crate::host::{self, Buffer, Level, Token};
use crate::log::Log;
use crate::root::Root;
use crate::stats::Metrics;
use crate::streams::Streams;
use crate::{BadRoutePolicy, Filter, HostRequest};
use filter_api::{ConfigError, Decision, PeerMemo, Reply, Slot, StatName};
use std::cell::Cell;
use std::rc::Rc;

/// What the host wants to hear after a header callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Action {
    /// Go on with the next filter.
    Continue = 0,
    /// Stop: an answer was sent.
    Pause = 1,
}

/// Root contexts by their ids.
type Roots<F> = Vec<(u32, Rc<Root<F>>)>;

/// The state of one VM. `export!` keeps one per module instance.
pub struct Vm<F: Filter> {
    pub(crate) metrics: Metrics,
    pub(crate) log: Log,
    roots: Slot<Roots<F>>,
    newest_stream: Cell<(u32, u32)>,
    streams: Streams,
    peers: Slot<PeerMemo>,
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
            peers: Slot::default(),
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
                roots.retain(|(id, _)| host::set_effective_context(*id).is_ok());
                roots.push((context, Rc::new(Root::new())));
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
        let Some(root) = self.root_of(stream) else { return without_policy::<F>() };
        let Some(policy) = root.policy(self) else { return without_policy::<F>() };
        let request = HostRequest::new(&self.peers);
        match policy.filter.on_request_head(&request) {
            Decision::Continue(effects) => {
                apply::request(&effects, &policy.counters);
                if let Some(line) = &effects.log {
                    self.log.line(Level::Info, line);
                }
                if !effects.response.is_empty() {
                    self.streams.keep(stream, effects.response.into_iter().map(Kept::from).collect());
                }
                Action::Continue
            }
            Decision::Reply(reply) => {
                apply::reply(&reply, &policy.counters);
                Action::Pause
            }
            Decision::Wait => without_policy::<F>(),
        }
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
            root.on_tick(self);
        }
    }

    /// `proxy_on_http_call_response`.
    pub fn on_http_call_response(&self, root: u32, token: u32, fields: u32, body_size: usize) {
        if let Some(root) = self.root(root) {
            root.on_answer(Token(token), fields, body_size, self);
        }
    }

    /// Counts and logs a policy that cannot be read, with every problem.
    pub(crate) fn refused(&self, scope: &str, error: &ConfigError) {
        host::increment(self.metrics.counter(&refusals::<F>(scope)), 1);
        self.log.line(Level::Error, &format!("sluice.{}: {scope} policy refused: {error}", F::NAME));
    }

    fn root(&self, id: u32) -> Option<Rc<Root<F>>> {
        let find = |roots: &mut Roots<F>| {
            roots.iter().find(|(root, _)| *root == id).map(|(_, root)| Rc::clone(root))
        };
        self.roots.with(find).flatten()
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

/// No policy is there to decide: a filter that guards refuses, the others let pass.
fn without_policy<F: Filter>() -> Action {
    if F::BAD_ROUTE_POLICY == BadRoutePolicy::UsePluginWide {
        return Action::Continue;
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
    Action::Pause
}
