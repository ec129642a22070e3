//! A Redis of the test's own: in memory only, on a free port.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use crate::Error;
use crate::child::Program;
use crate::paths::redis_server;
use crate::poll;
use crate::resp::{Connection, Reply, words};
use crate::serve::Port;
use crate::suite;
use crate::workdir::WorkDir;

/// A running `redis-server`; it ends when it is dropped.
pub struct Redis {
    /// None while it is stopped.
    program: Option<Program>,
    binary: PathBuf,
    port: Port,
    work: WorkDir,
}

impl Redis {
    /// Starts one, or skips the test where there is no `redis-server`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        suite::needs_local("the harness starts Redis as a process of its own");
        let Some(binary) = redis_server() else {
            suite::skip("no redis-server: make setup, or on Debian apt-get install redis-tools");
        };
        let port = Port::reserve((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let work = WorkDir::new().expect("a folder");
        let mut redis = Self { program: None, binary, port, work };
        redis.resume().await;
        redis
    }

    /// Where it listens, running or not.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Ends it, and what it knew is gone. Connections to it are refused.
    pub fn kill(&mut self) {
        self.program = None;
    }

    /// Starts it again on the same port.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn resume(&mut self) {
        let mut command = Command::new(&self.binary);
        command.args(["--bind", "127.0.0.1", "--port", &self.addr().port().to_string()]);
        command.args(["--save", "", "--appendonly", "no"]).env_remove("REDISCLI_AUTH");
        self.program = Some(Program::start(&mut command, "redis", self.work.path()).expect("redis-server"));
        poll::eventually("Redis answers", async || self.ask(&["PING"]).await.is_ok()).await;
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

    /// Runs one command.
    ///
    /// # Panics
    /// When Redis refuses it.
    pub async fn command(&self, command: &[&str]) {
        self.ask(command).await.unwrap_or_else(|e| panic!("{command:?}: {e}"));
    }

    async fn ask(&self, command: &[&str]) -> Result<Reply, Error> {
        Connection::open(self.addr()).await?.ask(&words(command)).await
    }
}
