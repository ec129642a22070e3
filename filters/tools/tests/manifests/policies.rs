//! The policies inside: each compiles, and all files hold the same ones.

use filter_api::{ConfigError, Value};

use crate::manifest::{file, manifests, only};
use crate::{json, set};

#[test]
fn every_policy_compiles() {
    for manifest in manifests() {
        for (filter, policy) in manifest.policies() {
            let compiled = compile(filter, policy);
            assert_eq!(compiled, Ok(()), "{}", manifest.file);
        }
    }
}

/// Each file shows the plugin-wide policy, the one of `/checkout` or both, so that a reader can compare platforms.
#[test]
fn all_files_hold_the_policies_of_plain_envoy() {
    let plain = policies("canary/envoy.yaml");
    let [wide, checkout, again] = &plain[..] else { panic!("canary/envoy.yaml: {plain:?}") };
    assert_eq!(checkout, again, "which of its routes a request meets must not choose the policy");
    for (name, want) in [
        ("xds/canary/filter/canary.yaml", vec![wide]),
        ("xds/canary/routes/shop.yaml", vec![checkout, checkout]),
        ("istio/canary/wasmplugin.yaml", vec![wide]),
        ("istio/canary/trafficextension.yaml", vec![wide]),
        ("istio/canary/route-policy.yaml", vec![checkout, checkout]),
        ("gateway/canary/extensionpolicy.yaml", vec![wide, checkout]),
        ("istio/canary/route-off.yaml", vec![]),
        ("istio/canary/routes.yaml", vec![]),
        ("gateway/canary/routes.yaml", vec![]),
    ] {
        assert_eq!(policies(name).iter().collect::<Vec<_>>(), want, "{name}");
    }
}

/// What the two tests above stand on: they read the policy where the filter would.
#[test]
fn refuses_a_manifest_with_a_broken_policy() {
    for (name, kind, path) in [
        ("istio/canary/wasmplugin.yaml", "WasmPlugin", "spec/pluginConfig"),
        ("istio/canary/trafficextension.yaml", "TrafficExtension", "spec/wasm/pluginConfig"),
        (
            "istio/canary/route-policy.yaml",
            "EnvoyFilter",
            "spec/configPatches/1/patch/value/metadata/filter_metadata/sluice.canary",
        ),
    ] {
        let mut manifest = only(name, kind);
        let path: Vec<&str> = path.split('/').chain(["subsets"]).collect();
        set(&mut manifest.document, &path, json(r#"[{"name": "stable", "weight": 9999}]"#));
        let refused =
            manifest.policies().iter().filter(|(filter, policy)| compile(filter, policy).is_err()).count();
        assert_eq!(refused, 1, "{name}");
    }
}

/// By the core of its filter.
pub(crate) fn compile(filter: &str, policy: &Value) -> Result<(), ConfigError> {
    match filter {
        "auth" => auth_core::Policy::compile(policy).map(drop),
        "canary" => canary_core::Policy::compile(policy).map(drop),
        "ratelimit" => ratelimit_core::Policy::compile(policy).map(drop),
        other => panic!("no filter is called {other}"),
    }
}

/// The policies of a file, in order; two of the same content are equal.
fn policies(name: &str) -> Vec<(String, u64)> {
    let documents = file(name);
    let policies = documents.iter().flat_map(|manifest| manifest.policies());
    policies.map(|(filter, policy)| (filter.to_owned(), policy.digest())).collect()
}
