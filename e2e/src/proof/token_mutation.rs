//! Tokens that are slightly wrong: changed after they were signed, or signed with something else in them.

use serde_json::{Value, json};

use super::people::{Issuer, People, draft};
use crate::dice::Dice;
use crate::mint::{Key, base64url, base64url_decode, compact, now};

/// A name for what was done, and the token; bytes, because not all of it need be text.
pub(crate) fn mutated(dice: &mut Dice, people: &People, token: &str) -> (&'static str, Vec<u8>) {
    let bytes = || token.as_bytes().to_vec();
    let name = *dice.one(KINDS);
    let changed = match name {
        "bit" => flipped(dice, bytes()),
        "byte" | "insert" | "delete" | "double" | "cut" | "behind" => scratched(dice, name, bytes()),
        "last character" => last_character(dice, bytes()),
        "segments" => segments(dice, token),
        "spliced" => spliced(dice, people, token),
        "alphabet" => token.replacen('-', "+", 1).replacen('_', "/", 1).into_bytes(),
        "padding" => padded(dice, token),
        "bits left over" => left_over(dice, token),
        "header" => header(dice, token),
        "claims" => claims(dice, token),
        "foreign signature" => foreign(dice, people, token),
        "twin" => twin(token),
        "two" => [token, ",", &people.good[dice.roll(people.good.len())].token].concat().into_bytes(),
        "signed header" => signed_header(dice, &people.issuer),
        _ => signed_claims(dice, &people.issuer),
    };
    (name, changed)
}

fn flipped(dice: &mut Dice, mut token: Vec<u8>) -> Vec<u8> {
    let at = dice.roll(token.len());
    // Seven bits, so that what comes out is a character of ASCII.
    token[at] ^= 1 << dice.roll(7);
    token
}

fn scratched(dice: &mut Dice, how: &str, mut token: Vec<u8>) -> Vec<u8> {
    let (at, ink) = (dice.roll(token.len()), *dice.one(INK));
    match how {
        "byte" => token[at] = ink,
        "insert" => token.insert(at, ink),
        "delete" => drop(token.remove(at)),
        "double" => {
            let piece = token[at..(at + 1 + dice.roll(40)).min(token.len())].to_vec();
            drop(token.splice(at..at, piece));
        }
        "cut" => token.truncate(at),
        _ => (0..=dice.roll(3)).for_each(|_| token.push(*dice.one(INK))),
    }
    token
}

/// Where base64 hides bits.
fn last_character(dice: &mut Dice, mut token: Vec<u8>) -> Vec<u8> {
    let dots: Vec<usize> = (0..token.len()).filter(|at| token[*at] == b'.').chain([token.len()]).collect();
    let at = dice.one(&dots).saturating_sub(1);
    token[at] = *dice.one(BASE64);
    token
}

fn segments(dice: &mut Dice, token: &str) -> Vec<u8> {
    let mut parts: Vec<&str> = token.split('.').collect();
    let (a, b) = (dice.roll(parts.len()), dice.roll(parts.len()));
    match dice.roll(5) {
        0 => parts.swap(a, b),
        1 => parts[a] = "",
        2 => parts.insert(a, ""),
        3 => parts.insert(a, parts[b]),
        _ => drop(parts.remove(a)),
    }
    parts.join(".").into_bytes()
}

/// A part of another good token in place of its own.
fn spliced(dice: &mut Dice, people: &People, token: &str) -> Vec<u8> {
    let other = &people.good[dice.roll(people.good.len())].token;
    let other: Vec<&str> = other.split('.').collect();
    let mut parts: Vec<&str> = token.split('.').collect();
    // It may have lost a part already.
    let at = dice.roll(parts.len().min(3));
    parts[at] = other[at];
    parts.join(".").into_bytes()
}

fn padded(dice: &mut Dice, token: &str) -> Vec<u8> {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let at = dice.roll(parts.len());
    parts[at] += dice.one::<&str>(&["=", "==", "===", "%3D", "%3d%3d"]);
    parts.join(".").into_bytes()
}

/// The same bytes by other characters, where the last one has bits to spare.
fn left_over(dice: &mut Dice, token: &str) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = token.split('.').map(|part| part.as_bytes().to_vec()).collect();
    let at = dice.roll(parts.len());
    let spare = match parts[at].len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    if let Some(last) = parts[at].last_mut() {
        let digit = BASE64.iter().position(|known| known == last).unwrap_or(0);
        *last = BASE64[digit / spare * spare + dice.roll(spare)];
    }
    parts.join(b".".as_slice())
}

/// Another header over the old signature.
fn header(dice: &mut Dice, token: &str) -> Vec<u8> {
    let (name, value) = (*dice.one(HEADER_NAMES), text(dice, HEADER_VALUES));
    rewritten(token, 0, |part| {
        part[name] = value;
    })
}

/// Other claims over the old signature.
fn claims(dice: &mut Dice, token: &str) -> Vec<u8> {
    let edits = [
        ("sub", json!("admin-0")),
        ("roles", json!(["admin"])),
        ("scope", json!("orders.read orders.write")),
        ("exp", json!(now() + 1_000_000)),
        ("aud", json!(["orders", "x"])),
        ("plan", json!("gold")),
        ("iss", json!("https://issuer.example/")),
    ];
    let (name, value) = dice.one(&edits).clone();
    rewritten(token, 1, |part| part[name] = value)
}

fn rewritten(token: &str, part: usize, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let Some(text) = parts.get_mut(part) else { return token.into() };
    let value = base64url_decode(text).and_then(|text| serde_json::from_slice(&text).ok());
    let mut value = value.filter(Value::is_object).unwrap_or(json!({}));
    change(&mut value);
    *text = base64url(value.to_string());
    parts.join(".").into_bytes()
}

