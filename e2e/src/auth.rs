//! The bootstrap of `auth`: the files of `canary`, with the one filter in place of the other.
//!
//! Routes are few and fixed: `/off` without the filter, all else with it. Each request is found again in the access log by
//! the `x-test-id` that it carries.

use serde_json::{Value, json};

use crate::Error;
use crate::bootstrap::{Bootstrap, array, first_manager, rename};
use crate::listener::Socket;
use crate::stack::Stack;
use crate::tls::Authority;

impl Bootstrap {
    /// `auth` with everything in one file, at concurrency 2.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn auth() -> Self {
        Self::canary().guarded()
    }

    /// `auth` with routes and filter in watched files.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn auth_over_xds() -> Self {
        Self::canary_over_xds().guarded()
    }

    /// A shipped file with mutual TLS (`auth/envoy.yaml`, `chain/hardened.yaml`), as it stands but for what it has from
    /// others: certificates come from this authority instead of SPIRE, the issuer is reached without TLS.
    ///
    /// # Panics
    /// When the file cannot be read, or has no such parts.
    ///
    /// # Errors
    /// When a certificate cannot be made.
    pub fn shipped(file: &str, authority: &Authority) -> Result<Self, Error> {
        let mut shipped = Self::read(&format!("envoy-config/{file}"), None);
        shipped.filter_name = "sluice.auth";
        shipped.module = "auth.wasm".to_owned();
        let context =
            &mut shipped.envoy["static_resources"]["listeners"][0]["filter_chains"][0]["transport_socket"];
        Socket::new(&[authority])?.certify(&mut context["typed_config"]);
        let clusters = array(&mut shipped.envoy["static_resources"]["clusters"]);
        clusters.retain(|cluster| cluster["name"] != "spire-agent");
        for cluster in clusters.iter_mut() {
            cluster.as_object_mut().expect("a cluster").remove("transport_socket");
            if cluster["name"] == "orders" {
                cluster["name"] = json!("stable");
            }
        }
        for route in shipped.routes() {
            if route["route"]["cluster"] == "orders" {
                route["route"]["cluster"] = json!("stable");
            }
        }
        let filters = array(&mut first_manager(&mut shipped.envoy)["http_filters"]);
        let ours = filters.iter().filter_map(|filter| filter["name"].as_str()?.strip_prefix("sluice."));
        shipped.behind = ours.skip(1).map(|name| format!("{name}.wasm")).collect();
        Ok(shipped)
    }

    fn guarded(self) -> Self {
        let mut guarded = self.turned_into("sluice.auth");
        *guarded.routes() = array(&mut routes()).clone();
        let manager = first_manager(&mut guarded.envoy);
        // As the edge does: nobody's certificate header is believed unless the policy says so.
        manager["forward_client_cert_details"] = json!("ALWAYS_FORWARD_ONLY");
        manager["access_log"][0]["typed_config"]["log_format"]["json_format"] = json!({
            "id": "%REQ(X-TEST-ID)%",
            "status": "%RESPONSE_CODE%",
            "details": "%RESPONSE_CODE_DETAILS%",
            "route": "%ROUTE_NAME%",
            "subject": "%FILTER_STATE(wasm.sluice.auth.subject:PLAIN)%",
            "issuer": "%FILTER_STATE(wasm.sluice.auth.issuer:PLAIN)%",
            "peer": "%FILTER_STATE(wasm.sluice.auth.peer:PLAIN)%",
            "rule": "%FILTER_STATE(wasm.sluice.auth.rule:PLAIN)%",
        });
        guarded
    }

    /// Another of our filters behind it, with this policy (YAML): `canary`, `ratelimit`. It stands in the bootstrap, also
    /// where the first one comes over xDS.
    ///
    /// # Panics
    /// When the text is no YAML.
    #[must_use]
    pub fn behind(mut self, name: &str, yaml: &str) -> Self {
        let policy = crate::parse_yaml(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"));
        let mut plugin = self.plugin().clone();
        rename(&mut plugin, name);
        plugin["configuration"]["value"] = policy;
        let filter = json!({
            "name": format!("sluice.{name}"),
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm", "config": plugin,
            },
        });
        self.behind.push(format!("{name}.wasm"));
        array(&mut first_manager(&mut self.envoy)["http_filters"]).insert(self.behind.len(), filter);
        self
    }

    /// A listener `native` with Envoy's own `jwt_authn` (its configuration as YAML) in place of the filter.
    #[must_use]
    pub fn native_listener(self, configuration: Value) -> Self {
        self.plain_listener("native", move |manager: &mut Value| {
            manager["http_filters"][0] = json!({
                "name": "envoy.filters.http.jwt_authn",
                "typed_config": configuration,
            });
            let off = array(&mut manager["route_config"]["virtual_hosts"][0]["routes"]);
            off.retain(|route| route["name"] != "off");
        })
    }
}

impl Stack {
    /// What the access log says of the requests that carried an `x-test-id`, by that; waits until all of these are there.
    ///
    /// # Panics
    /// When a line does not come.
    pub async fn access_log(&self, ids: &[String]) -> std::collections::BTreeMap<String, Value> {
        crate::poll::until("a line of the access log for every request", async || {
            let lines = self.envoy.log();
            let lines = lines.lines().filter(|line| line.starts_with('{'));
            let entries = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let found: std::collections::BTreeMap<String, Value> =
                entries.filter_map(|entry| Some((entry["id"].as_str()?.to_owned(), entry))).collect();
            ids.iter().all(|id| found.contains_key(id)).then_some(found)
        })
        .await
    }
}

fn routes() -> Value {
    json!([
        {
            "name": "off",
            "match": { "prefix": "/off" },
            "route": { "cluster": "stable" },
            "typed_per_filter_config": {
                "sluice.auth": { "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true },
            },
        },
        { "name": "canary", "match": {
            "prefix": "/", "headers": [{ "name": "x-sluice-subset", "string_match": { "exact": "canary" } }],
        }, "route": { "cluster": "canary" } },
        { "name": "all", "match": { "prefix": "/" }, "route": { "cluster": "stable" } },
    ])
}
