//! A document that knows on which line each of its parts stands.

#[cfg(test)]
mod tests;

use filter_api::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// Counted from 1; of an alias (`*name`) the line where it is used.
    pub line: u64,
    /// What stands there.
    pub node: Node,
}

/// What a value is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`, a boolean, a number, a string.
    Scalar(Value),
    /// A sequence.
    List(Vec<Located>),
    /// A mapping, in document order, duplicates included.
    Map(Vec<Entry>),
}

/// A field of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Where the name stands.
    pub line: u64,
    /// Its value.
    pub value: Located,
}

impl Located {
    /// A value of which nothing but this line is known.
    #[must_use]
    pub fn all_on(line: u64, value: Value) -> Self {
        let node = match value {
            Value::List(items) => {
                Node::List(items.into_iter().map(|item| Self::all_on(line, item)).collect())
            }
            Value::Map(entries) => {
                let entry = |(key, value)| Entry { key, line, value: Self::all_on(line, value) };
                Node::Map(entries.into_iter().map(entry).collect())
            }
            scalar => Node::Scalar(scalar),
        };
        Self { line, node }
    }

    /// What was read from the text of a string, placed in the file where the string begins on `line`.
    ///
    /// Below `value: |` the text stands line by line, and so do its parts. In quotes nobody knows: all of it is then on
    /// the line of the string.
    #[must_use]
    pub fn placed(self, line: u64, text: &str, source: &[&str]) -> Self {
        let as_it_stands = |before: &u64| {
            let before = usize::try_from(*before).unwrap_or(usize::MAX);
            text.lines().enumerate().all(|(place, wanted)| {
                source.get(before.saturating_add(place)).is_some_and(|found| found.trim() == wanted.trim())
            })
        };
        // It begins on this line, or on the next one.
        match [line.saturating_sub(1), line].into_iter().find(as_it_stands) {
            Some(before) => self.moved(before),
            None => Self::all_on(line, self.value()),
        }
    }

    /// The same, further down.
    fn moved(mut self, by: u64) -> Self {
        self.line = self.line.saturating_add(by);
        self.node = match self.node {
            Node::Scalar(value) => Node::Scalar(value),
            Node::List(items) => Node::List(items.into_iter().map(|item| item.moved(by)).collect()),
            Node::Map(entries) => {
                let entry = |Entry { key, line, value }| Entry {
                    key,
                    line: line.saturating_add(by),
                    value: value.moved(by),
                };
                Node::Map(entries.into_iter().map(entry).collect())
            }
        };
        self
    }

    /// The value alone, as a filter gets it.
    #[must_use]
    pub fn value(&self) -> Value {
        match &self.node {
            Node::Scalar(value) => value.clone(),
            Node::List(items) => Value::List(items.iter().map(Self::value).collect()),
            Node::Map(entries) => {
                Value::Map(entries.iter().map(|entry| (entry.key.clone(), entry.value.value())).collect())
            }
        }
    }

    /// The fields of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let Node::Map(entries) = &self.node { entries } else { &[] }
    }

    /// The items of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        if let Node::List(items) = &self.node { items } else { &[] }
    }

    /// A string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Node::Scalar(Value::Text(text)) = &self.node { Some(text) } else { None }
    }

    /// A string that stands in a field.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.text()
    }

    /// Whether a field is `true`.
    #[must_use]
    pub fn is_true(&self, path: &[&str]) -> bool {
        self.at(path).is_some_and(|found| found.node == Node::Scalar(Value::Bool(true)))
    }

    /// A field by its name. Envoy reads `vmConfig` for `vm_config` as well, and so does this.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let entries = self.entries();
        let exact = entries.iter().find(|entry| entry.key == name);
        exact.or_else(|| entries.iter().find(|entry| is_camel(&entry.key, name))).map(|entry| &entry.value)
    }

    /// What stands below several fields.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| node.field(step))
    }

    /// What stands directly below.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.entries().iter().map(|entry| &entry.value).chain(self.items())
    }

    /// This value and all below it, in document order.
    #[must_use]
    pub fn all(&self) -> Vec<&Self> {
        let mut found = vec![self];
        for child in self.children() {
            found.extend(child.all());
        }
        found
    }

    /// The line of what a problem's path names (`rules[0].when.path`). What is not there, such as a missing field, has the
    /// line of the innermost part that is.
    ///
    /// * `last`: for a field that stands there twice, the second one.
    #[must_use]
    pub fn line_of(&self, path: &str, last: bool) -> u64 {
        self.find(path.strip_prefix('.').unwrap_or(path), last).1
    }

    /// How much of the path was found, and the line there.
    fn find(&self, path: &str, last: bool) -> (usize, u64) {
        let here = (0, self.line);
        let further = |used: usize, line: u64, value: &Self| {
            let rest = path.get(used..).unwrap_or("");
            let dot = usize::from(rest.starts_with('.'));
            let (deeper, found) = value.find(rest.get(dot..).unwrap_or(""), last);
            // A field stands where its name does; what is inside, where it begins.
            (used + dot + deeper, if deeper == 0 { line } else { found })
        };
        match &self.node {
            Node::Scalar(_) => here,
            Node::List(items) => path
                .strip_prefix('[')
                .and_then(|rest| rest.split_once(']'))
                .and_then(|(place, _)| Some((place.len() + 2, items.get(place.parse::<usize>().ok()?)?)))
                .map_or(here, |(used, item)| further(used, item.line, item)),
            // Names may hold dots: the field that explains most of the path is the one.
            Node::Map(entries) => {
                let mut best = here;
                for entry in entries {
                    let name = if entry.key.is_empty() { "\"\"" } else { &entry.key };
                    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
                    if path.strip_prefix(name).is_some_and(ends) {
                        let found = further(name.len(), entry.line, &entry.value);
                        best = if found.0 > best.0 || (last && found.0 == best.0) { found } else { best };
                    }
                }
                best
            }
        }
    }
}

/// Whether `camel` is the JSON name of a protobuf field.
fn is_camel(camel: &str, name: &str) -> bool {
    let mut parts = name.split('_');
    let mut rest = camel;
    let first = parts.next().unwrap_or_default();
    let Some(behind) = rest.strip_prefix(first) else { return false };
    rest = behind;
    for part in parts {
        let mut letters = part.chars();
        let Some(head) = letters.next() else { return false };
        let Some(behind) =
            rest.strip_prefix(head.to_ascii_uppercase()).and_then(|rest| rest.strip_prefix(letters.as_str()))
        else {
            return false;
        };
        rest = behind;
    }
    rest.is_empty()
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Node>::deserialize(deserializer)?;
        Ok(Self { line: spanned.referenced.line(), node: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Number(value)))
    }

    #[expect(clippy::cast_precision_loss, reason = "a filter gets doubles too")]
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Number(value as f64)))
    }

    #[expect(clippy::cast_precision_loss, reason = "a filter gets doubles too")]
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Number(value as f64)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Text(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let value = entries.next_value()?;
            map.push(Entry { key: key.value, line: key.referenced.line(), value });
        }
        Ok(Node::Map(map))
    }
}
