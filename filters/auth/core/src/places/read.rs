//! `from:`: a list of places.

use super::{Place, Prefix};
use filter_api::config::Node;
use filter_api::{FieldName, is_token};

impl Place {
    /// Where tokens are if a policy does not say: `authorization`, behind `Bearer ` (RFC 6750 section 2.1).
    #[must_use]
    pub fn standard() -> Vec<Self> {
        let name = FieldName::parse("authorization").ok();
        name.map(|name| Self::Header { name, prefix: Some(Prefix::bearer()) }).into_iter().collect()
    }

    /// Reads `from:`.
    #[must_use]
    pub fn read_list(node: &Node<'_>) -> Option<Vec<Self>> {
        let mut seen = Vec::new();
        node.non_empty(|node| {
            let place = Self::read(&node)?;
            if seen.contains(&place) {
                return node.refuse("is the same place as one before it");
            }
            seen.push(place.clone());
            Some(place)
        })
    }

    fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let (header, prefix) = (map.field("header"), map.field("prefix"));
        let (cookie, query) = (map.field("cookie"), map.field("query"));
        map.finish();
        if let (None, Some(prefix)) = (&header, &prefix) {
            return prefix.refuse("goes with header only");
        }
        match (header, cookie, query) {
            (Some(header), None, None) => {
                let name = header.parse(FieldName::parse_writable);
                // Both are read, so that both problems show.
                let prefix = prefix.map(|prefix| prefix.parse(Prefix::parse));
                match name? {
                    name if name.as_str() == "cookie" => {
                        header.refuse("cookies are read by `cookie: <name>`")
                    }
                    name => {
                        Some(Self::Header { name, prefix: prefix.map_or(Some(None), |read| read.map(Some))? })
                    }
                }
            }
            (None, Some(cookie), None) => match cookie.text()? {
                name if is_name(name, is_token) => Some(Self::Cookie(name.to_owned())),
                _ => cookie.refuse("is not a cookie name"),
            },
            (None, None, Some(query)) => match query.text()? {
                name if is_name(name, is_unreserved) => Some(Self::Query(name.to_owned())),
                _ => query.refuse("is not a name of A-Z a-z 0-9 - . _ ~"),
            },
            (None, None, None) => node.refuse("needs one of header, cookie, query"),
            _ => node.refuse("has more than one of header, cookie, query; make each an item of its own"),
        }
    }
}

fn is_name(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    (1..=MAX_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

const MAX_BYTES: usize = 256;
