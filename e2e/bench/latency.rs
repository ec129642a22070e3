//! How long requests take at fixed rates, from when they are due to their answers.
//!
//! One Envoy with one worker on one core, the load on another. The cases take turns at each rate; of each percentile the
//! median of the rounds is what counts, so that a moment of somebody else's does not.

use std::time::{Duration, Instant};

use e2e::{Error, Stack};

use crate::auth;
use crate::case::{CANARY, Case, Group, LUA, NONE};
use crate::cost::median;
use crate::cpu::Apart;
use crate::listener;
use crate::options::Options;
use crate::pace::Pace;
use crate::ratelimit::{CHAIN, KEYED, NATIVE};
use crate::results::percentile;
use crate::turns;

/// All cases at one rate.
#[derive(Debug)]
pub(crate) struct Latency {
    pub(crate) per_second: u32,
    pub(crate) cases: Vec<Timed>,
}

/// One case at one rate.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) name: String,
    pub(crate) about: String,
    /// A stretch of time each.
    pub(crate) rounds: Vec<Round>,
}

/// One stretch of time.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Microseconds that are not exceeded by [`PERCENTS`] of all requests.
    pub(crate) micros: [f64; PERCENTS.len()],
    /// How late a request was sent, at most, in 99 of 100 cases: what is no part of Envoy.
    pub(crate) late: f64,
    /// Answers in a second.
    pub(crate) reached: f64,
    /// How much of its core Envoy used.
    pub(crate) busy: f64,
}

impl Timed {
    /// The median of the rounds for each of [`PERCENTS`]; of the longest one the longest of all.
    pub(crate) fn micros(&self) -> [f64; PERCENTS.len()] {
        std::array::from_fn(|place| {
            let of_rounds: Vec<f64> = self.rounds.iter().map(|round| round.micros[place]).collect();
            if PERCENTS[place] < 100.0 {
                median(&of_rounds)
            } else {
                of_rounds.into_iter().fold(0.0, f64::max)
            }
        })
    }

    /// The median of the rounds.
    pub(crate) fn typical(&self, of: fn(&Round) -> f64) -> f64 {
        median(&self.rounds.iter().map(of).collect::<Vec<_>>())
    }
}

/// Measures each rate, the lowest first.
pub(crate) async fn measure(options: &Options) -> Result<Vec<Latency>, Error> {
    let cases = cases()?;
    let stack = Stack::try_start(listener::bootstrap(&cases)).await.map_err(|e| e.to_string())?;
    let mut paces = Vec::new();
    for case in &cases {
        turns::check(&stack, case).await?;
        paces.push(Pace::open(stack.envoy.addr(&case.name), &case.traffic)?);
    }
    let cores = Apart::new(&stack.envoy)?;
    // Not counted: connections, caches, and V8's second compiler.
    for pace in &paces {
        pace.run(WARM_UP_RATE, WARM_UP_RATE)?;
    }
    let mut measured = Vec::new();
    for per_second in RATES {
        println!("latency at {per_second} requests/s, {} rounds of {:?}", options.stretches, options.stretch);
        let timed =
            |case: &Case| Timed { name: case.name.clone(), about: case.about.clone(), rounds: Vec::new() };
        let mut timed: Vec<Timed> = cases.iter().map(timed).collect();
        for round in 0..options.stretches {
            for turn in 0..timed.len() {
                let place = (turn + round) % timed.len();
                timed[place].rounds.push(stretch(&cores, &paces[place], per_second, options.stretch)?);
            }
        }
        measured.push(Latency { per_second, cases: timed });
    }
    Ok(measured)
}

fn stretch(cores: &Apart, pace: &Pace, per_second: u32, time: Duration) -> Result<Round, Error> {
    let count = (f64::from(per_second) * time.as_secs_f64()) as u32;
    let (cpu, begun) = (cores.envoy.cpu()?, Instant::now());
    let paced = pace.run(per_second, count)?;
    let busy = (cores.envoy.cpu()?.saturating_sub(cpu)).as_secs_f64() / begun.elapsed().as_secs_f64();
    Ok(Round {
        micros: PERCENTS.map(|percent| percentile(&paced.took, percent)),
        late: percentile(&paced.late, 99.0),
        reached: paced.took.len() as f64 / paced.elapsed.as_secs_f64(),
        busy,
    })
}

/// Ours, and what they are compared with.
fn cases() -> Result<Vec<Case>, Error> {
    let (canary, auth) = (Group::Canary.cases(&[])?, auth::known()?);
    let ratelimit = Group::RateLimit.cases(&[])?;
    let about = "auth (known), ratelimit, canary: policies of the route".to_owned();
    Ok(vec![
        pick(&canary, NONE)?,
        pick(&ratelimit, NATIVE)?,
        pick(&auth, "jwt-known")?,
        pick(&canary, LUA)?,
        pick(&canary, CANARY)?,
        pick(&auth, "auth-known")?,
        pick(&ratelimit, KEYED)?,
        Case { about, ..pick(&ratelimit, CHAIN)? },
    ])
}

fn pick(cases: &[Case], name: &str) -> Result<Case, Error> {
    let found = cases.iter().find(|case| case.name == name).cloned();
    found.ok_or_else(|| format!("no case {name}").into())
}

/// What is said of each stretch; the last is the longest.
pub(crate) const PERCENTS: [f64; 5] = [50.0, 90.0, 99.0, 99.9, 100.0];
const RATES: [u32; 4] = [1_000, 2_000, 5_000, 10_000];
const WARM_UP_RATE: u32 = 4_000;
