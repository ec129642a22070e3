//! Everything around the proxy fails, on a schedule that the seed decides, while requests come: each of them is answered in
//! time, as `filters/OPERATIONS.md` says, nobody gets in who should not, and when all is well again all is as before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::chain::{CANARY_STATUS, Chain, JWKS, STABLE_STATUS};
use super::evidence::Evidence;
use super::oracle::Oracle;
use super::outcome::Outcome;
use super::pace::{Act, Pace, Paced};
use super::people::People;
use super::shape::Shape;
use super::soak;
use crate::Error;
use crate::dice::Dice;
use crate::lists::Mode;
use crate::poll;
use crate::relay::Wire;

/// How many, and under which load.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// The schedule, and all requests.
    pub seed: u64,
    /// Faults, one after the other, some of them at once.
    pub faults: usize,
    /// How long each lasts, at least.
    pub each: Duration,
    /// Requests a second.
    pub rate: f64,
    /// Of Envoy.
    pub workers: u32,
}

/// One of them.
#[derive(Debug, Clone)]
enum Fault {
    /// The issuer's keys, by mode or by document.
    Keys(Mode),
    BadKeys(&'static str),
    /// Revocations and the list, which one server has.
    Lists(Mode),
    BadRevocations(&'static str),
    BadList(&'static str),
    Service(Wire),
    ServiceKilled,
    Redis(Wire),
    RedisKilled,
}

/// Runs them.
///
/// # Errors
/// When a connection cannot be had.
pub async fn faults(options: Faults) -> Result<Outcome, Error> {
    let Faults { seed, faults, each, rate, workers } = options;
    let mut outcome = Outcome::new("faults", seed);
    let mut chain = Chain::start(workers, false, |bootstrap| bootstrap).await;
    let people = Arc::new(chain.people.clone());
    let evidence = Arc::new(Evidence::new(Oracle::new(&people)));
    let hits = chain.hits().await;
    let pace = Pace::new(chain.stack.envoy.addr("http"), Some(rate), LANES);
    let (stop, begun) = (Arc::clone(&pace.stop), Arc::clone(&pace.begun));
    let running = {
        let (people, evidence) = (Arc::clone(&people), Arc::clone(&evidence));
        let judge = move |_: usize, _: u64, shape: &Shape, answer: &_| evidence.judge(shape, answer);
        tokio::spawn(pace.run(move |number| act(seed, number, &people), judge))
    };
    let mut schedule: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut dice = Dice::new(seed);
    for number in 0..faults {
        let fault = Fault::rolled(&mut dice);
        println!("faults: {number}: {fault:?}");
        *schedule.entry(fault.victim()).or_default() += 1;
        fault.strike(&mut chain).await?;
        let (until, seen) = (Instant::now() + each, begun.load(Ordering::Relaxed));
        poll::eventually("requests under this fault", async || {
            Instant::now() > until && begun.load(Ordering::Relaxed) > seen + 50
        })
        .await;
        // Some last on while the next one strikes.
        if dice.percent(70) {
            heal(&mut chain).await?;
            sleep(each / 4).await;
        }
    }
    heal(&mut chain).await?;
    stop.store(true, Ordering::Relaxed);
    let paced = running.await??;
    for (victim, count) in schedule {
        outcome.figure(format!("faults of {victim}"), count);
    }
    report(&mut outcome, &paced);
    let got = chain.hits().await - hits;
    outcome.holds(
        got == paced.admitted,
        format!("the upstream got {got} requests and answered {}", paced.admitted),
    );
    recovered(&mut outcome, &chain, &evidence).await;
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

impl Fault {
    fn rolled(dice: &mut Dice) -> Self {
        let mode = |dice: &mut Dice| *dice.one(MODES);
        let wire = |dice: &mut Dice| match dice.roll(6) {
            0 => Wire::Cut,
            1 => Wire::Silent,
            2 => Wire::Slow(Duration::from_millis(20)),
            3 => Wire::Slow(Duration::from_millis(400)),
            4 => Wire::Garbage(u64::try_from(dice.roll(1 << 30)).unwrap_or(1)),
            _ => Wire::Closing,
        };
        match dice.roll(9) {
            0 => Self::Keys(mode(dice)),
            1 => Self::BadKeys(dice.one::<&str>(NO_KEYS)),
            2 => Self::Lists(mode(dice)),
            3 => Self::BadRevocations(dice.one::<&str>(NO_REVOCATIONS)),
            4 => Self::BadList(dice.one::<&str>(NO_LIST)),
            5 => Self::Service(wire(dice)),
            6 => Self::ServiceKilled,
            7 => Self::Redis(wire(dice)),
            _ => Self::RedisKilled,
        }
    }

    fn victim(&self) -> &'static str {
        match self {
            Self::Keys(_) | Self::BadKeys(_) => "the key source",
            Self::Lists(_) | Self::BadRevocations(_) | Self::BadList(_) => "the list sources",
            Self::Service(_) | Self::ServiceKilled => "the rate limit service",
            Self::Redis(_) | Self::RedisKilled => "Redis",
        }
    }

    async fn strike(&self, chain: &mut Chain) -> Result<(), Error> {
        let records = &chain.stack.records;
        match self {
            Self::Keys(mode) => chain.stack.lists.at(JWKS).switch(*mode).await,
            Self::BadKeys(text) => chain.stack.lists.at(JWKS).serve(*text).await,
            Self::Lists(mode) => {
                records.at("/revoked").switch(*mode).await;
                records.at("/early").switch(*mode).await;
            }
            Self::BadRevocations(text) => records.at("/revoked").serve(*text).await,
            Self::BadList(text) => records.at("/early").serve(*text).await,
            Self::Service(wire) => chain.to_service.switch(*wire)?,
            Self::ServiceKilled => chain.service.kill(),
            Self::Redis(wire) => chain.to_redis.switch(*wire)?,
            Self::RedisKilled => chain.redis.kill(),
        }
        Ok(())
    }
}

/// Everything works again.
async fn heal(chain: &mut Chain) -> Result<(), Error> {
    chain.to_service.switch(Wire::Whole)?;
    chain.to_redis.switch(Wire::Whole)?;
    chain.service.ensure().await;
    chain.redis.ensure().await;
    chain.publish().await;
    Ok(())
}

/// Requests as in [`soak`], and some to the route that is refused while the service fails.
fn act(seed: u64, number: u64, people: &People) -> Act {
    let mut dice = Dice::of(seed, number);
    if dice.percent(20) {
        let person = &people.good[dice.roll(super::people::READERS)];
        let mut shape = Shape::new("GET", "/strict", Some(&person.token));
        shape.expected = vec![STABLE_STATUS, CANARY_STATUS, 503];
        return Act::Ask(shape);
    }
    match soak::act(seed, number, people) {
        // Whether the upstream heard of those who left is not known, and all others are counted.
        Act::Leave(shape) | Act::Ask(shape) => Act::Ask(shape),
    }
}

fn report(outcome: &mut Outcome, paced: &Paced) {
    outcome.figure("requests", paced.asked());
    outcome.figure("seconds", format!("{:.0}", paced.seconds));
    for (status, count) in &paced.statuses {
        outcome.figure(format!("status {status}"), *count);
    }
    for (name, per_mille) in [("p50", 500), ("p99", 990), ("most", 1000)] {
        outcome.figure(format!("latency {name}, ms"), format!("{:.1}", paced.latency(per_mille)));
    }
    paced.tell(outcome, "under faults");
    outcome.figure("slowest answer from when it was asked, ms", format!("{:.1}", paced.slowest));
    outcome.holds(paced.slowest < PATIENCE_MS, format!("a request waited {:.0} ms", paced.slowest));
}

/// Each kind of request gets what it got before, many times in a row.
async fn recovered(outcome: &mut Outcome, chain: &Chain, evidence: &Evidence) {
    let reader = chain.people.good.iter().find(|person| person.early).expect("somebody on the list");
    let revoked =
        chain.people.bad.iter().filter(|(why, _)| why.starts_with("revoked")).map(|(_, token)| token);
    let mut shapes = vec![
        Shape { expected: vec![CANARY_STATUS], ..Shape::new("GET", "/orders", Some(&reader.token)) },
        Shape { expected: vec![CANARY_STATUS], ..Shape::new("GET", "/strict", Some(&reader.token)) },
        Shape { expected: vec![401], ..Shape::new("GET", "/orders", None) },
    ];
    shapes.extend(
        revoked.map(|token| Shape { expected: vec![401], ..Shape::new("GET", "/orders", Some(token)) }),
    );
    let mut wrong = String::new();
    let mut row = 0;
    poll::eventually("all is as before", async || {
        for shape in &shapes {
            let answer = crate::raw::exchange(chain.stack.envoy.addr("http"), &shape.bytes()).await;
            let verdict = answer.map_err(|e| e.to_string()).and_then(|answer| evidence.judge(shape, &answer));
            if let Err(why) = verdict {
                wrong = why;
                row = 0;
                return wrong.contains("ACCEPT");
            }
        }
        row += 1;
        row >= 20
    })
    .await;
    outcome.holds(row >= 20, format!("after the last fault: {wrong}"));
}

const LANES: usize = 64;
/// Far more than every timeout of the policies together; a machine that others use is no fault.
const PATIENCE_MS: f32 = 5000.0;
const MODES: &[Mode] = &[
    Mode::Down,
    Mode::Error,
    Mode::Slow,
    Mode::Delay(200),
    Mode::Trickle,
    Mode::Status(404),
    Mode::Status(302),
    Mode::Garbage,
    Mode::Huge,
    Mode::Page,
];
const NO_KEYS: &[&str] = &[
    "",
    "null",
    "{}",
    "{\"keys\": null}",
    "{\"keys\": {}}",
    "<html><body>Log in</body></html>",
    "{\"keys\":[",
    "[]",
];
const NO_REVOCATIONS: &[&str] = &[
    "",
    "null",
    "{}",
    "[]",
    "{\"revoked\": null}",
    "{\"revoked\": [{}]}",
    "{\"revoked\": [{\"sub\": 5}]}",
    "{\"revoked\": [",
];
const NO_LIST: &[&str] =
    &["<html>", "{\"a\": 1}", "[\"reader-7\", 5]", "[\"reader-7\"", "\u{0}\u{1}\u{2}reader-7"];
