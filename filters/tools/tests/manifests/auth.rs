//! A guard that is misconfigured is worse than none: what the files of `auth` must say on every platform.

use filter_api::Value;

use crate::manifest::{Manifest, file, only};
use crate::policies::compile;
use crate::set;
use crate::tree::{at, field, fields, items, named, text};

const PLAIN: [&str; 2] = ["auth/envoy.yaml", "chain/envoy.yaml"];
const GATEWAY: &str = "istio/auth/gateway.yaml";

/// Never open, and a new VM wherever the platform has one.
#[test]
fn no_request_passes_a_dead_vm() {
    for name in PLAIN {
        let documents = file(name);
        let failing: Vec<&str> =
            named(&documents[0].document, "failure_policy").into_iter().map(text).collect();
        assert!(
            !failing.is_empty() && failing.iter().all(|policy| *policy == "FAIL_RELOAD"),
            "{name}: {failing:?}"
        );
    }
    for (name, kind, path) in [
        ("istio/auth/wasmplugin.yaml", "WasmPlugin", "spec/failStrategy"),
        ("istio/auth/trafficextension.yaml", "TrafficExtension", "spec/wasm/failStrategy"),
    ] {
        assert_eq!(get(&only(name, kind), path), &Value::Text("FAIL_RELOAD".to_owned()), "{name}");
    }
    let gateway = only("gateway/auth/extensionpolicy.yaml", "EnvoyExtensionPolicy");
    assert_eq!(get(&gateway, "spec/wasm/0/failOpen"), &Value::Bool(false));
}

/// On a resumed connection Envoy calls no certificate valid. (Envoy Gateway resumes none unless it is told to.)
#[test]
fn sessions_are_never_resumed() {
    let full = ["disable_stateless_session_resumption", "disable_stateful_session_resumption"];
    for name in [PLAIN[0], PLAIN[1], GATEWAY] {
        let contexts: Vec<Value> = file(name)
            .iter()
            .flat_map(|manifest| {
                named(&manifest.document, "typed_config").into_iter().cloned().collect::<Vec<_>>()
            })
            .filter(|config| {
                field(config, "@type").is_some_and(|kind| text(kind).ends_with(".DownstreamTlsContext"))
            })
            .collect();
        assert_eq!(contexts.len(), 1, "{name}");
        for context in contexts {
            assert!(full.iter().all(|name| field(&context, name) == Some(&Value::Bool(true))), "{name}");
        }
    }
    let traffic = only("gateway/auth/clienttraffic.yaml", "ClientTrafficPolicy");
    assert_eq!(at(&traffic.document, &["spec", "tls", "session"]), None);
}

/// A stream that waits on a dead VM is answered only at this time.
#[test]
fn idle_streams_end_soon() {
    for (name, field) in [
        (PLAIN[0], "stream_idle_timeout"),
        (PLAIN[1], "stream_idle_timeout"),
        (GATEWAY, "stream_idle_timeout"),
        ("gateway/auth/clienttraffic.yaml", "streamIdleTimeout"),
    ] {
        let documents = file(name);
        let timeouts: Vec<&Value> =
            documents.iter().flat_map(|manifest| named(&manifest.document, field)).collect();
        assert_eq!(timeouts, [&Value::Text("15s".to_owned())], "{name}");
    }
}

/// Shared data is one map for each id.
#[test]
fn each_filter_has_a_vm_of_its_own() {
    for name in PLAIN {
        let documents = file(name);
        let mut ids: Vec<&str> = named(&documents[0].document, "vm_id").into_iter().map(text).collect();
        let count = ids.len();
        assert_eq!(count, named(&documents[0].document, "vm_config").len(), "{name}: a VM without an id");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}: {ids:?}");
    }
}

