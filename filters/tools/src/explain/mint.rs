//! Claims as if they had been verified: a token with them, signed by a key that the policy is made to trust.
//!
//! Everything but the key is then checked by the code that always checks it: issuer, audience, times, binding.

use crate::json;
use crate::request::Request;
use crate::tree::{field, map, string};
use auth_core::Policy;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::{Decision, IDENTITY, UnixTime, Value};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};

/// A set of one public key: the generator of P-256, whose private key is the number 1. Everybody has it, so it must never
/// leave this process.
pub(super) fn key_set() -> Value {
    let key = map([
        ("kty", string("EC")),
        ("crv", string("P-256")),
        ("kid", string(KEY)),
        ("use", string("sig")),
        ("x", string("axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY")),
        ("y", string("T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU")),
    ]);
    map([("inline", map([("keys", Value::List(vec![key]))]))])
}

/// The same key as that of a trust domain.
pub(super) fn bundle() -> Value {
    let Some(Value::List(keys)) = field(&key_set(), "inline").and_then(|set| field(set, "keys")).cloned()
    else {
        return Value::Null;
    };
    let keys = keys.iter().map(|key| crate::tree::with(key, "use", string("jwt-svid"))).collect();
    map([("inline", map([("keys", Value::List(keys))]))])
}

/// A token with these claims.
///
/// * `kind`: the header's `typ`, if there is one.
pub(super) fn token(kind: Option<&str>, claims: &Value) -> String {
    let mut header = vec![("alg", string("ES256")), ("kid", string(KEY))];
    header.extend(kind.map(|kind| ("typ", string(kind))));
    let header = Value::Map(header.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(json::compact(value));
    let signed = format!("{}.{}", part(&header), part(claims));
    let mut secret = [0; 32];
    secret[31] = 1;
    let signature = SigningKey::from_slice(&secret).map(|key| -> Signature { key.sign(signed.as_bytes()) });
    let signature =
        signature.map(|signature| URL_SAFE_NO_PAD.encode(signature.to_bytes())).unwrap_or_default();
    format!("{signed}.{signature}")
}

/// Claims with those that a token must have and that nobody named.
pub(super) fn complete(claims: &[(String, Value)], defaults: &[(&str, Value)]) -> Value {
    let mut all = claims.to_vec();
    for (name, value) in defaults {
        if all.iter().all(|(known, _)| known != name) {
            all.push(((*name).to_owned(), value.clone()));
        }
    }
    Value::Map(all)
}

/// Seconds, as tokens have them.
pub(super) fn seconds(time: UnixTime) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    Value::Number(time.as_secs() as f64)
}

/// What `auth` would leave for the filters behind it.
///
/// # Errors
/// Why no token could have these claims.
pub(super) fn record(claims: &[(String, Value)], now: UnixTime) -> Result<Vec<u8>, String> {
    let in_five_minutes = UnixTime { nanos: now.nanos.saturating_add(300_000_000_000) };
    let claims = complete(
        claims,
        &[("iss", string("sluice")), ("aud", string("sluice")), ("exp", seconds(in_five_minutes))],
    );
    let first = |name: &str| match field(&claims, name) {
        Some(Value::List(items)) => items.first().cloned().unwrap_or(Value::Null),
        Some(other) => other.clone(),
        None => Value::Null,
    };
    let provider = map([
        ("name", string("explain")),
        ("issuer", first("iss")),
        ("audiences", Value::List(vec![first("aud")])),
        ("keys", key_set()),
    ]);
    let rule = map([("require", map([("token", string("explain"))]))]);
    let policy = map([("providers", Value::List(vec![provider])), ("rules", Value::List(vec![rule]))]);
    let policy = Policy::compile(&policy).map_err(|error| format!("no token has these claims: {error}"))?;
    let mut request = Request::at(now);
    request.add("authorization", format!("Bearer {}", token(None, &claims)));
    match policy.authorize(&request, false) {
        Decision::Continue(effects) => {
            let record = effects.state.into_iter().find(|(key, _)| *key == IDENTITY);
            record.map(|(_, record)| record.into_owned()).ok_or_else(|| "no claims are left".to_owned())
        }
        Decision::Reply(reply) => {
            Err(format!("auth would refuse a token with these claims: {}", reply.details))
        }
        Decision::Wait(_) | Decision::Call(_) => Err("auth cannot tell".to_owned()),
    }
}

const KEY: &str = "sluice-explain";
