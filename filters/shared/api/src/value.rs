//! The configuration tree: what a policy file says, before anybody knows what it means.
//!
//! Envoy hands a policy over as JSON (`google.protobuf.StringValue`, Istio, Envoy Gateway) or as a serialised
//! `google.protobuf.Struct` (`Struct` configuration, route metadata). Both become a [`Value`]; the CLI adds YAML.

mod json;
mod protobuf;
#[cfg(test)]
mod tests;

use crate::config::ConfigError;
use crate::order::ascending;
use std::hash::Hasher as _;
use xxhash_rust::xxh64::Xxh64;

pub use protobuf::{WireError, namespace};

/// One node of a configuration document.
///
/// Maps keep their order and their duplicates, so that a reader can refuse a field that is given twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, or a YAML key without a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number. `Struct` knows doubles only, so integers are exact up to 2^53.
    Number(f64),
    /// A string.
    Text(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping, in document order, duplicates included.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Reads what `proxy_on_configure` finds: nothing (an empty map), JSON, or a serialised `Struct`.
    ///
    /// A `Struct` begins with byte 0x0A, which JSON takes for white space. No text is both: each entry of a `Struct`
    /// holds byte 0x12, the tag of its value, which JSON allows nowhere. The reverse does not hold, protobuf skips
    /// what it does not know, so JSON is tried first.
    ///
    /// # Errors
    /// One problem at path `` that says what is wrong with the document as a whole.
    pub fn from_configuration(bytes: &[u8]) -> Result<Self, ConfigError> {
        match bytes.first() {
            None => Ok(Self::Map(Vec::new())),
            Some(0x0A) => Self::from_json(bytes).or_else(|not_json| {
                let meant_as_json = bytes.trim_ascii_start().first() == Some(&b'{');
                Self::from_struct(bytes)
                    .map_err(|not_struct| if meant_as_json { not_json } else { not_struct })
            }),
            Some(_) => Self::from_json(bytes),
        }
    }

    /// Reads one JSON document (RFC 8259), at most 128 levels deep.
    ///
    /// # Errors
    /// What `serde_json` says, with line and column.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ConfigError> {
        json::read(bytes).map_err(|error| ConfigError::one("", format!("not valid JSON: {error}")))
    }

    /// Reads a serialised `google.protobuf.Struct`, at most 64 levels deep.
    ///
    /// # Errors
    /// [`WireError`] as a problem of the whole document.
    pub fn from_struct(bytes: &[u8]) -> Result<Self, ConfigError> {
        protobuf::read_struct(bytes)
            .map_err(|error| ConfigError::one("", format!("not a google.protobuf.Struct: {error}")))
    }

    /// The same for equal documents, whatever the order of their map entries: protobuf maps have none. The same on
    /// every machine too.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = Xxh64::new(0);
        self.feed(&mut hasher);
        hasher.finish()
    }

    /// What a message calls this kind of node.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }

    fn feed(&self, hasher: &mut Xxh64) {
        match self {
            Self::Null => hasher.update(b"n"),
            Self::Bool(yes) => hasher.update(if *yes { b"t" } else { b"f" }),
            Self::Number(number) => {
                hasher.update(b"#");
                // -0 equals 0, and adding 0 makes it so bit by bit.
                hasher.update(&(number + 0.0).to_bits().to_le_bytes());
            }
            Self::Text(text) => feed_text(b"s", text, hasher),
            Self::List(items) => {
                hasher.update(b"[");
                items.iter().for_each(|item| item.feed(hasher));
                hasher.update(b"]");
            }
            Self::Map(entries) => {
                let key = |place: usize| entries.get(place).map(|(key, _)| key);
                let sorted = ascending(entries.len(), &|a, b| key(a).cmp(&key(b)));
                hasher.update(b"{");
                for (key, value) in sorted.into_iter().filter_map(|place| entries.get(place)) {
                    feed_text(b"k", key, hasher);
                    value.feed(hasher);
                }
                hasher.update(b"}");
            }
        }
    }
}

fn feed_text(tag: &[u8; 1], text: &str, hasher: &mut Xxh64) {
    hasher.update(tag);
    // Not as a usize: it has four bytes in the filter and eight in the tool that renders policies.
    hasher.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
    hasher.update(text.as_bytes());
}
