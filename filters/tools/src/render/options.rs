//! `sluice render` on the command line.

use crate::filter::Filter;
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Print the manifest with which a platform runs a filter and its policy
///
/// The policy is checked first, and stands in the manifest as it was written. Digests are filled in: of an image from its reference
/// (--image NAME:TAG@sha256:..), of a module that is fetched by --url from the file (--module), of both from what `make dist` wrote
/// (--dist FOLDER): then --image needs to say only where the image was pushed to. What is not known is marked
/// with `<- REPLACE` and cannot work.
///
/// Exit status: 0, 1 if the policy is refused or a file cannot be read, 2 if the command line is wrong.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Render {
    /// Which filter
    #[arg(value_name = "FILTER")]
    pub filter: Filter,

    /// Its policy; `-` is the standard input
    #[arg(value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub policy: PathBuf,

    /// For whom
    #[arg(long = "for", value_name = "PLATFORM")]
    pub platform: Platform,

    /// The module: Envoy loads it from there; elsewhere its digest is taken, for --url
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub module: Option<PathBuf>,

    /// The image in a registry, with its digest
    #[arg(long, value_name = "NAME:TAG@sha256:DIGEST", value_parser = image)]
    pub image: Option<Image>,

    /// What `make dist` wrote (target/dist): the digests of image and module are taken from there
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "module")]
    pub dist: Option<PathBuf>,

    /// Where the module is fetched from, if not as an image: http://, https://, file://
    #[arg(long, value_name = "URL", conflicts_with = "image")]
    pub url: Option<String>,

    /// The manifest's name; the filter's, if it is not said
    #[arg(long)]
    pub name: Option<String>,

    /// The manifest's namespace
    #[arg(long, default_value = "default")]
    pub namespace: String,

    /// A label of the workloads (Istio); may be repeated, all of the namespace without
    #[arg(long = "selector", value_name = "LABEL=VALUE", value_parser = label)]
    pub selectors: Vec<(String, String)>,

    /// A Gateway or HTTPRoute, or one of its sections (Envoy Gateway); may be repeated
    #[arg(long = "target", value_name = "KIND/NAME[/SECTION]", value_parser = target)]
    #[arg(required_if_eq("platform", "envoy-gateway"))]
    pub targets: Vec<Target>,
}

/// Who takes the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// Plain Envoy: a resource of ECDS, whose `name` and `typed_config` are also an item of `http_filters`
    Envoy,
    /// Istio 1.30 and newer: TrafficExtension
    Istio,
    /// Istio 1.27 to 1.29: WasmPlugin
    IstioLegacy,
    /// Envoy Gateway 1.6 and newer: EnvoyExtensionPolicy
    EnvoyGateway,
    /// Higress: its own WasmPlugin
    Higress,
}

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Without `oci://` and digest.
    pub name: String,
    /// Of its manifest, in hexadecimal.
    pub digest: Option<String>,
}

/// What an `EnvoyExtensionPolicy` is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `Gateway`, `HTTPRoute`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// A listener or a rule.
    pub section: Option<String>,
}

fn image(text: &str) -> Result<Image, String> {
    let text = text.strip_prefix("oci://").unwrap_or(text);
    let (name, digest) = match text.split_once('@') {
        None => (text, None),
        Some((name, digest)) => (name, Some(digest)),
    };
    let digest = digest.map(|digest| digest.strip_prefix("sha256:").filter(|digest| is_digest(digest)));
    match digest {
        _ if !is_word(name) => Err("wants the name of an image".to_owned()),
        Some(None) => Err("wants @sha256: and 64 hexadecimal digits in lower case".to_owned()),
        Some(Some(digest)) => Ok(Image { name: name.to_owned(), digest: Some(digest.to_owned()) }),
        None => Ok(Image { name: name.to_owned(), digest: None }),
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if is_word(name) && (value.is_empty() || is_word(value)) => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("wants a label, `=` and its value".to_owned()),
    }
}

fn target(text: &str) -> Result<Target, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let (kind, name, section) = match parts.as_slice() {
        [kind, name] => (kind, name, None),
        [kind, name, section] => (kind, name, Some(section)),
        _ => return Err("wants a kind, `/` and a name".to_owned()),
    };
    let words = [kind, name].into_iter().chain(section);
    if !words.clone().all(|word| is_word(word)) {
        return Err("wants names of letters, digits, `-` and `.`".to_owned());
    }
    Ok(Target {
        kind: (*kind).to_owned(),
        name: (*name).to_owned(),
        section: section.map(|section| (*section).to_owned()),
    })
}

/// What stands in a manifest as it is: nothing that YAML could take for something else.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/:".contains(&byte))
}
