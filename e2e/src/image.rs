//! The two images of the Compose run: Envoy's, pulled where that is possible, and the upstream's, built from our binary.
//!
//! Where Envoy's cannot be pulled it is built `FROM scratch` from the pinned binary and the libraries that it is linked
//! to, under a name of our own, so that the official name never means anything else.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use crate::Error;
use crate::paths::{binary, envoy_binary, envoy_version};
use crate::workdir::WorkDir;

#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(crate) envoy: String,
    pub(crate) upstream: String,
}

/// Both images, prepared once for all tests.
pub(crate) fn prepare() -> Result<&'static Images, Error> {
    static IMAGES: OnceLock<Result<Images, String>> = OnceLock::new();
    let images = IMAGES.get_or_init(|| {
        let both = || Ok::<_, Error>(Images { envoy: envoy()?, upstream: upstream()? });
        both().map_err(|e| e.to_string())
    });
    images.as_ref().map_err(|e| e.clone().into())
}

fn envoy() -> Result<String, Error> {
    if let Ok(image) = env::var("ENVOY_IMAGE") {
        return Ok(image);
    }
    let official = format!("envoyproxy/envoy:v{}", envoy_version());
    let there = |image: &str| checked(Command::new("docker").args(["image", "inspect", image])).is_ok();
    if there(&official) || checked(Command::new("docker").args(["pull", "-q", &official])).is_ok() {
        return Ok(official);
    }
    let own = format!("sluice-e2e/envoy:{}", envoy_version());
    eprintln!("{official} cannot be pulled here: built {own} from the pinned binary");
    build(&own, &envoy_binary()?, "envoy")
}

fn upstream() -> Result<String, Error> {
    build("sluice-e2e/upstream", &binary("upstream")?, "upstream")
}

/// An image with this program, the libraries it is linked to, and nothing else. Kept while the program is the same.
fn build(image: &str, program: &Path, name: &str) -> Result<String, Error> {
    let about = fs::metadata(program)?;
    let modified = about.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let fingerprint = format!("{}-{modified}", about.len());
    let label = "{{index .Config.Labels \"sluice.fingerprint\"}}";
    let known = checked(Command::new("docker").args(["image", "inspect", "-f", label, image]));
    if known.is_ok_and(|known| known == fingerprint) {
        return Ok(image.to_owned());
    }
    let context = WorkDir::new()?;
    copy(program, &context.path().join("usr/local/bin").join(name))?;
    for library in libraries(program)? {
        copy(&library, &context.path().join(library.strip_prefix("/")?))?;
    }
    context.write("Dockerfile", "FROM scratch\nCOPY . /\n")?;
    context.write(".dockerignore", "Dockerfile\n.dockerignore\n")?;
    let label = format!("sluice.fingerprint={fingerprint}");
    checked(
        Command::new("docker").args(["build", "-q", "-t", image, "--label", &label]).arg(context.path()),
    )?;
    // What the tag named before.
    let _ = checked(Command::new("docker").args([
        "image",
        "prune",
        "-f",
        "--filter",
        "label=sluice.fingerprint",
    ]));
    Ok(image.to_owned())
}

/// The files that the dynamic linker would load, itself included.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, Error> {
    let text = checked(Command::new("ldd").arg(program))?;
    Ok(text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect())
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to.parent().ok_or("a file in a folder")?)?;
    fs::copy(from, to)?;
    Ok(())
}

/// Runs a command; its output, or why it failed.
pub(crate) fn checked(command: &mut Command) -> Result<String, Error> {
    let output = command.output().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} ended with {}: {}", command.get_program().display(), output.status, why.trim()).into())
}
