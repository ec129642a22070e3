//! The files of `envoy-config/`, and what they say.

use std::path::Path;

use filter_api::Value;

use crate::support::root;
use crate::tree::{documents, field, fields, files, nodes, text};

/// One YAML document: a Kubernetes object, or a configuration of Envoy.
#[derive(Clone)]
pub(crate) struct Manifest {
    /// The file, seen from `envoy-config/`.
    pub(crate) file: String,
    pub(crate) document: Value,
}

impl Manifest {
    pub(crate) fn api_version(&self) -> &str {
        field(&self.document, "apiVersion").map_or("", text)
    }

    pub(crate) fn kind(&self) -> &str {
        field(&self.document, "kind").map_or("", text)
    }

    /// The policies inside and their filters, wherever they stand: configuration of a plugin, or metadata of a route.
    pub(crate) fn policies(&self) -> Vec<(&str, &Value)> {
        nodes(&self.document).into_iter().flat_map(policies_at).collect()
    }
}

/// All manifests for Istio and Envoy Gateway.
pub(crate) fn manifests() -> Vec<Manifest> {
    ["istio", "gateway"]
        .iter()
        .flat_map(|folder| files(&folder_of_all().join(folder)))
        .flat_map(read)
        .collect()
}

/// The documents of one file, seen from `envoy-config/`.
pub(crate) fn file(name: &str) -> Vec<Manifest> {
    read(folder_of_all().join(name))
}

/// The only document of a kind in one file.
pub(crate) fn only(name: &str, kind: &str) -> Manifest {
    let mut found: Vec<Manifest> =
        file(name).into_iter().filter(|manifest| manifest.kind() == kind).collect();
    assert_eq!(found.len(), 1, "{name}: one {kind}");
    found.remove(0)
}

fn read(file: impl AsRef<Path>) -> Vec<Manifest> {
    let name = file.as_ref().strip_prefix(folder_of_all()).expect("inside").display().to_string();
    let all = documents(file.as_ref());
    assert!(!all.is_empty(), "{name} is empty");
    all.into_iter().map(|document| Manifest { file: name.clone(), document }).collect()
}

fn folder_of_all() -> std::path::PathBuf {
    root().join("envoy-config")
}

fn policies_at(node: &Value) -> Vec<(&str, &Value)> {
    // Istio; Envoy Gateway; Envoy, where a type stands around the policy.
    let of_plugin = [("pluginName", "pluginConfig"), ("rootID", "config"), ("root_id", "configuration")]
        .into_iter()
        .filter_map(|(name, policy)| Some((text(field(node, name)?), field(node, policy)?)))
        .map(|(filter, policy)| (filter, field(policy, "value").unwrap_or(policy)));
    let of_route = field(node, "filter_metadata")
        .into_iter()
        .flat_map(fields)
        .filter_map(|(namespace, policy)| Some((namespace.strip_prefix("sluice.")?, policy)));
    of_plugin.chain(of_route).collect()
}
