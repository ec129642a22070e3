//! gRPC calls that requests wait for.

use crate::Filter;
use crate::host::{self, Token};
use crate::root::Compiled;
use filter_api::{Pending, Slot, UnixTime};
use std::rc::Rc;
use std::time::Duration;

/// A call under way.
pub(crate) struct Outstanding<F: Filter> {
    pub(crate) token: Token,
    pub(crate) stream: u32,
    pub(crate) root: u32,
    /// Then it is given up.
    pub(crate) until: UnixTime,
    pub(crate) pending: Rc<dyn Pending>,
    /// Whose counters the decision raises.
    pub(crate) policy: Rc<Compiled<F>>,
}

/// All of one VM.
pub(crate) struct Calls<F: Filter>(Slot<Vec<Outstanding<F>>>);

/// Envoy holds the head of each request that waits, and its circuit breakers count on their own.
const CAPACITY: usize = 4096;

/// Envoy's timeout comes first, if it comes: it does not for a cluster without an endpoint.
pub(crate) const GRACE: Duration = Duration::from_millis(5);

impl<F: Filter> Default for Calls<F> {
    fn default() -> Self {
        Self(Slot::default())
    }
}

impl<F: Filter> Calls<F> {
    /// Starts a call; `None` if it cannot be sent.
    pub(crate) fn send(
        &self,
        stream: u32,
        root: u32,
        pending: Rc<dyn Pending>,
        policy: Rc<Compiled<F>>,
    ) -> Option<()> {
        if self.0.with(|calls| calls.len() >= CAPACITY).unwrap_or(true) {
            return None;
        }
        let call = pending.call();
        let until = host::now().plus(call.timeout.saturating_add(GRACE));
        // A call that fails at once is closed before this returns: nobody knows its token then, and the host says so here.
        let token = host::grpc_call(&call).ok()?;
        self.0.with(|calls| calls.push(Outstanding { token, stream, root, until, pending, policy }))
    }

    /// Takes out the call with this token.
    pub(crate) fn answered(&self, token: Token) -> Option<Outstanding<F>> {
        let take = |calls: &mut Vec<Outstanding<F>>| {
            let place = calls.iter().position(|call| call.token == token)?;
            Some(calls.swap_remove(place))
        };
        self.0.with(take).flatten()
    }

    /// Takes out the calls of a root whose time is over.
    pub(crate) fn overdue(&self, root: u32, now: UnixTime) -> Vec<Outstanding<F>> {
        let over = |call: &mut Outstanding<F>| call.root == root && now >= call.until;
        self.0.with(|calls| calls.extract_if(.., over).collect()).unwrap_or_default()
    }

    pub(crate) fn has(&self, root: u32) -> bool {
        self.0.with(|calls| calls.iter().any(|call| call.root == root)).unwrap_or(false)
    }
}
