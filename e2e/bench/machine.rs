//! Where and with what it was measured: enough to compare, nothing that names the machine.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use e2e::{Error, artifact};
use serde_json::{Value, json};

pub(crate) fn describe() -> Value {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    json!({
        "cpu": model.map_or("unknown", |(_, model)| model),
        "cores": available_parallelism().map_or(0, usize::from),
        "virtual": cpuinfo.contains(" hypervisor"),
        "kernel": kernel.trim(),
    })
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

pub(crate) fn date() -> String {
    output(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))
}

/// What coreutils say; a machine without them has a result without that detail.
fn output(command: &mut Command) -> String {
    let ran = command.output().ok().filter(|ran| ran.status.success());
    ran.map_or_else(|| "unknown".to_owned(), |ran| String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}
