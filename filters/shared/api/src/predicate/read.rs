//! Predicates out of a policy document.

use super::{Predicate, vain};
use crate::config::{Map, Node};
use crate::{Cidr, FieldName, Key, Matcher, NamedList};
use filter_spiffe::Pattern;
use std::rc::Rc;

/// The lists that a policy names.
pub type Lists = [Rc<NamedList>];

impl Predicate {
    /// Reads a predicate: a mapping with exactly one field. `lists` are those that it may name.
    #[must_use]
    pub fn read(node: &Node<'_>, lists: &Lists) -> Option<Self> {
        Self::read_nested(node, lists, MAX_DEPTH)
    }

    fn read_nested(node: &Node<'_>, lists: &Lists, depth: u8) -> Option<Self> {
        let Some(depth) = depth.checked_sub(1) else {
            return node.refuse(format_args!("is nested deeper than {MAX_DEPTH} levels"));
        };
        let mut map = node.map()?;
        let found: Vec<_> =
            NAMES.iter().filter_map(|name| map.field(name).map(|node| (*name, node))).collect();
        let predicate = match found.as_slice() {
            [] => node.refuse(format_args!("needs one of {}", NAMES.join(", "))),
            [(name, field)] => Self::read_one(name, field, lists, depth),
            [(first, _), (second, _), ..] => {
                node.refuse(format_args!("has both {first} and {second}; combine them with all or any"))
            }
        };
        map.finish();
        predicate
    }

    fn read_one(name: &str, node: &Node<'_>, lists: &Lists, depth: u8) -> Option<Self> {
        let nested = |item: Node<'_>| Self::read_nested(&item, lists, depth);
        Some(match name {
            "path" => Self::Path(matcher(node, vain::path)?),
            "method" => Self::Method(matcher(node, vain::scalar)?),
            "authority" => Self::Authority(matcher(node, vain::authority)?),
            "header" => {
                let field = |name: Node<'_>| name.parse(FieldName::parse);
                named(node, field, vain::list).map(|(name, how)| Self::Header(name, how))?
            }
            "cookie" => named(node, text, vain::scalar).map(|(name, how)| Self::Cookie(name, how))?,
            "query" => named(node, text, vain::scalar).map(|(name, how)| Self::Query(name, how))?,
            "claim" => named(node, text, vain::list).map(|(name, how)| Self::Claim(name, how))?,
            "peer" => Self::read_peer(node)?,
            "source_ip" => {
                let mut map = node.map()?;
                let networks = map.required("in", |node| node.non_empty(|item| item.parse(Cidr::parse)));
                map.finish();
                Self::SourceIp(networks?)
            }
            "list" => Self::read_list(node, lists)?,
            "all" => Self::All(node.non_empty(nested)?),
            "any" => Self::Any(node.non_empty(nested)?),
            _ => Self::Not(Box::new(Self::read_nested(node, lists, depth)?)),
        })
    }

    /// `[patterns]`, or `{in: [patterns]}`, `{exact: pattern}`, `{present: true}`.
    fn read_peer(node: &Node<'_>) -> Option<Self> {
        let pattern = |item: Node<'_>| item.parse(Pattern::parse);
        if matches!(node.value(), crate::Value::List(_)) {
            return Some(Self::Peer(node.non_empty(pattern)?));
        }
        let mut map = node.map()?;
        let (many, one) = (map.field("in"), map.field("exact"));
        let present = map.field("present");
        let predicate = match (many, one, present) {
            (Some(many), None, None) => many.non_empty(pattern).map(Self::Peer),
            (None, Some(one), None) => pattern(one).map(|one| Self::Peer(vec![one])),
            (None, None, Some(present)) => present.boolean().map(Self::PeerPresent),
            _ => node.refuse("needs one of in, exact, present"),
        };
        map.finish();
        predicate
    }

    fn read_list(node: &Node<'_>, lists: &Lists) -> Option<Self> {
        let mut map = node.map()?;
        let list = map.required("name", |node| {
            let name = node.text()?;
            match lists.iter().find(|list| list.name().as_str() == name) {
                Some(list) => Some(Rc::clone(list)),
                None => node.refuse(format_args!("`{name}` is not among the policy's lists")),
            }
        });
        let key = map.required("key", |node| Key::read(&node));
        map.finish();
        Some(Self::List(list?, key?))
    }
}

fn matcher(node: &Node<'_>, vain: Vain) -> Option<Matcher> {
    let mut map = node.map()?;
    let matcher = Matcher::read(&mut map);
    map.finish();
    within_reach(node, matcher?, vain)
}

fn named<N>(node: &Node<'_>, name: impl FnOnce(Node<'_>) -> Option<N>, vain: Vain) -> Option<(N, Matcher)> {
    let mut map: Map<'_> = node.map()?;
    let name = map.required("name", name);
    let matcher = Matcher::read(&mut map);
    map.finish();
    let matcher = within_reach(node, matcher?, vain);
    Some((name?, matcher?))
}

/// Why no request satisfies a matcher.
type Vain = fn(&Matcher) -> Option<String>;

/// A condition that never holds is a mistake, and one that `not` turns into a condition that always does.
fn within_reach(node: &Node<'_>, matcher: Matcher, vain: Vain) -> Option<Matcher> {
    match vain(&matcher) {
        Some(reason) => node.refuse(reason),
        None => Some(matcher),
    }
}

fn text(node: Node<'_>) -> Option<String> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.to_owned()),
    }
}

const MAX_DEPTH: u8 = 16;

const NAMES: [&str; 13] = [
    "path",
    "method",
    "authority",
    "header",
    "cookie",
    "query",
    "claim",
    "peer",
    "source_ip",
    "list",
    "all",
    "any",
    "not",
];
