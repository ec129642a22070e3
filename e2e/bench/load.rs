//! Load on one listener: as many requests under way as there are connections, until a number of them is answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::Error;

use crate::lane::Lane;
use crate::traffic::Traffic;

/// The connections to one listener, kept for all rounds.
#[derive(Debug)]
pub(crate) struct Load {
    lanes: Vec<Lane>,
}

impl Load {
    pub(crate) async fn open(addr: SocketAddr, traffic: &Traffic) -> io::Result<Self> {
        let mut lanes = Vec::new();
        for user in 0..CONNECTIONS {
            let requests = traffic.of_connection(user, CONNECTIONS);
            lanes.push(Lane::of(addr, requests, traffic.status()).await?);
        }
        Ok(Self { lanes })
    }

    /// Sends exactly `count` requests.
    pub(crate) async fn run(&mut self, count: usize) -> Result<(), Error> {
        let left = Arc::new(AtomicUsize::new(count));
        let tasks: Vec<_> =
            self.lanes.drain(..).map(|lane| tokio::spawn(drive(lane, Arc::clone(&left)))).collect();
        for task in tasks {
            self.lanes.push(task.await??);
        }
        Ok(())
    }
}

async fn drive(mut lane: Lane, left: Arc<AtomicUsize>) -> io::Result<Lane> {
    while left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        lane.exchange().await?;
    }
    Ok(lane)
}

/// Enough that a worker always finds another request waiting.
const CONNECTIONS: usize = 32;
