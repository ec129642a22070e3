//! One condition on a verified claim (`claims:`).

use crate::config::{Map, Node};
use crate::{Identity, Matcher};

/// A claim and what it must be.
#[derive(Clone, Debug)]
pub struct ClaimCondition {
    /// Exact name or dotted path.
    pub name: String,
    matcher: Matcher,
}

impl ClaimCondition {
    /// Reads a name and one matcher.
    #[must_use]
    pub fn read(node: &Node<'_>) -> Option<Self> {
        let mut map: Map<'_> = node.map()?;
        let name = map.required("name", |node| match node.text()? {
            "" => node.refuse("is empty"),
            text => Some(text.to_owned()),
        });
        let matcher = Matcher::read(&mut map);
        map.finish();
        Some(Self { name: name?, matcher: matcher? })
    }

    /// Whether it holds of who was verified; of nobody, only `present: false` does.
    #[must_use]
    pub fn holds(&self, identity: Option<Identity<'_>>) -> bool {
        self.matcher.matches_claim(identity.and_then(|identity| identity.claim(&self.name)))
    }
}
