//! Shared data as a policy sees it: the records of its own plugin, and a clock.

use crate::host;
use filter_api::{MonotonicTime, Outdated, RecordKey, SharedData, Version};
use std::cell::{Cell, OnceCell};
use xxhash_rust::xxh64::{Xxh64, xxh64};

/// A plugin, as its workers and its configurations know each other by.
#[derive(Debug)]
pub(crate) struct Plugin {
    /// `sluice.<filter>/<name of the plugin>`: shared data is one map for all plugins of a `vm_id`, and Istio sets none.
    pub(crate) name: String,
    digest: [u8; 8],
    secret: Cell<Option<u128>>,
}

impl Plugin {
    pub(crate) fn new(name: String) -> Self {
        let digest = xxh64(name.as_bytes(), 0).to_le_bytes();
        Self { name, digest, secret: Cell::new(None) }
    }

    /// What the host calls a record.
    fn key(&self, RecordKey(record): RecordKey) -> [u8; 24] {
        let mut key = [0; 24];
        for (byte, part) in key.iter_mut().zip(self.digest.into_iter().chain(record)) {
            *byte = part;
        }
        key
    }

    /// The number that all workers agree on. Whoever comes first makes it up.
    fn secret(&self) -> u128 {
        if let Some(known) = self.secret.get() {
            return known;
        }
        let secret = self.agree();
        self.secret.set(Some(secret));
        secret
    }

    fn agree(&self) -> u128 {
        let key = format!("{}/secret", self.name);
        // Another worker may be faster; then its number is read in the next round.
        for _ in 0..8 {
            let (known, cas) = host::shared_data(key.as_bytes()).unwrap_or((Vec::new(), CREATE));
            if let Ok(known) = known.try_into() {
                return u128::from_le_bytes(known);
            }
            let made_up = host::random().unwrap_or_else(time_of_day);
            if host::set_shared_data(key.as_bytes(), &made_up.to_le_bytes(), cas).is_ok() {
                return made_up;
            }
        }
        // Only where shared data cannot be written; then there are no records either.
        u128::from(u64::from_le_bytes(self.digest))
    }
}

/// A host that withholds randomness leaves the instant, in nanoseconds, at which the first request came.
fn time_of_day() -> u128 {
    u128::from(xxh64(&host::now().nanos.to_le_bytes(), 0))
}

/// The records of a plugin, during one callback.
#[derive(Debug)]
pub(crate) struct Records<'p> {
    plugin: &'p Plugin,
    of_route: bool,
    now: OnceCell<MonotonicTime>,
    scope: OnceCell<u64>,
}

impl<'p> Records<'p> {
    /// For the policy that decides about the current stream; `of_route`: it is not the plugin-wide one.
    pub(crate) fn of_request(plugin: &'p Plugin, of_route: bool) -> Self {
        Self { plugin, of_route, now: OnceCell::new(), scope: OnceCell::new() }
    }

    /// Where there is no request, and therefore no scope.
    pub(crate) fn of_plugin(plugin: &'p Plugin) -> Self {
        Self::of_request(plugin, false)
    }

    /// The same, where the time is known.
    pub(crate) fn at(plugin: &'p Plugin, now: MonotonicTime) -> Self {
        Self { now: OnceCell::from(now), ..Self::of_plugin(plugin) }
    }
}

impl SharedData for Records<'_> {
    fn shared(&self, key: RecordKey) -> Option<(Vec<u8>, Version)> {
        host::shared_data(&self.plugin.key(key)).ok().map(|(record, cas)| (record, Version(cas)))
    }

    fn write_shared(&self, key: RecordKey, record: &[u8], seen: Option<Version>) -> Result<(), Outdated> {
        let cas = seen.map_or(CREATE, |Version(cas)| cas);
        host::set_shared_data(&self.plugin.key(key), record, cas).map_err(|_| Outdated)
    }

    fn monotonic(&self) -> MonotonicTime {
        *self.now.get_or_init(host::monotonic)
    }

    fn scope(&self) -> u64 {
        *self.scope.get_or_init(|| if self.of_route { scope_of_route() } else { 0 })
    }

    fn secret(&self) -> u128 {
        self.plugin.secret()
    }
}

/// Routes are known by the names of their virtual hosts and their own; those without names share a scope.
fn scope_of_route() -> u64 {
    let mut digest = Xxh64::new(0);
    for path in [b"xds\0virtual_host_name".as_slice(), b"xds\0route_name"] {
        let name = host::property(path).unwrap_or_default();
        digest.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_le_bytes());
        digest.update(&name);
    }
    digest.digest().max(1)
}

/// For a key that does not exist the host ignores the number, unless it is 0: so this creates, and loses to whoever
/// created it in the same instant.
pub(crate) const CREATE: u32 = u32::MAX;
