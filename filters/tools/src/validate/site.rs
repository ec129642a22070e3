//! Where the filters and their policies stand in a document, whatever kind of document it is.

use super::finding::{Finding, Warning};
use super::visit::{Visit, join, visit};
use crate::document;
use crate::filter::Filter;
use crate::located::Located;
use std::borrow::Cow;

/// A document, and what of it is ours.
#[derive(Debug)]
pub struct Document<'d> {
    /// All of it.
    pub root: &'d Located,
    /// Filters with their settings.
    pub plugins: Vec<Plugin<'d>>,
    /// Policies of routes.
    pub routes: Vec<Policy<'d>>,
    /// What was wrong on the way.
    pub findings: Vec<Finding>,
}

/// A filter that a document sets up.
#[derive(Debug)]
pub struct Plugin<'d> {
    /// Which.
    pub filter: Filter,
    /// Who reads the document.
    pub platform: Platform,
    /// Envoy's `PluginConfig`; the `spec` or the `wasm` of a manifest.
    pub node: &'d Located,
    /// Where that is.
    pub path: String,
    /// `None` if it cannot be read at all.
    pub policy: Option<Policy<'d>>,
}

/// Who reads a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Envoy itself, also through an `EnvoyFilter`.
    Envoy,
    /// `WasmPlugin` and `TrafficExtension`; Higress, too.
    Istio,
    /// `EnvoyExtensionPolicy`.
    Gateway,
}

/// A policy, wherever it stands.
#[derive(Clone, Debug)]
pub struct Policy<'d> {
    /// Whose.
    pub filter: Filter,
    /// The policy. Not part of the document if it stands there as JSON text.
    pub tree: Cow<'d, Located>,
    /// Where it is.
    pub path: String,
}

impl<'d> Document<'d> {
    /// Reads a document that is a policy and nothing else.
    #[must_use]
    pub fn of_policy(filter: Filter, root: &'d Located) -> Self {
        let policy = Policy { filter, tree: Cow::Borrowed(root), path: String::new() };
        Self { root, plugins: Vec::new(), routes: vec![policy], findings: Vec::new() }
    }

    /// Looks for everything that is ours.
    ///
    /// * `source`: the lines of the file.
    #[must_use]
    pub fn of_configuration(root: &'d Located, source: &[&str]) -> Self {
        let mut document = Self { root, plugins: Vec::new(), routes: Vec::new(), findings: Vec::new() };
        match root.text_at(&["kind"]).filter(|_| root.field("apiVersion").is_some()) {
            Some("WasmPlugin") => document.istio(&["spec"]),
            Some("TrafficExtension") => document.istio(&["spec", "wasm"]),
            Some("EnvoyExtensionPolicy") => document.gateway(),
            _ => {}
        }
        visit(root, "", &mut |seen| {
            if seen.node.field("vm_config").is_some() {
                document.envoy(seen, source);
            }
            if let Some(namespaces) = seen.node.field("filter_metadata") {
                document.metadata(namespaces, &join(seen.path, "filter_metadata"), source);
            }
        });
        document
    }

