//! The chain for Istio and Envoy Gateway: the policies of `chain/envoy.yaml`, in what `sluice render` makes of them.

use crate::rendered::{rendered, temporary};

use super::source;

const FILTERS: [&str; 3] = ["auth", "ratelimit", "canary"];

pub(super) fn files() -> Vec<(String, String)> {
    let istio = |kind: &str, platform: &str| {
        let options = format!("--for {platform} --namespace istio-ingress --selector istio=ingressgateway");
        let documents = FILTERS.map(|filter| manifest(filter, ISSUER_OF_ISTIO, &options));
        format!("{}{}", head_of_istio(kind), documents.join("---\n"))
    };
    vec![
        ("istio/chain/trafficextension.yaml".to_owned(), istio("Istio 1.30 and newer", "istio")),
        ("istio/chain/wasmplugin.yaml".to_owned(), istio("Istio 1.27 to 1.29", "istio-legacy")),
        ("gateway/chain/extensionpolicy.yaml".to_owned(), of_gateway()),
    ]
}

/// Envoy Gateway runs the filters of one policy in the order of its list.
fn of_gateway() -> String {
    let options = "--for envoy-gateway --namespace envoy-gateway-system --target Gateway/public";
    let manifests = FILTERS.map(|filter| manifest(filter, ISSUER_OF_GATEWAY, options));
    let parts = manifests.each_ref().map(|text| text.split_once("  wasm:\n").expect("a list of filters"));
    let (head, _) = parts[0];
    let filters: String = parts.iter().map(|(_, filter)| *filter).collect();
    format!("{HEAD_OF_GATEWAY}{}  wasm:\n{filters}", head.replacen("  name: auth\n", "  name: chain\n", 1))
}

fn manifest(filter: &str, issuer: &str, options: &str) -> String {
    let policy = policy(filter).replace("cluster: idp,", &format!("cluster: \"{issuer}\","));
    rendered(filter, &temporary(&format!("chain-{filter}.yaml"), &policy), options)
}

/// A policy as it stands in the file for plain Envoy, comments and all.
fn policy(filter: &str) -> String {
    let source = source("chain");
    let of_filter = source.split_once(&format!("- name: sluice.{filter}\n")).expect("the filter").1;
    let (_, value) = of_filter.split_once("                          value:").expect("its policy");
    let inside = |line: &&str| line.is_empty() || line.starts_with(&" ".repeat(28));
    value
        .lines()
        .skip(1)
        .take_while(inside)
        .map(|line| format!("{}\n", line.get(28..).unwrap_or_default()))
        .collect()
}

fn head_of_istio(versions: &str) -> String {
    format!(
        "\
# The chain at an Istio ingress gateway, for {versions}: `auth`, `ratelimit` behind it, `canary` last, by phase. Each value is
# explained in ../auth/, ../ratelimit/ and ../canary/. With it belongs ../auth/gateway.yaml: mutual TLS with full handshakes, how long a
# stream may wait, and the issuer of tokens, of which Istio makes the cluster with the keys.
#
# Made of ../../chain/envoy.yaml by `make manifests`: the same policies, but for the name of that cluster. Replace what is marked
# <- REPLACE. How to put modules into a registry: ../../README.md.
"
    )
}

const HEAD_OF_GATEWAY: &str = "\
# The chain in Envoy Gateway, 1.6 and newer, on all of a Gateway: filters run in the order of the list, and all three stand in
# one policy, so that nothing else decides about it. Each value is explained in ../auth/, ../ratelimit/ and ../canary/. With it
# belongs ../auth/clienttraffic.yaml: mutual TLS, and how long a stream may wait.
#
# Made of ../../chain/envoy.yaml by `make manifests`: the same policies, but for the name of the cluster with the keys, which is
# that of your HTTPRoute to the issuer (<- REPLACE). Replace what is marked so below, too.
";

const ISSUER_OF_ISTIO: &str = "outbound|443||issuer.example";
const ISSUER_OF_GATEWAY: &str = "httproute/envoy-gateway-system/issuer/rule/0";
