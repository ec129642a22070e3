//! `limits[].global:`

use super::choice;
use super::limits::non_empty;
use crate::fingerprint::Salt;
use crate::global::{Global, OnFailure};
use crate::place::single;
use filter_api::config::Node;
use filter_api::{Key, Value, parse_duration};
use std::time::Duration;

/// * `has_rate`: whether there is something to fall back to.
/// * `keys`: if the limit has a key, its parts, if they are any good.
pub(super) fn read(
    node: &Node<'_>,
    has_rate: bool,
    limit: &str,
    keys: Option<&Option<Vec<Key>>>,
) -> Option<Global> {
    let mut map = node.map()?;
    let cluster = map.required("cluster", |node| match non_empty(&node)? {
        cluster if cluster.len() > MAX_CLUSTER_BYTES => node
            .refuse(format_args!("is {} bytes long, at most {MAX_CLUSTER_BYTES} are allowed", cluster.len())),
        cluster => Some(cluster),
    });
    let domain = map.required("domain", |node| non_empty(&node));
    let descriptor = map.required("descriptor", |node| {
        let texts = match node.value() {
            Value::List(_) => node.list(|item| non_empty(&item))?,
            _ => vec![non_empty(&node)?],
        };
        let parts = match keys {
            None => 1,
            Some(keys) => keys.as_ref()?.len(),
        };
        match texts.len() {
            count if count != parts => {
                node.refuse(format_args!("names {count}, must name {parts}: one for each part of the key"))
            }
            _ => Some(texts),
        }
    });
    let timeout = map.optional("timeout", |node| match node.parse(parse_duration)? {
        timeout if timeout < Duration::from_millis(1) => node.refuse("is shorter than 1ms"),
        timeout if timeout > MAX_TIMEOUT => node.refuse("is longer than 10s"),
        timeout => Some(timeout),
    });
    let lease = map.optional("lease", |node| u32::try_from(node.whole(1, MAX_LEASE)?).ok());
    let on_failure = map.field("on_failure").map(|node| choice(&node, ON_FAILURE));
    map.finish();
    let on_failure = on_failure.unwrap_or(Some(OnFailure::Local));
    if on_failure == Some(OnFailure::Local) && !has_rate {
        return node.refuse("needs a rate beside it, or on_failure: allow or deny");
    }
    let (cluster, domain, descriptor) = (cluster?, domain?, descriptor?);
    let origin = format!("{cluster}\0{domain}\0{}", descriptor.join("\0"));
    Some(Global {
        salt: Salt::new(LEASE, &origin),
        single: single(LEASE, limit, &origin),
        cluster,
        domain,
        descriptor,
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        lease: lease.unwrap_or(1),
        on_failure: on_failure?,
    })
}

const LEASE: &str = "lease";

const ON_FAILURE: [(&str, OnFailure); 3] =
    [("allow", OnFailure::Allow), ("deny", OnFailure::Deny), ("local", OnFailure::Local)];

/// More do not fit into the message that names a cluster to Envoy.
const MAX_CLUSTER_BYTES: usize = 125;
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(20);
const MAX_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_LEASE: u64 = 1_000_000;
