//! A real Prometheus scrapes two real Envoys, the chain and `canary` over ECDS, and answers every expression of the shipped
//! dashboard with data. No label holds what a request brought.

use std::collections::BTreeSet;
use std::fs;

use e2e::{Bootstrap, Load, Mode, Prometheus, Protocol, Request, Stack, parse_yaml, until};
use serde_json::{Value, json};

use super::picture;
use crate::auth::setting::{ISSUER, Issuer, JWKS, PLANTED, bearer, draft};

e2e::tests![every_expression_has_data_and_no_label_is_a_requests];

const LIMITS: &str = "
limits:
  - { name: node, rate: { requests: 1000000, per: 1s } }
  - { name: per-user, key: [{ claim: sub }], missing: skip, rate: { requests: 1, per: 1m } }
  - name: leased
    global: { cluster: ratelimit, domain: sluice, descriptor: all, timeout: 5s, lease: 10, on_failure: allow }
  - name: unserved
    global: { cluster: nowhere, domain: sluice, descriptor: all, timeout: 5s, on_failure: local }
    rate: { requests: 1000000, per: 1s }
  - name: watched
    when: { list: { name: known, key: { header: x-user-id } } }
    key: [{ header: x-user-id }]
    rate: { requests: 1, per: 1m }
    dry_run: true
lists: { known: { http: { cluster: lists, path: /known, refresh: 200ms } } }
";
const CANARY: &str = "
subsets: [{ name: stable, weight: 9000 }, { name: canary, weight: 1000 }]
sticky: [{ claim: sub }]
rules:
  - { name: dyed, when: { header: { name: x-env, exact: canary } }, subset: canary }
  - { name: later, when: { method: { exact: GET } }, subset: canary, dry_run: true }
  - { name: listed, when: { list: { name: beta, key: { header: x-user-id } } }, weights: { canary: 10000 } }
lists: { beta: { http: { cluster: lists, path: /beta, refresh: 200ms } } }
";

/// The chain, with something to see in every panel.
fn chain() -> Bootstrap {
    let http = |cluster: &str, path: &str| json!({ "http": { "cluster": cluster, "path": path, "refresh": "200ms" } });
    let policy = json!({
        "providers": [{ "name": "idp", "issuer": ISSUER, "audiences": ["orders"], "keys": http("idp", JWKS) }],
        "spiffe": {
            "audiences": ["orders"],
            "trust_domains": [{ "name": "example.org", "bundle": http("spire", "/bundle") }],
        },
        "revoked": http("revocations", "/revoked"),
        "rules": [
            { "name": "open", "when": { "path": { "exact": "/open" } }, "allow": "anyone" },
            { "name": "stricter", "require": { "token": "idp", "claims": [{ "name": "scope", "contains": "none" }] }, "dry_run": true },
            { "name": "all", "require": { "token": ["idp", "jwt_svid"] } },
        ],
    });
    let shipped =
        fs::read_to_string(e2e::repository().join("envoy-config/chain/envoy.yaml")).expect("the chain");
    let shipped = parse_yaml(&shipped).expect("YAML");
    Bootstrap::auth()
        .policy_value(policy)
        .behind("ratelimit", LIMITS)
        .behind("canary", CANARY)
        .service_cluster_with(|_| ())
        .edit(|envoy| envoy["stats_config"] = shipped["stats_config"].clone())
}

/// Requests that get every kind of answer; the marker is wherever a client can put it.
fn request(number: usize, tokens: &[String]) -> Request {
    let user = format!("{PLANTED}-{}", number % 97);
    let request = match number % 6 {
        0 => Request::get(format!("/{PLANTED}/{number}")),
        1 => Request::get("/open"),
        2 => bearer("a.b.c"),
        _ => bearer(&tokens[number % tokens.len()]),
    };
    let request = if number.is_multiple_of(7) { request.header("x-env", "canary") } else { request };
    request.header("x-user-id", user).header("x-upstream-report", "none")
}

