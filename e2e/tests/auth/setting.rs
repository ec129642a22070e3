//! An issuer with a key of each kind, and the policy that trusts it.

use e2e::{Bootstrap, Draft, Key, Lists, Request, now};
use serde_json::{Value, json};

use super::gate::Gate;

pub(crate) const ISSUER: &str = "https://issuer.example";
/// In claims, secrets and keys of tests; nobody may tell.
pub(crate) const PLANTED: &str = "PLANTED";

/// The keys of one issuer.
pub(crate) struct Issuer {
    pub(crate) rs: Key,
    pub(crate) es: Key,
    pub(crate) es384: Key,
    pub(crate) ed: Key,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        Self {
            rs: Key::shared_rsa("rs"),
            es: Key::p256("es"),
            es384: Key::p384("es384"),
            ed: Key::ed25519("ed"),
        }
    }

    pub(crate) fn all(&self) -> [&Key; 4] {
        [&self.rs, &self.es, &self.es384, &self.ed]
    }

    /// Its public keys.
    pub(crate) fn set(&self) -> Value {
        set(&self.all())
    }

    /// A policy with one provider whose keys stand in it; every path but `/healthz` needs its token.
    pub(crate) fn policy(&self) -> Value {
        inline(self.set())
    }

    /// The same, but `/peers` is for workloads of `example.org`, and everything else for anyone.
    pub(crate) fn policy_for_peers(&self) -> Value {
        let mut policy = self.policy();
        policy["rules"] = json!([
            { "name": "peers", "when": { "path": { "prefix": "/peers" } }, "require": { "peer": ["spiffe://example.org/**"] } },
            { "name": "open", "allow": "anyone" },
        ]);
        policy
    }

    /// [`Issuer::policy`] in an Envoy.
    pub(crate) async fn gate(&self) -> Gate {
        Gate::start(Bootstrap::auth().policy_value(self.policy()), self.good()).await
    }

    /// A policy whose keys are fetched, in an Envoy that has none yet; and where they come from.
    pub(crate) async fn cold_gate(
        &self,
        policy: &str,
        change: impl FnOnce(Bootstrap) -> Bootstrap,
    ) -> (Gate, Lists) {
        let gate = Gate::start_cold(change(Bootstrap::auth().policy(policy)), self.good()).await;
        let keys = gate.stack.lists.at(JWKS);
        (gate, keys)
    }

    /// [`Issuer::policy`] in an Envoy with a revocation list, polled every 200 ms; and where that comes from.
    pub(crate) async fn revoking_gate(&self) -> (Gate, Lists) {
        let mut policy = self.policy();
        policy["revoked"] =
            json!({ "http": { "cluster": "revocations", "path": "/revoked", "refresh": "200ms" } });
        let gate = Gate::start_cold(Bootstrap::auth().policy_value(policy), self.good()).await;
        let list = gate.stack.records.at("/revoked");
        (gate, list)
    }

    /// A request with a good token.
    pub(crate) fn good(&self) -> Request {
        bearer(&self.token())
    }

    /// A good token.
    pub(crate) fn token(&self) -> String {
        draft().sign(&self.es)
    }
}

/// The JWK Set of these keys.
pub(crate) fn set(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}

/// A policy with this set in it.
pub(crate) fn inline(set: Value) -> Value {
    json!({
        "providers": [{ "name": "idp", "issuer": ISSUER, "audiences": ["orders", "payments"], "keys": { "inline": set } }],
        "rules": [
            { "name": "health", "when": { "path": { "exact": "/healthz" } }, "allow": "anyone" },
            { "name": "all", "require": { "token": "idp" } },
        ],
        "log": ["rule", "subject", "issuer", "peer"],
    })
}

/// A policy whose set is fetched from the cluster `idp`.
pub(crate) fn fetched(refresh: &str, more: &str) -> String {
    format!(
        "
providers:
  - name: idp
    issuer: {ISSUER}
    audiences: [orders]
    keys: {{ http: {{ cluster: idp, authority: idp.example, path: {JWKS}, refresh: {refresh}, timeout: 500ms {more} }} }}
rules:
  - {{ name: health, when: {{ path: {{ exact: /healthz }} }}, allow: anyone }}
  - {{ name: all, require: {{ token: idp }} }}
"
    )
}

/// Where the issuer serves its keys.
pub(crate) const JWKS: &str = "/.well-known/jwks.json";

/// Claims that the policy takes.
pub(crate) fn draft() -> Draft {
    Draft::new(json!({
        "iss": ISSUER,
        "aud": "orders",
        "sub": "user-1",
        "iat": now(),
        "exp": now() + 600,
        "planted": format!("{PLANTED}-claim"),
    }))
}

/// A request with this token.
pub(crate) fn bearer(token: &str) -> Request {
    at("/orders", token)
}

/// The same for this path.
pub(crate) fn at(path: &str, token: &str) -> Request {
    Request::get(path).header("authorization", format!("Bearer {token}"))
}
