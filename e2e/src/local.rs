//! Envoy as a child process.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::child::Program;
use crate::paths::envoy_binary;
use crate::place::ENVOY;

/// A running Envoy; it ends when it is dropped.
pub(crate) struct Process {
    program: Program,
    admin: PathBuf,
}

impl Process {
    /// Starts the configuration in `work`. Its log is appended to, so that a second start keeps the first one's.
    pub(crate) fn start(work: &Path, workers: u32) -> Result<Self, Error> {
        let admin = work.join("admin");
        // Envoy writes its admin address there once it is bound; an old one would be believed.
        let _ = fs::remove_file(&admin);
        let mut command = Command::new(envoy_binary()?);
        command
            .arg("-c")
            .arg(work.join(ENVOY))
            .args(["--disable-hot-restart", "--concurrency", &workers.to_string()])
            // The access log is written ten seconds late otherwise.
            .args(["--file-flush-interval-msec", "50", "--admin-address-path"])
            .arg(&admin);
        Ok(Self { program: Program::start(&mut command, "envoy", work)?, admin })
    }

    /// Ends it and starts another one in its place.
    pub(crate) fn restart(&mut self, work: &Path, workers: u32) -> Result<(), Error> {
        self.program.kill();
        *self = Self::start(work, workers)?;
        Ok(())
    }

    /// The process id, to read CPU time and memory from `/proc`.
    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }

    /// The admin address, once Envoy has bound it.
    pub(crate) fn admin(&self) -> Option<SocketAddr> {
        fs::read_to_string(&self.admin).ok()?.trim().parse().ok()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        self.program.ended()
    }

    pub(crate) fn log(&self) -> String {
        self.program.log()
    }
}
