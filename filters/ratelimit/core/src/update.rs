//! Changing a record that other workers change, too: read, edit, write if nobody was faster, or begin again.

use filter_api::{Outdated, RecordKey, SharedData, Version};

/// A record as it was read.
pub(crate) struct Seen {
    /// Empty if there is none yet.
    pub(crate) record: Vec<u8>,
    version: Option<Version>,
}

/// What an edit came to.
pub(crate) enum Edit<T> {
    /// The record is to be written.
    Write(T),
    /// It stays as it is.
    Leave(T),
}

/// Other workers were faster, [`MAX_TRIES`] times in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contended;

impl Seen {
    /// One host call.
    pub(crate) fn read(shared: &dyn SharedData, key: RecordKey) -> Self {
        match shared.shared(key) {
            Some((record, version)) => Self { record, version: Some(version) },
            None => Self { record: Vec::new(), version: None },
        }
    }

    /// One host call.
    pub(crate) fn write(&self, shared: &dyn SharedData, key: RecordKey) -> Result<(), Outdated> {
        shared.write_shared(key, &self.record, self.version)
    }
}

/// Edits a record. Two host calls if nobody interferes, one if nothing is written, one less if it was `seen` before.
///
/// # Errors
/// [`Contended`]: nothing was written.
pub(crate) fn update<T>(
    shared: &dyn SharedData,
    key: RecordKey,
    mut seen: Option<Seen>,
    mut edit: impl FnMut(&mut Vec<u8>) -> Edit<T>,
) -> Result<T, Contended> {
    for _ in 0..MAX_TRIES {
        let mut current = seen.take().unwrap_or_else(|| Seen::read(shared, key));
        match edit(&mut current.record) {
            Edit::Leave(outcome) => return Ok(outcome),
            Edit::Write(outcome) => {
                if current.write(shared, key).is_ok() {
                    return Ok(outcome);
                }
            }
        }
    }
    Err(Contended)
}

/// Each failed try is another worker's success, so this many in a row are next to impossible.
pub(crate) const MAX_TRIES: usize = 64;
