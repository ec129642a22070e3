//! The configuration of one Envoy: a file of `envoy-config/`, parsed, changed where a test needs it, and written out.
//!
//! The edits are structural and few, so that what users run is what is tested: the policy, single routes, and at the
//! end ([`Bootstrap::place`]) the ports and folders that a test cannot share with another.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::{fmt, fs};

use serde_json::{Value, json};

use crate::Error;
use crate::listener::Socket;
use crate::paths::repository;
use crate::tls::Authority;

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
    /// Listeners beside `http`, by name, with their transport sockets.
    pub(crate) sockets: Vec<(String, Option<Socket>)>,
    /// The filter that a test is about, as `sluice.canary`.
    pub(crate) filter_name: &'static str,
    /// Filters behind it, by the name of their module.
    pub(crate) behind: Vec<String>,
    /// Changes of single listeners' connection managers.
    pub(crate) managers: Vec<(String, Change)>,
    /// Where clusters lead that do not lead to the stack's own servers.
    pub(crate) endpoints: BTreeMap<&'static str, (String, u16)>,
}

/// A change of a connection manager.
#[derive(Clone)]
pub(crate) struct Change(pub(crate) Arc<dyn Fn(&mut Value) + Send + Sync>);

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Change")
    }
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

    pub(crate) fn read(envoy: &str, files: Option<[String; 2]>) -> Self {
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
            sockets: Vec::new(),
            filter_name: "sluice.canary",
            behind: Vec::new(),
            managers: Vec::new(),
            endpoints: BTreeMap::new(),
        }
    }

    /// Another filter in the place of `canary`, as `sluice.auth`.
    pub(crate) fn turned_into(mut self, filter_name: &'static str) -> Self {
        let name = filter_name.trim_start_matches("sluice.");
        self.filter_name = filter_name;
        self.module = format!("{name}.wasm");
        if let Some(filter) = &mut self.filter {
            filter["resources"][0]["name"] = json!(filter_name);
        }
        let filter = named(first_manager(&mut self.envoy), "http_filters", "sluice.canary");
        filter["name"] = json!(filter_name);
        rename(self.plugin(), name);
        self
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
        let name = self.filter_name;
        let found = self.routes().iter_mut().find(|r| r["name"] == route).expect("a route of that name");
        found["metadata"] = json!({ "filter_metadata": { name: policy } });
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
    pub fn https(self, trusted: &Authority, verify: bool) -> Result<Self, Error> {
        let socket = Socket::new(&[trusted])?;
        Ok(self.listener("https", if verify { socket } else { socket.accept_untrusted() }))
    }

    /// One more listener with the same filters.
    #[must_use]
    pub fn listener(mut self, name: &str, socket: Socket) -> Self {
        self.sockets.push((name.to_owned(), Some(socket)));
        self
    }

    /// One more listener without TLS, with another connection manager.
    #[must_use]
    pub fn plain_listener(mut self, name: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.sockets.push((name.to_owned(), None));
        self.managers.push((name.to_owned(), Change(Arc::new(change))));
        self
    }

    /// One more cluster, which leads there.
    #[must_use]
    pub fn cluster(mut self, name: &'static str, addr: SocketAddr) -> Self {
        self.endpoints.insert(name, (addr.ip().to_string(), addr.port()));
        self
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
            None => named(first_manager(&mut self.envoy), "http_filters", self.filter_name),
        };
        &mut filter["typed_config"]["config"]
    }

    pub(crate) fn routes(&mut self) -> &mut Vec<Value> {
        array(&mut self.table()["virtual_hosts"][0]["routes"])
    }

    fn table(&mut self) -> &mut Value {
        match &mut self.routes {
            Some(resources) => &mut resources["resources"][0],
            None => &mut first_manager(&mut self.envoy)["route_config"],
        }
    }
}

/// YAML as the JSON value that Envoy would make of it.
///
/// # Errors
/// When it is none, with the place.
pub fn parse_yaml(text: &str) -> Result<Value, Error> {
    Ok(serde_saphyr::from_str(text)?)
}

/// Makes this the plugin of another filter. Shared data is keyed by `vm_id` alone, so each has its own.
pub(crate) fn rename(plugin: &mut Value, name: &str) {
    plugin["name"] = json!(format!("sluice.{name}"));
    plugin["root_id"] = json!(name);
    plugin["vm_config"]["vm_id"] = json!(format!("sluice-{name}"));
}

pub(crate) fn first_manager(envoy: &mut Value) -> &mut Value {
    manager(&mut envoy["static_resources"]["listeners"][0])
}

pub(crate) fn manager(listener: &mut Value) -> &mut Value {
    &mut listener["filter_chains"][0]["filters"][0]["typed_config"]
}

pub(crate) fn named<'a>(parent: &'a mut Value, list: &str, name: &str) -> &'a mut Value {
    let found = array(&mut parent[list]).iter_mut().find(|entry| entry["name"] == name);
    found.unwrap_or_else(|| panic!("{list} has no {name}"))
}

pub(crate) fn array(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list in the shipped file")
}

const STRUCT: &str = "type.googleapis.com/google.protobuf.Struct";
