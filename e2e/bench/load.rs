//! Load on one listener: as many requests under way as there are connections, until a number of them is answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::Error;

use crate::lane::Lane;
use crate::traffic::{Maker, Traffic};

/// The connections to one listener, kept for all rounds.
#[derive(Debug)]
pub(crate) struct Load {
    lanes: Vec<Lane>,
    maker: Option<Maker>,
    /// How many requests were made so far.
    made: usize,
    /// The next ones, if they are made: any connection may send any of them.
    ready: Vec<Vec<u8>>,
}

impl Load {
    pub(crate) async fn open(addr: SocketAddr, traffic: &Traffic) -> io::Result<Self> {
        let mut lanes = Vec::new();
        for user in 0..CONNECTIONS {
            let requests = traffic.of_connection(user, CONNECTIONS);
            lanes.push(Lane::of(addr, requests, traffic.status()).await?);
        }
        Ok(Self { lanes, maker: traffic.maker().cloned(), made: 0, ready: Vec::new() })
    }

    /// Makes the next `count` requests, so that it takes no time while they are sent.
    pub(crate) fn prepare(&mut self, count: usize) {
        if let Some(maker) = &self.maker {
            self.ready = (self.made..self.made + count).map(|number| maker.request(number)).collect();
            self.made += count;
        }
    }

    /// Sends exactly `count` requests: those that were prepared, if they are made.
    pub(crate) async fn run(&mut self, count: usize) -> Result<(), Error> {
        let left = Arc::new(AtomicUsize::new(count));
        let ready: Arc<[Vec<u8>]> = std::mem::take(&mut self.ready).into();
        let drive = |lane| tokio::spawn(drive(lane, Arc::clone(&left), Arc::clone(&ready)));
        let tasks: Vec<_> = self.lanes.drain(..).map(drive).collect();
        for task in tasks {
            self.lanes.push(task.await??);
        }
        Ok(())
    }

    /// Sends each request that is made once, without measuring anything.
    pub(crate) async fn fill(&mut self) -> Result<(), Error> {
        let count = self.maker.as_ref().map_or(0, |maker| maker.count);
        let mut sent = 0;
        while sent < count {
            let part = AT_ONCE.min(count - sent);
            self.prepare(part);
            self.run(part).await?;
            sent += part;
        }
        Ok(())
    }
}

async fn drive(mut lane: Lane, left: Arc<AtomicUsize>, ready: Arc<[Vec<u8>]>) -> io::Result<Lane> {
    while let Ok(left) = left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
        match ready.get(left - 1) {
            Some(request) => lane.exchange_this(request).await?,
            None => lane.exchange().await?,
        };
    }
    Ok(lane)
}

/// Enough that a worker always finds another request waiting.
const CONNECTIONS: usize = 32;
/// How many requests are made before they are sent.
const AT_ONCE: usize = 5_000;
