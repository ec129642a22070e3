//! What `sluice render` prints: it fits the schemas of its kinds, holds the policy as it was written, and sets what the shipped
//! manifests set.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use filter_api::Value;
use sluice::command::{Command, CommandLine};
use sluice::filter::Filter;
use sluice::render::render;
use sluice::validate::{kind, problems, site::Document, warnings};
use sluice::{document, json};

use crate::kinds::Kinds;
use crate::manifest::{Manifest, only};
use crate::support::root;
use crate::tree::{at, documents, field};

const PLATFORMS: [&str; 5] = ["envoy", "istio", "istio-legacy", "envoy-gateway", "higress"];

/// Prints a manifest.
pub(crate) fn rendered(filter: &str, policy: &Path, options: &str) -> String {
    let policy = policy.display().to_string();
    let line = ["sluice", "render", filter, policy.as_str()].into_iter().chain(options.split_whitespace());
    match CommandLine::try_parse_from(line).unwrap_or_else(|error| panic!("{options}: {error}")).command {
        Command::Render(given) => render(&given).unwrap_or_else(|problems| panic!("{policy}: {problems:?}")),
        other => panic!("{other:?}"),
    }
}

/// Every good policy that we have, for every platform.
fn each(see: &mut dyn FnMut(Filter, &str, &Path, &str)) {
    for filter in Filter::ALL {
        let folder = root().join("filters").join(filter.name()).join("config/valid");
        let policies = fs::read_dir(folder).expect("policies").map(|entry| entry.expect("an entry").path());
        for policy in policies {
            for platform in PLATFORMS {
                let chosen = match platform {
                    "istio" | "istio-legacy" => "--selector app=shop",
                    "envoy-gateway" => "--target HTTPRoute/shop/all",
                    _ => "",
                };
                let options = format!("--for {platform} --namespace shop {chosen}");
                see(filter, platform, &policy, &rendered(filter.name(), &policy, &options));
            }
        }
    }
}

pub(crate) fn temporary(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("a temporary file");
    path
}

fn manifest(text: &str) -> Manifest {
    let document = document::from_yaml(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
    Manifest { file: "rendered".to_owned(), document }
}

#[test]
fn rendered_manifests_fit_the_schemas_of_their_kinds() {
    let Some(kinds) = Kinds::at_hand() else { return };
    each(&mut |_, platform, policy, text| {
        if platform != "envoy" {
            let problems = kinds.problems(&manifest(text));
            assert!(problems.is_empty(), "{platform} {}: {problems:?}", policy.display());
        }
    });
}

/// Where `validate` finds it, with nothing to say but what the policy itself is warned of.
#[test]
fn rendered_manifests_hold_the_policy_and_nothing_dangerous() {
    each(&mut |filter, platform, file, text| {
        let name = format!("{platform} {}", file.display());
        let roots = document::all(Path::new("a.yaml"), text.as_bytes()).expect("YAML");
        let lines: Vec<&str> = text.lines().collect();
        let document = kind::document(None, &roots[0], &lines);
        assert_eq!(problems(&document), [], "{name}");
        let policies: Vec<u64> = document.policies().map(|policy| policy.tree.value().digest()).collect();
        assert_eq!(policies, [document::read(file).expect("a policy").digest()], "{name}");

        let alone = document::all(file, &fs::read(file).expect("a policy")).expect("YAML");
        let alone = Document::of_policy(filter, &alone[0]);
        let codes = |document: &Document<'_>| -> Vec<&str> {
            warnings::of(document, &[document])
                .iter()
                .filter_map(|found| Some(found.warning?.code()))
                .collect()
        };
        assert_eq!(codes(&document), codes(&alone), "{name}");
    });
}

/// Comments, anchors and all.
#[test]
fn the_policy_stands_as_it_was_written() {
    let policy = "--- \nsubsets: # two\n\n  - &a { name: stable, weight: 10000 }\nlists:\n  l:\n    inline: [\"multi\\\n      line\"]\n";
    for (name, text) in [("a.yaml", policy.strip_prefix("--- \n").expect("it")), ("b.yaml", policy)] {
        let file = temporary(name, text);
        let text = rendered("canary", &file, "--for istio-legacy");
        assert_eq!(
            text.contains("    subsets: # two\n\n      - &a { name: stable"),
            name == "a.yaml",
            "{text}"
        );
        let want = document::read(&file).expect("a policy").digest();
        let found = at(&manifest(&text).document, &["spec", "pluginConfig"]).expect("a policy").digest();
        assert_eq!(found, want, "{name}: {text}");
    }
}

