//! Routes that get their policies from other documents: those of a `VirtualService` by the patches of an `EnvoyFilter`, the
//! rules of an `HTTPRoute` by an `EnvoyExtensionPolicy`.

use super::{Route, setting};
use crate::filter::Filter;
use crate::located::Located;
use crate::validate::site::Document;
use crate::validate::warnings::reads::digest;
use filter_api::Value;

/// The routes of a document of one of these kinds; none of any other.
///
/// * `all`: what is checked along with it, where their policies stand.
pub(super) fn routes(document: &Document<'_>, all: &[&Document<'_>], filter: Filter) -> Vec<Route> {
    let root = document.root;
    let (rules, conditions) = match root.text_at(&["kind"]) {
        Some("VirtualService") => ("http", "match"),
        Some("HTTPRoute") => ("rules", "matches"),
        _ => return Vec::new(),
    };
    let mut routes = Vec::new();
    for (place, rule) in root.at(&["spec", rules]).map_or(&[][..], Located::items).iter().enumerate() {
        let mut add = |wanted: Value, name: Option<&str>| {
            let setting = match rules {
                "http" => patched(rule, name, all, filter),
                _ => attached(root, rule, all, filter),
            };
            routes.push(Route { wanted, setting, line: rule.line, path: format!("spec.{rules}[{place}]") });
        };
        match rule.field(conditions).map_or(&[][..], Located::items) {
            [] => add(Value::Map(Vec::new()), None),
            several => several.iter().for_each(|one| add(one.value(), one.text_at(&["name"]))),
        }
    }
    routes
}

/// What patches say about a route, which Istio calls `<route>.<match>`, or `<route>` if the match has no name.
fn patched(route: &Located, of_match: Option<&str>, all: &[&Document<'_>], filter: Filter) -> Option<u64> {
    let name = route.text_at(&["name"])?;
    let name = of_match.map_or_else(|| name.to_owned(), |of_match| format!("{name}.{of_match}"));
    let filters = all.iter().filter(|other| other.root.text_at(&["kind"]) == Some("EnvoyFilter"));
    let patches = filters.filter_map(|other| other.root.at(&["spec", "configPatches"]));
    let place = ["match", "routeConfiguration", "vhost", "route", "name"];
    patches
        .flat_map(Located::items)
        .filter(|patch| patch.text_at(&place) == Some(name.as_str()))
        .find_map(|patch| setting(patch.at(&["patch", "value"])?, filter))
}

/// The policy that counts for a rule: one for the rule, or else for the route, or else for a gateway of it.
fn attached(root: &Located, rule: &Located, all: &[&Document<'_>], filter: Filter) -> Option<u64> {
    let namespace = root.text_at(&["metadata", "namespace"]);
    let (route, section) = (root.text_at(&["metadata", "name"]), rule.text_at(&["name"]));
    let parents = root.at(&["spec", "parentRefs"]).map_or(&[][..], Located::items);
    // A policy stands in the namespace of its target.
    let rank = |target: &Located, here: Option<&str>| match target.text_at(&["kind"]) {
        Some("HTTPRoute") if target.text_at(&["name"]) == route && here == namespace => {
            match target.text_at(&["sectionName"]) {
                None => Some(1),
                Some(named) => (Some(named) == section).then_some(0),
            }
        }
        Some("Gateway") => {
            let is_parent = |parent: &&Located| {
                let there = parent.text_at(&["namespace"]).or(namespace);
                parent.text_at(&["name"]) == target.text_at(&["name"]) && there == here
            };
            parents.iter().find(is_parent).map(|_| 2)
        }
        _ => None,
    };
    let policies = all.iter().filter(|other| other.root.text_at(&["kind"]) == Some("EnvoyExtensionPolicy"));
    let ranked = policies.filter_map(|other| {
        let here = other.root.text_at(&["metadata", "namespace"]);
        let targets = other.root.at(&["spec", "targetRefs"]).map_or(&[][..], Located::items);
        Some((targets.iter().filter_map(|target| rank(target, here)).min()?, *other))
    });
    let (_, policy) = ranked.min_by_key(|(rank, _)| *rank)?;
    let plugin = policy.plugins.iter().find(|plugin| plugin.filter == filter)?;
    Some(plugin.policy.as_ref().map_or(0, |policy| digest(&policy.tree)))
}
