//! What Envoy may be told to allow a module: the host functions that it imports and the callbacks that it exports, under
//! the names that `capability_restriction_config` has for them.
//!
//! Envoy knows one list for both. Host functions are there by their import's name (`proxy_log`, and those of WASI as
//! `random_get`), callbacks by their export's (`proxy_on_tick`). `_initialize` and the allocator are always found.

#[cfg(test)]
mod tests;

use crate::module::Module;
use std::collections::BTreeSet;

/// What Rust's standard library asks of WASI on its own when it panics. Which of it a build has depends on the toolchain
/// (rustup's std or Debian's); Envoy has all of it, and none of it is on a filter's way.
pub const OF_STD: [&str; 4] = ["environ_get", "environ_sizes_get", "fd_write", "proc_exit"];

/// The names that this module needs, with [`OF_STD`] whatever the toolchain, so that one list fits every build.
#[must_use]
pub fn of(module: &Module) -> BTreeSet<String> {
    let imports = module.imports.iter().map(|import| import.name.as_str());
    let exports = module.exports.iter().map(|export| export.name.as_str());
    let callbacks = exports.filter(|name| name.starts_with("proxy_on_") && *name != ALLOCATOR);
    imports.chain(callbacks).chain(OF_STD).map(str::to_owned).collect()
}

/// The list as Envoy's configuration has it (`envoy.extensions.wasm.v3.CapabilityRestrictionConfig`), in YAML, indented by
/// so many spaces.
#[must_use]
pub fn yaml(names: &BTreeSet<String>, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut text = format!("{margin}capability_restriction_config:\n{margin}  allowed_capabilities:\n");
    for name in names {
        text.push_str(&format!("{margin}    {name}: {{}}\n"));
    }
    text
}

/// A shipped configuration, `envoy-config/.../envoy.yaml`, with the list of each of our filters in it: behind its `root_id`.
/// `list` knows them by name.
///
/// # Panics
/// When the file has a filter that `list` does not know.
#[must_use]
pub fn hardened(shipped: &str, list: impl Fn(&str) -> Option<BTreeSet<String>>) -> String {
    let mut text = HEADER.to_owned();
    for line in shipped.lines() {
        text.push_str(&line.replace("/envoy.yaml --disable", "/hardened.yaml --disable"));
        text.push('\n');
        if let Some((margin, filter)) = line.split_once("root_id: ") {
            let names = list(filter).unwrap_or_else(|| panic!("no filter {filter}"));
            text.push_str(&yaml(&names, margin.len()));
        }
    }
    text
}

const ALLOCATOR: &str = "proxy_on_memory_allocate";

const HEADER: &str = "\
# envoy.yaml beside this file, and in it for each filter all that Envoy allows it: what its module imports and exports. Whoever
# replaced a module would get nothing else. Written by `make abi`; change envoy.yaml.
#
# Envoy 1.40 warns that this place for the list is deprecated, and takes it under `vm_config`, too. Older ones know this only.
#
";
