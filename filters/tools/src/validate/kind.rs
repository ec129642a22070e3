//! What a document is: a policy, or something that holds policies.

use super::finding::Finding;
use super::site::Document;
use crate::filter::Filter;
use crate::located::{Located, Node};

/// Reads a document as what it is, or as what the user says that it is.
#[must_use]
pub fn document<'d>(filter: Option<Filter>, root: &'d Located, source: &[&str]) -> Document<'d> {
    if let Some(filter) = filter {
        return Document::of_policy(filter, root);
    }
    let is_manifest = root.field("apiVersion").is_some() && root.field("kind").is_some();
    let is_envoy = ENVOY.iter().any(|name| root.field(name).is_some());
    if !is_manifest
        && !is_envoy
        && let Some(filter) = of_policy(root)
    {
        return Document::of_policy(filter, root);
    }
    let mut document = Document::of_configuration(root, source);
    let found = !document.plugins.is_empty() || !document.routes.is_empty();
    if !is_manifest && !is_envoy && !found && document.findings.is_empty() {
        let message = match &root.node {
            Node::Map(_) => format!(
                "is no policy of {}, no configuration of Envoy and no manifest; --filter says whose policy it should be",
                Filter::names()
            ),
            _ => format!("wants a mapping, is {}", root.value().kind()),
        };
        document.findings.push(Finding::problem(root.line, "", message));
    }
    document
}

/// Whose policy it looks like: the filter that knows most of its fields, if it is one only.
#[must_use]
pub fn of_policy(root: &Located) -> Option<Filter> {
    let known = |filter: Filter| fields(filter).iter().filter(|name| root.field(name).is_some()).count();
    let in_rules = |names: &[&str]| {
        let rules = root.field("rules").map_or(&[][..], Located::items);
        usize::from(rules.iter().any(|rule| names.iter().any(|name| rule.field(name).is_some())))
    };
    let auth = known(Filter::Auth) + in_rules(&["allow", "require"]);
    let canary = known(Filter::Canary) + in_rules(&["subset", "weights"]);
    let ratelimit = known(Filter::RateLimit);
    let best = auth.max(canary).max(ratelimit);
    let mut of_best = [(Filter::Auth, auth), (Filter::Canary, canary), (Filter::RateLimit, ratelimit)]
        .into_iter()
        .filter(|(_, count)| *count == best && best > 0);
    let (filter, _) = of_best.next()?;
    of_best.next().is_none().then_some(filter)
}

/// Fields that only this filter's policies have.
fn fields(filter: Filter) -> &'static [&'static str] {
    match filter {
        Filter::Auth => &["providers", "spiffe", "revoked", "log"],
        Filter::Canary => &["experiment", "subsets", "sticky", "sticky_cookie", "ramp", "inherit", "output"],
        Filter::RateLimit => &["limits", "headers", "max_keys"],
    }
}

/// What stands at the top of a bootstrap, a listener, a list of routes, or a file of resources.
const ENVOY: [&str; 10] = [
    "static_resources",
    "dynamic_resources",
    "resources",
    "admin",
    "node",
    "filter_chains",
    "virtual_hosts",
    "routes",
    "http_filters",
    "typed_config",
];
