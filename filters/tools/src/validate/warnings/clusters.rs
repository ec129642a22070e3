//! Where documents come from, as far as a whole configuration of Envoy tells.

use crate::filter::Filter;
use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::{Document, Policy};
use crate::validate::visit::{join, visit};

pub(super) fn warn(document: &Document<'_>, found: &mut Vec<Finding>) {
    let Some(clusters) = document.root.at(&["static_resources", "clusters"]) else { return };
    // Others may come by CDS.
    let whole = document.root.at(&["dynamic_resources", "cds_config"]).is_none();
    for policy in document.policies() {
        for (name, path, trusted) in sources(policy) {
            let line = policy.tree.line_of(path.strip_prefix(&policy.path).unwrap_or(&path), false);
            let cluster = clusters.items().iter().find(|cluster| cluster.text_at(&["name"]) == Some(&name));
            match cluster {
                None if whole => {
                    let message = format!("there is no cluster `{name}` in this configuration");
                    found.push(Finding::warning(line, Warning::ClusterUnknown, path, message));
                }
                Some(cluster) if trusted && is_open(cluster) => {
                    let message = format!(
                        "cluster `{name}` (line {}) has no TLS: whoever is in between says whose tokens are good",
                        cluster.line
                    );
                    found.push(Finding::warning(line, Warning::KeysWithoutTls, path, message));
                }
                _ => {}
            }
        }
    }
}

/// The clusters that a policy names, and whether what comes from there is trusted.
fn sources(policy: &Policy<'_>) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    visit(&policy.tree, &policy.path, &mut |seen| {
        for name in ["http", "global"] {
            if let Some(cluster) = seen.node.text_at(&[name, "cluster"]) {
                let path = join(&join(seen.path, name), "cluster");
                found.push((cluster.to_owned(), path, policy.filter == Filter::Auth));
            }
        }
    });
    found
}

/// No TLS, and not on this very machine either.
fn is_open(cluster: &Located) -> bool {
    let near = |node: &&Located| {
        let loopback = |address: &str| matches!(address, "127.0.0.1" | "::1" | "localhost");
        node.field("pipe").is_some() || node.text_at(&["socket_address", "address"]).is_some_and(loopback)
    };
    cluster.field("transport_socket").is_none()
        && cluster.field("transport_socket_matches").is_none()
        && !cluster.all().iter().any(near)
}
