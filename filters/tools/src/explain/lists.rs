//! Predicates and keys of a policy, asked one by one.

use super::answer::{Explanation, Line};
use super::supply::Supply;
use super::trace::trace;
use crate::request::Request;
use crate::tree::field;
use filter_api::{FetchedList, Key, Lists, NamedList, Predicate, Value, config};
use std::rc::Rc;

/// The lists of a policy, filled as far as there is something to fill them with.
pub(super) struct Conditions<'r> {
    request: &'r Request,
    lists: Box<Lists>,
}

impl<'r> Conditions<'r> {
    /// # Errors
    /// A list that cannot be read.
    pub(super) fn new(policy: &Value, request: &'r Request, supply: &Supply) -> Result<Self, String> {
        let lists: Vec<Rc<NamedList>> = match field(policy, "lists") {
            None => Vec::new(),
            Some(lists) => {
                config::read(lists, |node| NamedList::read_all(&node)).map_err(|error| error.to_string())?
            }
        };
        supply.install(&FetchedList::documents(&lists), request.time)?;
        Ok(Self { request, lists: lists.into_boxed_slice() })
    }

    /// Whether a predicate holds.
    pub(super) fn holds(&self, when: &Value) -> bool {
        let predicate = config::read(when, |node| Predicate::read(&node, &self.lists));
        predicate.is_ok_and(|predicate| predicate.matches(self.request))
    }

    /// The parts of a predicate.
    pub(super) fn trace(&self, when: Option<&Value>) -> Vec<Line> {
        when.map(|when| trace(when, &|part| self.holds(part))).unwrap_or_default()
    }

    /// What a key of the policy is of this request, as text.
    pub(super) fn key(&self, key: &Value) -> Option<String> {
        let key = config::read(key, |node| Key::read(&node)).ok()?;
        let bytes = key.extract(self.request)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// Says of a policy's documents that they are not there.
pub(super) fn note_missing(missing: &[(&'static str, String)], explanation: &mut Explanation) {
    for (kind, name) in missing {
        let (option, taken) = match *kind {
            "list" => (format!("--list {name}=FILE"), "nobody is on it"),
            "revocations" => ("--revoked FILE".to_owned(), "nothing is revoked"),
            "bundle" => (format!("--bundle {name}=FILE"), "there are no keys"),
            _ => (format!("--keys {name}=FILE"), "there are no keys"),
        };
        explanation.undecided.push(format!("{kind} {name} is fetched; taken as if {taken}: {option}"));
    }
}
