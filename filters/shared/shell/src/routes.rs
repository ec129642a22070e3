//! Policies of routes: route metadata, namespace `sluice.<filter>`, in the very schema of the plugin-wide policy, as a tree
//! or as JSON text under `json`.
//!
//! Most routes have none, and that must cost next to nothing: asking for a namespace that is not there is one cheap
//! host call. A namespace that is there comes as nested pairs, slowly and without types; so once one was seen, this
//! plugin asks for the whole `Metadata` message instead and decodes the namespace itself. Envoy serialises that message
//! for each request, which takes microseconds for each kibibyte of policy. A text it only copies; so once a text was
//! seen, texts are asked for first. A text that is not known yet is no answer: the whole message is read again.
//!
//! A policy is compiled once per distinct content (bytes: a hash that a route's author can steer is no proof of
//! sameness) and kept, the least recently used one making room.

use crate::host;
use crate::root::Compiled;
use crate::shared::Plugin;
use crate::{Filter, Vm};
use filter_api::{ConfigError, Slot, Value, namespace};
use std::cell::{Cell, OnceCell};
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
    /// The attribute path of the text, once one was seen.
    text: OnceCell<Vec<u8>>,
    compiled: Cell<bool>,
    uses: Cell<u64>,
    entries: Slot<BTreeMap<u64, Entry<F>>>,
    /// The key of the entry that was used last.
    last: Cell<u64>,
}

struct Entry<F: Filter> {
    form: Form,
    content: Vec<u8>,
    policy: Option<Rc<Compiled<F>>>,
    used: u64,
}

/// How a policy is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A serialised `google.protobuf.Struct`.
    Struct,
    /// JSON.
    Text,
}

/// The one field of a namespace that holds its policy as text.
const TEXT: &str = "json";

/// More distinct policies than any sane route table has.
pub(crate) const CAPACITY: usize = 1024;

impl<F: Filter> Routes<F> {
    pub(crate) fn new() -> Self {
        Self {
            seen: Cell::new(false),
            text: OnceCell::new(),
            compiled: Cell::new(false),
            uses: Cell::new(0),
            entries: Slot::default(),
            last: Cell::new(0),
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
        let text = self.text.get().and_then(|path| host::property(path).ok());
        if let Some(known) = text.and_then(|text| self.known(Form::Text, &text)) {
            return known;
        }
        let Ok(metadata) = host::property(b"xds\0route_metadata") else { return RoutePolicy::None };
        let name = F::ROUTE_POLICY.rsplit(|byte| *byte == 0).next().unwrap_or_default();
        match std::str::from_utf8(name).map(|name| namespace(&metadata, name)) {
            Ok(Ok(None)) => RoutePolicy::None,
            Ok(Ok(Some(content))) => {
                self.known(Form::Struct, content).unwrap_or_else(|| self.read(content, vm, plugin))
            }
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

    /// What became of this content, if it was compiled before.
    fn known(&self, form: Form, content: &[u8]) -> Option<RoutePolicy<F>> {
        let uses = self.uses.get().wrapping_add(1);
        self.uses.set(uses);
        let found = self.entries.with(|entries| {
            let mut find = |key| {
                let entry = entries.get_mut(&key)?;
                (entry.form == form && same_bytes(&entry.content, content)).then(|| {
                    entry.used = uses;
                    entry.outcome()
                })
            };
            find(self.last.get()).or_else(|| {
                let key = xxh64(content, 0);
                find(key).inspect(|_| self.last.set(key))
            })
        });
        found.flatten()
    }

    /// Reads and keeps a namespace that is not known yet, if its text is not.
    fn read(&self, content: &[u8], vm: &Vm<F>, plugin: &Rc<Plugin>) -> RoutePolicy<F> {
        match Value::from_struct(content).map(only_text) {
            Ok(Ok(text)) => {
                self.text.get_or_init(|| [F::ROUTE_POLICY, b"\0", TEXT.as_bytes()].concat());
                let text = text.into_bytes();
                self.known(Form::Text, &text)
                    .unwrap_or_else(|| self.keep(Form::Text, text, Value::from_json, vm, plugin))
            }
            Ok(Err(value)) => self.keep(Form::Struct, content.to_vec(), |_| Ok(value), vm, plugin),
            Err(error) => self.keep(Form::Struct, content.to_vec(), |_| Err(error), vm, plugin),
        }
    }

    fn keep(
        &self,
        form: Form,
        content: Vec<u8>,
        read: impl FnOnce(&[u8]) -> Result<Value, ConfigError>,
        vm: &Vm<F>,
        plugin: &Rc<Plugin>,
    ) -> RoutePolicy<F> {
        let policy = read(&content)
            .and_then(|value| Compiled::new(&value, vm, plugin, true))
            .map(Rc::new)
            .map_err(|error| vm.refused("route", &error))
            .ok();
        self.compiled.set(true);
        let key = xxh64(&content, 0);
        let entry = Entry { form, content, policy, used: self.uses.get() };
        let outcome = entry.outcome();
        self.entries.with(|entries| {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| entries.len() >= CAPACITY) {
                entries.remove(&oldest);
            }
            entries.insert(key, entry);
        });
        self.last.set(key);
        outcome
    }
}

/// The text of a namespace that holds nothing else.
fn only_text(value: Value) -> Result<String, Value> {
    match value {
        Value::Map(mut fields) => match (fields.pop(), fields.is_empty()) {
            (Some((name, Value::Text(text))), true) if name == TEXT => Ok(text),
            (field, _) => {
                fields.extend(field);
                Err(Value::Map(fields))
            }
        },
        other => Err(other),
    }
}

/// Slices of bytes are compared byte by byte in this target's libc; policies have kibibytes.
fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (other_words, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    one.len() == other.len()
        && words
            .iter()
            .zip(other_words)
            .all(|(word, other)| u64::from_ne_bytes(*word) == u64::from_ne_bytes(*other))
        && rest == other_rest
}

impl<F: Filter> Entry<F> {
    fn outcome(&self) -> RoutePolicy<F> {
        self.policy.clone().map_or(RoutePolicy::Bad, RoutePolicy::Own)
    }
}
