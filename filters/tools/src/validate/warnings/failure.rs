//! What becomes of requests when a VM is dead.

use crate::filter::Filter;
use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::{Document, Platform, Plugin};
use crate::validate::visit::{join, visit};

use super::reads::holds;

pub(super) fn warn(document: &Document<'_>, found: &mut Vec<Finding>) {
    for plugin in &document.plugins {
        strategy(plugin, found);
    }
    visit(document.root, "", &mut |seen| {
        let Some(chain) = seen.node.field("http_filters") else { return };
        let ours = document.plugins.iter().any(|plugin| holds(chain, plugin.node)) || named(chain);
        let timeout = seen.node.field("stream_idle_timeout");
        if ours && timeout.is_none_or(|timeout| matches!(timeout.text(), Some("0s" | "0"))) {
            let line = timeout.map_or(seen.node.line, |timeout| timeout.line);
            let message =
                "is not set: requests that wait in a dead VM wait for five minutes; 15s is what ours say";
            let path = join(seen.path, "stream_idle_timeout");
            found.push(Finding::warning(line, Warning::StreamIdleTimeout, path, message));
        }
    });
}

/// Whether a filter of ours stands there by name alone, to be found by ECDS.
fn named(chain: &Located) -> bool {
    let mut names = chain.items().iter().filter_map(|filter| filter.text_at(&["name"]));
    names.any(|name| name.strip_prefix("sluice.").and_then(Filter::named).is_some())
}

fn strategy(plugin: &Plugin<'_>, found: &mut Vec<Finding>) {
    let name = match plugin.platform {
        Platform::Envoy => "failure_policy",
        Platform::Istio => "failStrategy",
        Platform::Gateway => "failOpen",
    };
    let path = join(&plugin.path, name);
    let field = plugin.node.field(name);
    let open = match plugin.platform {
        Platform::Envoy => {
            field.and_then(Located::text) == Some("FAIL_OPEN") || plugin.node.is_true(&["fail_open"])
        }
        Platform::Istio => field.and_then(Located::text) == Some("FAIL_OPEN"),
        Platform::Gateway => plugin.node.is_true(&[name]),
    };
    let line = field.map_or(plugin.node.line, |field| field.line);
    if open && plugin.filter == Filter::Auth {
        let message = "lets every request in when the VM is dead; auth takes FAIL_RELOAD (Envoy Gateway: failOpen: false)";
        found.push(Finding::warning(line, Warning::FailOpen, path, message));
    } else if field.is_none() && !open && plugin.platform != Platform::Gateway {
        let message = "is not set: after a trap every request gets 503 until the configuration changes; take FAIL_RELOAD";
        found.push(Finding::warning(line, Warning::FailurePolicyUnset, path, message));
    }
}
