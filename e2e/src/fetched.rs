//! An image from a registry, and the module in it as Istio, Envoy Gateway and Higress find it.
//!
//! All three have the same code for that (`imagefetcher.go`): a Docker manifest's last layer has to be a Docker layer; any
//! other manifest's last layer an OCI `tar+gzip`, or else there are exactly two layers and one of them is the bare module. In a
//! layer's tar the first file whose name, without folders, is `plugin.wasm` is the module. What manifests pin as `sha256`
//! is the digest of the manifest.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::Error;
use crate::mint::sha256;

/// An image in a folder, as `skopeo copy .. dir:<folder>` writes it.
#[derive(Debug)]
pub struct Fetched {
    folder: PathBuf,
    /// Its manifest.
    pub manifest: Value,
    /// `sha256:` and the digest of the manifest's bytes.
    pub digest: String,
}

impl Fetched {
    /// Reads the manifest.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let bytes = fs::read(folder.join("manifest.json"))?;
        let digest = format!("sha256:{}", hex(&bytes));
        Ok(Self { folder: folder.to_owned(), manifest: serde_json::from_slice(&bytes)?, digest })
    }

    /// The configuration of the image.
    ///
    /// # Errors
    /// When it is not there, or is not what the manifest says.
    pub fn config(&self) -> Result<Value, Error> {
        Ok(serde_json::from_slice(&self.blob(&self.manifest["config"])?)?)
    }

    /// The digests of the layers, unpacked.
    ///
    /// # Errors
    /// When a layer is no gzip.
    pub fn diff_ids(&self) -> Result<Vec<String>, Error> {
        let layers = self.layers()?;
        let unpacked = layers.iter().map(|layer| {
            let mut tar = Vec::new();
            GzDecoder::new(self.blob(layer)?.as_slice()).read_to_end(&mut tar)?;
            Ok(format!("sha256:{}", hex(&tar)))
        });
        unpacked.collect()
    }

    /// The module, by the rules of the fetchers.
    ///
    /// # Errors
    /// Why they refuse it.
    pub fn module(&self) -> Result<Vec<u8>, Error> {
        if self.manifest["mediaType"] == DOCKER_MANIFEST {
            return self.in_last_layer(DOCKER_LAYER);
        }
        self.in_last_layer(OCI_LAYER).or_else(|as_image| {
            self.bare().map_err(|as_artifact| format!("{as_image}; {as_artifact}").into())
        })
    }

    fn in_last_layer(&self, want: &str) -> Result<Vec<u8>, Error> {
        let layers = self.layers()?;
        let last = layers.last().ok_or("there is no layer")?;
        let media_type = last["mediaType"].as_str().unwrap_or_default();
        if media_type != want {
            return Err(format!("the last layer is {media_type} instead of {want}").into());
        }
        let blob = self.blob(last)?;
        let mut archive = tar::Archive::new(GzDecoder::new(blob.as_slice()).take(LARGEST));
        for entry in archive.entries()? {
            let mut entry = entry?;
            if entry.path()?.file_name().is_some_and(|name| name == "plugin.wasm") {
                let mut module = Vec::new();
                entry.read_to_end(&mut module)?;
                return Ok(module);
            }
        }
        Err("no plugin.wasm in the last layer".into())
    }

    fn bare(&self) -> Result<Vec<u8>, Error> {
        let layers = self.layers()?;
        if layers.len() != 2 {
            return Err(format!("{} layers instead of 2", layers.len()).into());
        }
        let bare =
            layers.iter().find(|layer| layer["mediaType"] == BARE).ok_or("no layer is a bare module")?;
        self.blob(bare)
    }

    fn layers(&self) -> Result<Vec<Value>, Error> {
        Ok(self.manifest["layers"].as_array().ok_or("a manifest without layers: an index?")?.clone())
    }

    /// The bytes that a descriptor is about: of its size, with its digest.
    fn blob(&self, descriptor: &Value) -> Result<Vec<u8>, Error> {
        let digest = descriptor["digest"].as_str().ok_or("no digest")?;
        let digits = digest.strip_prefix("sha256:").ok_or("another digest")?;
        let bytes = fs::read(self.folder.join(digits))?;
        if hex(&bytes) != digits || descriptor["size"] != bytes.len() {
            return Err(format!("{digest} is something else").into());
        }
        Ok(bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const BARE: &str = "application/vnd.module.wasm.content.layer.v1+wasm";
/// 256 MiB
const LARGEST: u64 = 256 << 20;