    /// All policies, those of routes last.
    pub fn policies(&self) -> impl Iterator<Item = &Policy<'d>> {
        self.plugins.iter().filter_map(|plugin| plugin.policy.as_ref()).chain(&self.routes)
    }

    fn istio(&mut self, path: &[&str]) {
        let Some(node) = self.root.at(path) else { return };
        let names = [node.text_at(&["pluginName"]), self.root.text_at(&["metadata", "name"])];
        let path = path.join(".");
        let Some(filter) = self.which(node, &path, node.text_at(&["url"]), &names) else { return };
        // Higress calls it otherwise, and adds what it makes of `matchRules` under a name that no filter knows.
        let name = if node.field("defaultConfig").is_some() { "defaultConfig" } else { "pluginConfig" };
        if let Some(rules) = node.field("matchRules").filter(|rules| !rules.items().is_empty()) {
            let message =
                "becomes `_rules_` in the policy, which is refused; give routes policies of their own";
            self.findings.push(Finding::problem(rules.line, join(&path, "matchRules"), message));
        }
        let policy = node.field(name).map(|tree| Policy {
            filter,
            tree: Cow::Borrowed(tree),
            path: join(&path, name),
        });
        self.add(filter, Platform::Istio, node, path, policy);
    }

    fn gateway(&mut self) {
        for (place, node) in
            self.root.at(&["spec", "wasm"]).map_or(&[][..], Located::items).iter().enumerate()
        {
            let path = format!("spec.wasm[{place}]");
            let code =
                node.text_at(&["code", "image", "url"]).or_else(|| node.text_at(&["code", "http", "url"]));
            let names = [node.text_at(&["rootID"]), node.text_at(&["name"])];
            let Some(filter) = self.which(node, &path, code, &names) else { continue };
            let policy = node.field("config").map(|tree| Policy {
                filter,
                tree: Cow::Borrowed(tree),
                path: join(&path, "config"),
            });
            self.add(filter, Platform::Gateway, node, path, policy);
        }
    }

    fn envoy(&mut self, seen: &Visit<'d, '_>, source: &[&str]) {
        let node = seen.node;
        let code = ["local", "remote"].iter().find_map(|from| {
            let code = node.at(&["vm_config", "code", from])?;
            code.text_at(&["filename"]).or_else(|| code.text_at(&["http_uri", "uri"]))
        });
        // The filter in the chain, or the resource of ECDS: Wasm stands in its `typed_config`.
        let outer = seen.above.iter().rev().find_map(|above| above.text_at(&["name"]));
        let names = [node.text_at(&["root_id"]), node.text_at(&["name"]), outer];
        let Some(filter) = self.which(node, seen.path, code, &names) else { return };
        let path = seen.path.to_owned();
        match node
            .field("configuration")
            .map(|any| wrapped(filter, any, &join(&path, "configuration"), source))
        {
            None => self.add(filter, Platform::Envoy, node, path, None),
            Some(Ok(policy)) => self.add(filter, Platform::Envoy, node, path, Some(policy)),
            Some(Err(finding)) => {
                self.findings.push(finding);
                self.plugins.push(Plugin { filter, platform: Platform::Envoy, node, path, policy: None });
            }
        }
    }

    fn metadata(&mut self, namespaces: &'d Located, path: &str, source: &[&str]) {
        for entry in namespaces.entries() {
            let Some(name) = entry.key.strip_prefix("sluice.") else { continue };
            let path = join(path, &entry.key);
            let Some(filter) = Filter::named(name) else {
                let message = format!("no filter is called `{name}`, known here: {}", Filter::names());
                self.findings.push(Finding::problem(entry.line, path, message));
                continue;
            };
            let text = match entry.value.entries() {
                [only] if only.key == "json" => only.value.text().map(|_| &only.value),
                _ => None,
            };
            match text.map(|text| of_text(filter, text, join(&path, "json"), source)) {
                None => self.routes.push(Policy { filter, tree: Cow::Borrowed(&entry.value), path }),
                Some(Ok(policy)) => self.routes.push(policy),
                Some(Err(finding)) => self.findings.push(finding),
            }
        }
    }

    fn add(
        &mut self,
        filter: Filter,
        platform: Platform,
        node: &'d Located,
        path: String,
        policy: Option<Policy<'d>>,
    ) {
        if policy.is_none() {
            let message = format!("no policy, and {} cannot do without", filter.name());
            self.findings.push(Finding::problem(node.line, path.as_str(), message));
        }
        self.plugins.push(Plugin { filter, platform, node, path, policy });
    }

    /// The filter that a plugin is: by its code, which decides, or else by what it is called.
    fn which(
        &mut self,
        node: &Located,
        path: &str,
        code: Option<&str>,
        names: &[Option<&str>],
    ) -> Option<Filter> {
        let by_code = code.and_then(of_code);
        let by_name = names
            .iter()
            .flatten()
            .find_map(|name| Filter::named(name.strip_prefix("sluice.").unwrap_or(name)));
        if let (Some(code), Some(name)) = (by_code, by_name)
            && code != name
        {
            let message = format!("is called {}, but the code is that of {}", name.name(), code.name());
            self.findings.push(Finding::warning(node.line, Warning::FilterUnclear, path, message));
        }
        by_code.or(by_name)
    }
}

/// `target/sluice/auth.wasm`, `oci://registry.example/sluice/auth:0.1.0`.
fn of_code(code: &str) -> Option<Filter> {
    let file = code.rsplit('/').next()?;
    Filter::named(file.split(['.', ':', '@']).next()?)
}

/// What Envoy wraps around a policy.
fn wrapped<'d>(filter: Filter, any: &'d Located, path: &str, source: &[&str]) -> Result<Policy<'d>, Finding> {
    let kind = any.text_at(&["@type"]).and_then(|kind| kind.rsplit('/').next());
    let value = any.field("value");
    let path = join(path, "value");
    let refused = |message: &str| Finding::problem(any.line, path.clone(), message);
    match (kind, value) {
        (Some("google.protobuf.Struct"), Some(tree)) => {
            Ok(Policy { filter, tree: Cow::Borrowed(tree), path })
        }
        (Some("google.protobuf.StringValue"), Some(value)) => of_text(filter, value, path, source),
        (Some("google.protobuf.Struct" | "google.protobuf.StringValue"), None) => Err(refused("missing")),
        _ => Err(refused("wants google.protobuf.Struct or google.protobuf.StringValue as its @type")),
    }
}

/// A policy that is written as JSON text.
fn of_text<'d>(
    filter: Filter,
    value: &Located,
    path: String,
    source: &[&str],
) -> Result<Policy<'d>, Finding> {
    let refused = |message: &str| Finding::problem(value.line, path.clone(), message);
    let text = value.text().ok_or_else(|| refused("wants a string"))?;
    let tree = document::from_json(text.as_bytes()).map_err(|error| refused(&error.message))?;
    Ok(Policy { filter, tree: Cow::Owned(tree.placed(value.line, text, source)), path })
}