/// Signed by somebody, and by the wrong means.
fn foreign(dice: &mut Dice, people: &People, token: &str) -> Vec<u8> {
    let (input, _) = token.rsplit_once('.').unwrap_or((token, ""));
    let public = dice.one(&people.issuer.keys()).public();
    let signature = match dice.roll(4) {
        0 => people.issuer.stranger.sign("ES256", input.as_bytes()),
        1 => Key::secret("x", public).sign("HS256", input.as_bytes()),
        2 => vec![0; *dice.one(&[0, 1, 32, 64, 96, 256, 512])],
        _ => [vec![0; 31], vec![1], vec![0; 31], vec![1]].concat(),
    };
    format!("{input}.{}", base64url(signature)).into_bytes()
}

/// ECDSA's other signature of the same content, `(r, n - s)`: it is as good as the first. Other tokens stay as they are.
fn twin(token: &str) -> Vec<u8> {
    let Some((input, signature)) = token.rsplit_once('.') else { return token.into() };
    match base64url_decode(signature) {
        Some(both) if both.len() == 64 => {
            let s = num_bigint::BigUint::from_bytes_be(&both[32..]);
            let n = num_bigint::BigUint::from_bytes_be(P256_ORDER);
            let other = (n - s).to_bytes_be();
            let filled = [vec![0; 32 - other.len()], other].concat();
            format!("{input}.{}", base64url([&both[..32], &filled].concat())).into_bytes()
        }
        _ => token.into(),
    }
}

/// A header that the issuer should not have signed.
fn signed_header(dice: &mut Dice, issuer: &Issuer) -> Vec<u8> {
    let key = *dice.one(&[&issuer.es, &issuer.ed]);
    let value = text(dice, HEADER_VALUES);
    let draft = draft("signed").claim("scope", "orders.read").header(dice.one::<&str>(HEADER_NAMES), value);
    draft.sign(key).into_bytes()
}

/// Claims that the issuer should not have signed: as text, so that a member may be there twice.
fn signed_claims(dice: &mut Dice, issuer: &Issuer) -> Vec<u8> {
    let key = *dice.one(&[&issuer.es, &issuer.ed]);
    let text = draft("signed").claim("scope", "orders.read").claims_json();
    let member = format!("\"{}\":{}", dice.one(CLAIM_NAMES), dice.one(CLAIM_VALUES));
    let mut text = match dice.roll(3) {
        0 => format!("{{{member},{}", &text[1..]),
        1 => format!("{},{member}}}", &text[..text.len() - 1]),
        _ => text,
    }
    .into_bytes();
    if dice.percent(40) {
        let at = dice.roll(text.len());
        text[at] = *dice.one(JSON_INK);
    }
    let header = json!({ "alg": key.algorithm(), "kid": key.kid() }).to_string();
    compact(header.as_bytes(), &text, |input| key.sign(key.algorithm(), input)).into_bytes()
}

fn text(dice: &mut Dice, of: &[&str]) -> Value {
    serde_json::from_str(dice.one::<&str>(of)).unwrap_or(Value::Null)
}

const KINDS: &[&str] = &[
    "bit",
    "byte",
    "insert",
    "delete",
    "double",
    "cut",
    "behind",
    "last character",
    "segments",
    "spliced",
    "alphabet",
    "padding",
    "bits left over",
    "header",
    "claims",
    "foreign signature",
    "twin",
    "two",
    "signed header",
    "signed claims",
];
const INK: &[u8] = b"ABCxyz0189-_.=+/~ ,;:\"'\t%\\{}\x7f\x80\xff";
const JSON_INK: &[u8] = b"{}[]\":,\\/0129-+.eE \t\n\x00\x1f\x80\xff";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEADER_NAMES: &[&str] =
    &["alg", "kid", "typ", "cty", "crit", "b64", "enc", "zip", "jku", "jwk", "x5u", "x5c", "x"];
const HEADER_VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "\"\"",
    "\"none\"",
    "\"None\"",
    "\"HS256\"",
    "\"RS256\"",
    "\"RS512\"",
    "\"PS256\"",
    "\"ES256\"",
    "\"ES384\"",
    "\"EdDSA\"",
    "\"es\"",
    "\"rs\"",
    "\"ed\"",
    "\"ES\"",
    "\"es\\u0000\"",
    "\"../es\"",
    "\"JWT\"",
    "\"at+jwt\"",
    "[]",
    "[\"exp\"]",
    "[\"b64\"]",
    "{}",
    "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
    "\"https://evil.example/jwks\"",
];
const CLAIM_NAMES: &[&str] =
    &["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "cnf", "scope", "roles", "plan", "x"];
const CLAIM_VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "0.5",
    "1e10",
    "1e300",
    "9999999999",
    "99999999999999999999",
    "\"\"",
    "\"0\"",
    "\"9999999999\"",
    "\"orders\"",
    "\"Orders\"",
    "\" orders\"",
    "\"revoked\"",
    "\"revoked-jti\"",
    "\"broke\"",
    "\"admin\"",
    "\"staff\"",
    "\"https://issuer.example\"",
    "\"https://issuer.example/\"",
    "[]",
    "{}",
    "[\"orders\"]",
    "[\"orders\",5]",
    "[\"x\"]",
    "[\"admin\"]",
    "{\"a\":1,\"a\":2}",
    "{\"x5t#S256\":\"AAAA\"}",
    "\"\\u0000\"",
    "\"\\u00e9\"",
    "\"a\\r\\nx-jwt-sub: admin\"",
];
const P256_ORDER: &[u8; 32] = b"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
