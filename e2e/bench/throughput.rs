//! How many requests an Envoy of two workers lets through while everything is busy, and how long the slow ones of them
//! take: limits that all workers share, beside Envoy's own, on one key.
//!
//! The cases take turns in short rounds. All of them have the same load, which takes its share of the same cores; so a
//! ratio of two cases says less about a filter than its CPU time does, and just what a user would see.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::rls::{Answers, Storage};
use e2e::{
    Error, PLENTY_FOR_TENANTS, RateLimitService, Redis, Stack, artifact, native_rate_limits, native_ratelimit,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::case::{Case, Filter, NONE};
use crate::cost::median;
use crate::lane::Lane;
use crate::listener;
use crate::options::Options;
use crate::ratelimit::{NATIVE, PLENTY, native, rate};
use crate::results::percentile;
use crate::traffic::Traffic;

/// What was seen of all cases that one Envoy served.
#[derive(Debug)]
pub(crate) struct Throughput {
    /// For files.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) cases: Vec<Pace>,
}

/// One case, a value for each round.
#[derive(Debug)]
pub(crate) struct Pace {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) per_second: Vec<f64>,
    /// Milliseconds that one request in a hundred exceeds.
    pub(crate) p99: Vec<f64>,
    /// Calls of the rate limit service for each request.
    pub(crate) calls: f64,
}

impl Throughput {
    /// Median of the rounds of one case to that of another.
    pub(crate) fn ratio(&self, of: &str, to: &str, value: fn(&Pace) -> &[f64]) -> Option<f64> {
        let median_of = |name| Some(median(value(self.cases.iter().find(|case| case.name == name)?)));
        Some(median_of(of)? / median_of(to)?)
    }
}

/// One key, and a limit for all proxies.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Throughput>, Error> {
    Ok(vec![measure_one_key(options).await?, measure_global(options).await?])
}

async fn measure_one_key(options: &Options) -> Result<Throughput, Error> {
    println!("throughput of two workers on one key, {} rounds", options.rounds);
    let keyed = json!({ "name": "per-user", "key": [{ "header": "x-user-id" }], "rate": rate(PLENTY) });
    let cases = vec![
        Case::plain(NONE, "no filter", Vec::new())?,
        Case::plain(NATIVE, "local_ratelimit: one bucket", vec![native(PLENTY)])?,
        Case::plain(HOT, "ratelimit: one user", vec![ours(&keyed)?])?,
    ];
    let cases: Vec<Case> = cases.into_iter().map(|case| case.traffic(one_user())).collect();
    let stack = Stack::try_start(listener::bootstrap(&cases).workers(2)).await.map_err(|e| e.to_string())?;
    Bench::open(&stack, &cases, None).await?.run(options, "key", "two workers, one key").await
}

async fn measure_global(options: &Options) -> Result<Throughput, Error> {
    println!("throughput with a rate limit service and Redis, {} rounds", options.rounds);
    let redis = Redis::start().await;
    let service =
        RateLimitService::start(PLENTY_FOR_TENANTS, Storage::Redis(redis.addr()), Answers::Headers).await;
    let leased = |lease: u32| {
        let global = json!({ "cluster": "ratelimit", "domain": "sluice", "descriptor": "tenant", "timeout": "5s", "lease": lease });
        ours(
            &json!({ "name": "tenants", "key": [{ "header": "x-tenant" }], "global": global, "rate": rate(PLENTY) }),
        )
    };
    let cases = vec![
        Case::plain(NONE, "no limit", Vec::new())?,
        Case::plain(NATIVE, "Envoy's ratelimit filter", vec![Filter::Native(native_ratelimit())])?,
        Case::plain("lease-1", "ratelimit: asks for every request", vec![leased(1)?])?,
        Case::plain(LEASE, "ratelimit: asks for a hundred at once", vec![leased(100)?])?,
    ];
    let unanswered = |case: Case| without_upstream(case).traffic(one_user().answered(503));
    let cases: Vec<Case> = cases.into_iter().map(unanswered).collect();
    let bootstrap = listener::bootstrap(&cases).workers(2).service(&service).edit(|envoy| {
        let clusters = envoy["static_resources"]["clusters"].as_array_mut().expect("a list of clusters");
        clusters.push(
            json!({ "name": NOWHERE, "type": "STATIC", "load_assignment": { "cluster_name": NOWHERE } }),
        );
    });
    let stack = Stack::try_start(bootstrap).await.map_err(|e| e.to_string())?;
    Bench::open(&stack, &cases, Some(&service))
        .await?
        .run(options, "global", "two workers, one limit for all proxies")
        .await
}

