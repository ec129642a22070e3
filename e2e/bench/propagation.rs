//! How long after a file is renamed the first request is decided by the policy in it, while requests keep coming.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use e2e::{Bootstrap, Error, Stack, Staged, parse_yaml};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant as Tick, interval_at, timeout};

use crate::case::{POLICY, ROUTES};
use crate::cpu::Process;
use crate::lane::Lane;
use crate::options::Options;

/// One way for a policy to come.
#[derive(Debug)]
pub(crate) struct Propagation {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Milliseconds from the rename to the first answer under the new policy, an update each.
    pub(crate) first: Vec<f64>,
    /// The same to the last answer under the old one, where that came later: another worker's.
    pub(crate) settled: Vec<f64>,
    pub(crate) requests: usize,
    /// Requests without a good answer, by reason.
    pub(crate) lost: BTreeMap<String, usize>,
}

/// Measures both ways.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Propagation>, Error> {
    let mut measured = Vec::new();
    for way in [Way::Rds, Way::Ecds] {
        println!("{} policies, one after another, by {}", options.updates, way.about());
        measured.push(way.measure(options.updates).await?);
    }
    Ok(measured)
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Rds,
    Ecds,
}

/// When an answer came, and which subset it names.
type Answer = (Instant, io::Result<Subset>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subset {
    Stable,
    Canary,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Rds => "rds",
            Self::Ecds => "ecds",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Rds => "RDS, in the metadata of routes",
            Self::Ecds => "ECDS, in the configuration of the filter",
        }
    }

    async fn measure(self, updates: usize) -> Result<Propagation, Error> {
        let mut stack = Stack::try_start(self.bootstrap(Subset::Stable)?).await.map_err(|e| e.to_string())?;
        // Where it is not allowed, the figures are those of a busy machine.
        stack.envoy.process_id().map(|id| Process::new(id).hurry());
        let (mut stream, mut lanes) = stream(stack.envoy.addr("http")).await?;
        let mut measured = Propagation {
            name: self.name(),
            about: self.about(),
            first: Vec::new(),
            settled: Vec::new(),
            requests: 0,
            lost: BTreeMap::new(),
        };
        measured.watch(&mut stream, Subset::Stable, None).await?;
        for number in 0..updates {
            let next = if number % 2 == 0 { Subset::Canary } else { Subset::Stable };
            let staged = self.stage(&mut stack, next)?;
            measured.watch(&mut stream, next, Some(staged)).await?;
        }
        lanes.shutdown().await;
        Ok(measured)
    }

    /// Everybody gets this subset, by the policy of the filter or of the routes.
    fn bootstrap(self, subset: Subset) -> Result<Bootstrap, Error> {
        let (policy, mut routes) = (everybody(subset)?, parse_yaml(ROUTES)?);
        let plugin_wide = match self {
            Self::Ecds => policy,
            Self::Rds => {
                for route in routes.as_array_mut().into_iter().flatten() {
                    route["metadata"] = json!({ "filter_metadata": { "sluice.canary": policy } });
                }
                everybody(Subset::Stable)?
            }
        };
        let bootstrap = Bootstrap::canary_over_xds().policy_value(plugin_wide);
        Ok(bootstrap.edit_routes(|table| {
            table["virtual_hosts"] = json!([{ "name": "shop", "domains": ["*"], "routes": routes }]);
        }))
    }

    fn stage(self, stack: &mut Stack, subset: Subset) -> Result<Staged, Error> {
        // The module's place in the file is what the running stack was given, so only the part that moves is taken over.
        let next = self.bootstrap(subset)?;
        Ok(match self {
            Self::Rds => stack.stage_routes(&next)?,
            Self::Ecds => {
                let next = stack.bootstrap().policy_value(everybody(subset)?);
                stack.stage_filter(&next)?
            }
        })
    }
}

impl Propagation {
    /// Renames, and looks at what comes in the next moments. Without a file: only waits for the first answer.
    async fn watch(
        &mut self,
        stream: &mut UnboundedReceiver<Answer>,
        wanted: Subset,
        staged: Option<Staged>,
    ) -> Result<(), Error> {
        let measured = staged.is_some();
        let begun = Instant::now();
        staged.map_or(Ok(()), Staged::release)?;
        let (mut first, mut last_old) = (None, begun);
        while first.is_none() || begun.elapsed() < WINDOW {
            let answer = timeout(PATIENCE, stream.recv()).await.map_err(|_| "no answers any more")?;
            let (at, answer) = answer.ok_or("all connections are gone")?;
            if begun.elapsed() > PATIENCE {
                return Err(format!("{}: still the old policy after {PATIENCE:?}", self.name).into());
            }
            self.requests += 1;
            match answer {
                Ok(subset) if subset == wanted => first = first.or(Some(at)),
                Ok(_) => last_old = at,
                Err(why) => *self.lost.entry(why.to_string()).or_default() += 1,
            }
        }
        let first = first.unwrap_or(begun);
        let millis = |at: Instant| at.saturating_duration_since(begun).as_secs_f64() * 1e3;
        if measured {
            self.first.push(millis(first));
            self.settled.push(millis(first.max(last_old)));
        }
        Ok(())
    }
}

/// An open loop: every two milliseconds another connection sends, whether or not the others have their answers.
async fn stream(addr: SocketAddr) -> Result<(UnboundedReceiver<Answer>, JoinSet<()>), Error> {
    let (answers, stream) = unbounded_channel();
    let mut lanes = JoinSet::new();
    let begun = Tick::now();
    for number in 0..LANES {
        lanes.spawn(keep_asking(addr, begun + PERIOD * number, answers.clone()));
    }
    Ok((stream, lanes))
}

async fn keep_asking(addr: SocketAddr, begin: Tick, answers: UnboundedSender<Answer>) {
    let mut beat = interval_at(begin, PERIOD * LANES);
    loop {
        // A connection that broke is opened anew, and what it lost is counted.
        let opened = Lane::open(addr, 1, &[]).await;
        let mut lane = match opened {
            Ok(lane) => lane,
            Err(e) => {
                beat.tick().await;
                if answers.send((Instant::now(), Err(e))).is_err() {
                    return;
                }
                continue;
            }
        };
        loop {
            beat.tick().await;
            let answer = lane.exchange().await.and_then(|body| match body {
                b"stable" => Ok(Subset::Stable),
                b"canary" => Ok(Subset::Canary),
                other => Err(io::Error::other(String::from_utf8_lossy(other).into_owned())),
            });
            let broken = answer.is_err();
            if answers.send((Instant::now(), answer)).is_err() {
                return;
            }
            if broken {
                break;
            }
        }
    }
}

/// The measured policy, with one subset for all who meet no rule.
fn everybody(subset: Subset) -> Result<Value, Error> {
    let mut policy = parse_yaml(POLICY)?;
    let weights = match subset {
        Subset::Stable => [10_000, 0],
        Subset::Canary => [0, 10_000],
    };
    for (place, weight) in weights.into_iter().enumerate() {
        policy["subsets"][place]["weight"] = json!(weight);
    }
    Ok(policy)
}

/// 500 requests a second.
const PERIOD: Duration = Duration::from_millis(2);
const LANES: u32 = 32;
/// How long answers are watched after an update; not a multiple of the period of the requests.
const WINDOW: Duration = Duration::from_micros(60_700);
const PATIENCE: Duration = Duration::from_secs(10);
