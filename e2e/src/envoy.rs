//! A running Envoy, wherever it runs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::admin;
use crate::compose::Project;
use crate::local::Process;
use crate::poll;
use crate::stack::StartError;
use crate::stats::Stats;
use crate::suite;
use crate::workdir::WorkDir;

/// A running Envoy. When a test fails, its drop puts the end of the log and the stats that moved into the report.
pub struct Envoy {
    host: Host,
    admin: SocketAddr,
    listeners: BTreeMap<String, SocketAddr>,
    at_start: Stats,
    workers: u32,
    pub(crate) work: WorkDir,
}

pub(crate) enum Host {
    Local(Process),
    Compose(Project),
}

impl Envoy {
    /// Waits until Envoy serves, and learns where.
    pub(crate) async fn ready(host: Host, work: WorkDir, workers: u32) -> Result<Self, StartError> {
        let (admin, listeners) = addresses(&host).await?;
        let mut envoy = Self { host, admin, listeners, at_start: Stats::default(), workers, work };
        envoy.at_start = envoy.stats().await;
        Ok(envoy)
    }

    /// Stops this Envoy and starts another one with the same configuration. Ports may change.
    ///
    /// # Panics
    /// When it does not come back.
    pub async fn restart(&mut self) {
        let again = match &mut self.host {
            Host::Local(process) => process.restart(self.work.path(), self.workers),
            Host::Compose(project) => project.restart(),
        };
        again.unwrap_or_else(|e| panic!("restart: {e}"));
        (self.admin, self.listeners) = addresses(&self.host).await.unwrap_or_else(|e| panic!("restart: {e}"));
        self.at_start = self.stats().await;
    }

    /// Where a listener is reached from here.
    ///
    /// # Panics
    /// When there is no such listener.
    pub fn addr(&self, listener: &str) -> SocketAddr {
        *self
            .listeners
            .get(listener)
            .unwrap_or_else(|| panic!("no listener {listener} in {:?}", self.listeners))
    }

    /// Where the admin interface is reached from here.
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin
    }

    /// The process id, when Envoy is a process of this machine.
    pub fn process_id(&self) -> Option<u32> {
        match &self.host {
            Host::Local(process) => Some(process.id()),
            Host::Compose(_) => None,
        }
    }

    /// `GET` on the admin interface.
    ///
    /// # Panics
    /// When it does not answer 200.
    pub async fn admin(&self, path: &str) -> String {
        let (status, text) =
            admin::get(self.admin, path).await.unwrap_or_else(|e| panic!("admin {path}: {e}"));
        assert_eq!(status, 200, "admin {path}: {text}");
        text
    }

    /// Tells it to end all connections as soon as nothing is under way on them.
    ///
    /// # Panics
    /// When it does not do so.
    pub async fn drain(&self) {
        let drained = admin::post(self.admin, "/drain_listeners?graceful").await;
        assert!(matches!(drained, Ok((200, _))), "{drained:?}");
    }

    /// All counters and gauges now.
    ///
    /// # Panics
    /// When the admin interface does not answer.
    pub async fn stats(&self) -> Stats {
        Stats::parse(&self.admin(STATS).await).expect("stats in JSON")
    }

    /// All that Envoy wrote so far, access log included.
    pub fn log(&self) -> String {
        log(&self.host)
    }

    /// Waits for a line of the log that contains `text`, and returns it. Envoy flushes its access log late.
    ///
    /// # Panics
    /// When none comes.
    pub async fn log_line(&self, text: &str) -> String {
        let line = || self.log().lines().find(|line| line.contains(text)).map(str::to_owned);
        poll::until(&format!("a log line with {text}"), async || line()).await
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains(ROLL_CALL)).collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n");
        suite::note(format!("---- Envoy's log (the last {LOG_TAIL} of {} lines)\n{tail}", lines.len()));
        let now = admin::get_blocking(self.admin, STATS).ok().and_then(|(_, text)| Stats::parse(&text));
        let moved = now.unwrap_or_default();
        let moved = moved.since(&self.at_start).filter(|(name, _)| telling(name));
        let moved: Vec<String> = moved.map(|(name, by)| format!("{by:+8} {name}")).collect();
        suite::note(format!("---- stats that moved since the start\n{}", moved.join("\n")));
    }
}

/// What a failing test may want to know; Envoy has a thousand more.
fn telling(name: &str) -> bool {
    const TELLING: [&str; 8] =
        ["wasm", "sluice", "upstream_rq_", "downstream_rq_", "update_", "config_", "no_route", "ssl."];
    !name.contains("admin") && TELLING.iter().any(|part| name.contains(part))
}

/// The admin address and those of the listeners, once all of them serve.
async fn addresses(host: &Host) -> Result<(SocketAddr, BTreeMap<String, SocketAddr>), StartError> {
    let refused = |reason: String| StartError { reason, log: log(host) };
    let deadline = Instant::now() + poll::PATIENCE;
    let mut looked = Instant::now();
    loop {
        if let Some(found) = ask(host).await {
            return Ok(found);
        }
        // In a container that is a question to the engine, which costs more than one to Envoy.
        if looked.elapsed() > Duration::from_millis(200) {
            if let Some(how) = ended(host) {
                return Err(refused(format!("Envoy ended by itself ({how})")));
            }
            looked = Instant::now();
        }
        if Instant::now() > deadline {
            return Err(refused(format!("Envoy is not ready after {:?}", poll::PATIENCE)));
        }
        tokio::time::sleep(poll::INTERVAL).await;
    }
}

async fn ask(host: &Host) -> Option<(SocketAddr, BTreeMap<String, SocketAddr>)> {
    let admin = match host {
        Host::Local(process) => process.admin()?,
        Host::Compose(project) => project.published(ADMIN)?,
    };
    let (status, _) = admin::get(admin, "/ready").await.ok()?;
    if status != 200 {
        return None;
    }
    let (_, text) = admin::get(admin, "/listeners?format=json").await.ok()?;
    let document: Value = serde_json::from_str(&text).ok()?;
    let listeners = document["listener_statuses"].as_array()?.iter().map(|listener| {
        let address = &listener["local_address"]["socket_address"];
        let port = u16::try_from(address["port_value"].as_u64()?).ok()?;
        let addr = match host {
            Host::Local(_) => SocketAddr::new(address["address"].as_str()?.parse().ok()?, port),
            Host::Compose(project) => project.published(port)?,
        };
        Some((listener["name"].as_str()?.to_owned(), addr))
    });
    Some((admin, listeners.collect::<Option<_>>()?))
}

fn ended(host: &Host) -> Option<String> {
    match host {
        Host::Local(process) => process.ended(),
        Host::Compose(project) => project.ended(),
    }
}

fn log(host: &Host) -> String {
    match host {
        Host::Local(process) => process.log(),
        Host::Compose(project) => project.log(),
    }
}

/// The admin port inside a container.
pub(crate) const ADMIN: u16 = 9901;
const STATS: &str = "/stats?format=json";
const LOG_TAIL: usize = 40;
/// At its start Envoy lists all extensions and headers that it knows, over a hundred lines.
const ROLL_CALL: &str = "[info][main] [source/server/server.cc:";