struct Bench<'s> {
    service: Option<&'s RateLimitService>,
    runs: Vec<(Pace, Vec<Lane>)>,
    calls: BTreeMap<usize, u64>,
}

impl<'s> Bench<'s> {
    async fn open(
        stack: &Stack,
        cases: &[Case],
        service: Option<&'s RateLimitService>,
    ) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for case in cases {
            let mut lanes = Vec::new();
            for number in 0..CONNECTIONS {
                let requests = case.traffic.of_connection(number, CONNECTIONS);
                lanes.push(Lane::of(stack.envoy.addr(&case.name), requests, case.traffic.status()).await?);
            }
            let (name, about) = (case.name.clone(), case.about.clone());
            runs.push((Pace { name, about, per_second: Vec::new(), p99: Vec::new(), calls: 0.0 }, lanes));
        }
        Ok(Self { service, runs, calls: BTreeMap::new() })
    }

    async fn run(
        mut self,
        options: &Options,
        name: &'static str,
        about: &'static str,
    ) -> Result<Throughput, Error> {
        let count = self.runs.len();
        for round in 0..options.rounds + WARM_UP {
            if round == WARM_UP {
                self.runs.iter_mut().for_each(|(pace, _)| {
                    pace.per_second.clear();
                    pace.p99.clear();
                });
                self.calls.clear();
            }
            for turn in 0..count {
                self.take_turn((turn + round) % count, options.requests).await?;
            }
        }
        let sent = (options.rounds * options.requests) as f64;
        let calls = std::mem::take(&mut self.calls);
        let cases = self.runs.into_iter().enumerate().map(|(place, (pace, _))| {
            let calls = calls.get(&place).copied().unwrap_or(0) as f64 / sent;
            Pace { calls, ..pace }
        });
        Ok(Throughput { name, about, cases: cases.collect() })
    }

    async fn take_turn(&mut self, place: usize, requests: usize) -> Result<(), Error> {
        let calls_before = self.count_calls().await;
        let (pace, lanes) = &mut self.runs[place];
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for mut lane in lanes.drain(..) {
            tasks.spawn(async move {
                let mut millis = Vec::with_capacity(requests / CONNECTIONS);
                for _ in 0..requests / CONNECTIONS {
                    let sent = Instant::now();
                    lane.exchange().await?;
                    millis.push(sent.elapsed().as_secs_f64() * 1e3);
                }
                Ok::<_, std::io::Error>((lane, millis))
            });
        }
        let mut millis = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            let (lane, own) = ended??;
            lanes.push(lane);
            millis.extend(own);
        }
        pace.per_second.push(millis.len() as f64 / begun.elapsed().as_secs_f64());
        pace.p99.push(percentile(&millis, 99.0));
        // What is asked in the background belongs to this turn, too.
        tokio::time::sleep(SETTLE).await;
        let calls = self.count_calls().await - calls_before;
        *self.calls.entry(place).or_default() += calls;
        Ok(())
    }

    async fn count_calls(&self) -> u64 {
        match self.service {
            Some(service) => service.calls().await,
            None => 0,
        }
    }
}

fn one_user() -> Traffic {
    let fields = [("x-user-id", "one"), ("x-tenant", "acme")];
    Traffic::of([fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()])
}

fn ours(limit: &Value) -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.ratelimit", &artifact("ratelimit.wasm")?, json!({ "limits": [limit] })))
}

/// Envoy's filter asks about routes to clusters only. This one has no endpoint, so that the router answers 503 and no
/// upstream takes part in the comparison.
fn without_upstream(case: Case) -> Case {
    case.with_routes(json!([{
        "match": { "prefix": "/" },
        "route": { "cluster": NOWHERE, "rate_limits": native_rate_limits() },
    }]))
}

pub(crate) const HOT: &str = "ratelimit";
pub(crate) const LEASE: &str = "lease-100";
const NOWHERE: &str = "nowhere";
const CONNECTIONS: usize = 32;
const WARM_UP: usize = 5;
const SETTLE: Duration = Duration::from_millis(5);
