//! Many requests: a given number as fast as they are answered, or a steady stream beside what a test does.
//!
//! Both are bounded, in number and in what is under way at once, and go where [`Client`] points: to an Envoy that
//! this process started.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Error;
use crate::answer::Answer;
use crate::client::{Client, Connection};
use crate::request::Request;

/// How many connections, and with HTTP/2 how many streams at once on each.
#[derive(Debug, Clone)]
pub struct Load {
    /// Where to send.
    pub client: Client,
    /// Connections, opened once and kept.
    pub connections: usize,
    /// Requests under way on one connection; 1 for HTTP/1.1.
    pub streams: usize,
}

/// What became of a steady stream of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answers by status code.
    pub statuses: BTreeMap<u16, usize>,
    /// Requests without an answer, by reason.
    pub lost: BTreeMap<String, usize>,
}

impl Tally {
    /// How many requests were sent.
    pub fn sent(&self) -> usize {
        self.statuses.values().chain(self.lost.values()).sum()
    }
}

impl Load {
    /// Sends `count` requests and hands each answer on, in the order of arrival, with the number of its request.
    ///
    /// # Errors
    /// With the first request that got no answer.
    pub async fn run(
        &self,
        count: usize,
        request: impl Fn(usize) -> Request + Send + Sync + 'static,
        mut answered: impl FnMut(usize, Answer),
    ) -> Result<(), Error> {
        let (results, mut arrivals) = mpsc::channel(1024);
        let next = Arc::new(AtomicUsize::new(0));
        let request = Arc::new(request);
        for mut connection in self.open().await? {
            let (results, next, request) = (results.clone(), Arc::clone(&next), Arc::clone(&request));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let result = connection.send(&request(number)).await;
                    let failed = result.is_err();
                    if results.send((number, result)).await.is_err() || failed {
                        return;
                    }
                }
            });
        }
        drop(results);
        while let Some((number, result)) = arrivals.recv().await {
            answered(number, result?);
        }
        Ok(())
    }

    /// Starts a steady stream, `per_second` requests, until [`Stream::stop`].
    ///
    /// # Errors
    /// When the connections cannot be opened.
    pub async fn stream(
        &self,
        per_second: u32,
        request: impl Fn(usize) -> Request + Send + Sync + 'static,
    ) -> Result<Stream, Error> {
        let mut lanes = self.open().await?;
        let stop = Arc::new(AtomicBool::new(false));
        let request = Arc::new(request);
        let next = Arc::new(AtomicUsize::new(0));
        let per_lane = Duration::from_secs(1) * u32::try_from(lanes.len())? / per_second;
        let tasks = lanes.drain(..).map(|mut lane| {
            let (stop, request, next) = (Arc::clone(&stop), Arc::clone(&request), Arc::clone(&next));
            tokio::spawn(async move {
                let mut tally = Tally::default();
                let mut beat = tokio::time::interval(per_lane);
                while !stop.load(Ordering::Relaxed) {
                    beat.tick().await;
                    match lane.send(&request(next.fetch_add(1, Ordering::Relaxed))).await {
                        Ok(answer) => *tally.statuses.entry(answer.status).or_default() += 1,
                        Err(e) => {
                            *tally.lost.entry(e.to_string()).or_default() += 1;
                            return tally; // the connection is gone
                        }
                    }
                }
                tally
            })
        });
        let tasks = tasks.collect();
        Ok(Stream { tasks, stop, next })
    }

    async fn open(&self) -> Result<Vec<Connection>, Error> {
        let mut lanes = Vec::new();
        for _ in 0..self.connections {
            let connection = self.client.connect().await?;
            lanes.extend((1..self.streams).filter_map(|_| connection.stream()));
            lanes.push(connection);
        }
        Ok(lanes)
    }
}

/// A stream of requests that goes on in the background.
pub struct Stream {
    tasks: Vec<JoinHandle<Tally>>,
    stop: Arc<AtomicBool>,
    next: Arc<AtomicUsize>,
}

impl Stream {
    /// How many requests were begun so far.
    pub fn begun(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// Lets what is under way end, and counts.
    ///
    /// # Panics
    /// When a lane panicked.
    pub async fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut sum = Tally::default();
        for task in self.tasks {
            let tally = task.await.expect("a lane of the load");
            tally.statuses.iter().for_each(|(status, n)| *sum.statuses.entry(*status).or_default() += n);
            tally.lost.into_iter().for_each(|(why, n)| *sum.lost.entry(why).or_default() += n);
        }
        sum
    }
}
