//! The canary filter as a WebAssembly module: everything it decides is in `canary-core`.

use canary_core::Policy;
use filter_shell::{BadRoutePolicy, ConfigError, Decision, Document, Filter, HostRequest, StatName, Value};
use std::rc::Rc;

struct Canary(Policy);

impl Filter for Canary {
    const NAME: &'static str = "canary";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.canary";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::UsePluginWide;

    fn configure(config: &Value) -> Result<Self, ConfigError> {
        Policy::compile(config).map(Self)
    }

    fn counters(&self) -> Vec<StatName> {
        self.0.counters().to_vec()
    }

    fn documents(&self) -> Vec<Rc<dyn Document>> {
        self.0.documents()
    }

    fn on_request_head<'p>(&'p self, request: &HostRequest<'_>) -> Decision<'p> {
        Decision::Continue(self.0.apply(request))
    }
}

filter_shell::export!(Canary: response_headers, tick, http_call_response);
