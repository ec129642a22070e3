//! Where things are: the repository, the artifacts, the Envoy binary, the example policies.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("e2e lies in the repository")
}

/// A built module, as `canary.wasm` or `test/canary-trap.wasm`; `SLUICE_ARTIFACTS` names another folder than
/// `target/sluice`.
///
/// # Errors
/// When it was not built: a missing artifact is a failure, never a reason to skip.
pub fn artifact(name: &str) -> Result<PathBuf, crate::Error> {
    let folder =
        env::var_os("SLUICE_ARTIFACTS").map_or_else(|| repository().join("target/sluice"), PathBuf::from);
    existing(folder.join(name))
        .ok_or_else(|| format!("{name} is not in {}: make build", folder.display()).into())
}

/// The Envoy version under test: `ENVOY_VERSION`, else the pinned one.
pub fn envoy_version() -> String {
    env::var("ENVOY_VERSION").unwrap_or_else(|_| PINNED_ENVOY.to_owned())
}

/// The Envoy binary under test: `ENVOY_BIN`, else the one that `make setup` brought.
///
/// # Errors
/// When there is none.
pub fn envoy_binary() -> Result<PathBuf, crate::Error> {
    let path = env::var_os("ENVOY_BIN")
        .map_or_else(|| repository().join(".tools/envoy").join(envoy_version()).join("envoy"), PathBuf::from);
    existing(path.clone()).ok_or_else(|| format!("no Envoy at {}: make setup", path.display()).into())
}

/// The folder of example policies that stands beside a development checkout (`SLUICE_EXAMPLES` names another).
/// A clone of the repository alone does not have it.
pub fn examples() -> Option<PathBuf> {
    let folder =
        env::var_os("SLUICE_EXAMPLES").map_or_else(|| repository().join("../shared/examples"), PathBuf::from);
    existing(folder)
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.exists().then_some(path)
}

const PINNED_ENVOY: &str = "1.40.0";
