//! Walks through a document, with the path and what is above at hand.

use crate::located::{Located, Node};

/// One value of a document.
#[derive(Debug)]
pub(super) struct Visit<'d, 'v> {
    /// The value.
    pub(super) node: &'d Located,
    /// From the root of the document: `spec.wasm[0].config`.
    pub(super) path: &'v str,
    /// What it is part of, from the root on.
    pub(super) above: &'v [&'d Located],
}

/// Calls `see` for a value and everything below it, in document order.
pub(super) fn visit<'d>(root: &'d Located, path: &str, see: &mut impl FnMut(&Visit<'d, '_>)) {
    descend(root, path, &mut Vec::new(), see);
}

fn descend<'d>(
    node: &'d Located,
    path: &str,
    above: &mut Vec<&'d Located>,
    see: &mut impl FnMut(&Visit<'d, '_>),
) {
    see(&Visit { node, path, above });
    above.push(node);
    match &node.node {
        Node::Scalar(_) => {}
        Node::List(items) => {
            for (place, item) in items.iter().enumerate() {
                descend(item, &format!("{path}[{place}]"), above, see);
            }
        }
        Node::Map(entries) => {
            for entry in entries {
                descend(&entry.value, &join(path, &entry.key), above, see);
            }
        }
    }
    above.pop();
}

/// A path and a field below it, as the readers of policies write it.
#[must_use]
pub(super) fn join(path: &str, name: &str) -> String {
    match (path, name) {
        ("", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) if name.starts_with('[') => format!("{path}{name}"),
        (path, name) => format!("{path}.{name}"),
    }
}
