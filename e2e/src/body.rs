//! Bodies that servers of the harness send: at once, or a byte now and then.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Interval, interval};

/// The body of an answer.
pub(crate) enum Served {
    Whole(Full<Bytes>),
    /// One byte, a pause, the next byte.
    Slowly {
        rest: Bytes,
        beat: Interval,
    },
}

impl Served {
    pub(crate) fn slowly(bytes: Bytes, pause: Duration) -> Self {
        Self::Slowly { rest: bytes, beat: interval(pause) }
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
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Slowly { rest, .. } => SizeHint::with_exact(rest.len() as u64),
        }
    }
}
