//! A steady stream of requests: an open loop, in which every two milliseconds another connection sends, whether or not
//! the others have their answers.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use e2e::Error;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{Instant as Tick, interval_at, timeout};

use crate::lane::{Lane, request};
use crate::traffic::Fields;

/// A running stream; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Stream {
    answers: UnboundedReceiver<Answer>,
    _lanes: JoinSet<()>,
}

/// What became of one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) at: Instant,
    /// The place of its request in the list that the stream was given.
    pub(crate) asked: usize,
    /// Status and body.
    pub(crate) got: io::Result<(u16, String)>,
}

impl Stream {
    /// Begins to send these in turns.
    pub(crate) fn open(addr: SocketAddr, fields: &[Fields]) -> Self {
        let requests: Arc<[Vec<u8>]> = fields.iter().map(|fields| request(USER, fields)).collect();
        let (sender, answers) = unbounded_channel();
        let mut lanes = JoinSet::new();
        let begun = Tick::now();
        for number in 0..LANES {
            let beat = begun + PERIOD * number;
            lanes.spawn(keep_asking(addr, number as usize, Arc::clone(&requests), beat, sender.clone()));
        }
        Self { answers, _lanes: lanes }
    }

    /// The next answer to whichever request.
    pub(crate) async fn next(&mut self) -> Result<Answer, Error> {
        let answer = timeout(PATIENCE, self.answers.recv()).await.map_err(|_| "no answers any more")?;
        Ok(answer.ok_or("all connections are gone")?)
    }
}

async fn keep_asking(
    addr: SocketAddr,
    number: usize,
    requests: Arc<[Vec<u8>]>,
    begin: Tick,
    answers: UnboundedSender<Answer>,
) {
    let mut beat = interval_at(begin, PERIOD * LANES);
    // Neighbours begin with different requests, so that each comes as evenly as all of them do.
    let mut asked = number % requests.len();
    loop {
        // A connection that broke is opened anew, and what it lost is counted.
        let mut turns = requests.to_vec();
        turns.rotate_left(asked);
        let mut opened = Lane::of(addr, turns, 200).await;
        loop {
            beat.tick().await;
            let got = match &mut opened {
                Ok(lane) => lane
                    .ask()
                    .await
                    .map(|(status, body)| (status, String::from_utf8_lossy(body).into_owned())),
                Err(e) => Err(io::Error::new(e.kind(), e.to_string())),
            };
            let broken = got.is_err();
            if answers.send(Answer { at: Instant::now(), asked, got }).is_err() {
                return;
            }
            asked = (asked + 1) % requests.len();
            if broken {
                break;
            }
        }
    }
}

/// 500 requests a second.
const PERIOD: Duration = Duration::from_millis(2);
/// Enough that every worker has some of them.
const LANES: u32 = 32;
const USER: usize = 1;
/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
