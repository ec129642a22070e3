//! Bodies that servers of the harness send: at once, a byte now and then, or as the message of a gRPC answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderMap, HeaderValue};
use tokio::time::{Interval, interval};

/// The body of an answer.
pub(crate) enum Served {
    Whole(Full<Bytes>),
    /// One byte, a pause, the next byte.
    Slowly {
        rest: Bytes,
        beat: Interval,
    },
    /// A piece, and a moment later the end of the connection.
    Broken {
        piece: Option<Bytes>,
        beat: Interval,
    },
    /// One message, and then the status in trailers.
    Grpc {
        message: Option<Bytes>,
        status: Option<u16>,
    },
}

impl Served {
    pub(crate) fn slowly(bytes: Bytes, pause: Duration) -> Self {
        Self::Slowly { rest: bytes, beat: interval(pause) }
    }

    pub(crate) fn broken(piece: Bytes) -> Self {
        // Time for the piece to get there.
        Self::Broken { piece: Some(piece), beat: interval(Duration::from_millis(50)) }
    }

    /// A gRPC answer: a message that is not compressed, if there is one, and a status, if there is one.
    pub(crate) fn grpc(message: Option<&[u8]>, status: Option<u16>) -> Self {
        let framed = message.map(|message| {
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
            Bytes::from([[0].as_slice(), &length, message].concat())
        });
        Self::Grpc { message: framed, status }
    }
}

impl<B: Into<Bytes>> From<B> for Served {
    fn from(bytes: B) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for Served {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Broken { piece, beat } => {
                std::task::ready!(beat.poll_tick(context));
                Poll::Ready(Some(match piece.take() {
                    Some(piece) => Ok(Frame::data(piece)),
                    None => Err(io::Error::other("broken off")),
                }))
            }
            Self::Slowly { rest, .. } if rest.is_empty() => Poll::Ready(None),
            Self::Slowly { rest, beat } => {
                std::task::ready!(beat.poll_tick(context));
                Poll::Ready(Some(Ok(Frame::data(rest.split_to(1)))))
            }
            Self::Grpc { message, status } => Poll::Ready(match (message.take(), status.take()) {
                (Some(message), kept) => {
                    *status = kept;
                    Some(Ok(Frame::data(message)))
                }
                (None, Some(status)) => {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("grpc-status", HeaderValue::from(status));
                    if let (1.., Ok(why)) = (status, HeaderValue::from_bytes(MESSAGE)) {
                        trailers.insert("grpc-message", why);
                    }
                    Some(Ok(Frame::trailers(trailers)))
                }
                (None, None) => None,
            }),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Slowly { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Broken { .. } | Self::Grpc { .. } => SizeHint::default(),
        }
    }
}

/// Beside a status of failure: percent-encoded, says the protocol; a peer may send anything.
const MESSAGE: &[u8] = b"not text \xff\xfe %GG";
