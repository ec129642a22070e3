//! Policies of routes: route metadata, namespace `sluice.<filter>`, in the very schema of the plugin-wide policy.
//!
//! Most routes have none, and that must cost next to nothing: asking for a namespace that is not there is one cheap
//! host call. A namespace that is there comes as nested pairs, slowly and without types; so once one was seen, this
//! plugin asks for the whole `Metadata` message instead and decodes the namespace itself.
//! A policy is compiled once per distinct content (bytes: a hash that a route's author can steer is no proof of
//! sameness) and kept, the least recently used one making room.

use crate::host;
use crate::root::Compiled;
use crate::shared::Plugin;
use crate::{Filter, Vm};
use filter_api::{Slot, Value, namespace};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use xxhash_rust::xxh64::xxh64;

/// What the route of a request says.
pub(crate) enum RoutePolicy<F: Filter> {
    /// Nothing.
    None,
    /// Its own policy.
    Own(Rc<Compiled<F>>),
    /// A policy that cannot be read.
    Bad,
}

/// The policies of routes that one plugin has seen.
pub(crate) struct Routes<F: Filter> {
    seen: Cell<bool>,
    compiled: Cell<bool>,
    uses: Cell<u64>,
    entries: Slot<BTreeMap<u64, Entry<F>>>,
}

struct Entry<F: Filter> {
    content: Vec<u8>,
    policy: Option<Rc<Compiled<F>>>,
    used: u64,
}

/// More distinct policies than any sane route table has.
pub(crate) const CAPACITY: usize = 1024;

impl<F: Filter> Routes<F> {
    pub(crate) fn new() -> Self {
        Self {
            seen: Cell::new(false),
            compiled: Cell::new(false),
            uses: Cell::new(0),
            entries: Slot::default(),
        }
    }

    /// The policy of the current stream's route.
    pub(crate) fn of_request(&self, vm: &Vm<F>, plugin: &Rc<Plugin>) -> RoutePolicy<F> {
        if !self.seen.get() {
            if host::property(F::ROUTE_POLICY).is_err() {
                return RoutePolicy::None;
            }
            self.seen.set(true);
        }
        let Ok(metadata) = host::property(b"xds\0route_metadata") else { return RoutePolicy::None };
        let name = F::ROUTE_POLICY.rsplit(|byte| *byte == 0).next().unwrap_or_default();
        match std::str::from_utf8(name).map(|name| namespace(&metadata, name)) {
            Ok(Ok(None)) => RoutePolicy::None,
            Ok(Ok(Some(content))) => self.find(content, vm, plugin),
            _ => RoutePolicy::Bad,
        }
    }

    /// Whether a policy was compiled since this was last asked.
    pub(crate) fn take_compiled(&self) -> bool {
        self.compiled.take()
    }

    /// The compiled policies that are in use.
    pub(crate) fn live(&self) -> Vec<Rc<Compiled<F>>> {
        self.entries
            .with(|entries| entries.values().filter_map(|entry| entry.policy.clone()).collect())
            .unwrap_or_default()
    }

    fn find(&self, content: &[u8], vm: &Vm<F>, plugin: &Rc<Plugin>) -> RoutePolicy<F> {
        let uses = self.uses.get().wrapping_add(1);
        self.uses.set(uses);
        let key = xxh64(content, 0);
        let known = self.entries.with(|entries| {
            let entry = entries.get_mut(&key).filter(|entry| entry.content == content)?;
            entry.used = uses;
            Some(entry.outcome())
        });
        if let Some(known) = known.flatten() {
            return known;
        }
        let entry = self.compile(content, uses, vm, plugin);
        let outcome = entry.outcome();
        self.entries.with(|entries| {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| entries.len() >= CAPACITY) {
                entries.remove(&oldest);
            }
            entries.insert(key, entry);
        });
        outcome
    }

    fn compile(&self, content: &[u8], used: u64, vm: &Vm<F>, plugin: &Rc<Plugin>) -> Entry<F> {
        let policy = Value::from_struct(content)
            .and_then(|value| Compiled::new(&value, vm, plugin, true))
            .map(Rc::new)
            .map_err(|error| vm.refused("route", &error))
            .ok();
        self.compiled.set(true);
        Entry { content: content.to_vec(), policy, used }
    }
}

impl<F: Filter> Entry<F> {
    fn outcome(&self) -> RoutePolicy<F> {
        self.policy.clone().map_or(RoutePolicy::Bad, RoutePolicy::Own)
    }
}
