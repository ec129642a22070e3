//! What is measured of `auth`, beside Envoy's own `jwt_authn` on the same tokens.

use std::sync::Arc;

use e2e::{Draft, Error, Key, artifact, now, parse_yaml};
use serde_json::{Value, json};

use crate::case::{Case, EMPTY, Filter, NONE, POLICY, empty};
use crate::traffic::Traffic;

/// All cases, the plainest first.
pub(crate) fn cases() -> Result<Vec<Case>, Error> {
    let mut cases = vec![
        Case::plain(NONE, "no filter", Vec::new())?,
        Case::plain(EMPTY, "empty Wasm filter", vec![empty()?])?,
    ];
    let mut known = None;
    for (name, key) in
        [("rs256", Key::rsa("rs256")), ("es256", Key::p256("es256")), ("eddsa", Key::ed25519("eddsa"))]
    {
        let set = json!({ "keys": [key.jwk()] });
        let tokens = Tokens::new(&key, DIFFERENT);
        let fresh = tokens.fresh();
        let algorithm = key.algorithm();
        cases.push(first_sight(
            "jwt",
            name,
            &format!("jwt_authn: {algorithm}, no cache"),
            native(&set, None),
            &fresh,
        )?);
        cases.push(first_sight(
            "auth",
            name,
            &format!("auth: {algorithm}, a token seen first"),
            ours(&set)?,
            &fresh,
        )?);
        known.get_or_insert((set, tokens));
    }
    let (set, tokens) = known.ok_or("no key")?;
    cases.extend(known_tokens(&set, &tokens)?);
    cases.extend(refused_tokens(&set, &tokens)?);
    Ok(cases)
}

fn first_sight(who: &str, name: &str, about: &str, filter: Filter, traffic: &Traffic) -> Result<Case, Error> {
    Ok(Case::plain(&format!("{who}-{name}"), about, vec![filter])?.traffic(traffic.clone()))
}

/// What is measured of tokens that were seen before.
pub(crate) fn known() -> Result<Vec<Case>, Error> {
    let key = Key::rsa("rs256");
    known_tokens(&json!({ "keys": [key.jwk()] }), &Tokens::new(&key, 1))
}

fn known_tokens(set: &Value, tokens: &Tokens) -> Result<Vec<Case>, Error> {
    let cached = native(set, Some(json!({ "jwt_cache_size": 1000 })));
    let canary = Filter::wasm("sluice.canary", &artifact("canary.wasm")?, parse_yaml(POLICY)?);
    let [same, some, missing] = [tokens.known(1), tokens.known(1000), Traffic::default()];
    Ok(vec![
        Case::plain("jwt-known", "jwt_authn: one token, in its cache", vec![cached.clone()])?
            .traffic(same.clone()),
        Case::plain("auth-known", "auth: one token, known", vec![ours(set)?])?.traffic(same.clone()),
        Case::plain("jwt-known-1000", "jwt_authn: 1000 tokens, in its cache", vec![cached])?
            .traffic(some.clone()),
        Case::plain("auth-known-1000", "auth: 1000 tokens, known", vec![ours(set)?])?.traffic(some),
        Case::plain("none-token", "no filter, but a token", Vec::new())?.traffic(same.clone()),
        Case::plain("auth-open", "auth: a route for anyone", vec![wasm(open(set))?])?.traffic(missing),
        Case::plain("auth-open-token", "the same, a token that nobody asked for", vec![wasm(open(set))?])?
            .traffic(same.clone()),
        Case::plain("auth-claims", "auth: known, claims of a rule, two forwarded", vec![wasm(rich(set))?])?
            .traffic(same.clone()),
        Case::plain("chain", "auth (known), then canary", vec![ours(set)?, canary])?.traffic(same),
    ])
}

fn refused_tokens(set: &Value, tokens: &Tokens) -> Result<Vec<Case>, Error> {
    let signature = tokens.with_bad_signatures();
    let expired = tokens.expired();
    let garbage = Traffic::of([vec![bearer("not.a.token")]]).answered(401);
    Ok(vec![
        Case::plain("jwt-signature", "jwt_authn: RS256, wrong signature", vec![native(set, None)])?
            .traffic(signature.clone()),
        Case::plain("auth-signature", "auth: RS256, wrong signature", vec![ours(set)?])?.traffic(signature),
        Case::plain("jwt-expired", "jwt_authn: expired", vec![native(set, None)])?.traffic(expired.clone()),
        Case::plain("auth-expired", "auth: expired", vec![ours(set)?])?.traffic(expired),
        Case::plain("auth-garbage", "auth: not a token", vec![ours(set)?])?.traffic(garbage),
        Case::plain("auth-missing", "auth: no token", vec![ours(set)?])?
            .traffic(Traffic::of([Vec::new()]).answered(401)),
    ])
}

