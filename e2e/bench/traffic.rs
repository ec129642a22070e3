//! What the load sends: one request after another, in turns, and what it expects.

use std::sync::Arc;

use crate::lane;

/// Requests that differ in some header lines, and the status of their answers.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    fields: Arc<[Fields]>,
    status: u16,
}

/// Further header lines of one request.
pub(crate) type Fields = Vec<(String, String)>;

impl Default for Traffic {
    fn default() -> Self {
        Self::of([Vec::new()])
    }
}

impl Traffic {
    pub(crate) fn of(fields: impl IntoIterator<Item = Fields>) -> Self {
        Self { fields: fields.into_iter().collect(), status: 200 }
    }

    pub(crate) fn answered(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The part of one connection of so many: each request belongs to one of them, if there are enough.
    pub(crate) fn of_connection(&self, number: usize, of: usize) -> Vec<Vec<u8>> {
        let own: Vec<_> = self.fields.iter().skip(number % self.fields.len()).step_by(of).collect();
        own.into_iter().map(|fields| lane::request(number, fields)).collect()
    }
}
