//! The ratelimit filter as a WebAssembly module: everything it decides is in `ratelimit-core`.

use filter_shell::{BadRoutePolicy, ConfigError, Decision, Document, Filter, HostRequest, StatName, Value};
use ratelimit_core::Policy;
use std::rc::Rc;

struct RateLimit(Policy);

impl Filter for RateLimit {
    const NAME: &'static str = "ratelimit";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.ratelimit";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::UsePluginWide;
    const WAITS: bool = true;
    const CALLS: bool = true;
    const ASKS: bool = true;
    const HOLDS: bool = true;

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
        self.0.decide(request, request, request.may_wait())
    }
}

filter_shell::export!(RateLimit: response_headers, tick, http_call_response, grpc, stream_end);
