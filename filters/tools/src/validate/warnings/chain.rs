//! Who comes before whom: claims are there only behind `auth`.

use crate::filter::Filter;
use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::{Document, Platform, Plugin};
use crate::validate::visit::{join, visit};

use super::reads::{self, digest, holds};

pub(super) fn warn(document: &Document<'_>, all: &[&Document<'_>], found: &mut Vec<Finding>) {
    visit(document.root, "", &mut |seen| {
        if let Some(chain) = seen.node.field("http_filters") {
            envoy(document, chain, &join(seen.path, "http_filters"), found);
        }
    });
    for plugin in &document.plugins {
        match plugin.platform {
            Platform::Envoy => {}
            Platform::Gateway => gateway(document, plugin, found),
            Platform::Istio => istio(document, plugin, all, found),
        }
    }
}

/// A chain is whole: what is not there, does not run.
fn envoy(document: &Document<'_>, chain: &Located, path: &str, found: &mut Vec<Finding>) {
    let filters: Vec<Option<Filter>> = chain.items().iter().map(|item| which(document, item)).collect();
    let auth = filters.iter().position(|filter| *filter == Some(Filter::Auth));
    for (place, filter) in filters.iter().enumerate() {
        let Some(filter) = filter.filter(|filter| reads::claims(document, *filter)) else { continue };
        let line = chain.items().get(place).map_or(chain.line, |item| item.line);
        let path = format!("{path}[{place}]");
        match auth {
            None => found.push(no_identity(line, path, filter)),
            Some(auth) if auth > place => found.push(too_early(line, path, filter)),
            Some(_) => {}
        }
    }
}

/// The filter of ours that an item of a chain is, by its configuration or, if that comes by ECDS, by its name.
fn which(document: &Document<'_>, item: &Located) -> Option<Filter> {
    let inside = document.plugins.iter().find(|plugin| holds(item, plugin.node));
    inside
        .map(|plugin| plugin.filter)
        .or_else(|| Filter::named(item.text_at(&["name"])?.strip_prefix("sluice.")?))
}

/// In one policy the order is that of the list. Other policies of the same target are unknown here.
fn gateway(document: &Document<'_>, plugin: &Plugin<'_>, found: &mut Vec<Finding>) {
    let mut behind = document.plugins.iter().skip_while(|other| !std::ptr::eq(*other, plugin)).skip(1);
    if reads::claims(document, plugin.filter) && behind.any(|other| other.filter == Filter::Auth) {
        found.push(too_early(plugin.node.line, plugin.path.clone(), plugin.filter));
    }
}

/// Against `auth` for the same workloads, in whichever document.
fn istio(document: &Document<'_>, plugin: &Plugin<'_>, all: &[&Document<'_>], found: &mut Vec<Finding>) {
    if !reads::claims(document, plugin.filter) {
        return;
    }
    let here = target(document.root);
    for other in all.iter().filter(|other| target(other.root) == here) {
        let auth = other
            .plugins
            .iter()
            .find(|other| other.filter == Filter::Auth && other.platform == Platform::Istio);
        if auth.is_some() && turn(other.root) >= turn(document.root) {
            found.push(too_early(plugin.node.line, plugin.path.clone(), plugin.filter));
        }
    }
}

/// Whom a manifest is for.
fn target(root: &Located) -> (Option<&str>, Vec<Option<u64>>) {
    let parts = ["selector", "targetRef", "targetRefs"];
    let parts = parts.map(|name| root.at(&["spec", name]).map(digest));
    (root.text_at(&["metadata", "namespace"]), parts.to_vec())
}

/// When Istio runs it: by phase, and by priority within the phase, the higher one first.
fn turn(root: &Located) -> (usize, i64) {
    let phases = [Some("AUTHN"), Some("AUTHZ"), Some("STATS")];
    let phase = root.text_at(&["spec", "phase"]);
    let phase = phases.iter().position(|known| *known == phase).unwrap_or(phases.len());
    let priority = match root.at(&["spec", "priority"]).map(Located::value) {
        #[expect(clippy::cast_possible_truncation, reason = "an int32 in Istio's schema")]
        Some(filter_api::Value::Number(priority)) => priority as i64,
        _ => 0,
    };
    (phase, -priority)
}

fn too_early(line: u64, path: String, filter: Filter) -> Finding {
    let message =
        format!("{} asks for claims before auth has verified any: let auth come first", filter.name());
    Finding::warning(line, Warning::FilterOrder, path, message)
}

fn no_identity(line: u64, path: String, filter: Filter) -> Finding {
    let message = format!("{} asks for claims, and no auth in this chain verifies any", filter.name());
    Finding::warning(line, Warning::NoIdentity, path, message)
}
