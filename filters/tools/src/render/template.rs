//! The manifests. What they set besides the policy is explained in `envoy-config/`.

use super::options::{Platform, Render};
use super::{Digests, Place};
use crate::filter::Filter;
use crate::json::flow;
use crate::tree::string;
use filter_api::Value;
use std::fmt::Write as _;

/// A manifest with this policy in it.
pub(super) fn fill(given: &Render, filter: Filter, digests: &Digests, policy: &str) -> String {
    let name = given.name.as_deref().unwrap_or(filter.name());
    let filling = Filling { given, filter, place: Place::of(filter), name, digests, policy };
    match given.platform {
        Platform::Envoy => filling.envoy(),
        Platform::Istio => filling.istio(),
        Platform::IstioLegacy => filling.istio_legacy(),
        Platform::EnvoyGateway => filling.envoy_gateway(),
        Platform::Higress => filling.higress(),
    }
}

struct Filling<'f> {
    given: &'f Render,
    filter: Filter,
    place: Place,
    name: &'f str,
    digests: &'f Digests,
    policy: &'f str,
}

impl Filling<'_> {
    fn envoy(&self) -> String {
        let filter = self.filter.name();
        let packed = || self.given.dist.as_ref().map(|dist| dist.join(filter).join(format!("{filter}.wasm")));
        let module = self.given.module.clone().or_else(packed).map(|module| module.display().to_string());
        let module = quoted(&module.unwrap_or_else(|| format!("target/sluice/{filter}.wasm")));
        let digest = self
            .digests
            .module
            .as_ref()
            .map(|digest| format!("  # SHA-256 of the module: {digest}\n"))
            .unwrap_or_default();
        format!(
            "\
resources:
{digest}  - \"@type\": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig
    name: sluice.{filter}
    typed_config:
      \"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
      config:
        name: sluice.{filter}
        root_id: {filter}
        failure_policy: FAIL_RELOAD
        reload_config: {{ backoff: {{ base_interval: 1s, max_interval: 5s }} }}
        vm_config:
          vm_id: sluice-{filter}
          runtime: envoy.wasm.runtime.v8
          code: {{ local: {{ filename: {module} }} }}
        configuration:
          \"@type\": type.googleapis.com/google.protobuf.Struct
          value:
{}",
            self.indented(12)
        )
    }

    fn istio(&self) -> String {
        format!(
            "{}spec:\n{}  phase: {}\n  priority: {}\n  wasm:\n{}    imagePullPolicy: IfNotPresent\n    failStrategy: FAIL_RELOAD\n    pluginName: {}\n    pluginConfig:\n{}",
            self.head("extensions.istio.io/v1alpha1", "TrafficExtension"),
            self.selector(),
            self.place.phase,
            self.place.priority,
            self.source(4, "oci://"),
            self.filter.name(),
            self.indented(6)
        )
    }

    fn istio_legacy(&self) -> String {
        format!(
            "{}spec:\n{}{}  imagePullPolicy: IfNotPresent\n  phase: {}\n  priority: {}\n  failStrategy: FAIL_RELOAD\n  pluginName: {}\n  pluginConfig:\n{}",
            self.head("extensions.istio.io/v1alpha1", "WasmPlugin"),
            self.selector(),
            self.source(2, "oci://"),
            self.place.phase,
            self.place.priority,
            self.filter.name(),
            self.indented(4)
        )
    }

    /// Has neither FAIL_RELOAD nor phases.
    fn envoy_gateway(&self) -> String {
        let mut targets = String::new();
        for target in &self.given.targets {
            let section = target
                .section
                .as_ref()
                .map(|section| format!(", sectionName: {}", quoted(section)))
                .unwrap_or_default();
            let (kind, name) = (quoted(&target.kind), quoted(&target.name));
            let _ = writeln!(
                targets,
                "    - {{ group: gateway.networking.k8s.io, kind: {kind}, name: {name}{section} }}"
            );
        }
        let code = match &self.given.url {
            None => format!("        type: Image\n        image:\n{}", self.source(10, "")),
            Some(_) => format!("        type: HTTP\n        http:\n{}", self.source(10, "")),
        };
        format!(
            "{}spec:\n  targetRefs:\n{targets}  wasm:\n    - name: {}\n      rootID: {}\n      failOpen: {}\n      code:\n{code}      config:\n{}",
            self.head("gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy"),
            quoted(self.name),
            self.filter.name(),
            self.place.fail_open,
            self.indented(8)
        )
    }

    /// Knows FAIL_OPEN and FAIL_CLOSE only.
    fn higress(&self) -> String {
        let strategy = if self.place.fail_open { "FAIL_OPEN" } else { "FAIL_CLOSE" };
        format!(
            "{}spec:\n{}  imagePullPolicy: IfNotPresent\n  phase: {}\n  priority: {}\n  failStrategy: {strategy}\n  pluginName: {}\n  defaultConfig:\n{}",
            self.head("extensions.higress.io/v1alpha1", "WasmPlugin"),
            self.source(2, "oci://"),
            self.place.phase,
            self.place.priority,
            self.filter.name(),
            self.indented(4)
        )
    }

    fn head(&self, version: &str, kind: &str) -> String {
        let (name, namespace) = (quoted(self.name), quoted(&self.given.namespace));
        format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n")
    }

    fn selector(&self) -> String {
        let labels = self.given.selectors.iter().map(|(name, value)| (name.clone(), string(value.as_str())));
        match labels.collect::<Vec<_>>() {
            labels if labels.is_empty() => String::new(),
            labels => format!("  selector:\n    matchLabels: {}\n", flow(&Value::Map(labels))),
        }
    }

    /// `url` and `sha256`.
    fn source(&self, indent: usize, scheme: &str) -> String {
        let indent = " ".repeat(indent);
        let replace = "# <- REPLACE";
        let (url, digest) = match (&self.given.url, &self.given.image) {
            (Some(url), _) => (quoted(url), &self.digests.module),
            (None, Some(image)) => (quoted(&format!("{scheme}{}", image.name)), &self.digests.image),
            (None, None) => (
                format!(
                    "{scheme}registry.example/sluice/{}:{} {replace}",
                    self.filter.name(),
                    env!("CARGO_PKG_VERSION")
                ),
                &self.digests.image,
            ),
        };
        // A digest that no module and no image has: where it is left, nothing is loaded.
        let digest = match digest {
            Some(digest) => format!("\"{digest}\""),
            None => format!(
                "\"{}\" {replace}: {}",
                "0".repeat(64),
                if self.given.url.is_some() {
                    "SHA-256 of the module"
                } else {
                    "digest of the image's manifest"
                }
            ),
        };
        format!("{indent}url: {url}\n{indent}sha256: {digest}\n")
    }

    /// The policy, that deep.
    fn indented(&self, indent: usize) -> String {
        let indent = " ".repeat(indent);
        let text = self.policy.strip_prefix("---\n").unwrap_or(self.policy);
        let line =
            |line: &str| if line.trim().is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") };
        text.trim_end().lines().map(line).collect()
    }
}

/// A string as YAML takes it for one.
fn quoted(text: &str) -> String {
    flow(&string(text))
}
