//! What is in a module, as CycloneDX 1.5 says it.

use crate::blob::Blob;
use crate::components::Component;
use crate::image::sorted;
use crate::labels::Labels;
use crate::timestamp::rfc3339;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a document is made of.
pub(crate) struct Bill<'a> {
    pub(crate) labels: &'a Labels,
    pub(crate) module: &'a Blob,
    /// Those that are linked into the module, itself among them, by id.
    pub(crate) components: &'a BTreeMap<String, Component>,
    /// SHA-256 of the crates from registries, by id.
    pub(crate) checksums: &'a BTreeMap<String, String>,
    /// The compiler, whose standard library is linked in, too.
    pub(crate) rust: &'a str,
    /// Other programs that made the module, as `wasm-opt 108`.
    pub(crate) tools: &'a [String],
}

impl Bill<'_> {
    /// The document, as text.
    pub(crate) fn text(&self) -> String {
        let root = format!("{}@{}", self.labels.filter, self.labels.version);
        let std = format!("rust-std@{}", self.rust);
        let mut components: Vec<Value> = self
            .components
            .values()
            .filter(|component| component.id() != root)
            .map(|c| self.component(c))
            .collect();
        components.push(json!({
            "type": "library",
            "bom-ref": std,
            "name": "rust-std",
            "version": self.rust,
            "scope": "required",
            "description": "Rust's standard library with the C library of WASI",
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            "externalReferences": [{ "type": "vcs", "url": "https://github.com/rust-lang/rust" }],
        }));
        let mut dependencies: Vec<Value> = self
            .components
            .values()
            .map(|component| {
                let of_root = (component.id() == root).then(|| std.clone());
                let needs: Vec<String> = component.needs.iter().cloned().chain(of_root).collect();
                json!({ "ref": component.id(), "dependsOn": needs })
            })
            .collect();
        dependencies.push(json!({ "ref": std, "dependsOn": [] }));
        let mut document = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "timestamp": rfc3339(self.labels.created),
                "tools": { "components": self.tools() },
                "component": self.subject(&root),
            },
            "components": components,
            "dependencies": dependencies,
        });
        // Another document, another number; the same one, the same.
        document["serialNumber"] = json!(format!("urn:uuid:{}", uuid(&document)));
        format!("{:#}\n", sorted(document))
    }

    fn subject(&self, root: &str) -> Value {
        let Labels { filter, version, description, licence, revision, source, .. } = self.labels;
        let mut subject = json!({
            "type": "library",
            "bom-ref": root,
            "name": format!("sluice-{filter}"),
            "version": version,
            "description": description,
            "licenses": [{ "expression": licence }],
            "hashes": [{ "alg": "SHA-256", "content": self.module.sha256 }],
        });
        if let Some(revision) = revision {
            subject["properties"] = json!([{ "name": "sluice:revision", "value": revision }]);
        }
        if let Some(source) = source {
            subject["externalReferences"] = json!([{ "type": "vcs", "url": source }]);
        }
        subject
    }

    fn component(&self, component: &Component) -> Value {
        let Component { name, version, licence, repository, own, .. } = component;
        let id = component.id();
        let mut described = json!({
            "type": "library",
            "bom-ref": id,
            "name": name,
            "version": version,
            "scope": "required",
            "licenses": [{ "expression": licence }],
        });
        if !own {
            described["purl"] = json!(format!("pkg:cargo/{id}"));
        }
        if let Some(checksum) = self.checksums.get(&id) {
            described["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        if !repository.is_empty() {
            described["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
        }
        described
    }

    fn tools(&self) -> Vec<Value> {
        let own = format!("sluice-pack {}", env!("CARGO_PKG_VERSION"));
        let rust = format!("rustc {}", self.rust);
        let all = [own, rust].into_iter().chain(self.tools.iter().cloned());
        all.map(|tool| {
            let (name, version) = tool.split_once(' ').unwrap_or((&tool, ""));
            json!({ "type": "application", "name": name, "version": version })
        })
        .collect()
    }
}

/// A UUID of version 8 (RFC 9562): the document's own digest, cut to size.
fn uuid(document: &Value) -> String {
    let digest = Blob::from(sorted(document.clone()).to_string().into_bytes()).sha256;
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}
