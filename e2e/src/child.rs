//! A program as a child process, Envoy or one beside it: killed, by its own process id, when it is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Error;
use crate::reaper;

pub(crate) struct Program {
    child: Arc<Mutex<Child>>,
    log: PathBuf,
    _reaped: reaper::Entry,
}

impl Program {
    /// Starts it in `work`; what it writes goes to `<name>.log` there, behind what an earlier one wrote.
    pub(crate) fn start(command: &mut Command, name: &str, work: &Path) -> Result<Self, Error> {
        let log = work.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log)?;
        command.current_dir(work).stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = command.spawn().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
        let child = Arc::new(Mutex::new(child));
        let killed = Arc::clone(&child);
        let reaped = reaper::register(move || kill(&killed));
        Ok(Self { child, log, _reaped: reaped })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&self) -> Option<String> {
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait().ok()??;
        Some(status.to_string())
    }

    /// Ends it at once.
    pub(crate) fn kill(&self) {
        kill(&self.child);
    }

    /// All that it wrote.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = child.kill();
    let _ = child.wait();
}