const ISTIO: &str = "--namespace istio-ingress --selector istio=ingressgateway --for istio";
const LEGACY: &str = "--namespace istio-ingress --selector istio=ingressgateway --for istio-legacy";
const GATEWAY: &str = "--namespace envoy-gateway-system --target Gateway/public --for envoy-gateway";

/// Filter, options, the shipped manifest that they make, and where its policy is.
#[rustfmt::skip] // a table
const SHIPPED: &[(&str, &str, &str, &str, &str)] = &[
    ("canary", LEGACY, "istio/canary/wasmplugin.yaml", "WasmPlugin", "spec/pluginConfig"),
    ("auth", LEGACY, "istio/auth/wasmplugin.yaml", "WasmPlugin", "spec/pluginConfig"),
    ("ratelimit", LEGACY, "istio/ratelimit/wasmplugin.yaml", "WasmPlugin", "spec/pluginConfig"),
    ("canary", ISTIO, "istio/canary/trafficextension.yaml", "TrafficExtension", "spec/wasm/pluginConfig"),
    ("auth", ISTIO, "istio/auth/trafficextension.yaml", "TrafficExtension", "spec/wasm/pluginConfig"),
    ("ratelimit", ISTIO, "istio/ratelimit/trafficextension.yaml", "TrafficExtension", "spec/wasm/pluginConfig"),
    ("auth", GATEWAY, "gateway/auth/extensionpolicy.yaml", "EnvoyExtensionPolicy", "spec/wasm/0/config"),
];

/// The same settings as in `envoy-config/`, for whoever starts from there.
#[test]
fn rendered_manifests_set_what_the_shipped_ones_set() {
    for (filter, options, shipped, kind, policy) in SHIPPED {
        let shipped = only(shipped, kind);
        let steps: Vec<&str> = policy.split('/').collect();
        let policy = at(&shipped.document, &steps).expect("a policy");
        let file = temporary(&format!("{kind}-{filter}.json"), &json::pretty(policy));
        let text = rendered(filter, &file, options);
        let rendered = manifest(&text);
        assert_eq!(rendered.document.digest(), shipped.document.digest(), "{}: {text}", shipped.file);
    }
    let shipped = documents(&root().join("envoy-config/xds/canary/filter/canary.yaml")).remove(0);
    let wasm = ["resources", "0", "typed_config", "config", "configuration", "value"];
    let file = temporary("resource.json", &json::pretty(at(&shipped, &wasm).expect("a policy")));
    let text = rendered("canary", &file, "--for envoy");
    assert_eq!(manifest(&text).document.digest(), shipped.digest(), "{text}");
}

#[test]
fn digests_are_filled_in() {
    let policy = root().join("filters/canary/config/valid/two-subsets.yaml");
    let module = temporary("module.wasm", "abc");
    let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-4, its example
    let given = "1".repeat(64);
    let zeros = "0".repeat(64);
    let module = format!("--module {}", module.display());
    let image = |digest: &str| format!("--image registry.example/c:1@sha256:{digest}");
    let (of_image, of_file) = ("oci://registry.example/c:1", "https://files.example/c.wasm");
    for (name, options, url, digest) in [
        ("an image", image(&given), of_image, given.as_str()),
        ("an image that nobody knows", "--image registry.example/c:1".to_owned(), of_image, &zeros),
        ("an image with its scheme", "--image oci://registry.example/c:1".to_owned(), of_image, &zeros),
        ("a file from a server", format!("{module} --url {of_file}"), of_file, of_abc),
        ("a file that is not at hand", format!("--url {of_file}"), of_file, &zeros),
        // The digest of a file is not that of an image which holds it.
        ("an image beside a file", format!("{module} --image registry.example/c:1"), of_image, &zeros),
    ] {
        let text = rendered("canary", &policy, &format!("--for istio-legacy {options}"));
        let manifest = manifest(&text);
        let spec = at(&manifest.document, &["spec"]).expect("a spec");
        let want = |text: &str| Some(Value::Text(text.to_owned()));
        let found = (field(spec, "url").cloned(), field(spec, "sha256").cloned());
        assert_eq!(found, (want(url), want(digest)), "{name}");
    }
    let text = rendered("canary", &policy, &format!("--for envoy {module}"));
    assert!(text.contains(&format!("# SHA-256 of the module: {of_abc}\n")), "{text}");
}