/// What is refused takes part in nothing else.
#[test]
fn auth_comes_first() {
    let chain = file("chain/envoy.yaml");
    let filters = named(&chain[0].document, "http_filters");
    let names: Vec<&str> =
        items(filters[0]).iter().filter_map(|filter| field(filter, "name")).map(text).collect();
    assert_eq!(names, ["sluice.auth", "sluice.ratelimit", "sluice.canary", "envoy.filters.http.router"]);
    for (name, kind) in [
        ("istio/auth/wasmplugin.yaml", "WasmPlugin"),
        ("istio/auth/trafficextension.yaml", "TrafficExtension"),
    ] {
        assert_eq!(text(get(&only(name, kind), "spec/phase")), "AUTHN", "{name}");
    }
}

/// The same on all platforms, but for the name of the cluster with the keys, which each platform makes up itself.
#[test]
fn all_files_hold_the_same_policies() {
    let wide = |name: &str, place: usize| {
        let documents = file(name);
        let manifest = documents.first().expect("a document");
        let policies: Vec<Value> = manifest
            .policies()
            .into_iter()
            .filter(|(filter, _)| *filter == "auth")
            .map(|(_, policy)| policy.clone())
            .collect();
        let mut policy = policies.get(place).unwrap_or_else(|| panic!("{name}: no policy {place}")).clone();
        if at(&policy, &["providers"]).is_some() {
            set(&mut policy, &["providers", "0", "keys", "http", "cluster"], Value::Text("keys".to_owned()));
        }
        assert_eq!(compile("auth", &policy), Ok(()), "{name}");
        policy.digest()
    };
    let want = wide("auth/envoy.yaml", 0);
    for name in [
        "chain/envoy.yaml",
        "istio/auth/wasmplugin.yaml",
        "istio/auth/trafficextension.yaml",
        "gateway/auth/extensionpolicy.yaml",
    ] {
        assert_eq!(wide(name, 0), want, "{name}");
    }
    assert_eq!(wide("istio/auth/route-policy.yaml", 0), wide("auth/envoy.yaml", 1));
}

/// The keys come from where the mesh says that the issuer is, and so over the TLS that it asks for.
#[test]
fn the_issuer_of_istio_is_one() {
    let plugin = only("istio/auth/wasmplugin.yaml", "WasmPlugin");
    let cluster = text(get(&plugin, "spec/pluginConfig/providers/0/keys/http/cluster"));
    let host = text(get(&only(GATEWAY, "ServiceEntry"), "spec/hosts/0")).to_owned();
    assert_eq!(cluster, format!("outbound|443||{host}"));
    let rule = only(GATEWAY, "DestinationRule");
    assert_eq!(text(get(&rule, "spec/host")), host);
    assert_eq!(text(get(&rule, "spec/trafficPolicy/tls/mode")), "SIMPLE");
    assert_eq!(text(get(&rule, "spec/trafficPolicy/tls/subjectAltNames/0")), host);
}

#[test]
fn both_kinds_of_istio_say_the_same() {
    const OF_WASM: [&str; 6] =
        ["url", "sha256", "imagePullPolicy", "failStrategy", "pluginName", "pluginConfig"];
    let plugin = only("istio/auth/wasmplugin.yaml", "WasmPlugin");
    let extension = only("istio/auth/trafficextension.yaml", "TrafficExtension");
    let (wasm, mut rest): (Vec<_>, Vec<_>) =
        fields(get(&plugin, "spec")).iter().cloned().partition(|(name, _)| OF_WASM.contains(&name.as_str()));
    rest.push(("wasm".to_owned(), Value::Map(wasm)));
    assert_eq!(Value::Map(rest).digest(), get(&extension, "spec").digest());
    assert_eq!(get(&plugin, "metadata").digest(), get(&extension, "metadata").digest());
}

fn get<'m>(manifest: &'m Manifest, path: &str) -> &'m Value {
    let steps: Vec<&str> = path.split('/').collect();
    at(&manifest.document, &steps).unwrap_or_else(|| panic!("{}: no {path}", manifest.file))
}
