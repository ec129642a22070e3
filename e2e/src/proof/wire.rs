//! One connection of HTTP/1.1 that takes any bytes: many requests at once, one behind the other, and the answers in order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::raw::{self, RawAnswer};

/// What is sent, and whether its answer has a body (that to HEAD has none).
#[derive(Debug, Clone)]
pub(crate) struct Shot {
    pub(crate) bytes: Vec<u8>,
    pub(crate) bodiless: bool,
}

/// A connection that is opened again whenever the peer has closed it.
pub(crate) struct Wire {
    addr: SocketAddr,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    /// Requests that were sent a second time, because the peer closed the connection before them.
    pub(crate) again: u64,
}

/// How an exchange left the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// Closed, as the last answer said.
    Announced,
    /// Closed without a word: what became of the requests behind the last answer is not known.
    Silent,
}

impl Wire {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr, stream: None, received: Vec::new(), again: 0 }
    }

    /// Where it leads.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sends all of them and returns the answers in order; `None` for a request on which the peer closed without a word.
    ///
    /// # Errors
    /// When no connection can be had, or the peer is silent for too long.
    pub(crate) async fn exchange(&mut self, shots: &[Shot]) -> io::Result<Vec<Option<RawAnswer>>> {
        let mut answers: Vec<Option<RawAnswer>> = Vec::with_capacity(shots.len());
        // How many are sent at once; one, where it is not clear on which of them the peer closed.
        let mut width = shots.len();
        while answers.len() < shots.len() {
            let fresh = self.stream.is_none();
            let rest = &shots[answers.len()..];
            let batch = &rest[..width.min(rest.len())];
            let (got, end) = self.volley(batch).await?;
            let complete = got.len() == batch.len();
            let blamed = got.is_empty() && fresh && batch.len() == 1;
            answers.extend(got.into_iter().map(Some));
            if complete {
                width = shots.len();
            } else if blamed {
                answers.push(None);
                width = shots.len();
            } else {
                if end == End::Silent {
                    self.again += u64::try_from(shots.len() - answers.len()).unwrap_or(u64::MAX);
                }
                width = 1;
            }
        }
        Ok(answers)
    }

    /// Sends these at once; as many answers as came before the peer closed.
    async fn volley(&mut self, shots: &[Shot]) -> io::Result<(Vec<RawAnswer>, End)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.open().await?,
        };
        let bytes: Vec<u8> = shots.iter().flat_map(|shot| shot.bytes.iter().copied()).collect();
        let (mut reader, mut writer) = stream.split();
        let received = &mut self.received;
        let read = async {
            let mut answers = Vec::new();
            while answers.len() < shots.len() {
                let bodiless = shots[answers.len()].bodiless;
                if let Some((answer, taken)) = raw::parse(received, bodiless, false) {
                    received.drain(..taken);
                    let last = closes(&answer.head);
                    answers.push(answer);
                    if last {
                        return Ok((answers, End::Announced));
                    }
                    continue;
                }
                match reader.read_buf(received).await {
                    Ok(1..) => {}
                    Ok(0) => return Ok((answers, End::Silent)),
                    Err(e) if e.kind() == io::ErrorKind::ConnectionReset => {
                        return Ok((answers, End::Silent));
                    }
                    Err(e) => return Err(e),
                }
            }
            Ok((answers, End::Open))
        };
        // A peer that closes early takes the rest of what is written with it: what it answered is what counts.
        let write = async {
            let _ = writer.write_all(&bytes).await;
            std::future::pending::<()>().await;
        };
        let (answers, end) = tokio::select! {
            read = timeout(SILENCE, read) => read.map_err(|_| io::Error::other("silence"))??,
            () = write => (Vec::new(), End::Silent),
        };
        if end == End::Open {
            self.stream = Some(stream);
        } else {
            self.received.clear();
            // No port waits for a connection that nobody will hear of again.
            let _ = stream.set_zero_linger();
        }
        Ok((answers, end))
    }

    async fn open(&mut self) -> io::Result<TcpStream> {
        self.received.clear();
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// All answers to these bytes on a connection of their own, until the peer closes or is silent for a while: where the
/// requests in them end is not known.
pub(crate) async fn alone(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<RawAnswer>> {
    let mut stream = TcpStream::connect(addr).await?;
    let _ = stream.write_all(bytes).await;
    let _ = stream.write_all(FAREWELL).await;
    let mut received = Vec::new();
    while let Ok(Ok(1..)) = timeout(PATIENCE, stream.read_buf(&mut received)).await {}
    let _ = stream.set_zero_linger();
    let mut answers = Vec::new();
    while let Some((answer, taken)) = raw::parse(&received, false, false) {
        received.drain(..taken);
        answers.push(answer);
    }
    Ok(answers)
}

fn closes(head: &[u8]) -> bool {
    head.windows(CLOSE.len()).any(|window| window.eq_ignore_ascii_case(CLOSE))
}

const CLOSE: &[u8] = b"\r\nconnection: close";
/// Ends the connection once it is answered.
const FAREWELL: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n";
/// Nothing takes this long.
const SILENCE: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_millis(200);
