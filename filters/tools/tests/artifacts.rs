//! The modules that users put into their Envoy, as `make build` left them in `target/sluice/`.
//!
//! `SLUICE_ABI=write` (that is `make abi`) writes each filter's `abi.txt` instead of comparing with it.

mod support;

use std::{env, fs, path::PathBuf};

use sluice::capabilities::OF_STD;
use sluice::module::{Export, Import, Module};
use support::root;

/// Every worker of every Envoy compiles the module when it starts. What checks signatures may be larger.
fn max_bytes(filter: &str) -> usize {
    let kib = if filter == "auth" { 700 } else { 400 };
    kib * 1024
}

/// The request header by which the test-only build traps.
const TRAP_HEADER: &[u8] = b"x-sluice-trap";

#[test]
fn modules_are_small() {
    for filter in filters() {
        let (bytes, max) = (filter.shipped(), max_bytes(&filter.name));
        assert!(bytes.len() <= max, "{}: {} bytes are above {max}", filter.name, bytes.len());
    }
}

/// Envoy calls every callback that a module exports and pays for the call; an import that the oldest supported Envoy lacks
/// keeps the module from loading. So both lists change only on purpose.
#[test]
fn imports_and_exports_are_those_of_abi_txt() {
    for filter in filters() {
        let got = abi(&filter.name, &Module::parse(&filter.shipped()));
        let path = root().join("filters").join(&filter.name).join("abi.txt");
        if env::var_os("SLUICE_ABI").is_some_and(|mode| mode == "write") {
            fs::write(&path, &got).expect("abi.txt");
            continue;
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        let differing = difference(&want, &got);
        assert!(
            differing.is_empty(),
            "{} and filters/{}/abi.txt differ; `make abi` writes it anew:\n{}",
            filter.artifact().display(),
            filter.name,
            differing.join("\n")
        );
    }
}

#[test]
fn a_module_carries_no_names() {
    for filter in filters() {
        let sections = Module::parse(&filter.shipped()).custom_sections;
        assert_eq!(sections, [""; 0], "custom sections of {}", filter.name);
    }
}

/// Panic messages carry file names; those of the machine that built it are nobody's business, and change the hash.
#[test]
fn a_module_names_no_folder_of_the_machine_that_built_it() {
    for filter in filters() {
        let bytes = filter.shipped();
        for folder in [root().display().to_string(), env::var("HOME").unwrap_or_default()] {
            // A home of `/` or none at all says nothing.
            let telling = folder.len() > 1;
            assert!(!telling || !contains(&bytes, folder.as_bytes()), "{} names {folder}", filter.name);
        }
    }
}

#[test]
fn only_the_test_build_can_trap_on_request() {
    for filter in filters() {
        assert!(!contains(&filter.shipped(), TRAP_HEADER), "{} reacts to x-sluice-trap", filter.name);
        // The other way round, so that a renamed header cannot make the line above pass for nothing.
        let test_build = read(root().join("target/sluice/test").join(format!("{}-trap.wasm", filter.name)));
        assert!(contains(&test_build, TRAP_HEADER), "{}-trap ignores x-sluice-trap", filter.name);
    }
}

struct Filter {
    name: String,
}

impl Filter {
    fn artifact(&self) -> PathBuf {
        root().join("target/sluice").join(format!("{}.wasm", self.name))
    }

    fn shipped(&self) -> Vec<u8> {
        read(self.artifact())
    }
}

/// A folder in `filters/` that has a `wasm` crate is a filter.
fn filters() -> Vec<Filter> {
    let folders = fs::read_dir(root().join("filters")).expect("filters/");
    let found: Vec<Filter> = folders
        .map(|folder| folder.expect("a folder").path())
        .filter(|folder| folder.join("wasm").is_dir())
        .map(|folder| Filter { name: folder.file_name().expect("a name").to_string_lossy().into_owned() })
        .collect();
    assert!(!found.is_empty(), "no filter found");
    found
}

fn read(path: PathBuf) -> Vec<u8> {
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run `make build-tests`", path.display()))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// One line for each import, then for each export, sorted.
fn abi(filter: &str, module: &Module) -> String {
    let of_std =
        |import: &Import| import.module == "wasi_snapshot_preview1" && OF_STD.contains(&import.name.as_str());
    let mut imports: Vec<&Import> = module.imports.iter().filter(|import| !of_std(import)).collect();
    let mut exports: Vec<&Export> = module.exports.iter().collect();
    imports.sort();
    exports.sort();
    let mut text =
        format!("# What {filter}.wasm asks of its host and what it offers. Written by `make abi`.\n");
    let lines = imports.iter().map(ToString::to_string).chain(exports.iter().map(ToString::to_string));
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Lines of one that the other lacks, marked like a diff.
fn difference(want: &str, got: &str) -> Vec<String> {
    let missing = want.lines().filter(|line| !got.lines().any(|other| other == *line));
    let added = got.lines().filter(|line| !want.lines().any(|other| other == *line));
    missing.map(|line| format!("- {line}")).chain(added.map(|line| format!("+ {line}"))).collect()
}
