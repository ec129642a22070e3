//! How long after a file is renamed the first request is decided by the policy in it, while requests keep coming.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::{Bootstrap, Error, Stack, Staged, parse_yaml};
use serde_json::json;

use crate::case::ROUTES;
use crate::cpu::Urgent;
use crate::options::Options;
use crate::pair::{Pair, Side};
use crate::stream::{PATIENCE, Stream};

/// One way for the policies of one filter to come.
#[derive(Debug)]
pub(crate) struct Propagation {
    pub(crate) name: String,
    pub(crate) about: &'static str,
    /// Milliseconds from the rename to the first answer under the new policy, an update each.
    pub(crate) first: Vec<f64>,
    /// The same to the last answer under the old one, where that came later: another worker's.
    pub(crate) settled: Vec<f64>,
    pub(crate) requests: usize,
    /// Requests without a good answer, by reason.
    pub(crate) lost: BTreeMap<String, usize>,
}

/// Measures both ways of each filter.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Propagation>, Error> {
    let mut measured = Vec::new();
    for pair in [Pair::canary()?, Pair::auth()] {
        for way in [Way::Rds, Way::Ecds] {
            println!(
                "{} policies of {}, one after another, by {}",
                options.updates,
                pair.filter,
                way.about()
            );
            measured.push(way.measure(&pair, options.updates).await?);
        }
    }
    Ok(measured)
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Rds,
    Ecds,
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

    async fn measure(self, pair: &Pair, updates: usize) -> Result<Propagation, Error> {
        let bootstrap = self.bootstrap(pair, Side::First)?;
        let mut stack = Stack::try_start(bootstrap).await.map_err(|e| e.to_string())?;
        let _urgent = Urgent::with(&stack.envoy);
        let mut stream = Stream::open(stack.envoy.addr("http"), &pair.requests);
        let mut measured = Propagation {
            name: format!("{}-{}", pair.filter, self.name()),
            about: self.about(),
            first: Vec::new(),
            settled: Vec::new(),
            requests: 0,
            lost: BTreeMap::new(),
        };
        let mut side = Side::First;
        measured.watch(&mut stream, pair, side, None).await?;
        for _ in 0..updates {
            side = side.other();
            let staged = self.stage(&mut stack, pair, side)?;
            measured.watch(&mut stream, pair, side, Some(staged)).await?;
        }
        Ok(measured)
    }

    /// This policy decides, as that of the filter or of the routes.
    fn bootstrap(self, pair: &Pair, side: Side) -> Result<Bootstrap, Error> {
        let (policy, mut routes) = (pair.policy(side), parse_yaml(ROUTES)?);
        let plugin_wide = match self {
            Self::Ecds => policy,
            Self::Rds => {
                for route in routes.as_array_mut().into_iter().flatten() {
                    route["metadata"] = json!({ "filter_metadata": { pair.namespace: policy } });
                }
                pair.policy(Side::First)
            }
        };
        let bootstrap = pair.bootstrap.clone().policy_value(plugin_wide);
        Ok(bootstrap.edit_routes(|table| {
            table["virtual_hosts"] = json!([{ "name": "shop", "domains": ["*"], "routes": routes }]);
        }))
    }

    fn stage(self, stack: &mut Stack, pair: &Pair, side: Side) -> Result<Staged, Error> {
        Ok(match self {
            Self::Rds => stack.stage_routes(&self.bootstrap(pair, side)?)?,
            Self::Ecds => {
                // The module's place in the file is what the running stack was given, so only the policy moves.
                let next = stack.bootstrap().policy_value(pair.policy(side));
                stack.stage_filter(&next)?
            }
        })
    }
}

impl Propagation {
    /// Renames, and looks at what comes in the next moments. Without a file: only waits for the first answer.
    async fn watch(
        &mut self,
        stream: &mut Stream,
        pair: &Pair,
        wanted: Side,
        staged: Option<Staged>,
    ) -> Result<(), Error> {
        let measured = staged.is_some();
        let begun = Instant::now();
        staged.map_or(Ok(()), Staged::release)?;
        let (mut first, mut last_old) = (None, begun);
        while first.is_none() || begun.elapsed() < WINDOW {
            let answer = stream.next().await?;
            if begun.elapsed() > PATIENCE {
                return Err(format!("{}: still the old policy after {PATIENCE:?}", self.name).into());
            }
            self.requests += 1;
            let told = answer.got.map_err(|why| why.to_string()).and_then(|(status, body)| {
                pair.tell(answer.asked, status, &body).ok_or_else(|| format!("{status} {body}"))
            });
            match told {
                Ok(side) if side == wanted => first = first.or(Some(answer.at)),
                Ok(_) => last_old = answer.at,
                Err(why) => *self.lost.entry(why).or_default() += 1,
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

/// How long answers are watched after an update; not a multiple of the period of the requests.
const WINDOW: Duration = Duration::from_micros(60_700);
