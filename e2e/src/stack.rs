//! What one test starts: an Envoy, two versions of an upstream behind it, a source of lists.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::Error;
use crate::answer::Answer;
use crate::backend::Backend;
use crate::bootstrap::Bootstrap;
use crate::client::{Client, Protocol};
use crate::compose::{self, Project};
use crate::envoy::{ADMIN, Envoy, Host};
use crate::fixture::Fixture;
use crate::lists::Lists;
use crate::local::Process;
use crate::paths::artifact;
use crate::place::Places;
use crate::request::Request;
use crate::stats::Stats;
use crate::upstream::Upstream;
use crate::workdir::WorkDir;

/// One Envoy with all that stands around it. Everything stops when it is dropped.
pub struct Stack {
    /// The proxy.
    pub envoy: Envoy,
    /// Behind cluster `stable`.
    pub v1: Upstream,
    /// Behind cluster `canary`.
    pub v2: Upstream,
    /// Behind the clusters `lists`, `idp` and `ratelimit`: lists, key sets of issuers, answers of a rate limit service.
    pub lists: Lists,
    /// Behind the clusters `spire` and `revocations`: what a filter fetches besides, apart from it.
    pub records: Lists,
    /// What was started, to change it over xDS.
    pub(crate) bootstrap: Bootstrap,
    /// How many updates were tried; makes each of them a new version.
    pub(crate) updates: u32,
    fixtures: Vec<Fixture>,
}

/// Envoy did not start.
#[derive(Debug)]
pub struct StartError {
    /// What happened.
    pub reason: String,
    /// What Envoy wrote.
    pub log: String,
}

impl Stack {
    /// Starts everything and waits until it serves.
    ///
    /// # Panics
    /// When it does not; Envoy's log is shown.
    pub async fn start(bootstrap: Bootstrap) -> Self {
        Self::try_start(bootstrap).await.unwrap_or_else(|e| panic!("{e}"))
    }

    /// The same for a configuration that Envoy may refuse.
    ///
    /// # Errors
    /// When Envoy does not become ready.
    pub async fn try_start(bootstrap: Bootstrap) -> Result<Self, StartError> {
        match Backend::chosen() {
            Backend::Local => Self::local(bootstrap).await,
            Backend::Compose => Self::compose(bootstrap).await,
        }
    }

    async fn local(mut bootstrap: Bootstrap) -> Result<Self, StartError> {
        let work = WorkDir::new()?;
        let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
        let v1 = Fixture::start("v1", ip, [0; 3])?;
        let v2 = Fixture::start("v2", ip, [0; 3])?;
        let at = |addr: SocketAddr| (addr.ip().to_string(), addr.port());
        bootstrap.place(&Places {
            work: work.path(),
            bind: ip,
            ports: bootstrap.ports.clone(),
            endpoints: [
                ("stable", at(v1.service())),
                ("canary", at(v2.service())),
                ("lists", at(v1.lists())),
                ("idp", at(v1.lists())),
                ("ratelimit", at(v1.lists())),
                ("spire", at(v2.lists())),
                ("revocations", at(v2.lists())),
            ]
            .into(),
        });
        bootstrap.write(&work, &artifact(&bootstrap.module)?)?;
        let process = Process::start(work.path(), bootstrap.workers)?;
        let envoy = Envoy::ready(Host::Local(process), work, bootstrap.workers).await?;
        Ok(Self {
            envoy,
            v1: Upstream::new(v1.control()),
            v2: Upstream::new(v2.control()),
            lists: Lists::new(v1.control()),
            records: Lists::new(v2.control()),
            bootstrap,
            updates: 0,
            fixtures: vec![v1, v2],
        })
    }

    async fn compose(mut bootstrap: Bootstrap) -> Result<Self, StartError> {
        let work = WorkDir::new()?;
        let [service, lists, _] = compose::FIXTURE_PORTS;
        let v1 = || "upstream-v1".to_owned();
        bootstrap.place(&Places {
            work: work.path(),
            bind: Ipv4Addr::UNSPECIFIED.into(),
            ports: [("http", 10000), ("https", 10001), ("admin", ADMIN)].into(),
            endpoints: [
                ("stable", (v1(), service)),
                ("canary", ("upstream-v2".to_owned(), service)),
                ("lists", (v1(), lists)),
                ("idp", (v1(), lists)),
                ("ratelimit", (v1(), lists)),
                ("spire", ("upstream-v2".to_owned(), lists)),
                ("revocations", ("upstream-v2".to_owned(), lists)),
            ]
            .into(),
        });
        bootstrap.write(&work, &artifact(&bootstrap.module)?)?;
        let project = Project::up(&work, bootstrap.workers)?;
        let (v1, v2) = (project.control("upstream-v1")?, project.control("upstream-v2")?);
        let envoy = Envoy::ready(Host::Compose(project), work, bootstrap.workers).await?;
        let (lists, records) = (Lists::new(v1), Lists::new(v2));
        let (v1, v2) = (Upstream::new(v1), Upstream::new(v2));
        Ok(Self { envoy, v1, v2, lists, records, bootstrap, updates: 0, fixtures: Vec::new() })
    }

    /// A client of the plain listener.
    pub fn client(&self, protocol: Protocol) -> Client {
        Client::new(self.envoy.addr("http"), protocol)
    }

    /// Sends one request over HTTP/1.1 on a connection of its own.
    ///
    /// # Panics
    /// When no answer comes.
    pub async fn send(&self, request: Request) -> Answer {
        self.client(Protocol::Http1).send(request).await
    }

    /// Sends one request and returns the subset that the upstream was told.
    ///
    /// # Panics
    /// When the upstream does not answer, or was told none.
    pub async fn subset(&self, request: Request) -> String {
        let report = self.send(request).await.report();
        report.subset().unwrap_or_else(|| panic!("no subset: {report:?}")).to_owned()
    }

    /// Where the versions of the service listen, when they run in this process.
    pub fn services(&self) -> Vec<SocketAddr> {
        self.fixtures.iter().map(Fixture::service).collect()
    }

    /// How many requests both versions of the upstream have got.
    pub async fn hits(&self) -> u64 {
        self.v1.hits().await + self.v2.hits().await
    }

    /// All counters and gauges now.
    ///
    /// # Panics
    /// When the admin interface does not answer.
    pub async fn stats(&self) -> Stats {
        self.envoy.stats().await
    }
}

impl<E: Into<Error>> From<E> for StartError {
    fn from(error: E) -> Self {
        Self { reason: error.into().to_string(), log: String::new() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.reason, self.log)
    }
}
