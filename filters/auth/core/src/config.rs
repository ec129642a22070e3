//! A policy document becomes a [`Policy`], or every problem in it.

mod issuers; // providers:, spiffe:
mod keys; // http:, inline:
mod rules; // rules:
#[cfg(test)]
mod tests;

use crate::Policy;
use crate::counters::Counters;
use crate::forward::Reserved;
use crate::identity::Callers;
use crate::keys::FetchedKeys;
use crate::logged::Logged;
use crate::peer::XFCC;
use crate::places::{Place, Places};
use crate::provider::Issuers;
use crate::revoked::Revoked;
use filter_api::config::{self, Map, Node};
use filter_api::{ConfigError, FieldName, HttpSource, Name, SourceDefaults, Value};
use std::rc::Rc;
use std::time::Duration;

/// What the parts of a document add up to while it is read.
#[derive(Default)]
struct Reading {
    callers: Rc<Callers>,
    fetched: Vec<Rc<FetchedKeys>>,
    places: Places,
    reserved: Reserved,
    /// Where tokens may be, and the fields that are set: no field may be both.
    headers: Vec<FieldName>,
}

pub(crate) fn read_policy(value: &Value) -> Result<Policy, ConfigError> {
    config::read(value, |node| {
        let mut map = node.map()?;
        let mut reading = Reading::default();
        let xfcc = FieldName::parse_writable(XFCC).ok()?;
        node.accept(reading.reserved.add(&xfcc))?;
        // Names are known even if something else about their bearer is wrong, so that rules are checked all the same.
        let mut names: Vec<Name> = Vec::new();
        let providers = map.optional("providers", |node| issuers::providers(&node, &mut reading, &mut names));
        let mut has_svids = false;
        let spiffe = map
            .optional("spiffe", |node| issuers::spiffe(&node, &mut reading, &mut has_svids))
            .unwrap_or_default();
        let revoked = map.optional("revoked", |node| revoked(&node, &reading));
        let known = rules::Known { providers: &names, has_svids, reserved: &reading.reserved };
        let rules = map.required("rules", |node| rules::rules(&node, &known));
        let log = map.optional("log", logged).unwrap_or_default();
        let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
        map.finish();

        let rules = rules?;
        let Reading { callers, fetched, places, reserved, headers: _ } = reading;
        let issuers = Issuers { providers: providers.unwrap_or_default(), svids: spiffe.svids };
        let revoked = revoked.map(Rc::new);
        let rule_names: Vec<_> = rules.iter().map(|rule| &rule.name).collect();
        let dry = dry_run || rules.iter().any(|rule| rule.dry_run);
        let counters = Counters::new(&rule_names, &issuers.names(), dry, revoked.is_some());
        let xfcc = spiffe.xfcc;
        Some(Policy {
            issuers,
            xfcc,
            revoked,
            rules,
            places,
            reserved,
            callers,
            fetched,
            counters,
            log,
            dry_run,
        })
    })
}

impl Reading {
    /// Takes up a field that the policy sets.
    fn reserve(&mut self, node: &Node<'_>, field: &FieldName) -> Option<()> {
        let name = field.as_str();
        if matches!(name, "authorization" | "cookie" | "set-cookie") || name == XFCC {
            return node.refuse(format_args!("{name} carries what others write, the claim would replace it"));
        }
        if self.headers.contains(field) {
            return node.refuse(format_args!("{name} is where tokens come from"));
        }
        node.accept(self.reserved.add(field))
    }

    /// Takes up places of tokens.
    fn look_in(&mut self, node: &Node<'_>, places: &[Place]) -> Option<crate::places::PlaceSet> {
        for place in places {
            if let Place::Header { name, .. } = place {
                if self.reserved.has(name) {
                    return node.refuse(format_args!("{} is set by the policy itself", name.as_str()));
                }
                self.headers.push(name.clone());
            }
        }
        match self.places.add(places) {
            Some(set) => Some(set),
            None => node.refuse("makes more than 64 places for tokens in all"),
        }
    }
}

fn logged(node: Node<'_>) -> Option<Vec<Logged>> {
    let mut seen = Vec::new();
    node.list(|item| {
        let text = item.text()?;
        let Some(logged) = Logged::ALL.into_iter().find(|logged| logged.name() == text) else {
            let names = Logged::ALL.map(Logged::name).join(", ");
            return item.refuse(format_args!("`{text}` is none of {names}"));
        };
        if seen.contains(&logged) {
            return item.refuse("is there twice");
        }
        seen.push(logged);
        Some(logged)
    })
}

fn revoked(node: &Node<'_>, reading: &Reading) -> Option<Revoked> {
    let mut map = node.map()?;
    let source = map.required("http", |node| {
        let mut map = node.map()?;
        let source = HttpSource::read_fields(&mut map, REVOCATIONS);
        map.finish();
        source
    });
    let required = map.optional("required", |node| node.boolean()).unwrap_or(false);
    map.finish();
    let name = Name::parse("revoked").ok()?;
    Some(Revoked::new(name, source?, required, &reading.callers))
}

/// A text with something in it.
fn non_empty(node: Node<'_>) -> Option<String> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.to_owned()),
    }
}

/// Several texts, each once.
fn distinct(node: Node<'_>) -> Option<Vec<String>> {
    let mut seen = Vec::new();
    node.non_empty(|item| {
        let text = non_empty(item.clone())?;
        if seen.contains(&text) {
            return item.refuse("is there twice");
        }
        seen.push(text.clone());
        Some(text)
    })
}

/// A span of time within bounds.
fn span(map: &mut Map<'_>, name: &'static str, min: Duration, max: Duration) -> Option<Duration> {
    map.optional(name, |node| {
        let span = node.parse(filter_api::parse_duration)?;
        if span < min {
            return node.refuse(format_args!("is shorter than {min:?}"));
        }
        if span > max {
            return node.refuse(format_args!("is longer than {max:?}"));
        }
        Some(span)
    })
}

const REVOCATIONS: SourceDefaults = SourceDefaults {
    refresh: Duration::from_secs(10),
    max_bytes: 1024 * 1024,
    // It is read in one go, at about 20 ms for each MiB.
    most_bytes: 16 * 1024 * 1024,
};
