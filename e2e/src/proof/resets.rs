//! Clients that leave while the rate limit service is asked about them: by `RST_STREAM`, by closing, by resetting the
//! connection. Every call is cancelled, every place is free again, nothing is left behind.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::chain::{Chain, JWKS, PLACES, patient};
use super::frames::Frames;
use super::memory::Memory;
use super::outcome::Outcome;
use super::shape::Shape;
use crate::Error;
use crate::dice::Dice;
use crate::lists::Mode;
use crate::poll;
use crate::request::Request;

/// How many.
#[derive(Debug, Clone, Copy)]
pub struct Resets {
    /// Who leaves how.
    pub seed: u64,
    /// Clients that leave.
    pub clients: u64,
    /// Of Envoy.
    pub workers: u32,
}

/// Runs it.
///
/// # Errors
/// When a connection cannot be had, or Envoy is no process of this machine.
pub async fn resets(options: Resets) -> Result<Outcome, Error> {
    let Resets { seed, clients, workers } = options;
    let mut outcome = Outcome::new("resets", seed);
    let mut dice = Dice::new(seed);
    // The source of lists takes calls by the thousand and never answers.
    let chain = Chain::start(workers, false, |mut bootstrap| {
        bootstrap.endpoints.remove("ratelimit");
        patient(bootstrap)
    })
    .await;
    let service = &chain.stack.lists;
    service.switch(Mode::Slow).await;
    service.at(JWKS).switch(Mode::Up).await;
    let token = chain.people.good[0].token.to_string();
    let (begun, hits, asked) = (Instant::now(), chain.hits().await, service.fetches().await);
    let mut memory = Memory::of(chain.stack.envoy.process_id().ok_or("Envoy is no process of this machine")?);
    let mut left = 0;
    let mut ways = [0_u64; 3];
    while left < clients {
        let way = dice.roll(4).min(2);
        let crowd = Crowd::ask(chain.stack.envoy.addr("http"), way, &token).await?;
        left += crowd.count;
        ways[way] += crowd.count;
        poll::eventually("the calls are out", async || service.fetches().await >= asked + left).await;
        crowd.leave(way).await?;
        if left >= clients / 4 && (memory.samples.is_empty() || left >= clients) {
            settled(&chain).await;
            memory.look()?;
        }
    }
    outcome.figure("clients that left", left);
    outcome.figure("by RST_STREAM", ways[0]);
    outcome.figure("with their connection of HTTP/2", ways[1]);
    outcome.figure("with their connection of HTTP/1.1", ways[2]);
    outcome.figure("seconds", format!("{:.1}", begun.elapsed().as_secs_f64()));
    settled(&chain).await;
    outcome.holds(chain.hits().await == hits, "somebody got through unasked");
    grown(&mut outcome, &memory);
    nothing_is_left(&mut outcome, &chain, &token).await;
    for death in chain.deaths().await {
        outcome.breaks(format!("a VM died: {death}"));
    }
    Ok(outcome)
}

/// Clients whose requests are under way.
struct Crowd {
    count: u64,
    http2: Vec<Frames>,
    http1: Vec<TcpStream>,
}

impl Crowd {
    /// * `way`: 0 and 1 with HTTP/2, 2 with HTTP/1.1.
    async fn ask(addr: SocketAddr, way: usize, token: &str) -> Result<Self, Error> {
        let shape = Shape::new("GET", "/strict", Some(token));
        let (mut http2, mut http1) = (Vec::new(), Vec::new());
        if way < 2 {
            let shapes = vec![shape; STREAMS];
            for _ in 0..CONNECTIONS {
                let mut frames = Frames::open(addr).await?;
                frames.send(&shapes).await?;
                http2.push(frames);
            }
        } else {
            for _ in 0..STREAMS {
                let mut stream = TcpStream::connect(addr).await?;
                stream.write_all(&shape.bytes()).await?;
                http1.push(stream);
            }
        }
        let count = u64::try_from(http2.len() * STREAMS + http1.len())?;
        Ok(Self { count, http2, http1 })
    }

    /// * `way`: 0 resets each stream first; else connections are closed, of HTTP/1.1 every second one with a reset.
    async fn leave(mut self, way: usize) -> Result<(), Error> {
        if way == 0 {
            for frames in &mut self.http2 {
                frames.reset(STREAMS).await?;
            }
        }
        for stream in self.http1.iter().step_by(2) {
            stream.set_zero_linger()?;
        }
        Ok(())
    }
}

/// Every call is cancelled, and no stream is left.
async fn settled(chain: &Chain) {
    poll::eventually("no call and no stream", async || {
        let stats = chain.stack.stats().await;
        stats.value("cluster.ratelimit.upstream_rq_active") == 0
            && stats.value("http.http.downstream_rq_active") == 0
    })
    .await;
}

/// From a quarter of them to all.
fn grown(outcome: &mut Outcome, memory: &Memory) {
    let (Some(first), Some(last)) = (memory.samples.first(), memory.samples.last()) else { return };
    let grown = last.resident_kib.saturating_sub(first.resident_kib);
    outcome.figure("RAM after a quarter of them, KiB", first.resident_kib);
    outcome.figure("RAM after all of them, KiB", last.resident_kib);
    outcome.figure("linear memory of all VMs after a quarter, KiB", first.vms_kib);
    outcome.figure("linear memory of all VMs after all, KiB", last.vms_kib);
    outcome.holds(grown <= GROWN_KIB, format!("RAM grew by {grown} KiB"));
    let vms = last.vms_kib.saturating_sub(first.vms_kib);
    outcome.holds(vms <= VMS_GROWN_KIB, format!("the linear memory of the VMs grew by {vms} KiB"));
}

/// All places are free, and the service is asked again.
async fn nothing_is_left(outcome: &mut Outcome, chain: &Chain, token: &str) {
    chain.stack.lists.serve([8, 1]).await;
    chain.stack.lists.switch(Mode::Up).await;
    let request = Request::get("/strict").header("authorization", format!("Bearer {token}"));
    let want = format!("\"flights\";r={}", PLACES - 1);
    let mut free = String::new();
    poll::eventually("an answer with all places free but its own", async || {
        free = chain.stack.send(request.clone()).await.header("ratelimit").unwrap_or_default();
        free.contains(&want)
    })
    .await;
    outcome.figure("what is free", free);
}

/// On one connection at once: Envoy closes one on which five hundred were reset.
const STREAMS: usize = 100;
const CONNECTIONS: usize = 2;
/// A record of a hundred bytes for each client would be 7 MiB of 75 000.
const GROWN_KIB: u64 = 6 << 10;
/// Linear memory holds as many streams as there ever were at once, and grows by steps of the allocator.
const VMS_GROWN_KIB: u64 = 3 << 10;
