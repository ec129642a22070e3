//! The command `sluice-pack`, which `make dist` runs once for each filter: a folder with the module, its image for
//! registries, what is in it, what Envoy may allow it, and the sums of all these.
//!
//! The same module, dependencies and arguments make the same bytes, wherever and whenever: nothing here asks for the time,
//! the machine or a folder.

mod archive; // files -> tar, gzip
mod blob; // bytes with their digest
mod components; // what cargo says is linked into a module
mod image; // the image, as an OCI layout
mod labels; // who made what from where
mod package; // the folder
mod sbom; // CycloneDX
mod timestamp; // seconds -> RFC 3339

use clap::Parser as _;
use package::Package;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Package::parse().write() {
        Ok(digest) => {
            println!("{digest}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("sluice-pack: {problem}");
            ExitCode::FAILURE
        }
    }
}
