//! Names that one manifest gives and another uses. A mesh says nothing about a patch or a policy that finds its target nowhere.

use std::collections::BTreeSet;

use filter_api::Value;

use crate::manifest::{Manifest, file, only};
use crate::tree::{at, field, fields, items, named, text};

const PLUGIN: (&str, &str) = ("istio/canary/wasmplugin.yaml", "WasmPlugin");
const EXTENSION: (&str, &str) = ("istio/canary/trafficextension.yaml", "TrafficExtension");
const OFF: (&str, &str) = ("istio/canary/route-off.yaml", "EnvoyFilter");
const POLICY: (&str, &str) = ("istio/canary/route-policy.yaml", "EnvoyFilter");
const SERVICE: (&str, &str) = ("istio/canary/routes.yaml", "VirtualService");
const SUBSETS: (&str, &str) = ("istio/canary/routes.yaml", "DestinationRule");
const ROUTE: (&str, &str) = ("gateway/canary/routes.yaml", "HTTPRoute");

/// Istio 1.30 makes a TrafficExtension of a WasmPlugin: what it would make of ours is the one that we ship.
#[test]
fn both_kinds_of_istio_say_the_same() {
    const OF_WASM: [&str; 6] =
        ["url", "sha256", "imagePullPolicy", "failStrategy", "pluginName", "pluginConfig"];
    let (plugin, extension) = (read(PLUGIN), read(EXTENSION));
    let (mut wasm, mut rest): (Vec<_>, Vec<_>) =
        fields(get(&plugin, "spec")).iter().cloned().partition(|(name, _)| OF_WASM.contains(&name.as_str()));
    wasm.sort_by(|(a, _), (b, _)| a.cmp(b));
    rest.push(("wasm".to_owned(), Value::Map(wasm)));
    assert_eq!(Value::Map(rest).digest(), get(&extension, "spec").digest());
    assert_eq!(get(&plugin, "metadata").digest(), get(&extension, "metadata").digest());
}

/// If the VM dies, the next request gets a new one.
#[test]
fn filters_come_back_after_a_trap() {
    assert_eq!(text(get(&read(PLUGIN), "spec/failStrategy")), "FAIL_RELOAD");
    assert_eq!(text(get(&read(EXTENSION), "spec/wasm/failStrategy")), "FAIL_RELOAD");
}

#[test]
fn the_switch_knows_every_name_of_the_filter() {
    for folder in ["canary", "ratelimit"] {
        let of = |(file, kind): (&str, &str)| only(&file.replace("canary", folder), kind);
        switch_knows_every_name(&of(PLUGIN), &of(OFF));
    }
}

fn switch_knows_every_name(plugin: &Manifest, off: &Manifest) {
    let name = format!("{}.{}", text(get(plugin, "metadata/namespace")), text(get(plugin, "metadata/name")));
    let want = [
        format!("extensions.istio.io/trafficextension/{name}"),
        format!("extensions.istio.io/trafficextension/{name}~istio-translated-wasmplugin"),
        format!("extensions.istio.io/wasmplugin/{name}"),
    ];
    let switches = fields(get(off, "spec/configPatches/0/patch/value/typed_per_filter_config"));
    assert_eq!(switches.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), BTreeSet::from(want));
    for (name, switch) in switches {
        let kind = field(switch, "@type").map(text);
        assert_eq!(kind, Some("type.googleapis.com/envoy.config.route.v3.FilterConfig"), "{name}");
        assert_eq!(field(switch, "disabled"), Some(&Value::Bool(true)), "{name}");
    }
}

