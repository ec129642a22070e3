//! A filter that does nothing: the least that a Wasm filter costs, and the frame of every other one.

use filter_shell::{
    BadRoutePolicy, ConfigError, Decision, Document, Effects, Filter, HostRequest, StatName, Value,
};
use std::rc::Rc;

struct Empty;

impl Filter for Empty {
    const NAME: &'static str = "empty";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.empty";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::UsePluginWide;

    fn configure(_: &Value) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    fn counters(&self) -> Vec<StatName> {
        Vec::new()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        Vec::new()
    }

    fn on_request_head<'p>(&'p self, _: &HostRequest<'_>) -> Decision<'p> {
        Decision::Continue(Effects::default())
    }
}

filter_shell::export!(Empty);
