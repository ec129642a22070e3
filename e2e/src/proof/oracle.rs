//! What may get through, by the documents: a reader of tokens and of paths that shares nothing with the filters.
//!
//! Signatures are checked by `ring`, JSON is read by `serde_json`, and where a document can be read in two ways the
//! answer is no.

use std::collections::HashMap;
use std::sync::Arc;

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use super::people::{ISSUER, Issuer, People, Rights};
use crate::mint::{Key, base64url, base64url_decode, now};
use crate::strict::{Parsed, strict};

/// Knows the issuer's keys and every token that was minted.
pub(crate) struct Oracle {
    known: HashMap<Arc<str>, Verified>,
    keys: Vec<(String, Public)>,
}

/// Whose token it is, and what that allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) sub: Option<String>,
    pub(crate) rights: Rights,
    pub(crate) broke: bool,
    /// `canary` sends it to the new version, whatever the draw says.
    pub(crate) early: bool,
}

/// What a path asks of whoever wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    Read,
    Write,
    Admin,
    /// No rule covers it.
    Never,
}

enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Oracle {
    pub(crate) fn new(people: &People) -> Self {
        let known = people.good.iter().map(|person| (Arc::clone(&person.token), person.verified()));
        Self { known: known.collect(), keys: public(&people.issuer) }
    }

    /// The tokens that were minted to be good.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, &Verified)> {
        self.known.iter().map(|(token, verified)| (&**token, verified))
    }

    /// What this token allows; `None` when nobody may take it.
    pub(crate) fn verify(&self, token: &[u8]) -> Option<Verified> {
        let token = str::from_utf8(token).ok()?;
        if let Some(verified) = self.known.get(token) {
            return Some(verified.clone());
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return None };
        let (input, _) = token.rsplit_once('.')?;
        let header = object(&canonical(header)?)?;
        if !self.signed(&header, input.as_bytes(), &canonical(signature)?) {
            return None;
        }
        accepted(&object(&canonical(claims)?)?)
    }

    fn signed(&self, header: &Value, input: &[u8], signature: &[u8]) -> bool {
        let odd = ["crit", "b64", "enc", "zip"].iter().any(|name| header.get(name).is_some());
        let Some(algorithm) = header["alg"].as_str().filter(|_| !odd) else { return false };
        let named = |kid: &str| header.get("kid").is_none_or(|named| named == kid);
        let mut keys = self.keys.iter().filter(|(kid, _)| named(kid));
        keys.any(|(_, key)| key.verifies(algorithm, input, signature))
    }
}

impl Public {
    fn verifies(&self, algorithm: &str, input: &[u8], signed: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { n, e }, _) => {
                let parameters = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
                    "RS512" => &signature::RSA_PKCS1_2048_8192_SHA512,
                    "PS256" => &signature::RSA_PSS_2048_8192_SHA256,
                    "PS384" => &signature::RSA_PSS_2048_8192_SHA384,
                    "PS512" => &signature::RSA_PSS_2048_8192_SHA512,
                    _ => return false,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, input, signed).is_ok()
            }
            (Self::P256(point), "ES256") => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(input, signed)
                    .is_ok()
            }
            (Self::Ed25519(bytes), "EdDSA") => {
                UnparsedPublicKey::new(&signature::ED25519, bytes).verify(input, signed).is_ok()
            }
            _ => false,
        }
    }
}

impl Need {
    /// Every right that some server, somewhere, would want for this path: of the path as it is written, and of what is
    /// left of it when all is decoded, cut at `;` and resolved.
    pub(crate) fn all(method: &str, path: &str) -> Vec<Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut needs = vec![Self::of(method, path)];
        let lenient = Self::of(method, &resolved(path));
        // A path that means nothing to the lenient server is no harm.
        if lenient != Self::Never && !needs.contains(&lenient) {
            needs.push(lenient);
        }
        needs
    }

    /// By the rules of the policy, the first that holds.
    fn of(method: &str, path: &str) -> Self {
        let reads = ["GET", "HEAD"].contains(&method);
        match path {
            "/healthz" => Self::Nothing,
            _ if path.starts_with("/public") => Self::Nothing,
            _ if path.starts_with("/admin") => Self::Admin,
            _ if reads && (path.starts_with("/orders") || path.starts_with("/strict")) => Self::Read,
            _ if path.starts_with("/orders") => Self::Write,
            _ => Self::Never,
        }
    }

    pub(crate) fn met_by(self, rights: Rights) -> bool {
        match self {
            Self::Nothing => true,
            Self::Read => rights.read,
            Self::Write => rights.write,
            Self::Admin => rights.admin,
            Self::Never => false,
        }
    }
}

fn public(issuer: &Issuer) -> Vec<(String, Public)> {
    let Issuer { rs, es, ed, stranger: _ } = issuer;
    let rsa = Public::Rsa { n: rs.as_rsa().n(), e: rs.as_rsa().e() };
    let named = |key: &Key, public| (key.kid().to_owned(), public);
    vec![named(rs, rsa), named(es, Public::P256(es.public())), named(ed, Public::Ed25519(ed.public()))]
}

