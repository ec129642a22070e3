//! The folder of one filter, as users download it.

use crate::archive;
use crate::blob::Blob;
use crate::components;
use crate::image::Image;
use crate::labels::Labels;
use crate::sbom::Bill;
use sluice::{capabilities, module::Module};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Make the folder of one filter: its module, image, components, capabilities and their sums
///
/// Prints the digest of the image, by which manifests pin it.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "sluice-pack", max_term_width = 120)]
pub(crate) struct Package {
    #[command(flatten)]
    labels: Labels,
    /// The module
    #[arg(long, value_name = "FILE")]
    module: PathBuf,
    /// What is linked into it: the output of cargo tree --prefix depth --no-dedupe --format '|{p}|{l}|{r}'
    #[arg(long, value_name = "FILE")]
    tree: PathBuf,
    /// Cargo.lock, for the sums of crates
    #[arg(long, value_name = "FILE")]
    lock: PathBuf,
    /// Version of the compiler
    #[arg(long, value_name = "VERSION")]
    rust: String,
    /// Another program that made the module, and its version
    #[arg(long = "tool", value_name = "NAME VERSION")]
    tools: Vec<String>,
    /// The folder; what is in it is removed
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Package {
    /// Writes the folder, and returns the digest of the image.
    pub(crate) fn write(&self) -> Result<String, String> {
        let filter = &self.labels.filter;
        let module = Blob::from(read(&self.module)?);
        let image = Image::new(&module.bytes, &self.labels).map_err(|error| format!("the image: {error}"))?;
        let layout = image.layout();
        let archive = archive::tar(layout.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
            .map_err(|error| format!("the archive: {error}"))?;
        let files = BTreeMap::from([
            ("capabilities.yaml".to_owned(), self.capabilities(&module).into_bytes()),
            (format!("{filter}.cdx.json"), self.bill(&module)?.into_bytes()),
            (format!("{filter}.oci.tar"), archive),
            (format!("{filter}.wasm"), module.bytes),
            ("image.digest".to_owned(), format!("{}\n", image.manifest.digest()).into_bytes()),
        ]);

        if self.out.exists() {
            fs::remove_dir_all(&self.out).map_err(|error| format!("{}: {error}", self.out.display()))?;
        }
        let mut sums = String::new();
        for (name, bytes) in files {
            write(&self.out.join(&name), &bytes)?;
            sums.push_str(&format!("{}  {name}\n", Blob::from(bytes).sha256));
        }
        write(&self.out.join("SHA256SUMS"), sums.as_bytes())?;
        for (name, bytes) in layout.iter().filter(|(name, _)| !name.ends_with('/')) {
            write(&self.out.join("image").join(name), bytes)?;
        }
        Ok(image.manifest.digest())
    }

    fn capabilities(&self, module: &Blob) -> String {
        let names = capabilities::of(&Module::parse(&module.bytes));
        let filter = &self.labels.filter;
        format!(
            "# All that {filter}.wasm imports and exports: put it beside `root_id` into the configuration of the plugin, and \
             Envoy\n# allows it nothing else. Envoy 1.40 takes it under `vm_config`, too.\n{}",
            capabilities::yaml(&names, 0)
        )
    }

    fn bill(&self, module: &Blob) -> Result<String, String> {
        let tree = text(&self.tree)?;
        let components = components::read(&tree, &self.labels.filter)?;
        let root = format!("{}@{}", self.labels.filter, self.labels.version);
        if !components.contains_key(&root) {
            return Err(format!("cargo tree knows no {root}"));
        }
        let checksums = checksums(&text(&self.lock)?)?;
        for component in components.values().filter(|component| !component.own) {
            if !checksums.contains_key(&component.id()) {
                return Err(format!("{} has no sum for {}", self.lock.display(), component.id()));
            }
        }
        let (labels, rust, tools) = (&self.labels, self.rust.as_str(), self.tools.as_slice());
        Ok(Bill { labels, module, components: &components, checksums: &checksums, rust, tools }.text())
    }
}

/// SHA-256 of the crates in a `Cargo.lock`, by `name@version`.
fn checksums(lock: &str) -> Result<BTreeMap<String, String>, String> {
    let lock: toml::Table = lock.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let sums = packages.filter_map(|package| {
        let field = |name: &str| package.get(name).and_then(toml::Value::as_str);
        Some((format!("{}@{}", field("name")?, field("version")?), field("checksum")?.to_owned()))
    });
    Ok(sums.collect())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
