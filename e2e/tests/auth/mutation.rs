//! Tokens that are slightly wrong, the same ones in every run.

use e2e::{Dice, Key};
use serde_json::Value;

use super::setting::{Issuer, draft};

/// A token whose text was changed after it was signed.
pub(crate) fn scratched(dice: &mut Dice, token: &str) -> String {
    const INK: &[u8] = b"ABCxyz0189-_.=+/~";
    let mut text = token.as_bytes().to_vec();
    for _ in 0..=dice.roll(2) {
        let at = dice.roll(text.len());
        let ink = *dice.one(INK);
        match dice.roll(9) {
            0 | 1 => text[at] = ink,
            2 => text.insert(at, ink),
            3 => drop(text.remove(at)),
            4 => text.push(ink),
            5 => text.truncate(at.max(10)),
            6 => {
                let other = dice.roll(text.len());
                text.swap(at, other);
            }
            // The end is where base64 hides bits, and where dots are forgotten.
            7 => {
                let last = text.len() - 1 - dice.roll(2);
                text[last] = ink;
            }
            _ => {
                let text_of = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
                let mut parts: Vec<String> = text.split(|byte| *byte == b'.').map(text_of).collect();
                let (a, b) = (dice.roll(parts.len()), dice.roll(parts.len()));
                match dice.roll(3) {
                    0 => parts.swap(a, b),
                    1 => parts[a].clear(),
                    _ => parts.insert(a, String::new()),
                }
                text = parts.join(".").into_bytes();
            }
        }
        if text.is_empty() {
            break;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Claims, or a header, changed before they were signed: what the readers of JSON make of them is all that counts.
pub(crate) fn rewritten(dice: &mut Dice, issuer: &Issuer) -> String {
    let keys = [&issuer.es, &issuer.ed, &issuer.es384];
    let key = dice.one::<&Key>(&keys);
    let claims = draft().claims_json();
    match dice.roll(4) {
        0 => {
            let mut value: Value = serde_json::from_str(&claims).expect("claims");
            let name = *dice.one(&["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "cnf", "scope"]);
            value[name] = serde_json::from_str(dice.one::<&str>(VALUES)).expect("a value");
            draft().claims_text(value.to_string()).sign(key)
        }
        1 => {
            // As text, so that a member may be there twice and a number may have any form.
            let name = *dice.one(&["exp", "nbf", "iat", "iss", "aud", "sub", "x"]);
            let member = format!("\"{name}\":{}", *dice.one(VALUES));
            let text = match dice.roll(2) {
                0 => format!("{{{member},{}", &claims[1..]),
                _ => format!("{},{member}}}", &claims[..claims.len() - 1]),
            };
            draft().claims_text(text).sign(key)
        }
        2 => {
            let mut text = claims.into_bytes();
            scratch_json(dice, &mut text);
            draft().claims_text(text).sign(key)
        }
        _ => {
            let mut header = format!(
                "{{\"alg\":\"{}\",\"kid\":\"{}\",\"{}\":{}}}",
                key.algorithm(),
                key.kid(),
                dice.one(&["typ", "cty", "crit", "b64", "enc", "zip", "jku", "x", "alg", "kid"]),
                dice.one(VALUES)
            )
            .into_bytes();
            if dice.roll(3) == 0 {
                scratch_json(dice, &mut header);
            }
            draft().header_text(header).sign(key)
        }
    }
}

fn scratch_json(dice: &mut Dice, text: &mut Vec<u8>) {
    const INK: &[u8] = b"{}[]\":,\\/0129-+.eEnulltrf' \t\n\x00\x1f\x7f\x80\xff#*a";
    for _ in 0..=dice.roll(2) {
        let (at, ink) = (dice.roll(text.len()), *dice.one(INK));
        match dice.roll(4) {
            0 => text[at] = ink,
            1 => text.insert(at, ink),
            2 => drop(text.remove(at)),
            _ => {
                let end = (at + dice.roll(20)).min(text.len());
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
        }
        if text.is_empty() {
            return;
        }
    }
}

/// JSON values of all kinds, with those that mean something to a reader of claims.
const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1",
    "0.5",
    "1.5",
    "1e3",
    "1e10",
    "9999999999",
    "9999999999.5",
    "99999999999999999999",
    "1e300",
    "-1e300",
    "9223372036854775807",
    "9223372036854775808",
    "\"\"",
    "\"0\"",
    "\"9999999999\"",
    "\"JWT\"",
    "\"jwt\"",
    "\"at+jwt\"",
    "\"orders\"",
    "\"order\"",
    "\"ES256\"",
    "\"none\"",
    "\"es\"",
    "\"https://issuer.example\"",
    "\"https://issuer.example/\"",
    "[]",
    "{}",
    "[\"orders\"]",
    "[\"orders\",5]",
    "[5,\"orders\"]",
    "[\"x\",\"orders\"]",
    "[\"x\"]",
    "[[\"orders\"]]",
    "[\"exp\"]",
    "[\"b64\"]",
    "{\"a\":1,\"a\":2}",
    "{\"x5t#S256\":\"AAAA\"}",
    "\"\\u0000\"",
    "\"\\u00e9\"",
    "\" orders\"",
    "\"orders \"",
    "\"Orders\"",
];
