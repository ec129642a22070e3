//! The configuration of one Envoy: a file of `envoy-config/`, parsed, changed where a test needs it, and written out.
//!
//! The edits are structural and few, so that what users run is what is tested: the policy, single routes, and at the
//! end ([`Bootstrap::place`]) the ports and folders that a test cannot share with another.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::Error;
use crate::paths::repository;
use crate::tls::Authority;
use crate::workdir::WorkDir;

/// Bootstrap, and the resources of its own files when routes and filter come over xDS.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    pub(crate) envoy: Value,
    /// The RDS file's content.
    pub(crate) routes: Option<Value>,
    /// The ECDS file's content.
    pub(crate) filter: Option<Value>,
    pub(crate) module: String,
    pub(crate) workers: u32,
    /// Ports that somebody wants; all others are free ones.
    pub(crate) ports: BTreeMap<&'static str, u16>,
    /// The transport socket of a second listener `https`.
    tls: Option<Value>,
}

/// Where this Envoy runs: what only its starter can know.
pub(crate) struct Places<'a> {
    pub(crate) work: &'a Path,
    /// The address to bind, and the ports of the listeners and of the admin interface by name.
    pub(crate) bind: IpAddr,
    pub(crate) ports: BTreeMap<&'static str, u16>,
    /// Host and port of each cluster.
    pub(crate) endpoints: BTreeMap<&'static str, (String, u16)>,
}

