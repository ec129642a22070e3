//! CPU time and memory of a process, the core it runs on, and its priority: `/proc`, `taskset`, `chrt`.

use std::fs;
use std::path::PathBuf;
use std::process::{self, Command, Stdio};
use std::thread::available_parallelism;
use std::time::Duration;

use e2e::{Envoy, Error, until};

/// A process of this machine.
#[derive(Debug)]
pub(crate) struct Process {
    id: u32,
}

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self { id }
    }

    /// The time that all threads ran so far. What a thread runs right now is not in it yet.
    pub(crate) fn cpu(&self) -> Result<Duration, Error> {
        let mut nanos = 0;
        for task in self.tasks()? {
            let text = fs::read_to_string(task.join("schedstat"))?;
            let ran = text.split_ascii_whitespace().next().unwrap_or_default();
            nanos += ran.parse::<u64>().map_err(|_| format!("{}: {text}", task.display()))?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// The same once all threads sleep, so that nothing is missing.
    pub(crate) async fn cpu_at_rest(&self) -> Result<Duration, Error> {
        until("all threads of Envoy to sleep", async || self.asleep().ok()?.then_some(())).await;
        self.cpu()
    }

    /// Bytes of memory of its own that it has in RAM: not those of its program's file.
    pub(crate) fn resident(&self) -> Result<u64, Error> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
        let kibibytes = line.trim().strip_suffix(" kB").and_then(|number| number.parse::<u64>().ok());
        Ok(kibibytes.ok_or("/proc says nothing of RssAnon")? * 1024)
    }

    fn asleep(&self) -> Result<bool, Error> {
        for task in self.tasks()? {
            let text = fs::read_to_string(task.join("stat"))?;
            // The name of the thread, in parentheses, may have any character.
            let state = text.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            if state != Some('S') {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Binds all threads to some cores, as `1` or `0-3`. False if that cannot be done.
    pub(crate) fn pin(&self, cores: &str) -> bool {
        run("taskset", &["-a", "-c", "-p", cores, &self.id.to_string()])
    }

    /// Lets all threads, and those that they start, run before everything that is not as urgent. False if that is not
    /// allowed.
    pub(crate) fn hurry(&self) -> bool {
        run("chrt", &["-a", "-f", "-p", "1", &self.id.to_string()])
    }

    /// The opposite of [`Process::hurry`].
    pub(crate) fn relax(&self) -> bool {
        run("chrt", &["-a", "-o", "-p", "0", &self.id.to_string()])
    }

    fn tasks(&self) -> Result<Vec<PathBuf>, Error> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.id))?;
        Ok(tasks.map(|task| Ok(task?.path())).collect::<Result<_, std::io::Error>>()?)
    }
}

/// As long as it lives, Envoy and this process run before everything that is not as urgent: when an answer came is what
/// the code takes, and not how busy the machine is. Where that is not allowed, nothing changes.
#[derive(Debug)]
pub(crate) struct Urgent {
    own: Process,
}

impl Urgent {
    /// To be had after Envoy has started: it would inherit this, and compile modules before everybody else.
    pub(crate) fn with(envoy: &Envoy) -> Self {
        let own = Process::new(process::id());
        if let Some(id) = envoy.process_id() {
            Process::new(id).hurry();
            own.hurry();
        }
        Self { own }
    }
}

impl Drop for Urgent {
    fn drop(&mut self) {
        self.own.relax();
    }
}

/// As long as it lives, Envoy is on one core and this process on another, where there are two, and both run before
/// everything that is not as urgent, where that is allowed.
#[derive(Debug)]
pub(crate) struct Apart {
    pub(crate) envoy: Process,
    pub(crate) own: Process,
    all_cores: String,
    pub(crate) pinned: bool,
    pub(crate) urgent: bool,
}

impl Apart {
    /// To be had after Envoy has started, as [`Urgent`].
    pub(crate) fn new(envoy: &Envoy) -> Result<Self, Error> {
        let id = envoy.process_id().ok_or("the bench needs Envoy as a process of this machine")?;
        let (envoy, own) = (Process::new(id), Process::new(process::id()));
        let last = available_parallelism()?.get() - 1;
        let pinned = last > 0 && envoy.pin(&last.to_string()) && own.pin("0");
        let urgent = pinned && own.hurry() && envoy.hurry();
        Ok(Self { envoy, own, all_cores: format!("0-{last}"), pinned, urgent })
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.own.relax();
        self.own.pin(&self.all_cores);
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let ran = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}
