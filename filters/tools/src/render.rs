//! `sluice render`: a policy becomes the manifest that a platform takes.

mod options; // the command line
mod template; // the manifests

use crate::document;
use crate::explain::policy;
use crate::filter::Filter;
use crate::json;
use crate::located::Located;
use filter_api::Value;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use std::path::Path;

pub use options::{Platform, Render};

/// Prints the manifest, or everything that is in the way. True if there is one.
///
/// # Errors
/// What `out` says.
pub fn run(given: &Render, out: &mut impl Write, err: &mut impl Write) -> io::Result<bool> {
    match render(given) {
        Ok(manifest) => out.write_all(manifest.as_bytes()).map(|()| true),
        Err(problems) => {
            for problem in problems {
                writeln!(err, "{problem}")?;
            }
            Ok(false)
        }
    }
}

/// The manifest.
///
/// # Errors
/// The policy is refused, or a file cannot be read; a line each.
pub fn render(given: &Render) -> Result<String, Vec<String>> {
    let (filter, policy) = policy(&given.policy, Some(given.filter))?;
    let of_istio = matches!(given.platform, Platform::Istio | Platform::IstioLegacy);
    if !given.selectors.is_empty() && !of_istio {
        return Err(vec!["--selector is for Istio: the others choose by other means".to_owned()]);
    }
    if !given.targets.is_empty() && given.platform != Platform::EnvoyGateway {
        return Err(vec!["--target is for Envoy Gateway: the others choose by other means".to_owned()]);
    }
    let digests = match (&given.dist, &given.module) {
        (Some(folder), _) => Digests::packed(&folder.join(filter.name()), filter, given)?,
        (None, Some(module)) => Digests { module: Some(digest(module)?), image: of_image(given) },
        (None, None) => Digests { module: None, image: of_image(given) },
    };
    let with = |text: &str| template::fill(given, filter, &digests, text);
    // As its author wrote it, comments and all, if that is the same policy where it then stands.
    let written = with(&text(&given.policy));
    if holds(&written, &policy) { Ok(written) } else { Ok(with(&json::pretty(&policy))) }
}

/// SHA-256 of what a manifest names, in hexadecimal, as far as it is known.
struct Digests {
    module: Option<String>,
    /// Of the image's manifest.
    image: Option<String>,
}

impl Digests {
    /// Those of what `make dist` packed.
    ///
    /// * `folder`: of this filter.
    fn packed(folder: &Path, filter: Filter, given: &Render) -> Result<Self, Vec<String>> {
        let file = folder.join("image.digest");
        let problem = |message: String| vec![format!("{}: {message}", file.display())];
        let bytes = document::bytes(&file).map_err(|error| problem(format!("{error}; run make dist")))?;
        let text = String::from_utf8_lossy(&bytes);
        let packed = text.trim().strip_prefix("sha256:").filter(|digest| options::is_digest(digest));
        let packed = packed.ok_or_else(|| problem("is no sha256: and 64 hexadecimal digits".to_owned()))?;
        match of_image(given) {
            Some(other) if other != packed => {
                Err(problem(format!("is sha256:{packed}, and --image says sha256:{other}")))
            }
            _ => {
                let module = digest(&folder.join(format!("{}.wasm", filter.name())))?;
                Ok(Self { module: Some(module), image: Some(packed.to_owned()) })
            }
        }
    }
}

/// As the image's reference says it.
fn of_image(given: &Render) -> Option<String> {
    given.image.as_ref()?.digest.clone()
}

/// SHA-256 of a file, in hexadecimal.
fn digest(file: &Path) -> Result<String, Vec<String>> {
    let bytes = document::bytes(file).map_err(|error| vec![format!("{}: {error}", file.display())])?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The policy as text; empty, if it can be read only once.
fn text(file: &Path) -> String {
    let bytes = if file == Path::new("-") { Vec::new() } else { document::bytes(file).unwrap_or_default() };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the manifest is one document that holds this very policy.
fn holds(manifest: &str, policy: &Value) -> bool {
    let Ok(documents) = document::all(Path::new("manifest.yaml"), manifest.as_bytes()) else { return false };
    let [root] = documents.as_slice() else { return false };
    root.all().into_iter().map(Located::value).any(|value| value.digest() == policy.digest())
}

/// Where a filter stands in Istio's chain, and what becomes of requests when it is dead.
struct Place {
    phase: &'static str,
    priority: u8,
    fail_open: bool,
}

impl Place {
    fn of(filter: Filter) -> Self {
        match filter {
            Filter::Auth => Self { phase: "AUTHN", priority: 100, fail_open: false },
            Filter::RateLimit => Self { phase: "AUTHZ", priority: 50, fail_open: true },
            Filter::Canary => Self { phase: "STATS", priority: 50, fail_open: true },
        }
    }
}
