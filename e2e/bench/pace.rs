//! An open loop: each request is sent when it is due, whether or not the others have their answers, and takes as long as
//! it took since it was due. So a proxy that stands still for a moment delays all requests of that moment, as it would
//! delay those of users, and not only the ones that were under way.
//!
//! Threads that block, one for each connection and one that sends: the kernel wakes them within microseconds, a runtime's
//! timers within milliseconds.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::lane;
use crate::traffic::Traffic;

/// Kept connections to one listener.
#[derive(Debug)]
pub(crate) struct Pace {
    lanes: Vec<Lane>,
}

/// What was seen of one stretch of time.
#[derive(Debug)]
pub(crate) struct Paced {
    /// Microseconds from when a request was due to its answer.
    pub(crate) took: Vec<f64>,
    /// Microseconds from when it was due to when it was sent.
    pub(crate) late: Vec<f64>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
}

#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    request: Vec<u8>,
    /// How each answer begins.
    status_line: String,
}

impl Pace {
    pub(crate) fn open(addr: SocketAddr, traffic: &Traffic) -> io::Result<Self> {
        let lane = |number| {
            let stream = TcpStream::connect(addr)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let request = traffic.of_connection(number, CONNECTIONS).swap_remove(0);
            Ok(Lane { stream, request, status_line: format!("HTTP/1.1 {} ", traffic.status()) })
        };
        Ok(Self { lanes: (0..CONNECTIONS).map(lane).collect::<io::Result<_>>()? })
    }

    /// Blocks until the last answer is there.
    pub(crate) fn run(&self, per_second: u32, count: u32) -> io::Result<Paced> {
        let (free, freed) = channel();
        let begun = Instant::now();
        thread::scope(|scope| {
            let mut due = Vec::new();
            let mut readers = Vec::new();
            for (number, lane) in self.lanes.iter().enumerate() {
                let (sender, asked) = channel();
                due.push(sender);
                let free = free.clone();
                readers.push(scope.spawn(move || lane.read(number, &asked, &free)));
            }
            drop(free);
            let late = self.send(per_second, count, &due, &freed);
            // The readers end with what is under way.
            drop(due);
            let mut took = Vec::with_capacity(count as usize);
            for reader in readers {
                took.extend(reader.join().map_err(|_| io::Error::other("a connection's thread panicked"))??);
            }
            Ok(Paced { took, late: late?, elapsed: begun.elapsed() })
        })
    }

    fn send(
        &self,
        per_second: u32,
        count: u32,
        due: &[Sender<Instant>],
        freed: &Receiver<usize>,
    ) -> io::Result<Vec<f64>> {
        let broken = || io::Error::other("a connection is gone");
        let mut late = Vec::with_capacity(count as usize);
        let begun = Instant::now();
        for number in 0..count {
            let at = begun + Duration::from_secs(1) * number / per_second;
            thread::sleep(at.saturating_duration_since(Instant::now()));
            let free = freed.recv().map_err(|_| broken())?;
            late.push(micros(at.elapsed()));
            due[free].send(at).map_err(|_| broken())?;
            let lane = &self.lanes[free];
            (&lane.stream).write_all(&lane.request)?;
        }
        Ok(late)
    }
}

impl Lane {
    /// Waits for the answers to what is sent here, until nothing will be any more. Returns what each took.
    fn read(&self, number: usize, due: &Receiver<Instant>, free: &Sender<usize>) -> io::Result<Vec<f64>> {
        let mut buffer = vec![0; lane::BUFFER];
        let mut took = Vec::new();
        // Nobody waits for it any more if this fails.
        let _ = free.send(number);
        for at in due {
            self.read_answer(&mut buffer)?;
            took.push(micros(at.elapsed()));
            let _ = free.send(number);
        }
        Ok(took)
    }

    fn read_answer(&self, buffer: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled == 0 || lane::body(&buffer[..filled])?.is_none() {
            match (&self.stream).read(&mut buffer[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                received => filled += received,
            }
        }
        if buffer.starts_with(self.status_line.as_bytes()) {
            Ok(())
        } else {
            Err(io::Error::other(String::from_utf8_lossy(&buffer[..filled]).into_owned()))
        }
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// So many requests may be under way before one is sent later than it is due.
const CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(10);
