//! The image that registries hold: one manifest, one layer with one file in it, `plugin.wasm`.
//!
//! Istio, Envoy Gateway and Higress unpack it by the same rules: the last layer has to be a `tar+gzip`, and a file in it is
//! called `plugin.wasm` (the "compat" variant of the Wasm Image Specification). The manifest stands alone, not in an index: the
//! `sha256` that their manifests pin is the manifest's, and for an index they compare that of a part of it.

use crate::archive;
use crate::blob::Blob;
use crate::labels::Labels;
use crate::timestamp::rfc3339;
use serde_json::{Map, Value, json};
use std::io;

/// An image, ready to be written as an OCI image layout.
pub(crate) struct Image {
    pub(crate) manifest: Blob,
    config: Blob,
    layer: Blob,
    version: String,
}

impl Image {
    /// The image of this module.
    pub(crate) fn new(module: &[u8], labels: &Labels) -> io::Result<Self> {
        let files = Blob::from(archive::tar([("plugin.wasm", module)])?);
        let layer = Blob::from(archive::gzip(&files.bytes)?);
        let mut annotations = labels.all();
        let config = json_blob(json!({
            // Nothing runs it, but who pulls images wants to know for which machine one is. All take this.
            "architecture": "amd64",
            "os": "linux",
            "created": rfc3339(labels.created),
            "config": { "Labels": annotations },
            "rootfs": { "type": "layers", "diff_ids": [files.digest()] },
        }));
        annotations.insert("module.wasm.image/variant", "compat".to_owned());
        let manifest = json_blob(json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, &config),
            "layers": [descriptor(LAYER, &layer)],
            "annotations": annotations,
        }));
        Ok(Self { manifest, config, layer, version: labels.version.clone() })
    }

    /// The files of the layout, with their folders (a name that ends in `/`), in the order of their names.
    pub(crate) fn layout(&self) -> Vec<(String, Vec<u8>)> {
        let mut descriptor = descriptor(MANIFEST, &self.manifest);
        descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": self.version });
        // In a layout an index is the table of contents. It is not pushed.
        let index = json_blob(json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] }));
        let mut files = vec![
            ("blobs/".to_owned(), Vec::new()),
            ("blobs/sha256/".to_owned(), Vec::new()),
            ("index.json".to_owned(), index.bytes),
            ("oci-layout".to_owned(), json_blob(json!({ "imageLayoutVersion": "1.0.0" })).bytes),
        ];
        let blobs = [&self.manifest, &self.config, &self.layer];
        files.extend(blobs.map(|blob| (format!("blobs/sha256/{}", blob.sha256), blob.bytes.clone())));
        files.sort();
        files
    }
}

fn descriptor(media_type: &str, blob: &Blob) -> Value {
    json!({ "mediaType": media_type, "digest": blob.digest(), "size": blob.bytes.len() })
}

/// As text with sorted names: which order a map has otherwise is up to features that some other crate may turn on.
fn json_blob(value: Value) -> Blob {
    Blob::from(sorted(value).to_string().into_bytes())
}

/// The same with the names of all objects sorted.
pub(crate) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(
                entries.into_iter().map(|(name, value)| (name, sorted(value))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
