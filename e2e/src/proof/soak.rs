//! A steady load for minutes, at a part of what the proxy can carry: good requests, one bad one in ten, and clients that
//! leave. Verdicts stay right, nothing of ours fails, and memory stays where it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{interval, sleep};

use super::chain::Chain;
use super::evidence::Evidence;
use super::memory::Memory;
use super::oracle::Oracle;
use super::outcome::Outcome;
use super::pace::{Act, Pace, Paced};
use super::people::People;
use super::shape::Shape;
use crate::Error;
use crate::dice::Dice;

/// How long, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Soak {
    /// Where all requests come from.
    pub seed: u64,
    /// How long under load.
    pub seconds: u64,
    /// How long to measure capacity; 0: no more than `rate`.
    pub capacity_seconds: u64,
    /// Per cent of the measured capacity.
    pub percent: u32,
    /// Requests a second where capacity is not measured.
    pub rate: f64,
    /// Of Envoy.
    pub workers: u32,
}

/// Runs it.
///
/// # Errors
/// When a connection cannot be had, or Envoy is no process of this machine.
pub async fn soak(options: Soak) -> Result<Outcome, Error> {
    let Soak { seed, seconds, capacity_seconds, percent, rate, workers } = options;
    let mut outcome = Outcome::new("soak", seed);
    let chain = Chain::start(workers, false, |bootstrap| bootstrap).await;
    let people = Arc::new(chain.people.clone());
    let evidence = Arc::new(Evidence::new(Oracle::new(&people)));
    let addr = chain.stack.envoy.addr("http");
    let mut rate = rate;
    if capacity_seconds > 0 {
        let measured = load(Pace::new(addr, None, CLOSED_LANES), !seed, &people, &evidence, async {
            sleep(Duration::from_secs(capacity_seconds)).await;
            Ok(())
        });
        let (paced, ()) = measured.await?;
        let capacity = paced.asked() as f64 / paced.seconds;
        outcome.figure("capacity, requests a second", format!("{capacity:.0}"));
        rate = capacity * f64::from(percent) / 100.0;
        paced.tell(&mut outcome, "while capacity was measured");
    }
    let mut memory = Memory::of(chain.stack.envoy.process_id().ok_or("Envoy is no process of this machine")?);
    let sampled = async {
        let mut beat = interval(Duration::from_secs_f64(seconds as f64 / SAMPLES as f64));
        for _ in 0..=SAMPLES {
            beat.tick().await;
            memory.look()?;
        }
        Ok(())
    };
    let (paced, ()) =
        load(Pace::new(addr, Some(rate), OPEN_LANES), seed, &people, &evidence, sampled).await?;
    report(&mut outcome, rate, &paced);
    judge_memory(&mut outcome, &memory);
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

/// Sends as long as `meanwhile` takes.
async fn load<T>(
    pace: Pace,
    seed: u64,
    people: &Arc<People>,
    evidence: &Arc<Evidence>,
    meanwhile: impl Future<Output = Result<T, Error>>,
) -> Result<(Paced, T), Error> {
    let stop = Arc::clone(&pace.stop);
    let (people, evidence) = (Arc::clone(people), Arc::clone(evidence));
    let running = pace.run(
        move |number| act(seed, number, &people),
        move |_, _, shape, answer| evidence.judge(shape, answer),
    );
    let meanwhile = async {
        let done = meanwhile.await;
        stop.store(true, Ordering::Relaxed);
        done
    };
    let (paced, done) = tokio::join!(running, meanwhile);
    Ok((paced?, done?))
}

/// The request of a number: one in ten is bad.
pub(crate) fn act(seed: u64, number: u64, people: &People) -> Act {
    let mut dice = Dice::of(seed, number);
    if !dice.percent(10) {
        return Act::Ask(good(&mut dice, people));
    }
    let shape = good(&mut dice, people);
    match dice.roll(10) {
        0 => Act::Leave(shape),
        kind => Act::Ask(bad(&mut dice, kind, shape, people)),
    }
}

fn good(dice: &mut Dice, people: &People) -> Shape {
    let person = loop {
        let person = dice.one(&people.good);
        if !person.broke && (person.rights.read || person.rights.admin) {
            break person;
        }
    };
    let (method, path) = match dice.roll(8) {
        0 => ("GET", format!("/public/{}", dice.roll(100))),
        _ if person.rights.admin => ("GET", format!("/admin/{}", dice.roll(100))),
        1 if person.rights.write => ("POST", "/orders".to_owned()),
        2 => ("HEAD", "/orders".to_owned()),
        _ => ("GET", format!("/orders/{}?page={}", dice.roll(1000), dice.roll(9))),
    };
    let mut shape = Shape::new(method, &path, Some(&person.token));
    shape.expected = Shape::verdict(method, &path, Some(&person.verified()));
    shape.line("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    shape
}

fn bad(dice: &mut Dice, kind: usize, mut shape: Shape, people: &People) -> Shape {
    match kind {
        1 => {
            // The sender's own business: the header is removed and the request served.
            shape.line("x-sluice-subset", "canary");
            shape.line("x-jwt-sub", "admin-0");
            shape
        }
        2 => Shape { expected: vec![401], ..Shape::new("GET", "/orders", None) },
        3 => Shape { expected: vec![400], target: b"/orders/..%2fadmin".to_vec(), ..shape },
        4 => Shape { expected: vec![400], target: b"/public;x/admin".to_vec(), ..shape },
        5 => {
            shape.line("x-long", vec![b'x'; 70_000]);
            Shape { expected: vec![431], ..shape }
        }
        6 => {
            let broke = people.good.iter().filter(|person| person.broke).collect::<Vec<_>>();
            Shape { expected: vec![429], ..Shape::new("GET", "/orders", Some(&dice.one(&broke).token)) }
        }
        7 => {
            let length = 1 + dice.roll(400);
            let garbage: String = (0..length).map(|_| char::from(*dice.one(b"abc.XYZ012-_"))).collect();
            Shape { expected: vec![401], ..Shape::new("GET", "/orders", Some(&garbage)) }
        }
        _ => {
            let (_, token) = dice.one(&people.bad);
            Shape { expected: vec![401], ..Shape::new("GET", "/orders", Some(token)) }
        }
    }
}

fn report(outcome: &mut Outcome, rate: f64, paced: &Paced) {
    outcome.figure("requests a second", format!("{rate:.0}"));
    outcome.figure("seconds", format!("{:.0}", paced.seconds));
    outcome.figure("requests", paced.asked());
    outcome.figure("clients that left", paced.left);
    for (status, count) in &paced.statuses {
        outcome.figure(format!("status {status}"), *count);
    }
    for (name, per_mille) in [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("most", 1000)] {
        outcome.figure(format!("latency {name}, ms"), format!("{:.1}", paced.latency(per_mille)));
    }
    paced.tell(outcome, "under load");
}

fn judge_memory(outcome: &mut Outcome, memory: &Memory) {
    let late = memory.late();
    let (Some(first), Some(last)) = (late.first(), late.last()) else { return };
    let slope = memory.slope();
    let minutes = last.minutes - first.minutes;
    let bound = (SLOPE_KIB * minutes).max(NOISE_KIB);
    outcome.figure("samples", memory.samples.len());
    outcome.figure("RAM at half time, KiB", first.resident_kib);
    outcome.figure("RAM at the end, KiB", last.resident_kib);
    outcome.figure("RAM in the second half, KiB/min", format!("{slope:.0}"));
    outcome.figure("VMs", last.vms);
    outcome.figure("linear memory of all VMs at half time, KiB", first.vms_kib);
    outcome.figure("linear memory of all VMs at the end, KiB", last.vms_kib);
    outcome.holds(
        slope * minutes <= bound,
        format!(
            "RAM grows by {slope:.0} KiB/min, {:.0} KiB in the second half: more than {bound:.0}",
            slope * minutes
        ),
    );
    outcome.holds(first.vms_kib > 0, "no linear memory was found in /proc");
    let grown = last.vms_kib - first.vms_kib;
    outcome.holds(
        grown <= PAGE_KIB * last.vms,
        format!("linear memory of the VMs grew by {grown} KiB in the second half"),
    );
}

const CLOSED_LANES: usize = 32;
/// More than are ever busy at once unless something is stuck.
const OPEN_LANES: usize = 128;
const SAMPLES: u64 = 60;
/// Linear memory never shrinks, and grows by pages: each VM may once more have a little more in its hands than ever before. In
/// five minutes at 5000 requests a second that is less than a byte for each of them.
const PAGE_KIB: u64 = 64;
/// One record of 16 bytes that each of a thousand requests a second leaves behind is 940 KiB a minute.
const SLOPE_KIB: f64 = 512.0;
/// What a stall of the machine may take, also where a run is too short for a slope: all lanes busy at once, 64 KiB for each.
const NOISE_KIB: f64 = 8192.0;
