//! What the files of `ratelimit` must say on every platform, and what they say to the service that is beside them.

use filter_api::Value;

use crate::manifest::{Manifest, file, only};
use crate::policies::compile;
use crate::set;
use crate::tree::{at, field, fields, items, named, text};

const PLAIN: &str = "ratelimit/envoy.yaml";
const CHAIN: &str = "chain/envoy.yaml";
const PLUGIN: (&str, &str) = ("istio/ratelimit/wasmplugin.yaml", "WasmPlugin");
const EXTENSION: (&str, &str) = ("istio/ratelimit/trafficextension.yaml", "TrafficExtension");
const BY_RULE: &str = "gateway/ratelimit/extensionpolicy.yaml";

/// The same on all platforms, but for the name of the service's cluster, which each platform makes up itself.
#[test]
fn all_files_hold_the_same_policies() {
    let plain = policies(PLAIN);
    let [wide, search] = &plain[..] else { panic!("{PLAIN}: {plain:?}") };
    for (name, want) in [
        (PLUGIN.0, vec![wide]),
        (EXTENSION.0, vec![wide]),
        ("istio/ratelimit/route-policy.yaml", vec![search]),
        (BY_RULE, vec![wide, search]),
    ] {
        assert_eq!(policies(name).iter().collect::<Vec<_>>(), want, "{name}");
    }
}

/// A trap costs one request wherever the platform can make a new VM. Where it cannot, the file says which is worse.
#[test]
fn limits_come_back_after_a_trap() {
    for name in [PLAIN, CHAIN] {
        let documents = file(name);
        let failing = texts(&documents[0].document, "failure_policy");
        assert!(!failing.is_empty() && failing.iter().all(|policy| *policy == "FAIL_RELOAD"), "{failing:?}");
    }
    assert_eq!(text(get(&only(PLUGIN.0, PLUGIN.1), "spec/failStrategy")), "FAIL_RELOAD");
    assert_eq!(text(get(&only(EXTENSION.0, EXTENSION.1), "spec/wasm/failStrategy")), "FAIL_RELOAD");
    for manifest in file(BY_RULE) {
        assert_eq!(get(&manifest, "spec/wasm/0/failOpen"), &Value::Bool(true));
    }
}

/// Behind what verifies claims, before what draws.
#[test]
fn limits_are_asked_between_auth_and_canary() {
    for (name, kind) in [PLUGIN, EXTENSION] {
        let folders = ["auth", "ratelimit", "canary"];
        let phases = folders.map(|folder| {
            let manifest = only(&name.replace("ratelimit", folder), kind);
            text(get(&manifest, "spec/phase")).to_owned()
        });
        assert_eq!(phases, ["AUTHN", "AUTHZ", "STATS"], "{kind}");
    }
}

/// Whoever could choose the key could spend the limit of somebody else.
#[test]
fn the_chain_counts_by_what_was_verified() {
    let documents = file(CHAIN);
    let policies = documents[0].policies();
    let (_, policy) = policies.iter().find(|(filter, _)| *filter == "ratelimit").expect("a policy");
    let keys: Vec<&Value> = named(policy, "key").into_iter().flat_map(items).collect();
    let kinds: Vec<&str> = keys.iter().flat_map(|key| fields(key)).map(|(kind, _)| kind.as_str()).collect();
    assert!(kinds.len() > 2 && kinds.iter().all(|kind| ["claim", "peer"].contains(kind)), "{kinds:?}");
    assert_eq!(named(policy, "rate_by").len(), 1);
}

/// A stream that waits on a dead VM is answered only at this time.
#[test]
fn idle_streams_end_soon() {
    for name in [PLAIN, "istio/ratelimit/gateway.yaml"] {
        let documents = file(name);
        let timeouts: Vec<&str> =
            documents.iter().flat_map(|manifest| texts(&manifest.document, "stream_idle_timeout")).collect();
        assert_eq!(timeouts, ["15s"], "{name}");
    }
}

/// Shared data is one map for each id, and outlives what serves as long as the id stays.
#[test]
fn the_counters_have_an_id_of_their_own() {
    for name in [PLAIN, CHAIN] {
        let documents = file(name);
        let filters = named(&documents[0].document, "http_filters");
        let filter = items(filters[0])
            .iter()
            .find(|filter| field(filter, "name").map(text) == Some("sluice.ratelimit"))
            .expect("the filter");
        assert_eq!(texts(filter, "vm_id"), ["sluice-ratelimit"], "{name}");
    }
}

/// Istio 1.30 makes a TrafficExtension of a WasmPlugin: what it would make of ours is the one that we ship.
#[test]
fn both_kinds_of_istio_say_the_same() {
    const OF_WASM: [&str; 6] =
        ["url", "sha256", "imagePullPolicy", "failStrategy", "pluginName", "pluginConfig"];
    let (plugin, extension) = (only(PLUGIN.0, PLUGIN.1), only(EXTENSION.0, EXTENSION.1));
    let (wasm, mut rest): (Vec<_>, Vec<_>) =
        fields(get(&plugin, "spec")).iter().cloned().partition(|(name, _)| OF_WASM.contains(&name.as_str()));
    rest.push(("wasm".to_owned(), Value::Map(wasm)));
    assert_eq!(Value::Map(rest).digest(), get(&extension, "spec").digest());
    assert_eq!(get(&plugin, "metadata").digest(), get(&extension, "metadata").digest());
}

