//! `keys:` and `bundle:`: a set in the policy, or an HTTP source.

use super::{Reading, span};
use crate::json;
use crate::keys::{FetchedKeys, Keys};
use filter_api::config::Node;
use filter_api::{HttpSource, Name, SourceDefaults};
use filter_jose::{KeySet, Origin};
use std::rc::Rc;
use std::time::Duration;

/// Reads the keys of the issuer `name`; fetched ones become a document of the policy.
///
/// * `origin`: what a fetched set is.
pub(super) fn keys(
    node: &Node<'_>,
    name: Option<&Name>,
    origin: Origin,
    reading: &mut Reading,
) -> Option<Rc<Keys>> {
    let mut map = node.map()?;
    let (inline, http) = (map.field("inline"), map.field("http"));
    map.finish();
    match (inline, http) {
        (Some(inline), None) => {
            let origin = if origin == Origin::SpiffeBundle { origin } else { Origin::Inline };
            Some(Rc::new(Keys::inline(origin, read_inline(&inline, origin)?, &reading.callers)))
        }
        (None, Some(http)) => {
            let (source, max_stale) = read_http(&http, origin)?;
            let keys = Rc::new(Keys::fetched(origin, max_stale, &reading.callers));
            let document = FetchedKeys { name: name?.clone(), source, keys: Rc::clone(&keys) };
            reading.fetched.push(Rc::new(document));
            Some(keys)
        }
        (Some(_), Some(_)) => node.refuse("has both inline and http"),
        (None, None) => node.refuse("needs inline or http"),
    }
}

/// An empty set trusts nobody, and says so. One whose keys are all unusable says something else than its author meant.
fn read_inline(node: &Node<'_>, origin: Origin) -> Option<KeySet> {
    let set = node.accept(KeySet::parse(json::text(&json::of(node.value())).as_bytes(), origin))?;
    if !set.is_empty() || set.skipped().is_empty() {
        return Some(set);
    }
    for key in set.skipped() {
        node.refuse::<()>(format_args!("keys[{}] cannot be used: {}", key.place, key.why));
    }
    None
}

fn read_http(node: &Node<'_>, origin: Origin) -> Option<(HttpSource, Duration)> {
    let minutes = if origin == Origin::SpiffeBundle { 5 } else { 10 };
    let defaults = SourceDefaults {
        refresh: Duration::from_mins(minutes),
        max_bytes: KeySet::MAX_BYTES,
        most_bytes: u64::try_from(KeySet::MAX_BYTES).unwrap_or(u64::MAX),
    };
    let mut map = node.map()?;
    let source = HttpSource::read_fields(&mut map, defaults);
    let max_stale = span(&mut map, "max_stale", Duration::ZERO, LONGEST_STALE).unwrap_or(DEFAULT_STALE);
    map.finish();
    let source = source?;
    if max_stale < source.refresh {
        return node
            .refuse("max_stale is shorter than refresh: the keys would be of no use between two fetches");
    }
    Some((source, max_stale))
}

const DEFAULT_STALE: Duration = Duration::from_hours(24);
const LONGEST_STALE: Duration = Duration::from_hours(30 * 24);
