//! What a filter is to the shell.

use crate::HostRequest;
use filter_api::{ConfigError, Decision, Document, StatName, Value};
use std::rc::Rc;

/// One compiled policy of a filter, plugin-wide or of a route. It decides; the shell acts.
pub trait Filter: Sized + 'static {
    /// `canary`, `auth`, ..: stats are `sluice.<name>.*`, route metadata is read from namespace `sluice.<name>`.
    const NAME: &'static str;

    /// The NUL-separated attribute path of that namespace:
    /// `xds\0route_metadata\0filter_metadata\0sluice.<name>`.
    const ROUTE_POLICY: &'static [u8];

    /// What a request gets whose route has a policy that cannot be read.
    const BAD_ROUTE_POLICY: BadRoutePolicy;

    /// Whether it ever decides [`Decision::Wait`]. What a filter does not do is not in its module; a request that it
    /// decides so all the same is refused.
    const WAITS: bool = false;

    /// Whether it ever decides [`Decision::Call`].
    const CALLS: bool = false;

    /// Whether it ever asks in the background: `Patience::ask`, `Effects::ask`.
    const ASKS: bool = false;

    /// Whether its requests ever hold anything: `Effects::held`, `Pending::held`. Needs the callback `stream_end`.
    const HOLDS: bool = false;

    /// Compiles a policy document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn configure(config: &Value) -> Result<Self, ConfigError>;

    /// The counters that decisions name by their place in this list.
    fn counters(&self) -> Vec<StatName>;

    /// What it wants fetched and kept fresh.
    fn documents(&self) -> Vec<Rc<dyn Document>>;

    /// Decides about a request.
    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p>;
}

/// See [`Filter::BAD_ROUTE_POLICY`]. There is always a stat and one log line as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRoutePolicy {
    /// The plugin-wide policy decides: for filters whose absence harms nobody.
    UsePluginWide,
    /// The request is answered 503, `policy_invalid`: for filters that guard.
    Refuse,
}
