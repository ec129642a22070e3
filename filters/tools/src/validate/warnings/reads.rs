//! What a policy stands on: claims, certificates.

use crate::filter::Filter;
use crate::located::{Located, Node};
use crate::validate::site::{Document, Policy};
use filter_api::Value;

/// Whether some policy of this filter asks for claims that `auth` has verified.
pub(super) fn claims(document: &Document<'_>, filter: Filter) -> bool {
    let policies = document.policies().filter(|policy| policy.filter == filter);
    filter != Filter::Auth
        && policies.map(|policy| &policy.tree).any(|tree| asks(tree, &["claim", "explain"]))
}

/// Whether a policy asks who the client is by certificate.
pub(super) fn certificates(policy: &Policy<'_>) -> bool {
    match policy.filter {
        Filter::Auth => policy.tree.all().iter().any(|node| {
            let bound = node.text_at(&["bound"]) == Some("required");
            bound || node.is_true(&["mutual"]) || node.field("peer").is_some()
        }),
        Filter::Canary | Filter::RateLimit => {
            policy.tree.field("inherit").is_some() || asks(&policy.tree, &["peer"])
        }
    }
}

/// Whether a predicate or a key of one of these kinds stands anywhere but in `lists:`, where names are the user's.
fn asks(tree: &Located, kinds: &[&str]) -> bool {
    match &tree.node {
        Node::Scalar(_) => false,
        Node::List(items) => items.iter().any(|item| asks(item, kinds)),
        Node::Map(entries) => entries.iter().any(|entry| {
            kinds.contains(&entry.key.as_str()) || (entry.key != "lists" && asks(&entry.value, kinds))
        }),
    }
}

/// Whether `part` is `whole`, or inside: the very same place, not only the same content.
pub(super) fn holds(whole: &Located, part: &Located) -> bool {
    std::ptr::eq(whole, part) || whole.children().any(|child| holds(child, part))
}

/// A value as one number, whatever the order of its fields.
pub(super) fn digest(located: &Located) -> u64 {
    Value::digest(&located.value())
}
