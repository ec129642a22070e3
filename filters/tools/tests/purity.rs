//! A core never reaches its host: built as a test binary for `wasm32-unknown-unknown`, a core and all it stands on imports
//! nothing but what the test runner itself brings. A call to proxy-wasm would be an import from `env`. (A clock or a source of
//! randomness is none on this target: those panic here, and show as a new WASI import in the filter's `abi.txt`.)

mod support;

use std::{fs, path::PathBuf, process::Command};

use cargo_metadata::Message;
use sluice::module::{Import, Module};
use support::{folder, root, workspace};

/// What wasm-bindgen-test puts into a test binary.
const RUNNER: &str = "__wbindgen";

#[test]
fn cores_and_what_they_stand_on_import_nothing_from_their_host() {
    let packages = pure_packages();
    assert!(packages.iter().any(|name| name.ends_with("-core")), "no core among {packages:?}");
    let binaries = test_binaries(&packages);
    assert_eq!(binaries.len(), packages.len(), "one test binary for each of {packages:?}");
    for binary in binaries {
        let imports = host_imports(&fs::read(&binary).expect("a test binary"));
        let list: Vec<String> = imports.iter().map(ToString::to_string).collect();
        assert!(imports.is_empty(), "{}:\n{}", binary.display(), list.join("\n"));
    }
}

#[test]
fn a_host_call_is_seen() {
    // (module (import "env" "x" (func)))
    let impure = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x09\x01\x03env\x01x\0\0";
    assert_eq!(host_imports(impure).len(), 1);
    // (module (import "__wbindgen_placeholder__" "x" (func)))
    let runner = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x1e\x01\x18__wbindgen_placeholder__\x01x\0\0";
    assert_eq!(host_imports(runner), []);
}

fn host_imports(module: &[u8]) -> Vec<Import> {
    Module::parse(module).imports.into_iter().filter(|import| !import.module.starts_with(RUNNER)).collect()
}

/// All of `filters/shared` but the shell, and all cores.
fn pure_packages() -> Vec<String> {
    let pure = |folder: &str| match folder.split('/').collect::<Vec<_>>()[..] {
        ["filters", "shared", name] => name != "shell",
        ["filters", _, name] => name == "core",
        _ => false,
    };
    let packages = workspace().packages;
    packages.iter().filter(|package| pure(&folder(package))).map(|package| package.name.to_string()).collect()
}

fn test_binaries(packages: &[String]) -> Vec<PathBuf> {
    let output = Command::new(root().join("filters/tools/setup/wasm-env.sh"))
        .args([
            "cargo",
            "test",
            "--quiet",
            "--locked",
            "--lib",
            "--no-run",
            "--target=wasm32-unknown-unknown",
        ])
        .arg("--message-format=json-render-diagnostics")
        .args(packages.iter().map(|name| format!("--package={name}")))
        .current_dir(root())
        // Set by the cargo that runs this test, for its own toolchain.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .output()
        .expect("wasm-env.sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Message::parse_stream(&output.stdout[..])
        .filter_map(|message| match message.expect("a message of cargo") {
            Message::CompilerArtifact(artifact) => artifact.executable.map(PathBuf::from),
            _ => None,
        })
        .collect()
}