/// base64url as RFC 7515 has it: no padding, no bits left over.
fn canonical(text: &str) -> Option<Vec<u8>> {
    base64url_decode(text).filter(|bytes| base64url(bytes) == text)
}

fn object(text: &[u8]) -> Option<Value> {
    match strict(&representable(text))? {
        Parsed::Value(value) => Some(value),
        Parsed::Duplicates => None,
    }
}

/// With exponents that a double can hold: `9e9999` is a number (RFC 8259 section 6), and `serde_json` has none like it.
fn representable(text: &[u8]) -> Vec<u8> {
    let (mut kept, mut inside, mut escaped, mut digits) = (Vec::new(), false, false, None);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
        // How many digits the exponent has so far; the third one and those behind it say nothing more.
        digits = match (byte, digits) {
            _ if inside => None,
            (b'e' | b'E', _) => Some(0),
            (b'+' | b'-', Some(0)) => Some(0),
            (b'0'..=b'9', Some(count)) => Some(count + 1),
            _ => None,
        };
        if digits.is_none_or(|count| count <= 2) {
            kept.push(*byte);
        }
    }
    kept
}

fn accepted(claims: &Value) -> Option<Verified> {
    // A minute of skew, and a little for the time between the proxy's look and ours.
    let (now, skew) = (now() as f64, 65.0);
    let late = |name: &str| claims.get(name).is_some_and(|at| at.as_f64().is_none_or(|at| at > now + skew));
    let expired = claims["exp"].as_f64().is_none_or(|exp| exp <= now - skew);
    let ours = claims["aud"] == "orders"
        || claims["aud"].as_array().is_some_and(|all| all.iter().any(|aud| aud == "orders"));
    let revoked = claims["sub"] == "revoked" || claims["jti"] == "revoked-jti";
    if expired
        || late("nbf")
        || late("iat")
        || !ours
        || claims["iss"] != ISSUER
        || revoked
        || claims.get("cnf").is_some()
    {
        return None;
    }
    let rights = Rights {
        read: contains(&claims["scope"], "orders.read"),
        write: contains(&claims["scope"], "orders.write"),
        admin: contains(&claims["roles"], "admin"),
    };
    let sub = claims["sub"].as_str().map(str::to_owned);
    let listed = |sub: &String| People::early_list().lines().any(|entry| entry == sub);
    let early = contains(&claims["roles"], "staff") || sub.as_ref().is_some_and(listed);
    Some(Verified { sub, rights, broke: claims["plan"] == "broke", early })
}

/// An item of a list, or a word of a string.
fn contains(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text.split(' ').any(|word| word == wanted),
        Value::Array(items) => items.iter().any(|item| item == wanted),
        _ => false,
    }
}

/// As the most lenient server would read it.
fn resolved(path: &str) -> String {
    let mut text = path.to_owned();
    for _ in 0..4 {
        text = String::from_utf8_lossy(&decoded(text.as_bytes())).into_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split(['/', '\\']) {
        let name = segment.split(';').next().unwrap_or_default();
        match name.trim_end_matches(|c: char| c.is_control() || c == ' ') {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    format!("/{}", segments.join("/"))
}

fn decoded(bytes: &[u8]) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *byte == b'%') {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::people::draft;

    #[test]
    fn takes_what_was_signed_and_nothing_else() {
        let people = People::new();
        let oracle = Oracle::new(&people);
        for (why, token) in &people.bad {
            assert_eq!(oracle.verify(token.as_bytes()), None, "{why}");
        }
        for person in &people.good {
            let verified = oracle.verify(person.token.as_bytes()).expect("a good one");
            assert_eq!((verified.rights, verified.broke), (person.rights, person.broke), "{}", person.sub);
        }
        // The same content in another token: known by its signature.
        for key in people.issuer.keys() {
            let token = draft("new").claim("scope", "orders.read").sign(key);
            let verified = oracle.verify(token.as_bytes()).unwrap();
            assert!(verified.rights.read && !verified.rights.write, "{}", key.kid());
            assert_eq!(oracle.verify(format!("{token}=").as_bytes()), None);
            assert_eq!(oracle.verify(&token.as_bytes()[1..]), None);
            let text = draft("new").claims_json().replace('{', "{\"a\":-9E99999,\"b\":\"1e9999\",");
            let token = draft("new").claims_text(text).sign(key);
            assert!(oracle.verify(token.as_bytes()).is_some(), "a number is a number");
        }
    }

    #[test]
    fn wants_the_strictest_right_of_all_readings() {
        for (method, path, want) in [
            ("GET", "/healthz", vec![Need::Nothing]),
            ("GET", "/orders/1?a=b", vec![Need::Read]),
            ("POST", "/orders/1", vec![Need::Write]),
            ("GET", "/admin", vec![Need::Admin]),
            ("GET", "/", vec![Need::Never]),
            ("GET", "/public/%2e%2e/admin", vec![Need::Nothing, Need::Admin]),
            ("GET", "/public/..;/admin", vec![Need::Nothing, Need::Admin]),
            ("GET", "/%2561dmin", vec![Need::Never, Need::Admin]),
            ("GET", "/public/x", vec![Need::Nothing]),
        ] {
            assert_eq!(Need::all(method, path), want, "{method} {path}");
        }
    }
}
