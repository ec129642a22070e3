//! What the load sends: one request after another, in turns, and what it expects.

use std::fmt;
use std::sync::Arc;

use crate::lane;

/// Requests that differ in some header lines, and the status of their answers.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    requests: Requests,
    status: u16,
}

/// Further header lines of one request.
pub(crate) type Fields = Vec<(String, String)>;

#[derive(Debug, Clone)]
enum Requests {
    Kept(Arc<[Fields]>),
    Made(Maker),
}

/// Requests that are made when their turn comes, because a million of them are too many to be kept.
#[derive(Clone)]
pub(crate) struct Maker {
    pub(crate) count: usize,
    make: Arc<dyn Fn(usize) -> Fields + Send + Sync>,
}

impl Maker {
    /// The request of this number, which begins anew after `count`.
    pub(crate) fn request(&self, number: usize) -> Vec<u8> {
        lane::request(number, &(self.make)(number % self.count))
    }
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maker").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::of([Vec::new()])
    }
}

impl Traffic {
    pub(crate) fn of(fields: impl IntoIterator<Item = Fields>) -> Self {
        Self { requests: Requests::Kept(fields.into_iter().collect()), status: 200 }
    }

    /// So many different requests, whichever connection sends them.
    pub(crate) fn made(count: usize, make: impl Fn(usize) -> Fields + Send + Sync + 'static) -> Self {
        Self { requests: Requests::Made(Maker { count, make: Arc::new(make) }), status: 200 }
    }

    pub(crate) fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn maker(&self) -> Option<&Maker> {
        match &self.requests {
            Requests::Kept(_) => None,
            Requests::Made(maker) => Some(maker),
        }
    }

    /// The part of one connection of so many: each request belongs to one of them, if there are enough. Of those that
    /// are made it is the first.
    pub(crate) fn of_connection(&self, number: usize, of: usize) -> Vec<Vec<u8>> {
        match &self.requests {
            Requests::Kept(fields) => {
                let own: Vec<_> = fields.iter().skip(number % fields.len()).step_by(of).collect();
                own.into_iter().map(|fields| lane::request(number, fields)).collect()
            }
            Requests::Made(maker) => vec![maker.request(0)],
        }
    }
}
