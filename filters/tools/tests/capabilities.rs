//! What the shipped configurations allow the filters (`hardened.yaml`): what the artifacts need, and nothing else.
//!
//! `SLUICE_ABI=write` (that is `make abi`) writes the files.

mod support;

use sluice::{capabilities, module::Module};
use std::{collections::BTreeSet, env, fs, path::Path};
use support::root;

const SHIPPED: [&str; 4] = ["auth", "canary", "chain", "ratelimit"];

#[test]
fn hardened_files_allow_what_the_artifacts_need() {
    for name in SHIPPED {
        let folder = root().join("envoy-config").join(name);
        let path = folder.join("hardened.yaml");
        let shipped = fs::read_to_string(folder.join("envoy.yaml")).expect("envoy.yaml");
        let want = capabilities::hardened(&shipped, |filter| Some(needed(filter)));
        if env::var_os("SLUICE_ABI").is_some_and(|mode| mode == "write") {
            fs::write(&path, want).expect("hardened.yaml");
            continue;
        }
        let got = fs::read_to_string(&path).unwrap_or_default();
        let (got, want): (Vec<_>, Vec<_>) = (got.lines().collect(), want.lines().collect());
        let differing =
            want.iter().zip(&got).position(|(want, got)| want != got).unwrap_or(want.len().min(got.len()));
        assert!(
            got == want,
            "{}:{}: `make abi` writes it anew, from envoy.yaml and target/sluice/*.wasm: {:?} instead of {:?}",
            path.display(),
            differing + 1,
            got.get(differing),
            want.get(differing),
        );
    }
}

/// The test above compares with what this crate makes of a module; this one with what stands in the repository.
#[test]
fn a_list_has_every_import_and_callback_of_abi_txt() {
    for filter in ["auth", "canary", "ratelimit"] {
        let abi = fs::read_to_string(root().join("filters").join(filter).join("abi.txt")).expect("abi.txt");
        let names = abi.lines().filter_map(|line| line.split(' ').nth(1));
        let imports = names.clone().filter_map(|name| name.split_once('.').map(|(_, name)| name));
        let callbacks =
            names.filter(|name| name.starts_with("proxy_on_") && *name != "proxy_on_memory_allocate");
        let std = ["environ_get", "environ_sizes_get", "fd_write", "proc_exit"];
        let want: BTreeSet<String> = imports.chain(callbacks).chain(std).map(str::to_owned).collect();
        assert_eq!(needed(filter), want, "{filter}");
        assert!(want.len() > 20, "{filter}: {want:?}");
    }
}

fn needed(filter: &str) -> BTreeSet<String> {
    let path = root().join("target/sluice").join(format!("{filter}.wasm"));
    capabilities::of(&Module::parse(&read(&path)))
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}: run `make build`", path.display()))
}
