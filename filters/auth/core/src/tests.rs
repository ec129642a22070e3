//! What the filter decides and does, request by request.
#![allow(clippy::arithmetic_side_effects, clippy::string_slice, reason = "tests may fail loudly")]

mod binding;
mod budgets;
mod connection;
mod documents;
mod dry_run;
mod examples;
mod forward;
mod memory;
mod minted;
mod order;
mod paths;
mod replies;
mod revoked;
mod rules;
mod spiffe;
mod state;
mod tokens;

use crate::Policy;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::fake::FakeRequest;
use filter_api::{Built, Decision, Document, Effects, Mutation, UnixTime, Value};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::rc::Rc;

/// When every test happens: 2027-01-15.
const NOW: UnixTime = UnixTime::from_secs(NOW_SECS);
const NOW_SECS: u64 = 1_800_000_000;

const IDP_SECRET: &[u8] = b"a secret of the issuer, 32 bytes";
const PARTNER_SECRET: &[u8] = b"another secret, of the partner's";

/// A policy with the providers `idp` and `partner`, whose keys are inline and bear the same `kid`.
///
/// * `idp`: more fields of the first provider, with a comma in front.
/// * `fields`: more fields of the policy, with a comma in front.
/// * `rules`: its rules.
fn policy_with(idp: &str, fields: &str, rules: &str) -> Policy {
    let keys = |secret| {
        let k = URL_SAFE_NO_PAD.encode(secret);
        format!(r#"{{"inline": {{"keys": [{{"kty": "oct", "kid": "k-1", "alg": "HS256", "k": "{k}"}}]}}}}"#)
    };
    compile(&format!(
        r#"{{"providers": [
            {{"name": "idp", "issuer": "https://issuer.example", "audiences": ["orders", "payments"],
              "keys": {} {idp}}},
            {{"name": "partner", "issuer": "https://partner.example", "audiences": ["orders"], "keys": {}}}
        ] {fields}, "rules": [{rules}]}}"#,
        keys(IDP_SECRET),
        keys(PARTNER_SECRET),
    ))
}

/// The same with nothing but these rules.
fn policy(rules: &str) -> Policy {
    policy_with("", "", rules)
}

/// With all that access logs may say, unless it says itself what.
fn compile(json: &str) -> Policy {
    let logged = json.replacen('{', r#"{"log": ["subject", "issuer", "peer", "rule"], "#, 1);
    let json = if json.contains("\"log\"") { json } else { &logged };
    let value = Value::from_json(json.as_bytes()).expect("JSON");
    Policy::compile(&value).unwrap_or_else(|error| panic!("{error}"))
}

/// A token of `idp` for `orders` that is good for five more minutes, with more claims: `"sub":"u-1"`.
fn token(claims: &str) -> String {
    let comma = if claims.is_empty() { "" } else { "," };
    let exp = NOW_SECS.saturating_add(300);
    let claims = format!(r#"{{"iss":"https://issuer.example","aud":"orders","exp":{exp}{comma}{claims}}}"#);
    mint(HEADER, &claims, IDP_SECRET)
}

const HEADER: &str = r#"{"alg":"HS256","kid":"k-1"}"#;

/// HS256 (RFC 7515 appendix A.1) over any header and payload.
fn mint(header: &str, payload: &str, secret: &[u8]) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// `GET /orders` with a token, now.
fn bearer(token: &str) -> FakeRequest {
    FakeRequest::get("/orders").at(NOW).field("authorization", format!("Bearer {token}"))
}

/// A decision in words: `pass rule-0`, `401 expired`, `wait`; under a dry run `pass -`.
fn verdict(policy: &Policy, request: &FakeRequest) -> String {
    in_words(policy.authorize(request, false))
}

fn in_words(decision: Decision<'_>) -> String {
    match decision {
        Decision::Continue(effects) => format!("pass {}", state(&effects, "sluice.auth.rule")),
        Decision::Reply(reply) => {
            let code = reply.details.strip_prefix("sluice_auth{").and_then(|rest| rest.strip_suffix('}'));
            format!("{} {}", reply.status, code.expect("details of ours"))
        }
        Decision::Wait(_) => "wait".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The effects on a request that must pass.
fn effects<'p>(policy: &'p Policy, request: &FakeRequest) -> Effects<'p> {
    match policy.authorize(request, false) {
        Decision::Continue(effects) => effects,
        other => panic!("{}", in_words(other)),
    }
}

/// Filter state, `-` if there is none.
fn state(effects: &Effects<'_>, key: &str) -> String {
    let value = effects.state.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    value.map_or("-".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}

/// Changes of fields in words: `x-jwt-sub: u-1`, `- cookie`.
fn changes(effects: &Effects<'_>) -> Vec<String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let words = |mutation: &Mutation<'_>| match mutation {
        Mutation::Set(name, value) => format!("{name}: {}", text(value)),
        Mutation::Append(name, value) => format!("+ {name}: {}", text(value)),
        Mutation::Remove(name) => format!("- {name}"),
    };
    effects.request.iter().map(words).collect()
}

/// The names of counters that a request raises, without what all of them begin with.
fn counted(policy: &Policy, request: &FakeRequest) -> Vec<String> {
    let counters = match policy.authorize(request, false) {
        Decision::Continue(effects) => effects.counters,
        Decision::Reply(reply) => reply.counters,
        other => panic!("{other:?}"),
    };
    let name = |place: u16| policy.counters()[usize::from(place)].as_str().replace("sluice.auth.", "");
    counters.iter().map(|counter| name(counter.0)).collect()
}

/// The document of a policy that has this name.
fn document(policy: &Policy, name: &str) -> Rc<dyn Document> {
    let found = policy.documents().into_iter().find(|document| document.name().as_str() == name);
    found.unwrap_or_else(|| panic!("no document {name}"))
}

/// Lets a document arrive as it does in a worker; the error is what would be logged.
fn arrive(document: &Rc<dyn Document>, body: &str, at: UnixTime) -> Result<u64, String> {
    let mut build = document.build(body.as_bytes().to_vec(), 7);
    let published = loop {
        match build.step() {
            Built::More(more) => build = more,
            Built::Done(published) => break published,
            Built::Refused(reason) => return Err(reason),
        }
    };
    let entries = document.install(published)?;
    document.checked(at);
    Ok(entries)
}
