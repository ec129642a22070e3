//! Where things are: the repository, the artifacts, the Envoy binary, the example policies.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// A binary of this crate, built beside the program that runs: `target/debug/deps/e2e-<hash>` -> `target/debug/<name>`.
///
/// # Errors
/// When it was not built.
pub(crate) fn binary(name: &str) -> Result<PathBuf, crate::Error> {
    let program = env::current_exe()?;
    let found = program.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| format!("the binary `{name}` is not built: cargo build -p e2e --bin {name}").into())
}

/// Redis: `REDIS_SERVER`, else the one that `make setup` found, else one on the path.
pub fn redis_server() -> Option<PathBuf> {
    if let Some(named) = env::var_os("REDIS_SERVER") {
        return existing(named.into());
    }
    program("redis-server")
}

/// A program that `make setup` or its like brought, else one on the path.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    existing(repository().join(".tools/bin").join(name))
        .or_else(|| env::split_paths(&env::var_os("PATH")?).find_map(|folder| existing(folder.join(name))))
}

/// What `make dist` made of a filter: its folder in `target/dist` (`SLUICE_DIST` names another).
pub fn package(filter: &str) -> Option<PathBuf> {
    let folder = env::var_os("SLUICE_DIST").map_or_else(|| repository().join("target/dist"), PathBuf::from);
    existing(folder.join(filter))
}

/// The folder of example policies that stands beside a development checkout (`SLUICE_EXAMPLES` names another).
/// A clone of the repository alone does not have it.
pub fn examples() -> Option<PathBuf> {
    let folder =
        env::var_os("SLUICE_EXAMPLES").map_or_else(|| repository().join("../shared/examples"), PathBuf::from);
    existing(folder)
}

/// What Envoy says about a configuration of this repository that it takes (`--mode validate`).
///
/// # Panics
/// When it does not take it.
pub fn validated(file: &Path) -> String {
    let validated = Command::new(envoy_binary().expect("an Envoy"))
        .args(["--mode", "validate", "-c"])
        .arg(file)
        .current_dir(repository())
        .output()
        .expect("run Envoy");
    let said = String::from_utf8_lossy(&validated.stderr).into_owned();
    assert!(validated.status.success(), "{}\n{said}", file.display());
    said
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.exists().then_some(path)
}

const PINNED_ENVOY: &str = "1.40.0";
