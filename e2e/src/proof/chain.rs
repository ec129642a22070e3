//! The whole chain with all that stands around it.

use serde_json::{Value, json};

use super::people::People;
use crate::bootstrap::{Bootstrap, array};
use crate::lists::Mode;
use crate::poll;
use crate::ratelimit::PLENTY_FOR_TENANTS;
use crate::redis::Redis;
use crate::relay::Relay;
use crate::request::Request;
use crate::rls::{Answers, Storage};
use crate::service::RateLimitService;
use crate::stack::Stack;

/// What is in front of the upstream and around it.
pub(crate) struct Chain {
    pub(crate) stack: Stack,
    pub(crate) people: People,
    /// Between Envoy and the service.
    pub(crate) to_service: Relay,
    /// Between the service and its Redis.
    pub(crate) to_redis: Relay,
    pub(crate) service: RateLimitService,
    pub(crate) redis: Redis,
}

impl Chain {
    /// Starts it and waits until every worker has keys, revocations and the list.
    ///
    /// * `workers`: of Envoy.
    /// * `change`: what a proof needs besides.
    pub(crate) async fn start(
        workers: u32,
        over_xds: bool,
        change: impl FnOnce(Bootstrap) -> Bootstrap,
    ) -> Self {
        let people = People::new();
        let redis = Redis::start().await;
        let to_redis = Relay::start(redis.addr()).expect("a relay");
        let service =
            RateLimitService::start(PLENTY_FOR_TENANTS, Storage::Redis(to_redis.addr()), Answers::Plain)
                .await;
        let to_service = Relay::start(service.addr()).expect("a relay");
        let first = if over_xds { Bootstrap::auth_over_xds() } else { Bootstrap::auth() };
        let mut bootstrap = first
            .policy(AUTH)
            .behind("ratelimit", RATELIMIT)
            .behind("canary", CANARY)
            .workers(workers)
            .service(&service)
            .cluster("ratelimit", to_service.addr())
            .connection_manager(manager);
        *bootstrap.routes() = array(&mut routes()).clone();
        let stack = Stack::start(change(bootstrap)).await;
        let chain = Self { stack, people, to_service, to_redis, service, redis };
        chain.publish().await;
        chain.ready(workers).await;
        chain
    }

    /// Keys, revocations and the list are served as they are.
    pub(crate) async fn publish(&self) {
        let Stack { lists, records, .. } = &self.stack;
        for (source, document) in [
            (lists.at(JWKS), self.people.issuer.set().to_string()),
            (records.at("/revoked"), People::revoked().to_string()),
            (records.at("/early"), People::early_list()),
        ] {
            source.serve(document).await;
            source.switch(Mode::Up).await;
        }
    }

    /// The rule of everything in order: known to all workers, as far as connections spread over them.
    async fn ready(&self, workers: u32) {
        let early = self.people.good.iter().find(|person| &*person.sub == "reader-7").expect("reader-7");
        let token = format!("Bearer {}", early.token);
        let revoked = self.people.bad.iter().find(|(why, _)| *why == "revoked by subject").expect("one");
        let revoked = format!("Bearer {}", revoked.1);
        let mut good = 0;
        poll::eventually("keys, revocations and the list in all workers", async || {
            let seen = self.stack.send(Request::get("/orders").header("authorization", &token)).await.status;
            let other =
                self.stack.send(Request::get("/orders").header("authorization", &revoked)).await.status;
            good = if (seen, other) == (CANARY_STATUS, 401) { good + 1 } else { 0 };
            good >= 8 * workers
        })
        .await;
    }

    /// Signs that a VM died.
    pub(crate) async fn deaths(&self) -> Vec<String> {
        self.stack.deaths().await
    }

    /// How many requests both versions of the upstream have got.
    pub(crate) async fn hits(&self) -> u64 {
        self.stack.hits().await
    }
}

fn manager(manager: &mut Value) {
    manager["normalize_path"] = json!(true);
    manager["merge_slashes"] = json!(true);
    manager["path_with_escaped_slashes_action"] = json!("REJECT_REQUEST");
    manager["forward_client_cert_details"] = json!("SANITIZE");
    // One stream that is no HTTP does not end those beside it: as Envoy advises at the edge.
    manager["http2_protocol_options"] = json!({ "override_stream_error_on_invalid_http_message": true });
    // Millions of lines are of no use; those of failures on our side are.
    manager["access_log"][0]["filter"] = json!({ "status_code_filter": { "comparison": {
        "op": "GE", "value": { "default_value": 500, "runtime_key": "sluice.access_log.from" },
    } } });
}

