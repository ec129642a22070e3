//! What all workers of one proxy share: records in Envoy's shared data, and a clock that never steps.

use crate::MonotonicTime;

/// The records of one plugin, shared by all its workers. They outlive requests, workers that trap, and policies.
///
/// Nothing in it can be deleted: a filter keeps to a number of records that its configuration bounds. Keys are the
/// plugin's own: another plugin, or another filter, never sees them.
pub trait SharedData {
    /// A record and its version; `None` if it was never written. One host call.
    fn shared(&self, key: RecordKey) -> Option<(Vec<u8>, Version)>;

    /// Writes a record if it is still of the version that was `seen`; `None`: if there is none yet. One host call.
    ///
    /// # Errors
    /// [`Outdated`]: another worker was faster, nothing was written. Read again.
    fn write_shared(&self, key: RecordKey, record: &[u8], seen: Option<Version>) -> Result<(), Outdated>;

    /// The host's monotonic clock, the same for all workers. One host call, read once per callback.
    fn monotonic(&self) -> MonotonicTime;

    /// What tells the counters of this policy from those of another one of the plugin: 0 for the plugin-wide policy,
    /// for a route's policy a digest of the names of its virtual host and route. No host call for the former, two for
    /// the latter. Known while a request is decided about; 0 elsewhere.
    fn scope(&self) -> u64;

    /// A number that no client knows, the same for all workers until Envoy ends: keys of hash functions. No host call
    /// but for a worker's first time.
    fn secret(&self) -> u128;
}

/// The name of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(pub [u8; 16]);

/// A number that differs whenever a record does. It wraps after 2^32 writes of the whole process, and is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// A record was written by somebody else in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("another worker wrote the record first")]
pub struct Outdated;
