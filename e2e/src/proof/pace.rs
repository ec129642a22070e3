//! Requests at a steady rate, whether the earlier ones were answered or not: what a request waits for a free lane counts as
//! its latency.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::evidence::admitted;
use super::outcome::Outcome;
use super::shape::Shape;
use super::wire::{Shot, Wire};
use crate::Error;
use crate::raw::RawAnswer;

/// What a client does.
pub(crate) enum Act {
    /// Asks, and waits for the answer.
    Ask(Shape),
    /// Asks, and leaves at once.
    Leave(Shape),
}

/// How fast, and until when.
#[derive(Clone)]
pub(crate) struct Pace {
    pub(crate) addr: SocketAddr,
    /// Requests a second; `None`: each lane as fast as it is answered.
    pub(crate) rate: Option<f64>,
    pub(crate) lanes: usize,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) begun: Arc<AtomicU64>,
}

/// What became of them.
#[derive(Default)]
pub(crate) struct Paced {
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// In milliseconds from when it was due, sorted once all lanes have ended.
    pub(crate) latencies: Vec<f32>,
    /// The longest that an answer took from when its request was sent, in milliseconds.
    pub(crate) slowest: f32,
    pub(crate) left: u64,
    pub(crate) seconds: f64,
    pub(crate) admitted: u64,
    pub(crate) wrong: Vec<(u64, String)>,
}

impl Pace {
    pub(crate) fn new(addr: SocketAddr, rate: Option<f64>, lanes: usize) -> Self {
        Self { addr, rate, lanes, stop: Arc::default(), begun: Arc::default() }
    }

    /// Sends until it is told to stop.
    ///
    /// * `act`: the request of a number.
    /// * `judge`: by lane, number and request, what is wrong with an answer. A lane keeps its connection as long as the
    ///   proxy does.
    pub(crate) async fn run(
        self,
        act: impl Fn(u64) -> Act + Send + Sync + 'static,
        judge: impl Fn(usize, u64, &Shape, &RawAnswer) -> Result<(), String> + Send + Sync + 'static,
    ) -> Result<Paced, Error> {
        let (act, judge) = (Arc::new(act), Arc::new(judge));
        let start = Instant::now();
        let mut lanes = JoinSet::new();
        for lane in 0..self.lanes {
            let (pace, act, judge) = (self.clone(), Arc::clone(&act), Arc::clone(&judge));
            lanes.spawn(async move {
                let judge = |number, shape: &Shape, answer: &RawAnswer| judge(lane, number, shape, answer);
                pace.lane(start, &*act, &judge).await
            });
        }
        let mut sum = Paced::default();
        while let Some(ended) = lanes.join_next().await {
            sum.add(ended??);
        }
        sum.seconds = start.elapsed().as_secs_f64();
        sum.latencies.sort_by(f32::total_cmp);
        Ok(sum)
    }

    async fn lane(
        &self,
        start: Instant,
        act: &(impl Fn(u64) -> Act + Sync),
        judge: &(impl Fn(u64, &Shape, &RawAnswer) -> Result<(), String> + Sync),
    ) -> Result<Paced, Error> {
        let mut wire = Wire::new(self.addr);
        let mut paced = Paced::default();
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.begun.fetch_add(1, Ordering::Relaxed);
            let due = self
                .rate
                .map_or_else(Instant::now, |rate| start + Duration::from_secs_f64(number as f64 / rate));
            sleep_until(due).await;
            match act(number) {
                Act::Ask(shape) => {
                    let shot = Shot { bytes: shape.bytes(), bodiless: shape.method == b"HEAD" };
                    let sent = Instant::now();
                    let answer = wire.exchange(&[shot]).await.map(|mut answers| answers.pop().flatten());
                    paced.latencies.push(due.elapsed().as_secs_f32() * 1e3);
                    paced.slowest = paced.slowest.max(sent.elapsed().as_secs_f32() * 1e3);
                    let verdict = match answer {
                        Ok(Some(answer)) => {
                            paced.count(&answer);
                            judge(number, &shape, &answer)
                        }
                        Ok(None) => Err("closed without an answer".to_owned()),
                        Err(e) => Err(e.to_string()),
                    };
                    paced.wrong.extend(verdict.err().map(|why| (number, why)));
                }
                Act::Leave(shape) => {
                    paced.left += 1;
                    leave(self.addr, &shape, number.is_multiple_of(2)).await?;
                }
            }
        }
        Ok(paced)
    }
}

/// Asks and hangs up, with a reset or a farewell.
async fn leave(addr: SocketAddr, shape: &Shape, reset: bool) -> Result<(), Error> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(&shape.bytes()).await?;
    if reset {
        stream.set_zero_linger()?;
    }
    Ok(())
}

impl Paced {
    fn count(&mut self, answer: &RawAnswer) {
        *self.statuses.entry(answer.status).or_default() += 1;
        self.admitted += u64::from(admitted(answer.status));
    }

    fn add(&mut self, other: Self) {
        other.statuses.into_iter().for_each(|(status, n)| *self.statuses.entry(status).or_default() += n);
        self.latencies.extend(other.latencies);
        self.slowest = self.slowest.max(other.slowest);
        self.left += other.left;
        self.admitted += other.admitted;
        self.wrong.extend(other.wrong);
    }

    /// Says what was wrong: the first few, and how many.
    pub(crate) fn tell(&self, outcome: &mut Outcome, when: &str) {
        outcome.holds(self.wrong.is_empty(), format!("{} requests {when} went wrong", self.wrong.len()));
        for (number, why) in self.wrong.iter().take(SHOWN) {
            outcome.breaks(format!("request {number} {when}: {why}"));
        }
    }

    /// How many were sent by somebody who waited.
    pub(crate) fn asked(&self) -> usize {
        self.latencies.len()
    }

    /// Milliseconds that so many in a thousand stay below.
    pub(crate) fn latency(&self, per_mille: usize) -> f32 {
        let place = (self.latencies.len() * per_mille / 1000).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(place).copied().unwrap_or(0.0)
    }
}

const SHOWN: usize = 10;
