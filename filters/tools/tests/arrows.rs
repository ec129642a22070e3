//! Which of our crates may name which (DESIGN, "Layout"). Data flows between filters; imports do not.
//!
//! | crate | may name |
//! |---|---|
//! | `filters/shared/spiffe` | nothing of ours |
//! | `filters/shared/api` | spiffe |
//! | `filters/shared/jose` | api |
//! | `filters/shared/shell` | api |
//! | `filters/<filter>/core` | api, spiffe, jose |
//! | `filters/<filter>/wasm` | its own core, shell |
//! | `filters/tools` | api, spiffe, jose, every core |
//! | `e2e` | nothing of ours: artifacts on disk |

mod support;

use std::{collections::BTreeSet, fs};

use cargo_metadata::{Metadata, Package};
use support::{folder, root, workspace};

const SHARED: &str = "filters/shared";

#[test]
fn every_arrow_between_our_crates_is_in_the_table() {
    let workspace = workspace();
    let wrong: Vec<String> = workspace
        .packages
        .iter()
        .flat_map(|package| {
            let from = folder(package);
            let named = own_dependencies(package, &workspace);
            named.into_iter().filter(move |to| !allowed(&from, to)).map({
                let from = folder(package);
                move |to| format!("{from} names {to}")
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table itself, so that a mistake in `allowed` cannot pass everything.
#[test]
fn the_table_refuses_and_allows() {
    for (from, to, want) in [
        ("filters/shared/spiffe", "filters/shared/api", false),
        ("filters/shared/api", "filters/shared/shell", false),
        ("filters/shared/shell", "filters/shared/spiffe", false),
        ("filters/shared/shell", "filters/shared/jose", false),
        ("filters/shared/jose", "filters/shared/spiffe", false),
        ("filters/shared/shell", "filters/canary/core", false),
        ("filters/canary/core", "filters/shared/shell", false),
        ("filters/canary/core", "filters/auth/core", false),
        ("filters/ratelimit/core", "filters/auth/core", false),
        ("filters/ratelimit/wasm", "filters/shared/api", false),
        ("filters/canary/wasm", "filters/auth/core", false),
        ("filters/canary/wasm", "filters/shared/api", false),
        ("filters/tools", "filters/canary/wasm", false),
        ("filters/tools", "filters/shared/shell", false),
        ("e2e", "filters/shared/api", false),
        ("e2e", "filters/tools", false),
        ("filters/canary/core", "e2e", false),
        ("filters/elsewhere", "filters/shared/api", false),
        ("filters/shared/api", "filters/shared/spiffe", true),
        ("filters/shared/shell", "filters/shared/api", true),
        ("filters/canary/core", "filters/shared/api", true),
        ("filters/canary/core", "filters/shared/spiffe", true),
        ("filters/shared/jose", "filters/shared/api", true),
        ("filters/auth/core", "filters/shared/jose", true),
        ("filters/canary/wasm", "filters/canary/core", true),
        ("filters/ratelimit/core", "filters/shared/api", true),
        ("filters/ratelimit/wasm", "filters/ratelimit/core", true),
        ("filters/canary/wasm", "filters/shared/shell", true),
        ("filters/tools", "filters/canary/core", true),
    ] {
        assert_eq!(allowed(from, to), want, "{from} -> {to}");
    }
}

/// The shell has its own layer over the host functions: the SDK's getters trap on one byte above 0x7F.
#[test]
fn nothing_names_the_proxy_wasm_sdk() {
    for package in &workspace().packages {
        let sdk = package.dependencies.iter().find(|dependency| dependency.name == "proxy-wasm");
        assert!(sdk.is_none(), "{} names proxy-wasm", package.name);
    }
}

#[test]
fn versions_of_dependencies_stand_in_the_root_manifest_only() {
    for package in &workspace().packages {
        let own_version = dependencies(&manifest(package))
            .into_iter()
            .find(|(_, value)| value.get("workspace").and_then(toml::Value::as_bool) != Some(true));
        assert!(own_version.is_none(), "{}: {own_version:?} is not `workspace = true`", folder(package));
    }
}

/// What ends up in a `.wasm` must not be able to panic; the lints that see to it are the workspace's.
#[test]
fn crates_of_filters_inherit_the_lints() {
    for package in &workspace().packages {
        let folder = folder(package);
        if folder == "e2e" || folder == "filters/tools" {
            continue;
        }
        let inherits = manifest(package)
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(inherits, Some(true), "{folder}: `[lints] workspace = true` is missing");
    }
}

/// May the crate in folder `from` name the crate in folder `to`?
fn allowed(from: &str, to: &str) -> bool {
    let [api, spiffe, jose, shell] =
        ["api", "spiffe", "jose", "shell"].map(|name| format!("{SHARED}/{name}"));
    match from.split('/').collect::<Vec<_>>()[..] {
        ["filters", "shared", "spiffe"] => false,
        ["filters", "shared", "api"] => to == spiffe,
        ["filters", "shared", "jose" | "shell"] => to == api,
        ["filters", _, "core"] => to == api || to == spiffe || to == jose,
        ["filters", filter, "wasm"] => to == shell || to == format!("filters/{filter}/core"),
        ["filters", "tools"] => {
            to == api || to == spiffe || to == jose || (to.starts_with("filters/") && to.ends_with("/core"))
        }
        _ => false,
    }
}

/// Folders of our own crates that the package names, as any kind of dependency.
fn own_dependencies(package: &Package, workspace: &Metadata) -> BTreeSet<String> {
    workspace
        .packages
        .iter()
        .filter(|ours| package.dependencies.iter().any(|dependency| dependency.name == *ours.name))
        .map(folder)
        .collect()
}

fn manifest(package: &Package) -> toml::Table {
    let path = root().join(folder(package)).join("Cargo.toml");
    fs::read_to_string(&path).expect("a manifest").parse().expect("TOML")
}

/// All dependency tables of a manifest, those of single targets included.
fn dependencies(manifest: &toml::Table) -> Vec<(String, toml::Value)> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let of = |table: &toml::Table| -> Vec<(String, toml::Value)> {
        let tables = KINDS.iter().filter_map(|kind| table.get(*kind)?.as_table());
        tables.flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let of_targets = targets.into_iter().flatten().filter_map(|(_, target)| target.as_table()).flat_map(of);
    of(manifest).into_iter().chain(of_targets).collect()
}