#[test]
fn patches_find_their_routes() {
    let (plugin, service) = (read(PLUGIN), read(SERVICE));
    let routes = texts(get(&service, "spec/http"), "name");
    let hosts: Vec<&str> = items(get(&service, "spec/hosts")).iter().map(text).collect();
    for (patches, want) in [(read(OFF), vec!["assets"]), (read(POLICY), vec!["checkout-canary", "checkout"])]
    {
        assert_eq!(
            get(&patches, "metadata/namespace"),
            get(&plugin, "metadata/namespace"),
            "{}",
            patches.file
        );
        assert_eq!(
            get(&patches, "spec/workloadSelector/labels"),
            get(&plugin, "spec/selector/matchLabels"),
            "{}",
            patches.file
        );
        let mut patched = Vec::new();
        for vhost in named(&patches.document, "vhost") {
            let (host, port) = text(get_in(vhost, "name")).split_once(':').expect("host:port");
            assert!(hosts.contains(&host) && port.parse::<u16>().is_ok(), "{}: {vhost:?}", patches.file);
            patched.push(text(get_in(vhost, "route/name")));
        }
        assert_eq!(patched, want, "{}", patches.file);
        assert!(patched.iter().all(|route| routes.contains(*route)), "{}: {routes:?}", patches.file);
    }
}

/// Policy, routes and subsets speak of the same names and the same header.
#[test]
fn routes_of_istio_follow_the_policy() {
    let (plugin, service, subsets) = (read(PLUGIN), read(SERVICE), read(SUBSETS));
    let policy = get(&plugin, "spec/pluginConfig");
    let of_policy = texts(get_in(policy, "subsets"), "name");
    assert_eq!(texts(get(&subsets, "spec/subsets"), "name"), of_policy);
    let destinations = named(&service.document, "destination");
    assert!(destinations.iter().all(|to| field(to, "host") == Some(get(&subsets, "spec/host"))));
    assert_eq!(destinations.iter().map(|to| text(get_in(to, "subset"))).collect::<BTreeSet<_>>(), of_policy);

    let header = text(get_in(policy, "output/header"));
    let mut followed = 0;
    for route in items(get(&service, "spec/http")) {
        for headers in named(route, "headers") {
            let subset = get_in(get_in(headers, header), "exact");
            assert_eq!(fields(headers).len(), 1, "{headers:?}");
            assert_eq!(get_in(route, "route/0/destination/subset"), subset);
            followed += 1;
        }
    }
    assert_eq!(followed, 2, "routes that ask for the header");
}

#[test]
fn rules_of_envoy_gateway_follow_the_policies() {
    let route = read(ROUTE);
    let rules = items(get(&route, "spec/rules"));
    let mut with_the_filter = BTreeSet::new();
    for manifest in file("gateway/canary/extensionpolicy.yaml") {
        let targets = items(get(&manifest, "spec/targetRefs"));
        assert!(targets.iter().all(|to| field(to, "name") == at(&route.document, &["metadata", "name"])));
        assert_eq!(get(&manifest, "metadata/namespace"), get(&route, "metadata/namespace"));
        let header = text(get(&manifest, "spec/wasm/0/config/output/header"));
        let targets = targets.iter().map(|target| text(get_in(target, "sectionName")));
        // One rule takes those whom the header sends to the canary, the other everybody else.
        let by_header: Vec<bool> = targets
            .map(|name| {
                with_the_filter.insert(name.to_owned());
                let rule = rules.iter().find(|rule| field(rule, "name").map(text) == Some(name));
                let headers = named(rule.unwrap_or_else(|| panic!("no rule {name}")), "headers");
                headers.iter().any(|list| {
                    let wanted = items(list).first().expect("a header");
                    text(get_in(wanted, "name")) == header && text(get_in(wanted, "value")) == "canary"
                })
            })
            .collect();
        assert_eq!(by_header, [true, false], "{}", text(get(&manifest, "metadata/name")));
    }
    let all = texts(get(&route, "spec/rules"), "name");
    let off: Vec<&str> = all.into_iter().filter(|rule| !with_the_filter.contains(*rule)).collect();
    assert_eq!(off, ["assets"], "rules without the filter");
}

fn read((file, kind): (&str, &str)) -> Manifest {
    only(file, kind)
}

fn get<'m>(manifest: &'m Manifest, path: &str) -> &'m Value {
    get_in(&manifest.document, path)
}

fn get_in<'v>(value: &'v Value, path: &str) -> &'v Value {
    let steps: Vec<&str> = path.split('/').collect();
    at(value, &steps).unwrap_or_else(|| panic!("no {path} in {value:?}"))
}

/// One field of each item.
fn texts<'v>(list: &'v Value, name: &str) -> BTreeSet<&'v str> {
    items(list).iter().map(|item| text(get_in(item, name))).collect()
}
