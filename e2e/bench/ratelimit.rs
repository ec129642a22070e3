//! What is measured of `ratelimit`, beside Envoy's own `local_ratelimit`, and the chain of all three filters.

use std::path::PathBuf;

use e2e::{Error, Key, artifact, parse_yaml};
use serde_json::{Value, json};

use crate::auth::{self, Tokens};
use crate::case::{AGAINST, Case, EMPTY, Filter, NONE, POLICY, empty, with_route_metadata};
use crate::traffic::Traffic;

/// All cases, the plainest first.
pub(crate) fn cases(against: &[PathBuf]) -> Result<Vec<Case>, Error> {
    let mut cases = vec![
        Case::plain(NONE, "no filter", Vec::new())?,
        Case::plain(EMPTY, "empty Wasm filter", vec![empty()?])?,
        Case::plain(NATIVE, "local_ratelimit: one bucket", vec![native(PLENTY)])?,
        Case::plain(
            "native-keyed",
            "local_ratelimit: a bucket for each x-user-id",
            vec![native_by_user(65_536)],
        )?,
        Case::plain("native-refused", "local_ratelimit: over the limit", vec![native(NOTHING)])?
            .traffic(Traffic::default().answered(429)),
    ];
    cases.extend(local()?);
    for module in against {
        let name = module.file_stem().unwrap_or_default().to_string_lossy();
        for (kind, limit) in [("", unkeyed()), ("-keyed", keyed())] {
            let filter = Filter::wasm("sluice.ratelimit", module, json!({ "limits": [limit] }));
            cases.push(Case::plain(&format!("{AGAINST}{name}{kind}"), "with another module", vec![filter])?);
        }
    }
    cases.extend(chain()?);
    Ok(cases)
}

fn unkeyed() -> Value {
    json!({ "name": "node", "rate": rate(PLENTY) })
}

fn keyed() -> Value {
    json!({ "name": "per-user", "key": [{ "header": "x-user-id" }], "rate": rate(PLENTY) })
}

fn local() -> Result<Vec<Case>, Error> {
    let (unkeyed, keyed) = (unkeyed(), keyed());
    let address = json!({ "name": "address", "key": [{ "source_ip": {} }], "rate": rate(PLENTY) });
    let flights =
        json!({ "name": "flights", "key": [{ "path_segment": 3 }], "concurrency": { "max": 1000 } });
    let nothing = json!({ "name": "node", "rate": rate(NOTHING) });
    Ok(vec![
        Case::plain(UNKEYED, "ratelimit: one bucket", vec![ours([unkeyed.clone()])?])?,
        Case::plain(KEYED, "ratelimit: a bucket for each x-user-id", vec![ours([keyed.clone()])?])?,
        Case::plain("ratelimit-keys", "the same, 10 000 users", vec![ours([keyed.clone()])?])?
            .traffic(users()),
        Case::plain("ratelimit-ietf", "one bucket, RateLimit fields", vec![with_fields(&unkeyed)?])?,
        Case::plain(
            "ratelimit-three",
            "three limits: node, user, address",
            vec![ours([unkeyed, keyed, address])?],
        )?,
        Case::plain("ratelimit-flights", "at most so many in flight for an item", vec![ours([flights])?])?,
        Case::plain("ratelimit-refused", "over the limit", vec![ours([nothing])?])?
            .traffic(Traffic::default().answered(429)),
    ])
}

/// Everybody's own policy on the route, as users with many services have it.
fn chain() -> Result<Vec<Case>, Error> {
    let key = Key::rsa("rs256");
    let set = json!({ "keys": [key.jwk()] });
    let known = Tokens::new(&key, 1).known(1);
    let by_tenant =
        json!({ "limits": [{ "name": "tenants", "key": [{ "claim": "tenant" }], "rate": rate(PLENTY) }] });
    let (auth, canary) = (auth::policy(&set), parse_yaml(POLICY)?);
    let filters = vec![
        Filter::wasm("sluice.auth", &artifact("auth.wasm")?, auth.clone()),
        Filter::wasm("sluice.ratelimit", &artifact("ratelimit.wasm")?, by_tenant.clone()),
        Filter::wasm("sluice.canary", &artifact("canary.wasm")?, canary.clone()),
    ];
    let of_route = json!({ "sluice.auth": auth, "sluice.ratelimit": by_tenant, "sluice.canary": canary });
    let as_text = |policy: &Value| json!({ "json": policy.to_string() });
    let of_route_as_text = json!({
        "sluice.auth": as_text(&auth), "sluice.ratelimit": as_text(&by_tenant), "sluice.canary": as_text(&canary),
    });
    Ok(vec![
        Case::plain(BARE, "no filter, but a token", Vec::new())?.traffic(known.clone()),
        Case::plain("chain-plugin", "auth (known), ratelimit, canary", filters.clone())?
            .traffic(known.clone()),
        with_route_metadata(
            Case::plain(CHAIN, "the same by policies of the route", filters.clone())?.traffic(known.clone()),
            &of_route,
        ),
        with_route_metadata(
            Case::plain(CHAIN_AS_TEXT, "the same, each as JSON text", filters)?.traffic(known),
            &of_route_as_text,
        ),
    ])
}

/// Ten thousand of them, so that hardly two requests in a row meet the same record.
fn users() -> Traffic {
    Traffic::of((0..10_000).map(|user| vec![("x-user-id".to_owned(), format!("many-{user}"))]))
}

pub(crate) fn rate(requests: u32) -> Value {
    json!({ "requests": requests, "per": "1s" })
}

pub(crate) fn ours(limits: impl IntoIterator<Item = Value>) -> Result<Filter, Error> {
    let limits: Vec<Value> = limits.into_iter().collect();
    wasm(json!({ "limits": limits }))
}

fn with_fields(limit: &Value) -> Result<Filter, Error> {
    wasm(json!({ "limits": [limit], "headers": "ietf" }))
}

pub(crate) fn wasm(policy: Value) -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.ratelimit", &artifact("ratelimit.wasm")?, policy))
}

pub(crate) fn native(requests: u32) -> Filter {
    Filter::Native(local_ratelimit(requests))
}

fn local_ratelimit(requests: u32) -> Value {
    let all = json!({ "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    json!({
        "name": "local_ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "native",
            "token_bucket": { "max_tokens": requests, "tokens_per_fill": requests.max(1), "fill_interval": "1s" },
            "filter_enabled": all,
            "filter_enforced": all,
        },
    })
}

pub(crate) fn native_by_user(most: usize) -> Filter {
    let mut filter = local_ratelimit(PLENTY);
    let bucket = filter["typed_config"]["token_bucket"].clone();
    let by_user = json!({ "request_headers": { "header_name": "x-user-id", "descriptor_key": "user" } });
    filter["typed_config"]["rate_limits"] = json!([{ "actions": [by_user] }]);
    // Without a value: one bucket for each that comes.
    filter["typed_config"]["descriptors"] =
        json!([{ "entries": [{ "key": "user" }], "token_bucket": bucket }]);
    filter["typed_config"]["max_dynamic_descriptors"] = json!(most);
    Filter::Native(filter)
}

pub(crate) const NATIVE: &str = "native";
pub(crate) const UNKEYED: &str = "ratelimit";
pub(crate) const KEYED: &str = "ratelimit-keyed";
pub(crate) const BARE: &str = "none-token";
pub(crate) const CHAIN: &str = "chain-route";
pub(crate) const CHAIN_AS_TEXT: &str = "chain-route-text";
/// More than this machine can send.
pub(crate) const PLENTY: u32 = 1_000_000;
/// Everything is refused, by both.
const NOTHING: u32 = 0;
