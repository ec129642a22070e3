//! A folder for one Envoy: its configuration, module, certificates and log. Removed with its owner.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use crate::reaper;

pub(crate) struct WorkDir {
    path: PathBuf,
    _reaped: reaper::Entry,
}

impl WorkDir {
    pub(crate) fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sluice-e2e-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path)?;
        let removed = path.clone();
        let reaped = reaper::register(move || remove(&removed));
        Ok(Self { path, _reaped: reaped })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name, unique on this machine while it lasts.
    pub(crate) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.path))?;
        fs::write(&path, content)?;
        Ok(path)
    }

    /// Replaces a file in one step, as a watcher of its folder expects: readers see the old content or the new.
    pub(crate) fn replace(&self, name: &str, content: impl AsRef<[u8]>) -> io::Result<()> {
        let next = self.write("next", content)?;
        fs::rename(next, self.path.join(name))
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

fn remove(path: &Path) {
    // A file that a dying Envoy still writes may stay behind; the operating system empties its folder for temporary
    // files by itself.
    let _ = fs::remove_dir_all(path);
}
