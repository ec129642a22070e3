//! A policy document becomes a [`Policy`], or every problem in it.

mod global;
mod limits;
#[cfg(test)]
mod tests;

use crate::Policy;
use crate::counters::Counters;
use crate::headers::Headers;
use crate::policy::Tables;
use filter_api::config::{self, Node};
use filter_api::{ConfigError, Explain, NamedList, Value};

pub(crate) fn read_policy(value: &Value) -> Result<Policy, ConfigError> {
    config::read(value, |node| {
        let mut map = node.map()?;
        let mut counters = Counters::default();
        // Limits are what a policy is about; yet their predicates name lists.
        let limits = map.required("limits", Some);
        let lists = map.optional("lists", |node| NamedList::read_all(&node)).unwrap_or_default();
        let limits = limits.and_then(|node| limits::read(&node, &lists, &mut counters));
        let headers = map.optional("headers", |node| headers(&node)).unwrap_or(Headers::None);
        let explain = map.optional("explain", |node| Explain::read(&node, EXPLAIN));
        let max_keys = map.optional("max_keys", |node| u32::try_from(node.whole(1, MAX_KEYS)?).ok());
        let dry_run = map.optional("dry_run", |node| node.boolean()).unwrap_or(false);
        map.finish();
        let limits = limits?;
        let tables = Tables::new(max_keys.unwrap_or(DEFAULT_KEYS), &limits);
        Some(Policy { limits, lists, headers, explain, tables, dry_run, counters })
    })
}

fn headers(node: &Node<'_>) -> Option<Headers> {
    choice(
        node,
        [
            ("none", Headers::None),
            ("ietf", Headers::Ietf),
            ("x-ratelimit", Headers::XRateLimit),
            ("both", Headers::Both),
        ],
    )
}

/// One of a few words.
fn choice<T: Copy, const N: usize>(node: &Node<'_>, words: [(&str, T); N]) -> Option<T> {
    let text = node.text()?;
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, choice)) => Some(*choice),
        None => {
            let known = words.map(|(word, _)| word).join(", ");
            node.refuse(format_args!("`{text}` is unknown, known here: {known}"))
        }
    }
}

/// The field of the response.
const EXPLAIN: &str = "x-sluice-explain-ratelimit";
const DEFAULT_KEYS: u32 = 65_536;
const MAX_KEYS: u64 = 16_777_216;
