//! A Prometheus of the test's own, that scrapes Envoys as the shipped `envoy-config/observability/prometheus.yaml` says, only
//! more often.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::Error;
use crate::admin;
use crate::child::Program;
use crate::mint::now;
use crate::parse_yaml;
use crate::paths::repository;
use crate::poll;
use crate::serve::Port;
use crate::suite;
use crate::workdir::WorkDir;

/// A running `prometheus`; it ends when it is dropped.
pub struct Prometheus {
    _program: Program,
    port: Port,
    _work: WorkDir,
}

/// Seconds and value.
pub type Point = (f64, f64);

/// One series of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its labels, `__name__` too.
    pub labels: BTreeMap<String, String>,
    /// Its value now; may be NaN.
    pub value: f64,
}

impl Prometheus {
    /// Starts one that scrapes the admin interfaces of these Envoys, or skips the test where there is no `prometheus`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(targets: &[SocketAddr]) -> Self {
        suite::needs_local("the harness starts Prometheus as a process of its own");
        let Some(binary) = binary() else {
            suite::skip("no prometheus: make setup, or on Debian apt-get install prometheus");
        };
        let port = Port::reserve((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let work = WorkDir::new().expect("a folder");
        work.write("prometheus.json", configuration(targets).to_string()).expect("a file");
        let mut command = Command::new(binary);
        command.args(["--config.file=prometheus.json", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={}", port.addr()));
        let program = Program::start(&mut command, "prometheus", work.path()).expect("prometheus");
        let started = Self { _program: program, port, _work: work };
        poll::eventually("Prometheus is ready", async || {
            admin::get(started.port.addr(), "/-/ready").await.is_ok_and(|(status, _)| status == 200)
        })
        .await;
        started
    }

    /// What an expression is now.
    ///
    /// # Errors
    /// With what Prometheus says of an expression that it refuses.
    pub async fn query(&self, expression: &str) -> Result<Vec<Series>, Error> {
        let data = self.ask(&format!("/api/v1/query?query={}", encoded(expression))).await?;
        let results = data["result"].as_array().ok_or("no result")?;
        results
            .iter()
            .map(|result| series(result).ok_or_else(|| format!("no series: {result}").into()))
            .collect()
    }

    /// What an expression was in the last so many seconds: labels, and points of seconds and value.
    ///
    /// # Errors
    /// With what Prometheus says of an expression that it refuses.
    pub async fn range(
        &self,
        expression: &str,
        seconds: u64,
    ) -> Result<Vec<(BTreeMap<String, String>, Vec<Point>)>, Error> {
        let end = now();
        let span = format!("start={}&end={end}&step=1", end - seconds);
        let data = self.ask(&format!("/api/v1/query_range?query={}&{span}", encoded(expression))).await?;
        let point = |pair: &Value| {
            Some((pair[0].as_f64()? - (end - seconds) as f64, pair[1].as_str()?.parse().ok()?))
        };
        let line = |result: &Value| {
            Some((labels(result)?, result["values"].as_array()?.iter().filter_map(point).collect()))
        };
        data["result"]
            .as_array()
            .ok_or("no result")?
            .iter()
            .map(|r| line(r).ok_or_else(|| "no series".into()))
            .collect()
    }

    /// The names of the rules that it evaluates, as often as they are there.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn rules(&self) -> Result<Vec<String>, Error> {
        let data = self.ask("/api/v1/rules").await?;
        let groups = data["groups"].as_array().ok_or("no groups")?.iter();
        let rules = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
        Ok(rules.filter_map(|rule| Some(rule["name"].as_str()?.to_owned())).collect())
    }

    async fn ask(&self, path: &str) -> Result<Value, Error> {
        let (_, text) = admin::get(self.port.addr(), path).await?;
        let answer: Value = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
        if answer["status"] == "success" { Ok(answer["data"].clone()) } else { Err(text.into()) }
    }
}

/// Prometheus: `PROMETHEUS`, else the one that `make setup` brought, else one on the path.
fn binary() -> Option<PathBuf> {
    let brought = repository().join(".tools/bin/prometheus");
    let named = env::var_os("PROMETHEUS").map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("prometheus"));
    named.into_iter().chain([brought]).chain(on_path).find(|path| path.is_file())
}

/// The shipped file, with other targets, and several scrapes a second.
fn configuration(targets: &[SocketAddr]) -> Value {
    let folder = repository().join("envoy-config/observability");
    let text = fs::read_to_string(folder.join("prometheus.yaml")).expect("the shipped file");
    let mut configuration = parse_yaml(&text).expect("YAML");
    configuration["global"] =
        json!({ "scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "1s" });
    configuration["rule_files"] = json!([folder.join("rules.yaml")]);
    let targets: Vec<String> = targets.iter().map(SocketAddr::to_string).collect();
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = json!(targets);
    configuration
}

fn series(result: &Value) -> Option<Series> {
    Some(Series { labels: labels(result)?, value: result["value"][1].as_str()?.parse().ok()? })
}

fn labels(result: &Value) -> Option<BTreeMap<String, String>> {
    let labels = result["metric"].as_object()?.iter();
    labels.map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Percent-encoded, as a value of a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
