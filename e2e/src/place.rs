//! Where an Envoy runs: the last edits of its configuration, and its files.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::Error;
use crate::bootstrap::{Bootstrap, array, first_manager, manager, named};
use crate::paths::artifact;
use crate::workdir::WorkDir;

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
    /// Points ports, clusters, files and module at what belongs to this Envoy alone.
    pub(crate) fn place(&mut self, places: &Places<'_>) {
        let bind = |port: &str| {
            let port = places.ports.get(port).copied().unwrap_or(0);
            json!({ "socket_address": { "address": places.bind.to_string(), "port_value": port } })
        };
        self.plugin()["vm_config"]["code"] = json!({ "local": { "filename": places.work.join(MODULE) } });
        for (number, _) in self.behind.iter().enumerate() {
            let code = json!({ "local": { "filename": places.work.join(behind(number)) } });
            let filter = &mut first_manager(&mut self.envoy)["http_filters"][number + 1];
            filter["typed_config"]["config"]["vm_config"]["code"] = code;
        }
        for (name, socket) in std::mem::take(&mut self.sockets) {
            let listeners = array(&mut self.envoy["static_resources"]["listeners"]);
            let mut listener = listeners[0].clone();
            listener["name"] = json!(name);
            if let Some(socket) = socket {
                socket.guard(&mut listener);
            }
            for (_, change) in self.managers.iter().filter(|(of, _)| *of == name) {
                (change.0)(manager(&mut listener));
            }
            listeners.push(listener);
        }
        let over_xds = self.routes.is_some();
        self.envoy["admin"]["address"] = bind("admin");
        for listener in array(&mut self.envoy["static_resources"]["listeners"]) {
            listener["address"] = bind(listener["name"].as_str().unwrap_or_default());
            if listener["udp_listener_config"].is_object() {
                listener["address"]["socket_address"]["protocol"] = json!("UDP");
            }
            if over_xds {
                let manager = manager(listener);
                watch(&mut manager["rds"]["config_source"], &places.work.join(ROUTES));
                let filter = named(manager, "http_filters", self.filter_name);
                watch(&mut filter["config_discovery"]["config_source"], &places.work.join(FILTER));
            }
        }
        let mut endpoints = places.endpoints.clone();
        endpoints.append(&mut self.endpoints);
        for (name, (host, port)) in &endpoints {
            let clusters = array(&mut self.envoy["static_resources"]["clusters"]);
            if clusters.iter().all(|cluster| cluster["name"] != *name) {
                let mut cluster = clusters[0].clone();
                cluster["name"] = json!(name);
                cluster["load_assignment"]["cluster_name"] = json!(name);
                clusters.push(cluster);
            }
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
        for (number, name) in self.behind.iter().enumerate() {
            work.write(&behind(number), fs::read(artifact(name)?)?)?;
        }
        Ok(())
    }
}

fn watch(source: &mut Value, file: &Path) {
    source["path_config_source"] = json!({ "path": file, "watched_directory": { "path": file.parent() } });
}

/// The file of the module of a filter behind the one that a test is about.
fn behind(number: usize) -> String {
    format!("behind-{number}.wasm")
}

pub(crate) const ENVOY: &str = "envoy.json";
pub(crate) const ROUTES: &str = "routes/shop.json";
pub(crate) const FILTER: &str = "filter/canary.json";
pub(crate) const MODULE: &str = "module.wasm";
