//! Where a filter fetches a document from, over HTTP through a cluster of Envoy's.

#[cfg(test)]
mod tests;

use crate::config::{Map, Node};
use crate::time::parse_duration;
use std::time::Duration;

/// An HTTP source: `{ cluster, authority, path, refresh, timeout, max_bytes }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSource {
    /// The name of an Envoy cluster.
    pub cluster: String,
    /// `:authority` of the request, visible ASCII; default: the cluster's name.
    pub authority: String,
    /// `:path` of the request.
    pub path: String,
    /// How long a document counts as fresh; default 60 s, at least 100 ms.
    pub refresh: Duration,
    /// How long one fetch may take; default 5 s, 1 ms to 1 h (Envoy takes 0 for none, and 32 bits of it).
    pub timeout: Duration,
    /// The largest body that is accepted; default 32 MiB, at most 256 MiB.
    pub max_bytes: usize,
}

/// What an [`HttpSource`] is where the policy does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceDefaults {
    /// See [`HttpSource::refresh`].
    pub refresh: Duration,
    /// See [`HttpSource::max_bytes`].
    pub max_bytes: usize,
    /// The most that `max_bytes` may be.
    pub most_bytes: u64,
}

impl Default for SourceDefaults {
    fn default() -> Self {
        Self { refresh: Duration::from_secs(60), max_bytes: 32 * 1024 * 1024, most_bytes: MAX_BODY_BYTES }
    }
}

impl HttpSource {
    /// Reads the fields of a source.
    #[must_use]
    pub fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let source = Self::read_fields(&mut map, SourceDefaults::default());
        map.finish();
        source
    }

    /// Reads the fields of a source among others.
    pub fn read_fields(map: &mut Map<'_>, defaults: SourceDefaults) -> Option<Self> {
        let cluster = map.required("cluster", |node| non_empty(&node));
        let authority = match map.field("authority") {
            Some(node) => visible(&node),
            None => cluster.clone().and_then(|cluster| match invisible(&cluster) {
                None => Some(cluster),
                Some(_) => map.node().refuse("needs an authority, the cluster's name cannot stand in for it"),
            }),
        };
        let path = map.required("path", |node| match node.text()? {
            path if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Some(path.to_owned())
            }
            _ => node.refuse("is not a path such as /list"),
        });
        let refresh = map.optional("refresh", |node| at_least(&node, Duration::from_millis(100)));
        let timeout = map.optional("timeout", |node| {
            let timeout = at_least(&node, Duration::from_millis(1))?;
            if timeout <= MAX_TIMEOUT { Some(timeout) } else { node.refuse("is longer than 1h") }
        });
        let max_bytes = map.optional("max_bytes", |node| {
            usize::try_from(node.whole(1, defaults.most_bytes.min(MAX_BODY_BYTES))?).ok()
        });
        Some(Self {
            cluster: cluster?,
            authority: authority?,
            path: path?,
            refresh: refresh.unwrap_or(defaults.refresh),
            timeout: timeout.unwrap_or(Duration::from_secs(5)),
            max_bytes: max_bytes.unwrap_or(defaults.max_bytes),
        })
    }
}

fn non_empty(node: &Node<'_>) -> Option<String> {
    match node.text()? {
        "" => node.refuse("is empty"),
        text => Some(text.to_owned()),
    }
}

/// Goes into a request as it stands: a line end in it would be a line of its own for a careless upstream.
fn visible(node: &Node<'_>) -> Option<String> {
    let text = non_empty(node)?;
    match invisible(&text) {
        Some(found) => node.refuse(format_args!("has the character {found:?}")),
        None => Some(text),
    }
}

fn invisible(text: &str) -> Option<char> {
    text.chars().find(|c| !c.is_ascii_graphic())
}

fn at_least(node: &Node<'_>, min: Duration) -> Option<Duration> {
    let span = node.parse(parse_duration)?;
    if span < min {
        return node.refuse(format_args!("is shorter than {min:?}"));
    }
    Some(span)
}

const MAX_TIMEOUT: Duration = Duration::from_secs(3_600);
const MAX_BODY_BYTES: u64 = 256 * 1024 * 1024;
