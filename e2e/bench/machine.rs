//! Where and with what it was measured: enough to compare, nothing that names the machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use e2e::{Error, artifact, envoy_version, repository};
use serde_json::{Value, json};

/// A machine and what ran on it.
#[derive(Debug)]
pub(crate) struct Machine {
    /// When the run ended, as `2026-11-22T14:35:34Z`.
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) is_virtual: bool,
    pub(crate) kernel: String,
    pub(crate) envoy: String,
    /// What compiles the modules.
    pub(crate) rust: String,
    pub(crate) sluice: &'static str,
    /// Ends in `-dirty` if something else was built.
    pub(crate) commit: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(repository()));
        let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
        let mut wasm = Command::new(repository().join("filters/tools/setup/wasm-env.sh"));
        Self {
            date: output(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"])),
            cpu: model.map_or("unknown", |(_, model)| model).to_owned(),
            cores: available_parallelism().map_or(0, usize::from),
            is_virtual: cpuinfo.contains(" hypervisor"),
            kernel: kernel.trim().to_owned(),
            envoy: envoy_version(),
            rust: output(wasm.args(["bash", "-c", r#""${RUSTC:-rustc}" --version"#])),
            sluice: env!("CARGO_PKG_VERSION"),
            commit: git(&["rev-parse", "--short=12", "HEAD"])
                + if changed.is_empty() { "" } else { "-dirty" },
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { cpu, cores, is_virtual, kernel, .. } = self;
        json!({ "cpu": cpu, "cores": cores, "virtual": is_virtual, "kernel": kernel })
    }
}

/// A module's name below the folder of artifacts, size and digest.
pub(crate) fn module(path: &Path) -> Result<Value, Error> {
    let built = artifact("canary.wasm")?;
    let name = built.parent().and_then(|folder| path.strip_prefix(folder).ok());
    // A module from elsewhere is known by its name alone: the path would say whose machine it is.
    let name = name.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    Ok(json!({
        "module": name,
        "bytes": fs::metadata(path)?.len(),
        "sha256": output(Command::new("sha256sum").arg("-b").arg(path)).split(' ').next(),
    }))
}

/// What coreutils and git say; a machine without them has a result without that detail.
fn output(command: &mut Command) -> String {
    let ran = command.output().ok().filter(|ran| ran.status.success());
    ran.map_or_else(|| "unknown".to_owned(), |ran| String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}