/// Tokens of one key.
pub(crate) struct Tokens {
    good: Arc<[String]>,
    expired: String,
}

impl Tokens {
    /// So many different ones.
    pub(crate) fn new(key: &Key, count: usize) -> Self {
        let draft = draft();
        let good = (0..count).map(|n| draft.clone().claim("jti", format!("{n:08x}")).sign(key)).collect();
        let expired = draft.claim("exp", now() - 36_000).sign(key);
        Self { good, expired }
    }

    /// So many that none is known when its turn comes again.
    pub(crate) fn fresh(&self) -> Traffic {
        Traffic::of(self.good.iter().map(|token| vec![bearer(token)]))
    }

    pub(crate) fn known(&self, count: usize) -> Traffic {
        Traffic::of(self.good.iter().take(count).map(|token| vec![bearer(token)]))
    }

    /// The signature of another token.
    fn with_bad_signatures(&self) -> Traffic {
        let signature = self.good[0].rsplit('.').next().unwrap_or_default();
        let mixed = self.good.iter().skip(1).take(1000).filter_map(|token| {
            let (signed, _) = token.rsplit_once('.')?;
            Some(vec![bearer(&format!("{signed}.{signature}"))])
        });
        Traffic::of(mixed).answered(401)
    }

    fn expired(&self) -> Traffic {
        Traffic::of([vec![bearer(&self.expired)]]).answered(401)
    }
}

/// What all measured tokens say.
pub(crate) fn draft() -> Draft {
    Draft::new(json!({
        "iss": ISSUER, "aud": "orders", "sub": "5f7c1f9e-1b0a-4f6b-9d47-0d5e3b2a1c99", "iat": now(), "exp": now() + 36_000,
        "azp": "shop", "scope": "orders.read orders.write", "tenant": "acme", "email": "ada@acme.example",
        "realm_access": { "roles": ["reader", "writer"] },
    }))
}

pub(crate) fn bearer(token: &str) -> (String, String) {
    ("authorization".to_owned(), format!("Bearer {token}"))
}

pub(crate) fn ours(set: &Value) -> Result<Filter, Error> {
    wasm(policy(set))
}

/// The same for tokens that are signed in another way than by default.
pub(crate) fn ours_with(set: &Value, algorithm: &str) -> Result<Filter, Error> {
    let mut policy = policy(set);
    policy["providers"][0]["algorithms"] = json!([algorithm]);
    wasm(policy)
}

/// Asks for a token.
pub(crate) fn policy(set: &Value) -> Value {
    json!({ "providers": [provider(set)], "rules": [{ "require": { "token": "idp" } }] })
}

fn open(set: &Value) -> Value {
    json!({ "providers": [provider(set)], "rules": [{ "allow": "anyone" }] })
}

fn rich(set: &Value) -> Value {
    let mut provider = provider(set);
    provider["forward"] = json!({
        "claims": [{ "claim": "sub", "header": "x-jwt-sub" }, { "claim": "realm_access.roles", "header": "x-jwt-roles" }],
    });
    json!({
        "providers": [provider],
        "rules": [{ "require": { "token": "idp", "claims": [
            { "name": "scope", "contains": "orders.read" },
            { "name": "tenant", "in": ["acme", "globex"] },
        ] } }],
    })
}

/// Trusts these tokens if a key of the set signed them.
pub(crate) fn provider(set: &Value) -> Value {
    json!({ "name": "idp", "issuer": ISSUER, "audiences": ["orders"], "keys": { "inline": set } })
}

fn wasm(policy: Value) -> Result<Filter, Error> {
    Ok(Filter::wasm("sluice.auth", &artifact("auth.wasm")?, policy))
}

pub(crate) fn native(set: &Value, cache: Option<Value>) -> Filter {
    let mut provider = json!({
        "issuer": ISSUER,
        "audiences": ["orders"],
        "local_jwks": { "inline_string": set.to_string() },
        "forward": true,
    });
    if let Some(cache) = cache {
        provider["jwt_cache_config"] = cache;
    }
    Filter::Native(json!({
        "name": "jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": { "idp": provider },
            "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "idp" } }],
        },
    }))
}

pub(crate) const ISSUER: &str = "https://issuer.example";
/// More than a worker remembers (4096).
pub(crate) const DIFFERENT: usize = 4_800;
