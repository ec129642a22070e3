//! Bodies that servers of the harness send: at once, a byte now and then, or as the message of a gRPC answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use tokio::time::{Interval, interval};

/// The body of an answer.
pub(crate) enum Served {
    Whole(Full<Bytes>),
    /// One byte, a pause, the next byte.
    Slowly {
        rest: Bytes,
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

    /// A gRPC answer: a message that is not compressed, if there is one, and a status.
    pub(crate) fn grpc(message: Option<&[u8]>, status: u16) -> Self {
        let framed = message.map(|message| {
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
            Bytes::from([[0].as_slice(), &length, message].concat())
        });
        Self::Grpc { message: framed, status: Some(status) }
    }
}

impl<B: Into<Bytes>> From<B> for Served {
    fn from(bytes: B) -> Self {
        Self::Whole(Full::new(bytes.into()))
    }
}

impl Body for Served {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context),
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
                    let trailer = (HeaderName::from_static("grpc-status"), HeaderValue::from(status));
                    Some(Ok(Frame::trailers([trailer].into_iter().collect())))
                }
                (None, None) => None,
            }),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Slowly { rest, .. } => SizeHint::with_exact(rest.len() as u64),
            Self::Grpc { .. } => SizeHint::default(),
        }
    }
}