impl Bootstrap {
    /// `canary` with everything in one file, at concurrency 2.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn canary() -> Self {
        Self::read("envoy-config/canary/envoy.yaml", None)
    }

    /// `canary` with routes and filter in watched files.
    ///
    /// # Panics
    /// When a shipped file cannot be read.
    pub fn canary_over_xds() -> Self {
        let folder = "envoy-config/xds/canary";
        let files = [format!("{folder}/routes/shop.yaml"), format!("{folder}/filter/canary.yaml")];
        Self::read(&format!("{folder}/envoy.yaml"), Some(files))
    }

    fn read(envoy: &str, files: Option<[String; 2]>) -> Self {
        let load = |path: &str| {
            let text = fs::read_to_string(repository().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
            parse_yaml(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
        };
        let [routes, filter] = files.map_or([None, None], |files| files.map(|file| Some(load(&file))));
        Self {
            envoy: load(envoy),
            routes,
            filter,
            module: "canary.wasm".to_owned(),
            workers: 2,
            ports: BTreeMap::new(),
            tls: None,
        }
    }

    /// Another plugin-wide policy, as YAML.
    ///
    /// # Panics
    /// When the text is no YAML.
    #[must_use]
    pub fn policy(self, yaml: &str) -> Self {
        self.try_policy(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"))
    }

    /// The same for a text that somebody else wrote.
    ///
    /// # Errors
    /// When the text is no YAML.
    pub fn try_policy(self, yaml: &str) -> Result<Self, Error> {
        Ok(self.policy_value(parse_yaml(yaml)?))
    }

    /// Another plugin-wide policy.
    #[must_use]
    pub fn policy_value(self, policy: Value) -> Self {
        self.configuration(json!({ "@type": STRUCT, "value": policy }))
    }

    /// Another plugin configuration: a `google.protobuf.Any`.
    #[must_use]
    pub fn configuration(mut self, any: Value) -> Self {
        self.plugin()["configuration"] = any;
        self
    }

    /// The policy of one route, as YAML.
    ///
    /// # Panics
    /// When there is no such route or the text is no YAML.
    #[must_use]
    pub fn route_policy(mut self, route: &str, yaml: &str) -> Self {
        let policy = parse_yaml(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"));
        let found = self.routes().iter_mut().find(|r| r["name"] == route).expect("a route of that name");
        found["metadata"] = json!({ "filter_metadata": { "sluice.canary": policy } });
        self
    }

    /// One more route before all others, as YAML.
    ///
    /// # Panics
    /// When the text is no YAML.
    #[must_use]
    pub fn route(mut self, yaml: &str) -> Self {
        let route = parse_yaml(yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"));
        self.routes().insert(0, route);
        self
    }

    /// Another module of `target/sluice/`.
    #[must_use]
    pub fn module(mut self, name: &str) -> Self {
        name.clone_into(&mut self.module);
        self
    }

    /// How many worker threads.
    #[must_use]
    pub fn workers(mut self, workers: u32) -> Self {
        self.workers = workers;
        self
    }

    /// A fixed port for a listener or for `admin`, where Envoy is a process of this machine.
    #[must_use]
    pub fn port(mut self, listener: &'static str, port: u16) -> Self {
        self.ports.insert(listener, port);
        self
    }

    /// Any other change of the HTTP connection manager of the first listener.
    #[must_use]
    pub fn connection_manager(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(first_manager(&mut self.envoy));
        self
    }

    /// A second listener `https` with the same filters. It asks for a client certificate and does without one; one
    /// that `trusted` did not issue ends the handshake, or with `verify: false` is accepted as presented only.
    ///
    /// # Errors
    /// When the server's certificate cannot be made.
    pub fn https(mut self, trusted: &Authority, verify: bool) -> Result<Self, Error> {
        let server = trusted.server()?;
        self.tls = Some(json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "require_client_certificate": false,
                // On a resumed connection Envoy 1.40 calls no certificate valid.
                "disable_stateless_session_resumption": true,
                "disable_stateful_session_resumption": true,
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": { "inline_string": server.certificate },
                        "private_key": { "inline_string": server.key },
                    }],
                    "validation_context": {
                        "trusted_ca": { "inline_string": trusted.pem() },
                        "trust_chain_verification": if verify { "VERIFY_TRUST_CHAIN" } else { "ACCEPT_UNTRUSTED" },
                    },
                },
            },
        }));
        Ok(self)
    }

    /// The filter's own configuration, wherever it stands.
    #[must_use]
    pub fn filter_config(&mut self) -> Value {
        self.plugin().clone()
    }

    /// The virtual hosts with their routes, wherever they stand.
    #[must_use]
    pub fn route_table(&mut self) -> Value {
        self.table()["virtual_hosts"].clone()
    }

    /// The Wasm plugin's configuration (`envoy.extensions.wasm.v3.PluginConfig`), wherever it stands.
    pub(crate) fn plugin(&mut self) -> &mut Value {
        let filter = match &mut self.filter {
            Some(resources) => &mut resources["resources"][0],
            None => named(first_manager(&mut self.envoy), "http_filters", "sluice.canary"),
        };
        &mut filter["typed_config"]["config"]
    }

    fn routes(&mut self) -> &mut Vec<Value> {
        array(&mut self.table()["virtual_hosts"][0]["routes"])
    }

    fn table(&mut self) -> &mut Value {
        match &mut self.routes {
            Some(resources) => &mut resources["resources"][0],
            None => &mut first_manager(&mut self.envoy)["route_config"],
        }
    }

    /// Points ports, clusters, files and module at what belongs to this Envoy alone.
    pub(crate) fn place(&mut self, places: &Places<'_>) {
        let bind = |port: &str| {
            let port = places.ports.get(port).copied().unwrap_or(0);
            json!({ "socket_address": { "address": places.bind.to_string(), "port_value": port } })
        };
        self.plugin()["vm_config"]["code"] = json!({ "local": { "filename": places.work.join(MODULE) } });
        if let Some(tls) = self.tls.take() {
            let listeners = array(&mut self.envoy["static_resources"]["listeners"]);
            let mut https = listeners[0].clone();
            https["name"] = json!("https");
            https["filter_chains"][0]["transport_socket"] = tls;
            listeners.push(https);
        }
        let over_xds = self.routes.is_some();
        self.envoy["admin"]["address"] = bind("admin");
        for listener in array(&mut self.envoy["static_resources"]["listeners"]) {
            listener["address"] = bind(listener["name"].as_str().unwrap_or_default());
            if over_xds {
                let manager = manager(listener);
                watch(&mut manager["rds"]["config_source"], &places.work.join(ROUTES));
                let filter = named(manager, "http_filters", "sluice.canary");
                watch(&mut filter["config_discovery"]["config_source"], &places.work.join(FILTER));
            }
        }
        let mut lists = named(&mut self.envoy["static_resources"], "clusters", "stable").clone();
        lists["name"] = json!("lists");
        array(&mut self.envoy["static_resources"]["clusters"]).push(lists);
        for (name, (host, port)) in &places.endpoints {
            let cluster = named(&mut self.envoy["static_resources"], "clusters", name);
            let endpoint = &mut cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
            endpoint["address"] = json!({ "socket_address": { "address": host, "port_value": port } });
        }
    }

    /// Writes all files, the module too.
    pub(crate) fn write(&self, work: &WorkDir, module: &Path) -> Result<(), Error> {
        work.write(ENVOY, self.envoy.to_string())?;
        for (name, content) in [(ROUTES, &self.routes), (FILTER, &self.filter)] {
            if let Some(content) = content {
                work.write(name, content.to_string())?;
            }
        }
        work.write(MODULE, fs::read(module)?)?;
        Ok(())
    }
}

/// YAML as the JSON value that Envoy would make of it.
///
/// # Errors
/// When it is none, with the place.
pub fn parse_yaml(text: &str) -> Result<Value, Error> {
    Ok(serde_saphyr::from_str(text)?)
}

fn first_manager(envoy: &mut Value) -> &mut Value {
    manager(&mut envoy["static_resources"]["listeners"][0])
}

fn manager(listener: &mut Value) -> &mut Value {
    &mut listener["filter_chains"][0]["filters"][0]["typed_config"]
}

fn watch(source: &mut Value, file: &Path) {
    source["path_config_source"] = json!({ "path": file, "watched_directory": { "path": file.parent() } });
}

fn named<'a>(parent: &'a mut Value, list: &str, name: &str) -> &'a mut Value {
    let found = array(&mut parent[list]).iter_mut().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("{list} has no {name}"))
}

fn array(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list in the shipped file")
}

pub(crate) const ENVOY: &str = "envoy.json";
pub(crate) const ROUTES: &str = "routes/shop.json";
pub(crate) const FILTER: &str = "filter/canary.json";
pub(crate) const MODULE: &str = "module.wasm";
const STRUCT: &str = "type.googleapis.com/google.protobuf.Struct";
