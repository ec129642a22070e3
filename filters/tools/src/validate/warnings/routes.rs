//! Envoy chooses the route, and with it the policy, before any filter runs: by what the client sent.

use crate::filter::Filter;
use crate::located::Located;
use crate::validate::finding::{Finding, Warning};
use crate::validate::site::Document;
use crate::validate::visit::{join, visit};
use filter_api::Value;

use super::reads::digest;

pub(super) fn warn(document: &Document<'_>, found: &mut Vec<Finding>) {
    let headers = output_headers(document);
    visit(document.root, "", &mut |seen| {
        if let Some(switches) = seen.node.field("typed_per_filter_config") {
            off(switches, &join(seen.path, "typed_per_filter_config"), found);
        }
        if let Some(routes) = seen.node.field("routes") {
            let path = join(seen.path, "routes");
            siblings(Filter::Auth, routes, &path, &|_| true, found);
            siblings(Filter::Canary, routes, &path, &|name| headers.contains(&name.to_owned()), found);
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

/// Routes that are alike but for headers of a client, and have different policies.
///
/// * `chosen`: whether a client chooses among the routes by this header without being asked.
fn siblings(
    filter: Filter,
    routes: &Located,
    path: &str,
    chosen: &dyn Fn(&str) -> bool,
    found: &mut Vec<Finding>,
) {
    let mut groups: Vec<(u64, Option<u64>, u64)> = Vec::new(); // match, policy, line
    for (place, route) in routes.items().iter().enumerate() {
        let Some(wanted) = route.field("match") else { continue };
        let (key, policy) = (without(wanted, chosen).digest(), setting(route, filter));
        match groups.iter().find(|(other, ..)| *other == key) {
            Some((_, other, line)) if *other != policy => {
                let message = format!(
                    "has another policy of {} than the route on line {line}, and only a header of the client's tells them apart",
                    filter.name()
                );
                let path = format!("{path}[{place}]");
                found.push(Finding::warning(route.line, Warning::RouteChosenByClient, path, message));
            }
            Some(_) => {}
            None => groups.push((key, policy, route.line)),
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

/// A route's `match` without some of its headers.
fn without(wanted: &Located, left_out: &dyn Fn(&str) -> bool) -> Value {
    let Value::Map(mut fields) = wanted.value() else { return wanted.value() };
    for (name, value) in &mut fields {
        if let (true, Value::List(headers)) = (name == "headers", value) {
            headers.retain(|header| !name_of(header).is_some_and(left_out));
        }
    }
    fields
        .retain(|(name, value)| name != "headers" || !matches!(value, Value::List(left) if left.is_empty()));
    Value::Map(fields)
}

fn name_of(header: &Value) -> Option<&str> {
    let Value::Map(fields) = header else { return None };
    let name = fields.iter().find_map(|(name, value)| (name == "name").then_some(value));
    if let Some(Value::Text(name)) = name { Some(name) } else { None }
}

/// The headers into which `canary` writes its decisions.
fn output_headers(document: &Document<'_>) -> Vec<String> {
    let policies = document.policies().filter(|policy| policy.filter == Filter::Canary);
    let named = policies.map(|policy| policy.tree.text_at(&["output", "header"]).unwrap_or(DEFAULT));
    named.chain([DEFAULT]).map(str::to_lowercase).collect()
}

const DEFAULT: &str = "x-sluice-subset";
