//! Envoy chooses the route, and with it the policy, before any filter runs: by what the client sent.

mod applied; // policies that stand in other documents

use crate::filter::Filter;
use crate::located::Located;
use crate::tree::{entries, items, text};
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::Document;
use crate::validate::visit::{join, visit};
use filter_api::Value;

use super::reads::digest;

pub(super) fn warn(document: &Document<'_>, all: &[&Document<'_>], found: &mut Vec<Finding>) {
    let headers = output_headers(document, all);
    let judge = |found: &mut Vec<Finding>, routes: &dyn Fn(Filter) -> Vec<Route>| {
        siblings(Filter::Auth, &routes(Filter::Auth), &|_| true, found);
        siblings(
            Filter::Canary,
            &routes(Filter::Canary),
            &|name| headers.contains(&name.to_lowercase()),
            found,
        );
    };
    judge(found, &|filter| applied::routes(document, all, filter));
    visit(document.root, "", &mut |seen| {
        if let Some(switches) = seen.node.field("typed_per_filter_config") {
            off(switches, &join(seen.path, "typed_per_filter_config"), found);
        }
        if let Some(routes) = seen.node.field("routes") {
            let path = join(seen.path, "routes");
            judge(found, &|filter| of_envoy(routes, &path, filter));
        }
    });
}

fn off(switches: &Located, path: &str, found: &mut Vec<Finding>) {
    for entry in switches.entries() {
        if is_of(&entry.key, Filter::Auth) && entry.value.is_true(&["disabled"]) {
            let message =
                "a route without auth takes every header from everybody; prefer a rule with `allow: anyone`";
            found.push(Finding::warning(entry.line, Warning::OffOnRoute, join(path, &entry.key), message));
        }
    }
}

/// Whether a name in the chain is a filter's: ours, or what Istio makes of it.
fn is_of(name: &str, filter: Filter) -> bool {
    let name = name.strip_suffix("~istio-translated-wasmplugin").unwrap_or(name);
    match name.strip_prefix("extensions.istio.io/") {
        Some(istio) => istio.rsplit('.').next() == Some(filter.name()),
        None => name.strip_prefix("sluice.") == Some(filter.name()),
    }
}

/// A route, as requests find it, and what it says about a filter.
struct Route {
    /// Its conditions.
    wanted: Value,
    setting: Option<u64>,
    line: u64,
    path: String,
}

fn of_envoy(routes: &Located, path: &str, filter: Filter) -> Vec<Route> {
    let route = |(place, route): (usize, &Located)| {
        let wanted = route.field("match")?.value();
        let path = format!("{path}[{place}]");
        Some(Route { wanted, setting: setting(route, filter), line: route.line, path })
    };
    routes.items().iter().enumerate().filter_map(route).collect()
}

/// Routes that are alike but for headers of a client, and have different policies.
///
/// * `chosen`: whether a client chooses among the routes by this header without being asked.
fn siblings(filter: Filter, routes: &[Route], chosen: &dyn Fn(&str) -> bool, found: &mut Vec<Finding>) {
    let mut groups: Vec<(u64, Option<u64>, u64)> = Vec::new(); // match, policy, line
    for Route { wanted, setting, line, path } in routes {
        let key = without(wanted, chosen).digest();
        match groups.iter().find(|(other, ..)| *other == key) {
            Some((_, other, first)) if other != setting => {
                let message = format!(
                    "has another policy of {} than the route on line {first}, and only a header of the client's tells them apart",
                    filter.name()
                );
                found.push(Finding::warning(*line, Warning::RouteChosenByClient, path.clone(), message));
            }
            Some(_) => {}
            None => groups.push((key, *setting, *line)),
        }
    }
}

/// What a route says about a filter: its policy, or that it is off.
fn setting(route: &Located, filter: Filter) -> Option<u64> {
    let namespace = format!("sluice.{}", filter.name());
    let policy = route.at(&["metadata", "filter_metadata", &namespace]).map(digest);
    let mut switches = route.field("typed_per_filter_config").map_or(&[][..], Located::entries).iter();
    let switch = switches.find(|entry| is_of(&entry.key, filter)).map(|entry| digest(&entry.value));
    policy.or(switch)
}

/// A route's `match` without its own name and without some of its headers: a list in Envoy and `HTTPRoute`, a mapping in
/// `VirtualService`.
fn without(wanted: &Value, left_out: &dyn Fn(&str) -> bool) -> Value {
    let Value::Map(fields) = wanted else { return wanted.clone() };
    let mut fields = fields.clone();
    for (_, value) in fields.iter_mut().filter(|(name, _)| name == "headers") {
        match value {
            Value::List(headers) => headers.retain(|header| !text(header, "name").is_some_and(left_out)),
            Value::Map(headers) => headers.retain(|(name, _)| !left_out(name)),
            _ => {}
        }
    }
    let is_empty = |value: &Value| items(Some(value)).is_empty() && entries(Some(value)).is_empty();
    fields.retain(|(name, value)| name != "name" && (name != "headers" || !is_empty(value)));
    Value::Map(fields)
}

/// The headers into which `canary` writes its decisions: in this document, or, if it has no `canary`, in any.
fn output_headers(document: &Document<'_>, all: &[&Document<'_>]) -> Vec<String> {
    let of = |document: &Document<'_>| -> Vec<String> {
        let policies = document.policies().filter(|policy| policy.filter == Filter::Canary);
        policies
            .map(|policy| policy.tree.text_at(&["output", "header"]).unwrap_or(DEFAULT).to_lowercase())
            .collect()
    };
    let own = of(document);
    let named = if own.is_empty() { all.iter().flat_map(|other| of(other)).collect() } else { own };
    named.into_iter().chain([DEFAULT.to_owned()]).collect()
}

const DEFAULT: &str = "x-sluice-subset";
