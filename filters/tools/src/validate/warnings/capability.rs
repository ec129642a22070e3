//! `capability_restriction_config`: what Envoy does not allow, it does not call either, and says nothing.

use crate::filter::Filter;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::{Document, Platform};
use crate::validate::visit::join;

pub(super) fn warn(document: &Document<'_>, found: &mut Vec<Finding>) {
    for plugin in document.plugins.iter().filter(|plugin| plugin.platform == Platform::Envoy) {
        for place in [&["capability_restriction_config"][..], &["vm_config", "capability_restriction_config"]]
        {
            let Some(restriction) = plugin.node.at(place) else { continue };
            let Some(allowed) = restriction.field("allowed_capabilities") else { continue };
            // An empty one allows everything.
            if allowed.entries().is_empty() {
                continue;
            }
            let withheld: Vec<&str> = needed(plugin.filter)
                .filter(|name| allowed.entries().iter().all(|entry| entry.key != *name))
                .collect();
            if !withheld.is_empty() {
                let path = join(&join(&plugin.path, &place.join(".")), "allowed_capabilities");
                let message = format!("lacks what {} needs: {}", plugin.filter.name(), withheld.join(", "));
                found.push(Finding::warning(allowed.line, Warning::CapabilityWithheld, path, message));
            }
        }
    }
}

/// Host calls and callbacks of the artifact that Envoy asks the list about.
fn needed(filter: Filter) -> impl Iterator<Item = &'static str> {
    let names = filter.abi().lines().filter_map(|line| {
        let (direction, rest) = line.split_once(' ')?;
        let name = rest.split(' ').next()?;
        match direction {
            "import" => name.rsplit('.').next(),
            "export" => name.starts_with("proxy_on_").then_some(name),
            _ => None,
        }
    });
    // Part of the machinery, always called.
    names.filter(|name| *name != "proxy_on_memory_allocate")
}
