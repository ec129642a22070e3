//! The bootstrap of `ratelimit`: the files of `canary`, with the one filter in place of the other, and a cluster
//! `ratelimit` for the service.
//!
//! The cluster leads to the source of lists, which answers gRPC with its documents and fails in every way, or to a
//! [`RateLimitService`].

use serde_json::{Value, json};

use crate::bootstrap::{Bootstrap, array, first_manager};
use crate::service::RateLimitService;

impl Bootstrap {
    /// `ratelimit` with everything in one file, at concurrency 2. Routes: `/off` without the filter, all else with it.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn ratelimit() -> Self {
        Self::canary().limited()
    }

    /// `ratelimit` with routes and filter in watched files.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn ratelimit_over_xds() -> Self {
        Self::canary_over_xds().limited()
    }

    /// Leads the cluster `ratelimit` to this service.
    #[must_use]
    pub fn service(mut self, service: &RateLimitService) -> Self {
        self.service_cluster();
        let addr = service.addr();
        self.endpoints.insert("ratelimit", (addr.ip().to_string(), addr.port()));
        self
    }

    /// Any change of the cluster `ratelimit`.
    #[must_use]
    pub fn service_cluster_with(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(self.service_cluster());
        self
    }

    fn limited(self) -> Self {
        let mut limited = self.turned_into("sluice.ratelimit");
        *limited.routes() = array(&mut routes()).clone();
        let manager = first_manager(&mut limited.envoy);
        manager["access_log"][0]["typed_config"]["log_format"]["json_format"] = json!({
            "id": "%REQ(X-TEST-ID)%",
            "status": "%RESPONSE_CODE%",
            "details": "%RESPONSE_CODE_DETAILS%",
            "route": "%ROUTE_NAME%",
            "duration_ms": "%DURATION%",
        });
        limited.service_cluster();
        limited
    }

    fn service_cluster(&mut self) -> &mut Value {
        let clusters = array(&mut self.envoy["static_resources"]["clusters"]);
        if clusters.iter().all(|cluster| cluster["name"] != "ratelimit") {
            let mut cluster = clusters[0].clone();
            cluster["name"] = json!("ratelimit");
            cluster["load_assignment"]["cluster_name"] = json!("ratelimit");
            cluster["typed_extension_protocol_options"] = json!({
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": { "http2_protocol_options": {} },
                },
            });
            clusters.push(cluster);
        }
        let found = clusters.iter_mut().find(|cluster| cluster["name"] == "ratelimit");
        found.expect("the cluster of the service")
    }
}

/// Envoy's own client of a rate limit service, with the cluster `ratelimit` and a patience that no test outlasts.
pub fn native_ratelimit() -> Value {
    json!({
        "name": "envoy.filters.http.ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit",
            "domain": "sluice",
            "timeout": "5s",
            "failure_mode_deny": true,
            "rate_limit_service": {
                "transport_api_version": "V3",
                "grpc_service": { "envoy_grpc": { "cluster_name": "ratelimit" } },
            },
        },
    })
}

/// What a route needs for it: the descriptor `tenant`, which is the header `x-tenant`.
pub fn native_rate_limits() -> Value {
    json!([{ "actions": [{ "request_headers": { "header_name": "x-tenant", "descriptor_key": "tenant" } }] }])
}

fn routes() -> Value {
    json!([
        {
            "name": "off",
            "match": { "prefix": "/off" },
            "route": { "cluster": "stable" },
            "typed_per_filter_config": {
                "sluice.ratelimit": {
                    "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true,
                },
            },
        },
        { "name": "all", "match": { "prefix": "/" }, "route": { "cluster": "stable" } },
    ])
}

/// Limits of a service in Limitador's form: more for each tenant than anybody here asks for.
pub const PLENTY_FOR_TENANTS: &str = "
- namespace: sluice
  max_value: 1000000000
  seconds: 1
  conditions: []
  variables: ['descriptors[0].tenant']
";
