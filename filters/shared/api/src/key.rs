//! The key language: what a request is told apart by (`key:`, `sticky:`).

#[cfg(test)]
mod tests;

use crate::cidr::truncate;
use crate::config::{Map, Node};
use crate::request::{cookie, parameter, path_of, query_of, segment};
use crate::{FieldName, RequestHead};
use std::borrow::Cow;
use std::net::IpAddr;

/// Where a key's bytes come from. Only `claim` and `peer` are identity; the others are what a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A verified claim's scalar value, by name or dotted path.
    Claim(String),
    /// The SPIFFE ID of the verified peer.
    PeerSpiffeId,
    /// The first line of a field.
    Header(FieldName),
    /// A cookie's value.
    Cookie(String),
    /// A query parameter's decoded value.
    Query(String),
    /// The client's address, cut to a prefix length for IPv4 and one for IPv6.
    SourceIp {
        /// 1 to 32; default 32.
        v4_prefix: u8,
        /// 1 to 128; default 128.
        v6_prefix: u8,
    },
    /// A segment of the path, counted from 1.
    PathSegment(usize),
    /// The request method.
    Method,
    /// The name of the route.
    Route,
}

impl Key {
    /// Reads one key: a mapping with exactly one field.
    #[must_use]
    pub fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let found: Vec<_> =
            NAMES.iter().filter_map(|name| map.field(name).map(|node| (*name, node))).collect();
        let key = match found.as_slice() {
            [] => node.refuse(format_args!("needs one of {}", NAMES.join(", "))),
            [(name, field)] => Self::read_one(name, field),
            [(first, _), (second, _), ..] => node.refuse(format_args!("has both {first} and {second}")),
        };
        map.finish();
        key
    }

    fn read_one(name: &str, node: &Node<'_>) -> Option<Self> {
        Some(match name {
            "claim" => Self::Claim(non_empty(node)?),
            "peer" => match node.text()? {
                "spiffe_id" => Self::PeerSpiffeId,
                other => return node.refuse(format_args!("`{other}` is unknown, known here: spiffe_id")),
            },
            "header" => Self::Header(node.parse(FieldName::parse)?),
            "cookie" => Self::Cookie(non_empty(node)?),
            "query" => Self::Query(non_empty(node)?),
            "source_ip" => {
                let mut map = node.map()?;
                let v4_prefix = prefix(&mut map, "v4_prefix", 32);
                let v6_prefix = prefix(&mut map, "v6_prefix", 128);
                map.finish();
                Self::SourceIp { v4_prefix, v6_prefix }
            }
            "path_segment" => Self::PathSegment(usize::try_from(node.whole(1, 64)?).ok()?),
            "method" => empty(node, Self::Method)?,
            _ => empty(node, Self::Route)?,
        })
    }

    /// The key's bytes; `None` if the request has none, or an empty one.
    #[must_use]
    pub fn extract<'r>(&self, request: &'r impl RequestHead) -> Option<Cow<'r, [u8]>> {
        let key = match self {
            Self::Claim(path) => Cow::Borrowed(request.identity()?.claim(path)?.scalar()?),
            Self::PeerSpiffeId => Cow::Owned(request.peer()?.as_str().as_bytes().to_vec()),
            Self::Header(name) => Cow::Borrowed(request.fields().first(name.as_str())?),
            Self::Cookie(name) => Cow::Borrowed(cookie(request.fields(), name)?),
            Self::Query(name) => parameter(query_of(request.fields())?, name)?,
            Self::SourceIp { v4_prefix, v6_prefix } => {
                let address = request.source_ip()?;
                let prefix = if address.is_ipv4() { *v4_prefix } else { *v6_prefix };
                Cow::Owned(octets(truncate(address, prefix)))
            }
            Self::PathSegment(number) => Cow::Borrowed(segment(path_of(request.fields())?, *number)?),
            Self::Method => Cow::Borrowed(request.fields().first(":method")?),
            Self::Route => Cow::Borrowed(request.route_name()?),
        };
        (!key.is_empty()).then_some(key)
    }
}

/// `{}`: the key has no settings.
fn empty(node: &Node<'_>, key: Key) -> Option<Key> {
    node.map()?.finish();
    Some(key)
}

/// In text form, so that an address in a header and the same address of the connection are the same key.
fn octets(address: IpAddr) -> Vec<u8> {
    address.to_string().into_bytes()
}

fn prefix(map: &mut Map<'_>, name: &'static str, width: u8) -> u8 {
    let read = map.optional(name, |node| u8::try_from(node.whole(1, u64::from(width))?).ok());
    read.unwrap_or(width)
}

fn non_empty(node: &Node<'_>) -> Option<String> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.to_owned()),
    }
}

const NAMES: [&str; 9] =
    ["claim", "peer", "header", "cookie", "query", "source_ip", "path_segment", "method", "route"];
