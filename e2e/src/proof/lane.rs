//! A way to the proxy for many requests at once: pipelined over HTTP/1.1, or as streams of HTTP/2.

use std::net::SocketAddr;

use super::frames::Frames;
use super::shape::Shape;
use super::wire::{self, Shot, Wire};
use crate::Error;
use crate::raw::RawAnswer;

/// A way to the proxy.
pub(crate) enum Lane {
    Http1(Wire),
    Http2 { addr: SocketAddr, frames: Option<Frames>, again: u64 },
}

impl Lane {
    pub(crate) fn new(addr: SocketAddr, http2: bool) -> Self {
        if http2 { Self::Http2 { addr, frames: None, again: 0 } } else { Self::Http1(Wire::new(addr)) }
    }

    /// How many requests the proxy may have got twice.
    pub(crate) fn again(&self) -> u64 {
        match self {
            Self::Http1(wire) => wire.again,
            Self::Http2 { again, .. } => *again,
        }
    }

    /// The answers to each: one, none, or several where a request turned out to be more than one.
    pub(crate) async fn send(&mut self, shapes: &[Shape]) -> Result<Vec<Vec<RawAnswer>>, Error> {
        match self {
            Self::Http1(wire) => http1(wire, shapes).await,
            Self::Http2 { addr, frames, again } => http2(*addr, frames, again, shapes).await,
        }
    }
}

async fn http1(wire: &mut Wire, shapes: &[Shape]) -> Result<Vec<Vec<RawAnswer>>, Error> {
    let shot = |shape: &Shape| Shot { bytes: shape.bytes(), bodiless: shape.method == b"HEAD" };
    let together: Vec<Shot> = shapes.iter().filter(|shape| !shape.alone).map(shot).collect();
    let mut together = wire.exchange(&together).await?.into_iter();
    let mut answers = Vec::new();
    for shape in shapes {
        answers.push(match shape.alone {
            true => wire::alone(wire.addr(), &shape.bytes()).await?,
            false => together.next().flatten().into_iter().collect(),
        });
    }
    Ok(answers)
}

async fn http2(
    addr: SocketAddr,
    kept: &mut Option<Frames>,
    again: &mut u64,
    shapes: &[Shape],
) -> Result<Vec<Vec<RawAnswer>>, Error> {
    let mut frames = match kept.take().filter(|frames| !frames.worn()) {
        Some(frames) => frames,
        None => Frames::open(addr).await?,
    };
    let got = frames.exchange(shapes).await;
    let whole = got.iter().all(Result::is_ok);
    let mut answers = Vec::new();
    for (shape, got) in shapes.iter().zip(got) {
        answers.push(match got {
            Ok(answer) => answer.into_iter().collect(),
            // The connection ended: each on one of its own, to see on which of them.
            Err(()) => {
                *again += 1;
                let own = Frames::open(addr).await?.exchange(std::slice::from_ref(shape)).await;
                own.into_iter().filter_map(|got| got.ok().flatten()).collect()
            }
        });
    }
    *kept = whole.then_some(frames);
    Ok(answers)
}
