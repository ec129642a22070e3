//! Envoy and its upstreams in containers: one Compose project for one test.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::Error;
use crate::image::{self, Images};
use crate::paths::repository;
use crate::reaper;
use crate::workdir::WorkDir;

/// The ports inside a fixture's container: service, lists, control.
pub(crate) const FIXTURE_PORTS: [u16; 3] = [8080, 8081, 8082];

/// A running project; its containers and its network are removed when it is dropped.
pub(crate) struct Project {
    settings: Settings,
    /// By service and port inside: the port outside.
    ports: OnceLock<BTreeMap<u16, u16>>,
    _reaped: reaper::Entry,
}

/// What `compose.yaml` has variables for.
#[derive(Clone)]
struct Settings {
    name: String,
    work: PathBuf,
    workers: u32,
    images: Images,
}

/// Why no project can run here, if so.
pub(crate) fn missing() -> Option<String> {
    let engine = Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]).output();
    match engine {
        Err(e) => return Some(format!("no docker command ({e})")),
        Ok(output) if !output.status.success() => {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Some(format!("no Docker engine answers ({why})"));
        }
        Ok(_) => {}
    }
    frontend().is_none().then(|| "neither `docker compose` nor `docker-compose` is there".to_owned())
}

impl Project {
    pub(crate) fn up(work: &WorkDir, workers: u32) -> Result<Self, Error> {
        remove_orphans();
        let images = image::prepare()?.clone();
        let settings = Settings { name: work.name(), work: work.path().to_owned(), workers, images };
        let removed = settings.clone();
        let reaped = reaper::register(move || removed.down());
        let project = Self { settings, ports: OnceLock::new(), _reaped: reaped };
        project.settings.compose(&["up", "-d", "--no-build"])?;
        Ok(project)
    }

    /// Where a port of Envoy's container is published.
    pub(crate) fn published(&self, port: u16) -> Option<SocketAddr> {
        if self.ports.get().is_none() {
            let found = published(&self.container("envoy")).ok()?;
            if !found.contains_key(&port) {
                return None; // not running yet, or not any more
            }
            let _ = self.ports.set(found);
        }
        let outside = *self.ports.get()?.get(&port)?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, outside)))
    }

    /// The control port of an upstream.
    pub(crate) fn control(&self, service: &str) -> Result<SocketAddr, Error> {
        let [_, _, control] = FIXTURE_PORTS;
        let ports = published(&self.container(service))?;
        let outside = ports.get(&control).ok_or_else(|| format!("{service} publishes no control port"))?;
        Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, *outside)))
    }

    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        self.ports = OnceLock::new();
        docker(&["restart", "-t", "0", &self.container("envoy")]).map(drop)
    }

    pub(crate) fn ended(&self) -> Option<String> {
        let state =
            docker(&["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", &self.container("envoy")]);
        let state = state.unwrap_or_else(|e| format!("gone: {e}"));
        (!state.starts_with("running") && !state.starts_with("created")).then_some(state)
    }

    pub(crate) fn log(&self) -> String {
        let output = Command::new("docker").args(["logs", &self.container("envoy")]).output();
        output.map_or_else(
            |e| e.to_string(),
            |o| [o.stdout, o.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat(),
        )
    }

    fn container(&self, service: &str) -> String {
        format!("{}-{service}", self.settings.name)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.settings.down();
    }
}

impl Settings {
    fn down(&self) {
        if let Err(e) = self.compose(&["down", "--volumes", "--remove-orphans", "-t", "0"]) {
            eprintln!("{}: not removed: {e}", self.name);
        }
    }

    fn compose(&self, arguments: &[&str]) -> Result<(), Error> {
        let frontend = frontend().ok_or("no Compose")?;
        let mut command = Command::new(frontend[0]);
        command
            .args(&frontend[1..])
            .args(["-p", &self.name, "-f"])
            .arg(repository().join("e2e/compose.yaml"));
        command.args(arguments).stdin(Stdio::null());
        command.env("SLUICE_PROJECT", &self.name).env("SLUICE_WORK", &self.work);
        command.env("SLUICE_WORKERS", self.workers.to_string());
        command.env("ENVOY_IMAGE", &self.images.envoy).env("UPSTREAM_IMAGE", &self.images.upstream);
        image::checked(&mut command).map(drop)
    }
}

/// `docker compose`, or the older program of its own.
fn frontend() -> Option<&'static [&'static str]> {
    static FRONTEND: OnceLock<Option<&[&str]>> = OnceLock::new();
    *FRONTEND.get_or_init(|| {
        let known: [&[&str]; 2] = [&["docker", "compose"], &["docker-compose"]];
        known.into_iter().find(|words| {
            let output = Command::new(words[0]).args(&words[1..]).arg("version").output();
            output.is_ok_and(|o| o.status.success())
        })
    })
}

/// The published ports of a container: inside -> outside.
fn published(container: &str) -> Result<BTreeMap<u16, u16>, Error> {
    let text = docker(&["inspect", "-f", "{{json .NetworkSettings.Ports}}", container])?;
    let document: Value = serde_json::from_str(&text)?;
    let entries = document.as_object().into_iter().flatten();
    Ok(entries
        .filter_map(|(inside, outside)| {
            let inside = inside.strip_suffix("/tcp")?.parse().ok()?;
            Some((inside, outside[0]["HostPort"].as_str()?.parse().ok()?))
        })
        .collect())
}

/// Removes, once, what a killed run left behind: projects are named after the process that made them.
fn remove_orphans() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        for (list, remove) in [
            (["ps", "-a", "--filter", "name=sluice-e2e-", "--format", "{{.Names}}"], ["rm", "-f"]),
            (["network", "ls", "--filter", "name=sluice-e2e-", "--format", "{{.Name}}"], ["network", "rm"]),
        ] {
            for name in docker(&list).unwrap_or_default().lines() {
                let owner = name.strip_prefix("sluice-e2e-").and_then(|rest| rest.split('-').next());
                let owner = owner.and_then(|pid| pid.parse::<u32>().ok());
                if owner.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
                    let _ = docker(&[&remove[..], &[name]].concat());
                }
            }
        }
    });
}

fn docker(arguments: &[&str]) -> Result<String, Error> {
    image::checked(Command::new("docker").args(arguments))
}
