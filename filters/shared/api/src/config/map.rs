//! A mapping whose every key must be asked for.

use super::Node;
use crate::value::Value;
use std::collections::BTreeSet;

/// The fields of one mapping. What nobody asked for when [`Map::finish`] is called is an unknown field.
#[derive(Debug)]
pub struct Map<'a> {
    node: Node<'a>,
    entries: &'a [(String, Value)],
    known: Vec<&'static str>,
}

impl<'a> Map<'a> {
    pub(super) fn new(node: Node<'a>, entries: &'a [(String, Value)]) -> Self {
        let map = Self { node, entries, known: Vec::new() };
        let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
        for (key, _) in entries {
            if !seen.insert(key) && repeated.insert(key) {
                map.note(key, "given twice");
            }
        }
        map
    }

    /// The mapping itself, to note a problem that concerns several of its fields.
    #[must_use]
    pub fn node(&self) -> &Node<'a> {
        &self.node
    }

    /// Reads a field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        reader: impl FnOnce(Node<'a>) -> Option<T>,
    ) -> Option<T> {
        if let Some(field) = self.field(name) {
            return reader(field);
        }
        self.note(name, "missing");
        None
    }

    /// Reads a field that may be absent. `None` also when it is there and refused.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        reader: impl FnOnce(Node<'a>) -> Option<T>,
    ) -> Option<T> {
        self.field(name).and_then(reader)
    }

    /// A field as it stands, to be read later.
    pub fn field(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.known.push(name);
        let (_, value) = self.entries.iter().find(|(key, _)| key == name)?;
        Some(self.node.child(&self.suffix(name), value))
    }

    /// Reads every entry of a mapping whose keys the user chooses.
    pub fn each<T>(self, mut reader: impl FnMut(&'a str, Node<'a>) -> Option<T>) -> Option<Vec<T>> {
        let read: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| reader(key, self.node.child(&self.suffix(key), value)))
            .collect();
        read.into_iter().collect()
    }

    /// Notes every field that nobody asked for.
    pub fn finish(self) {
        let mut noted = BTreeSet::new();
        for (key, _) in self.entries {
            if !self.known.contains(&key.as_str()) && noted.insert(key) {
                self.note(key, &format!("unknown field, known here: {}", self.known.join(", ")));
            }
        }
    }

    fn note(&self, key: &str, message: &str) {
        self.node.note_at(&format!("{}{}", self.node.path(), self.suffix(key)), message);
    }

    fn suffix(&self, key: &str) -> String {
        let key = if key.is_empty() { "\"\"" } else { key };
        if self.node.path().is_empty() { key.to_owned() } else { format!(".{key}") }
    }
}
