//! What users apply to their clusters (`envoy-config/istio`, `envoy-config/gateway`): it fits the schemas of its kinds, its
//! policies compile, and its parts agree with each other and with the files for plain Envoy.

mod agreement; // names and policies that must be the same in several files
mod auth; // what `auth` stands on: failure, TLS, one policy
mod derived; // files that are made of others
mod kinds; // Kubernetes' schemas, where they are at hand
mod manifest; // the files
mod policies; // what is inside
mod ratelimit; // where limits stand, and the service that keeps some of them
mod rendered; // what `sluice render` prints
mod schema; // a document, judged by a schema
mod schema_tests;
#[path = "../support/mod.rs"]
mod support;
mod tree; // YAML

use filter_api::Value;

use kinds::{Kinds, skipped};
use manifest::{Manifest, manifests, only};
use tree::{at_mut, named, paths, text};

/// Kinds that the schemas do not cover. Any other kind without a schema is a mistake.
const NOT_COVERED: [&str; 2] = ["ClientTrafficPolicy", "HTTPRoute"];

#[test]
fn every_manifest_fits_the_schema_of_its_kind() {
    let Some(kinds) = Kinds::at_hand() else { return };
    let mut wrong = Vec::new();
    for manifest in manifests() {
        if NOT_COVERED.contains(&manifest.kind()) {
            skipped(&format!("{} against a schema: none for {}", manifest.file, manifest.kind()));
            continue;
        }
        wrong.extend(kinds.problems(&manifest).iter().map(|problem| format!("{}: {problem}", manifest.file)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each field of each manifest in turn, but for those where any name is allowed.
#[test]
fn refuses_a_misspelt_field_wherever_it_stands() {
    let Some(kinds) = Kinds::at_hand() else { return };
    let any_name_below =
        ["pluginConfig", "config", "value", "labels", "matchLabels", "annotations", "headers"]
            .map(str::to_owned);
    let mut tried = 0;
    for manifest in manifests().iter().filter(|manifest| !NOT_COVERED.contains(&manifest.kind())) {
        for path in paths(&manifest.document) {
            let (field, above) = path.split_last().expect("a field");
            // Everywhere else a selector has fields of its own.
            let labels = manifest.kind() == "Gateway" && above.ends_with(&["selector".to_owned()]);
            if labels || above.iter().any(|step| any_name_below.contains(step)) {
                continue;
            }
            let problems = kinds.problems(&misspelt(manifest, above, field));
            assert!(!problems.is_empty(), "{}: {}x was not refused", manifest.file, path.join("."));
            tried += 1;
        }
    }
    assert!(tried > 100, "only {tried} fields were tried");
}

#[test]
fn refuses_values_that_their_kinds_do_not_allow() {
    let Some(kinds) = Kinds::at_hand() else { return };
    let plugin = only("istio/canary/wasmplugin.yaml", "WasmPlugin");
    let extension = only("istio/canary/trafficextension.yaml", "TrafficExtension");
    let off = only("istio/canary/route-off.yaml", "EnvoyFilter");
    let service = only("istio/canary/routes.yaml", "VirtualService");
    let by_rule = manifest::file("gateway/canary/extensionpolicy.yaml").remove(0);
    for (name, manifest, path, value, want) in [
        ("another version", &plugin, "apiVersion", r#""extensions.istio.io/v1""#, "no kind WasmPlugin"),
        ("another kind", &plugin, "kind", r#""WasmPlugins""#, "no kind WasmPlugins"),
        ("a name with a capital", &plugin, "metadata.name", r#""Canary""#, "does not match"),
        ("a strategy of Envoy's", &plugin, "spec.failStrategy", r#""FAIL_CLOSED""#, "is none of"),
        ("a phase in lower case", &plugin, "spec.phase", r#""stats""#, "is none of"),
        ("a priority in quotes", &plugin, "spec.priority", r#""50""#, "not of type integer"),
        ("half a priority", &plugin, "spec.priority", "0.5", "not of type integer"),
        ("a digest with its algorithm", &plugin, "spec.sha256", r#""sha256:00""#, "does not match"),
        ("a digest that YAML took for a number", &plugin, "spec.sha256", "0", "not of type string"),
        ("no url", &plugin, "spec.url", r#""""#, "minLength"),
        ("a policy that is a string", &plugin, "spec.pluginConfig", r#""{}""#, "not of type object"),
        ("a strategy of Envoy's", &extension, "spec.wasm.failStrategy", r#""FAIL_CLOSED""#, "is none of"),
        ("Lua beside Wasm", &extension, "spec.lua", r#"{"inlineCode": ""}"#, "of oneOf"),
        ("another operation", &off, "spec.configPatches.0.patch.operation", r#""MERGED""#, "is none of"),
        ("another place", &off, "spec.configPatches.0.applyTo", r#""ROUTE""#, "is none of"),
        ("two things to match", &off, "spec.configPatches.0.match.listener", "{}", "of oneOf"),
        ("a patch that is no list", &off, "spec.configPatches", "{}", "not of type array"),
        ("two hosts", &service, "spec.http.0.route.0.destination.host", "[]", "not of type string"),
        ("another source", &by_rule, "spec.wasm.0.code.type", r#""File""#, "is none of"),
        ("a strategy for a switch", &by_rule, "spec.wasm.0.failOpen", r#""no""#, "not of type boolean"),
    ] {
        let mut changed = manifest.clone();
        set(&mut changed.document, &path.split('.').collect::<Vec<_>>(), json(value));
        let problems = kinds.problems(&changed).join("\n");
        assert!(problems.contains(want), "{name}: {problems:?} lacks {want:?}");
    }
}

/// A digest or a registry that looked real would be taken for ours.
#[test]
fn what_is_to_be_replaced_cannot_work() {
    let mut plugins = 0;
    for manifest in manifests() {
        for digest in named(&manifest.document, "sha256") {
            assert_eq!(text(digest), "0".repeat(64), "{}", manifest.file);
            plugins += 1;
        }
        for url in named(&manifest.document, "url") {
            let image = text(url).trim_start_matches("oci://");
            assert!(image.starts_with("registry.example/"), "{}: {image}", manifest.file); // RFC 2606
        }
    }
    assert_eq!(plugins, 20, "plugins that pin a digest");
}

/// The manifest with an `x` behind the name of one field.
fn misspelt(manifest: &Manifest, above: &[String], field: &str) -> Manifest {
    let mut changed = manifest.clone();
    let Some(Value::Map(entries)) = at_mut(&mut changed.document, above) else {
        panic!("no mapping at {above:?}")
    };
    let (name, _) = entries.iter_mut().find(|(name, _)| name == field).expect("the field");
    name.push('x');
    changed
}

/// Sets a field, adding it where it is not there.
fn set(document: &mut Value, path: &[&str], value: Value) {
    let (name, above) = path.split_last().expect("a field");
    let Some(Value::Map(entries)) = at_mut(document, above) else { panic!("no mapping at {above:?}") };
    entries.retain(|(other, _)| other != name);
    entries.push(((*name).to_owned(), value));
}

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}