/// The patches are for the proxies that the plugin is for.
#[test]
fn patches_find_their_gateway() {
    let plugin = only(PLUGIN.0, PLUGIN.1);
    for name in ["route-off", "route-policy", "gateway"].map(|name| format!("istio/ratelimit/{name}.yaml")) {
        let name = name.as_str();
        let patch = only(name, "EnvoyFilter");
        assert_eq!(get(&patch, "metadata/namespace"), get(&plugin, "metadata/namespace"), "{name}");
        assert_eq!(
            get(&patch, "spec/workloadSelector/labels"),
            get(&plugin, "spec/selector/matchLabels"),
            "{name}"
        );
    }
}

/// The service has a limit for what the policy asks, and while it cannot be asked each proxy keeps the same one.
#[test]
fn the_service_knows_the_limit() {
    let documents = file(PLAIN);
    let plain = &documents[0];
    let limit = global(plain);
    let ask = |name: &str| text(at(limit, &["global", name]).expect(name)).to_owned();
    let service = &file("ratelimit/service/config/sluice.yaml")[0];
    assert_eq!(text(get(service, "domain")), ask("domain"));
    let descriptors = items(get(service, "descriptors"));
    assert_eq!(descriptors.len(), 1);
    assert_eq!(text(get(service, "descriptors/0/key")), ask("descriptor"));
    assert_eq!(items(field(limit, "key").expect("a key")).len(), 1, "one entry, one level of descriptors");
    assert_eq!(
        Some(get(service, "descriptors/0/rate_limit/requests_per_unit")),
        at(limit, &["rate", "requests"])
    );
    let unit = match at(limit, &["rate", "per"]).map(text) {
        Some("1s") => "second",
        Some("1m") => "minute",
        Some("1h") => "hour",
        other => panic!("no unit is {other:?} long"),
    };
    assert_eq!(text(get(service, "descriptors/0/rate_limit/unit")), unit);
}

/// The service listens where the policy's cluster leads, finds its Redis, and reads the file that we ship.
#[test]
fn compose_starts_what_envoy_asks() {
    let documents = file(PLAIN);
    let cluster = text(at(global(&documents[0]), &["global", "cluster"]).expect("a cluster"));
    let found = items(get(&documents[0], "static_resources/clusters"))
        .iter()
        .find(|known| field(known, "name").map(text) == Some(cluster))
        .expect("the cluster");
    let address = named(found, "socket_address");
    let of_address = |name: &str| field(address[0], name).expect("an address");
    assert!(named(found, "http2_protocol_options").len() == 1, "gRPC is HTTP/2");

    let compose = &file("ratelimit/compose.yaml")[0];
    let of_service = |name: &str| text(get(compose, &format!("services/ratelimit/environment/{name}")));
    assert_eq!(of_address("address"), get(compose, "services/ratelimit/environment/GRPC_HOST"));
    assert_eq!(of_address("port_value"), &Value::Number(of_service("GRPC_PORT").parse().expect("a port")));
    let redis: Vec<&str> = items(get(compose, "services/redis/command")).iter().map(text).collect();
    let port = redis.iter().skip_while(|word| **word != "--port").nth(1).expect("Redis' port");
    assert_eq!(of_service("REDIS_URL"), format!("127.0.0.1:{port}"));
    let check: Vec<&str> = items(get(compose, "services/redis/healthcheck/test")).iter().map(text).collect();
    assert!(check.contains(port), "{check:?}");
    let folder = format!("{}/{}/config", of_service("RUNTIME_ROOT"), of_service("RUNTIME_SUBDIRECTORY"));
    assert_eq!(text(get(compose, "services/ratelimit/volumes/0")), format!("./service/config:{folder}:ro"));
}

/// The policies of a file, in order; two of the same content are equal.
fn policies(name: &str) -> Vec<u64> {
    let documents = file(name);
    let policies = documents.iter().flat_map(Manifest::policies);
    policies
        .map(|(filter, policy)| {
            assert_eq!(filter, "ratelimit", "{name}");
            assert_eq!(compile(filter, policy), Ok(()), "{name}");
            let mut policy = policy.clone();
            for place in 0..items(field(&policy, "limits").expect("limits")).len() {
                let place = place.to_string();
                if at(&policy, &["limits", &place, "global"]).is_some() {
                    let path = ["limits", &place, "global", "cluster"];
                    set(&mut policy, &path, Value::Text("ratelimit".to_owned()));
                }
            }
            policy.digest()
        })
        .collect()
}

/// The limit that the service keeps.
fn global(manifest: &Manifest) -> &Value {
    let (_, policy) = manifest.policies()[0];
    let limits = items(field(policy, "limits").expect("limits"));
    limits.iter().find(|limit| field(limit, "global").is_some()).expect("a limit for all proxies")
}

fn texts<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    named(value, name).into_iter().map(text).collect()
}

fn get<'m>(manifest: &'m Manifest, path: &str) -> &'m Value {
    let steps: Vec<&str> = path.split('/').collect();
    at(&manifest.document, &steps).unwrap_or_else(|| panic!("{}: no {path}", manifest.file))
}
