//! Envoy as a child process.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::paths::envoy_binary;
use crate::place::ENVOY;
use crate::reaper;

/// A running child; killed, by its own process id, when it is dropped.
pub(crate) struct Process {
    child: Arc<Mutex<Child>>,
    log: PathBuf,
    admin: PathBuf,
    _reaped: reaper::Entry,
}

impl Process {
    /// Starts the configuration in `work`. Its log is appended to, so that a second start keeps the first one's.
    pub(crate) fn start(work: &Path, workers: u32) -> Result<Self, Error> {
        let (log, admin) = (work.join("envoy.log"), work.join("admin"));
        // Envoy writes its admin address there once it is bound; an old one would be believed.
        let _ = fs::remove_file(&admin);
        let out = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(envoy_binary()?)
            .arg("-c")
            .arg(work.join(ENVOY))
            .args(["--disable-hot-restart", "--concurrency", &workers.to_string()])
            // The access log is written ten seconds late otherwise.
            .args(["--file-flush-interval-msec", "50", "--admin-address-path"])
            .arg(&admin)
            .current_dir(work)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        let child = Arc::new(Mutex::new(child));
        let killed = Arc::clone(&child);
        let reaped = reaper::register(move || kill(&killed));
        Ok(Self { child, log, admin, _reaped: reaped })
    }

    /// Ends it and starts another one in its place.
    pub(crate) fn restart(&mut self, work: &Path, workers: u32) -> Result<(), Error> {
        kill(&self.child);
        *self = Self::start(work, workers)?;
        Ok(())
    }

    /// The process id, to read CPU time and memory from `/proc`.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// The admin address, once Envoy has bound it.
    pub(crate) fn admin(&self) -> Option<SocketAddr> {
        fs::read_to_string(&self.admin).ok()?.trim().parse().ok()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().ok()??;
        Some(status.to_string())
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill(&self.child);
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}
