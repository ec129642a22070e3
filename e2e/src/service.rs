//! A rate limit service of the test's own: the binary `ratelimit-service` as a process.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use crate::child::Program;
use crate::control;
use crate::paths::binary;
use crate::poll;
use crate::raw;
use crate::rls::{Answers, Storage};
use crate::serve::Port;
use crate::suite;
use crate::workdir::WorkDir;

/// A running service; it ends when it is dropped.
pub struct RateLimitService {
    /// None while it is stopped.
    program: Option<Program>,
    ports: [Port; 2],
    storage: Storage,
    answers: Answers,
    work: WorkDir,
}

impl RateLimitService {
    /// Starts one with these limits: YAML in Limitador's form.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(limits: &str, storage: Storage, answers: Answers) -> Self {
        suite::needs_local("the harness starts the rate limit service as a process of its own");
        let reserve = || Port::reserve((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let work = WorkDir::new().expect("a folder");
        work.write(LIMITS, limits).expect("a file");
        let mut service = Self { program: None, ports: [reserve(), reserve()], storage, answers, work };
        service.resume().await;
        service
    }

    /// Where it listens, running or not.
    pub fn addr(&self) -> SocketAddr {
        self.ports[0].addr()
    }

    /// Ends it at once, as `kill -9` does. Connections to it are refused.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Starts it again on the same port.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn resume(&mut self) {
        let [service, control] = self.ports.each_ref().map(|port| port.addr().port().to_string());
        let mut command = Command::new(binary("ratelimit-service").expect("cargo build -p e2e"));
        command.args(["127.0.0.1", &service, &control, LIMITS]);
        command.args([self.storage.name(), self.answers.name()]);
        self.program = Some(Program::start(&mut command, "service", self.work.path()).expect("a process"));
        poll::eventually("the rate limit service answers", async || {
            raw::exchange(self.ports[1].addr(), b"GET /calls HTTP/1.1\r\nhost: control\r\n\r\n").await.is_ok()
        })
        .await;
    }

    /// Starts it again if it was killed.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn ensure(&mut self) {
        if self.program.is_none() {
            self.resume().await;
        }
    }

    /// The process id, to read CPU time from `/proc`.
    pub fn process_id(&self) -> Option<u32> {
        self.program.as_ref().map(Program::id)
    }

    /// All that it wrote.
    pub fn log(&self) -> String {
        self.program.as_ref().map(Program::log).unwrap_or_default()
    }

    /// How often it was called since it was started.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn calls(&self) -> u64 {
        self.counted("/calls").await
    }

    /// How many hits it was asked for since it was started.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn hits(&self) -> u64 {
        self.counted("/hits").await
    }

    /// How many hits it gave since it was started.
    ///
    /// # Panics
    /// When it does not run.
    pub async fn granted(&self) -> u64 {
        self.counted("/granted").await
    }

    async fn counted(&self, path: &str) -> u64 {
        control::number(self.ports[1].addr(), path).await
    }
}

const LIMITS: &str = "limits.yaml";
