//! The auth filter as a WebAssembly module: everything it decides is in `auth-core`.

use auth_core::Policy;
use filter_shell::{BadRoutePolicy, ConfigError, Decision, Document, Filter, HostRequest, StatName, Value};
use std::rc::Rc;

struct Auth(Policy);

impl Filter for Auth {
    const NAME: &'static str = "auth";
    const ROUTE_POLICY: &'static [u8] = b"xds\0route_metadata\0filter_metadata\0sluice.auth";
    const BAD_ROUTE_POLICY: BadRoutePolicy = BadRoutePolicy::Refuse;
    const WAITS: bool = true;

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
        self.0.authorize(request, request.may_wait())
    }
}

filter_shell::export!(Auth: tick, http_call_response);