/// Good documents behind every cluster but `nowhere`.
async fn serve(chain: &Stack, issuer: &Issuer) {
    chain.lists.at(JWKS).serve(issuer.set().to_string()).await;
    chain.lists.at("/known").serve(format!("{PLANTED}-3\n{PLANTED}-9\n")).await;
    chain.lists.at("/beta").serve(format!("{PLANTED}-4\n")).await;
    chain.lists.at("/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit").serve([8, 1]).await;
    chain.records.at("/revoked").serve(r#"{"revoked":[]}"#).await;
    let bundle = json!({ "keys": [], "spiffe_sequence": 1 });
    chain.records.at("/bundle").serve(bundle.to_string()).await;
}

async fn every_expression_has_data_and_no_label_is_a_requests() {
    let issuer = Issuer::new();
    let chain = Stack::start(chain()).await;
    serve(&chain, &issuer).await;
    // Another Envoy of the same job, with its filter over ECDS.
    let other = Stack::start(Bootstrap::canary_over_xds()).await;
    let prometheus = Prometheus::start(&[chain.envoy.admin_addr(), other.envoy.admin_addr()]).await;
    let names = prometheus.rules().await.expect("rules");
    assert!(names.len() > 25 && names.iter().any(|name| name == "SluiceVmDied"), "{names:?}");

    let tokens: Vec<String> =
        (0..60).map(|n| draft().claim("sub", format!("{PLANTED}-{n}")).sign(&issuer.es)).collect();
    let load = Load { client: chain.client(Protocol::Http1), connections: 4, streams: 1 };
    let sent = tokens.clone();
    let stream = load.stream(60, move |number| request(number, &sent)).await.expect("connections");
    answered(&prometheus).await;
    if std::env::var_os("SLUICE_PICTURE").is_some() {
        picture::draw(&prometheus, &chain, &tokens).await;
    }
    // Sources that fail are seen, too.
    chain.lists.at("/beta").switch(Mode::Error).await;
    until("a failed fetch", async || {
        let failed = prometheus
            .query("sum(sluice_canary_list_fetches{outcome=\"failed\"}) > 0")
            .await
            .expect("an answer");
        failed.first().map(|_| ())
    })
    .await;
    let tally = stream.stop().await;
    assert!(tally.lost.is_empty(), "{tally:?}");
    for status in [200, 401, 429] {
        assert!(tally.statuses.contains_key(&status), "{tally:?}");
    }
    labels(&prometheus).await;
}

/// Every expression of the dashboard, sooner or later.
async fn answered(prometheus: &Prometheus) {
    for (place, expression) in expressions() {
        let mut said = String::new();
        let wanted = format!("data for {place}: {expression}");
        until(&wanted, async || {
            let series =
                prometheus.query(&expression).await.unwrap_or_else(|e| panic!("{place}: {expression}: {e}"));
            said = format!("{series:?}");
            series.iter().any(|series| series.value.is_finite()).then_some(())
        })
        .await;
        assert!(!said.contains(PLANTED), "{place}: {said}");
    }
}

/// Of the policies.
const NAMES: &str = "idp jwt_svid example.org revoked open stricter all node per-user leased unserved watched known beta stable \
                     canary dyed later listed beta-users -";
/// What labels say of what came of it; reasons are apart.
const OUTCOMES: &str = "admitted refused would_refuse skipped granted updated unchanged failed allow local deny timeout unsent \
                        status answer rule cohort draw random inherited plugin route envoy";

/// Bounded: names of policies and codes, nothing that a client wrote.
async fn labels(prometheus: &Prometheus) {
    let known: BTreeSet<&str> = NAMES.split(' ').chain(OUTCOMES.split(' ')).collect();
    let all = prometheus.query("{__name__=~\".+\"}").await.expect("all series");
    assert!(all.len() > 500, "{}", all.len());
    for series in &all {
        let text = format!("{:?}", series.labels);
        assert!(!text.contains(PLANTED), "{text}");
        let of_ours = series.labels.get("__name__").is_some_and(|name| name.starts_with("sluice_"));
        for (label, value) in series.labels.iter().filter(|_| of_ours) {
            // Reasons are an enum of each filter, held to the tables of the READMEs.
            let code = label == "reason" && value.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            let scraped = ["__name__", "instance"].contains(&label.as_str());
            assert!(scraped || code || known.contains(value.as_str()), "{label}={value} in {text}");
        }
    }
}

/// All expressions of the dashboard, as Grafana sends them when all jobs and instances are chosen.
fn expressions() -> Vec<(String, String)> {
    let path = e2e::repository().join("envoy-config/observability/dashboard.json");
    let document: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("the dashboard")).expect("JSON");
    let panels = document["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| {
        panel["targets"].as_array().into_iter().flatten().map(move |target| (panel, target))
    });
    targets
        .map(|(panel, target)| {
            let expression = target["expr"].as_str().expect("an expression");
            let filled =
                expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*");
            (panel["title"].as_str().unwrap_or_default().to_owned(), filled)
        })
        .collect()
}
