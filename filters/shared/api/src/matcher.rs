//! String matchers: `exact`, `prefix`, `suffix`, `regex`, `in`, `contains`, `present`.

#[cfg(test)]
mod tests;

use crate::config::{Map, Node};
use crate::order::ascending;
use crate::{Claim, Regex};

/// One way to look at a value. Bytes are compared as they are; case counts.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Equal.
    Exact(Vec<u8>),
    /// Begins with.
    Prefix(Vec<u8>),
    /// Ends with.
    Suffix(Vec<u8>),
    /// The pattern matches the whole value.
    Regex(Box<Regex>),
    /// Equal to one of these; sorted.
    In(Vec<Vec<u8>>),
    /// A list-valued field or claim has this item.
    Contains(Vec<u8>),
    /// The value is there (`true`) or not (`false`).
    Present(bool),
}

impl Matcher {
    /// Reads the one matcher that a predicate has, and marks all their names as known.
    ///
    /// Notes a problem if there is none or more than one: two would contradict or repeat each other.
    pub fn read(map: &mut Map<'_>) -> Option<Self> {
        let fields: Vec<_> =
            NAMES.iter().filter_map(|name| map.field(name).map(|node| (*name, node))).collect();
        match fields.as_slice() {
            [] => map.node().refuse(format_args!("needs one of {}", NAMES.join(", "))),
            [(name, node)] => Self::read_one(name, node),
            [(first, _), (second, _), ..] => {
                map.node().refuse(format_args!("has both {first} and {second}; use all, any or one of them"))
            }
        }
    }

    fn read_one(name: &str, node: &Node<'_>) -> Option<Self> {
        let bytes = |node: &Node<'_>| node.text().map(|text| text.as_bytes().to_vec());
        Some(match name {
            "exact" => Self::Exact(bytes(node)?),
            "prefix" => Self::Prefix(non_empty(node)?),
            "suffix" => Self::Suffix(non_empty(node)?),
            "regex" => Self::Regex(Box::new(node.parse(Regex::parse)?)),
            "in" => {
                let given = node.non_empty(|item| bytes(&item))?;
                let sorted = ascending(given.len(), &|a, b| given.get(a).cmp(&given.get(b)));
                let values: Vec<_> =
                    sorted.into_iter().filter_map(|place| given.get(place).cloned()).collect();
                if values.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                    return node.refuse("names a value twice");
                }
                Self::In(values)
            }
            "contains" => Self::Contains(non_empty(node)?),
            _ => Self::Present(node.boolean()?),
        })
    }

    /// Whether one scalar value satisfies this; `contains` sees comma-separated items (RFC 9110 section 5.6.1).
    #[must_use]
    pub fn matches(&self, value: Option<&[u8]>) -> bool {
        let Some(value) = value else { return matches!(self, Self::Present(false)) };
        match self {
            Self::Exact(wanted) => value == wanted,
            Self::Prefix(prefix) => value.starts_with(prefix),
            Self::Suffix(suffix) => value.ends_with(suffix),
            Self::Regex(regex) => regex.is_match(value),
            Self::In(values) => values.binary_search_by(|one| one.as_slice().cmp(value)).is_ok(),
            Self::Contains(item) => value.split(|byte| *byte == b',').any(|one| one.trim_ascii() == item),
            Self::Present(wanted) => *wanted,
        }
    }

    /// Whether a verified claim satisfies this. `contains` sees the items of a list and the words of a text, `present`
    /// sees all claims, and every other matcher wants a scalar.
    #[must_use]
    pub fn matches_claim(&self, claim: Option<Claim<'_>>) -> bool {
        match (self, claim) {
            (Self::Contains(item), Some(claim)) => claim.contains(item),
            (Self::Present(wanted), claim) => claim.is_some() == *wanted,
            (matcher, claim) => matcher.matches(claim.and_then(Claim::scalar)),
        }
    }

    /// Whether any of the lines of a field satisfies this; `present: false` wants no line at all.
    pub fn matches_any<'v>(&self, mut lines: impl Iterator<Item = &'v [u8]>) -> bool {
        match self {
            Self::Present(wanted) => lines.next().is_some() == *wanted,
            _ => lines.any(|line| self.matches(Some(line))),
        }
    }
}

/// An empty prefix, suffix or item would match everything: surely a mistake.
fn non_empty(node: &Node<'_>) -> Option<Vec<u8>> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.as_bytes().to_vec()),
    }
}

const NAMES: [&str; 7] = ["exact", "prefix", "suffix", "regex", "in", "contains", "present"];
