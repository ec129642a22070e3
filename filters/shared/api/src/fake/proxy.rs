//! What the workers of a proxy share, in memory. Each reference to it is a worker.

use crate::{MonotonicTime, Outdated, RecordKey, SharedData, Slot, Version};
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// Shared data and the clock. A test can let another worker act in between a read and a write.
#[derive(Default)]
pub struct FakeProxy {
    records: Slot<BTreeMap<RecordKey, (Vec<u8>, Version)>>,
    now: Cell<MonotonicTime>,
    scope: Cell<u64>,
    versions: Cell<u32>,
    calls: Cell<usize>,
    meddling: Slot<VecDeque<Meddle>>,
}

type Meddle = Box<dyn FnOnce(&FakeProxy)>;

impl FakeProxy {
    /// An hour after the host was started.
    #[must_use]
    pub fn new() -> Self {
        let proxy = Self::default();
        proxy.set_time(MonotonicTime { nanos: 3_600_000_000_000 });
        proxy
    }

    /// Lets time pass.
    pub fn pass(&self, span: Duration) {
        self.now.set(self.now.get().plus(span));
    }

    /// Sets the clock; it may step back, although the host's does not.
    pub fn set_time(&self, now: MonotonicTime) {
        self.now.set(now);
    }

    /// Makes the policy that of a route; 0: plugin-wide.
    pub fn set_scope(&self, scope: u64) {
        self.scope.set(scope);
    }

    /// Has another worker act before the next write that nobody meddles with yet.
    pub fn meddle(&self, act: impl FnOnce(&Self) + 'static) {
        self.meddling.with(|meddling| meddling.push_back(Box::new(act)));
    }

    /// How many reads and writes of shared data there were.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.get()
    }

    /// How many records there are, and how many bytes they have.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let size = |records: &mut BTreeMap<_, (Vec<u8>, _)>| {
            (records.len(), records.values().map(|(record, _)| record.len()).sum())
        };
        self.records.with(size).unwrap_or_default()
    }

    /// Writes a record whatever is there, as nobody but a stranger with the same `vm_id` would.
    pub fn overwrite(&self, key: RecordKey, record: &[u8]) {
        let version = self.next_version();
        self.records.with(|records| records.insert(key, (record.to_vec(), version)));
    }

    /// The names of all records.
    #[must_use]
    pub fn keys(&self) -> Vec<RecordKey> {
        self.records.with(|records| records.keys().copied().collect()).unwrap_or_default()
    }

    fn next_version(&self) -> Version {
        self.versions.set(self.versions.get().saturating_add(1));
        Version(self.versions.get())
    }

    fn count(&self) {
        self.calls.set(self.calls.get().saturating_add(1));
    }
}

impl SharedData for FakeProxy {
    fn shared(&self, key: RecordKey) -> Option<(Vec<u8>, Version)> {
        self.count();
        self.records.with(|records| records.get(&key).cloned()).flatten()
    }

    fn write_shared(&self, key: RecordKey, record: &[u8], seen: Option<Version>) -> Result<(), Outdated> {
        self.count();
        if let Some(act) = self.meddling.with(VecDeque::pop_front).flatten() {
            act(self);
        }
        let known = self.records.with(|records| records.get(&key).map(|(_, version)| *version)).flatten();
        if known != seen {
            return Err(Outdated);
        }
        self.overwrite(key, record);
        Ok(())
    }

    fn monotonic(&self) -> MonotonicTime {
        self.now.get()
    }

    fn scope(&self) -> u64 {
        self.scope.get()
    }

    fn secret(&self) -> u128 {
        0x0123_4567_89ab_cdef_0011_2233_4455_6677
    }
}

impl fmt::Debug for FakeProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, bytes) = self.size();
        write!(formatter, "FakeProxy({records} records, {bytes} bytes, at {:?})", self.now.get())
    }
}
