//! What the gates share: the workspace as cargo sees it.
#![allow(dead_code, reason = "each gate is a crate of its own and uses a part of this")]

use std::path::PathBuf;

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", ".."]
        .iter()
        .collect::<PathBuf>()
        .canonicalize()
        .expect("the repository")
}

/// Our own crates with the dependencies that they declare. Reads manifests only, so it needs no network.
pub(crate) fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// The folder of a package, seen from the root of the repository: `filters/canary/core`.
pub(crate) fn folder(package: &Package) -> String {
    let folder = package.manifest_path.parent().expect("a folder").as_std_path();
    let folder = folder.canonicalize().expect("a folder");
    folder.strip_prefix(root()).expect("inside the repository").display().to_string()
}