/// With a service that is waited for: how fast the machine is, is no verdict.
pub(crate) fn patient(bootstrap: Bootstrap) -> Bootstrap {
    bootstrap.connection_manager(|manager| {
        let plugin = &mut manager["http_filters"][1]["typed_config"]["config"];
        for limit in array(&mut plugin["configuration"]["value"]["limits"]) {
            if limit["name"] == "strict" {
                limit["global"]["timeout"] = json!("10s");
            }
        }
    })
}

/// The upstream answers with statuses that nobody else has, so that what got through is known whatever the client sent.
fn routes() -> Value {
    let answers = |status: u16| {
        let header = |name: &str, value: &str| {
            json!({
                "header": { "key": name, "value": value }, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            })
        };
        json!([header("x-upstream-status", &status.to_string())])
    };
    let told = json!([{
        "header": { "key": RULE_HEADER, "value": "%FILTER_STATE(wasm.sluice.auth.rule:PLAIN)%" },
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }]);
    json!([
        { "name": "canary", "match": {
            "prefix": "/", "headers": [{ "name": "x-sluice-subset", "string_match": { "exact": "canary" } }],
        }, "route": { "cluster": "canary" }, "request_headers_to_add": answers(CANARY_STATUS),
           "response_headers_to_add": told },
        { "name": "all", "match": { "prefix": "/" }, "route": { "cluster": "stable" },
          "request_headers_to_add": answers(STABLE_STATUS), "response_headers_to_add": told },
    ])
}

/// What the upstream answers behind the routes of the two versions.
pub(crate) const STABLE_STATUS: u16 = 207;
pub(crate) const CANARY_STATUS: u16 = 208;
/// Which rule of `auth` let the request through, in the answer.
pub(crate) const RULE_HEADER: &str = "x-proof-rule";
/// Where the issuer serves its keys.
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
/// As many as [`RATELIMIT`] has for requests in flight.
pub(crate) const PLACES: u64 = 200_000;

pub(crate) const AUTH: &str = "
providers:
  - name: idp
    issuer: https://issuer.example
    audiences: [orders]
    keys: { http: { cluster: idp, authority: idp.example, path: /.well-known/jwks.json, refresh: 500ms, timeout: 400ms } }
    forward: { token: strip, claims: [{ claim: sub, header: x-jwt-sub }] }
revoked:
  required: true
  http: { cluster: revocations, path: /revoked, refresh: 500ms, timeout: 400ms }
log: [rule]
rules:
  - { name: health, when: { path: { exact: /healthz } }, allow: anyone }
  - { name: open, when: { path: { prefix: /public } }, allow: anyone }
  - name: admin
    when: { path: { prefix: /admin } }
    require: { token: idp, claims: [{ name: roles, contains: admin }] }
  - name: read
    when: { all: [{ any: [{ path: { prefix: /orders } }, { path: { prefix: /strict } }] }, { method: { in: [GET, HEAD] } }] }
    require: { token: idp, claims: [{ name: scope, contains: orders.read }] }
  - name: write
    when: { path: { prefix: /orders } }
    require: { token: idp, claims: [{ name: scope, contains: orders.write }] }
";

/// `/strict` is refused without the service; all else keeps the same limit here meanwhile.
const RATELIMIT: &str = "
limits:
  - name: plan
    key: [{ claim: sub }]
    missing: skip
    rate_by:
      claim: plan
      table: { broke: { requests: 0, per: 1s } }
      otherwise: { requests: 4000000000, per: 1s }
  - name: node
    rate: { requests: 4000000000, per: 1s }
  - name: tenant
    when: { path: { prefix: /orders } }
    key: [{ claim: tenant }]
    global: { cluster: ratelimit, domain: sluice, descriptor: tenant, timeout: 200ms, lease: 100, on_failure: local }
    rate: { requests: 1000000, per: 1s }
  - name: strict
    when: { path: { prefix: /strict } }
    key: [{ claim: tenant }]
    global: { cluster: ratelimit, domain: sluice, descriptor: tenant, timeout: 200ms, on_failure: deny }
  - name: flights
    concurrency: { max: 200000, lease: 87600h }
headers: ietf
";

pub(crate) const CANARY: &str = "
experiment: proof
subsets: [{ name: stable, weight: 8000 }, { name: canary, weight: 2000 }]
sticky: [{ claim: sub }]
lists:
  early: { http: { cluster: revocations, path: /early, refresh: 500ms, timeout: 400ms } }
rules:
  - { name: staff, when: { claim: { name: roles, contains: staff } }, subset: canary }
  - { name: early, when: { list: { name: early, key: { claim: sub } } }, subset: canary }
output: { header: x-sluice-subset, response_header: x-sluice-subset }
";
