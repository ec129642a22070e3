//! The same tokens for `auth` and for Envoy's own `jwt_authn`, side by side in one Envoy. Where they disagree, `auth` is
//! the stricter one, and the reason has a name.

use std::collections::BTreeMap;

use e2e::{
    Bootstrap, Client, Connection, Dice, Key, Parsed, Protocol, base64url, base64url_decode, now, strict,
};
use serde_json::{Value, json};

use super::gate::Gate;
use super::mutation::{rewritten, scratched};
use super::setting::{ISSUER, Issuer, bearer, draft};

e2e::tests![auth_is_never_the_laxer_one];

/// How many seeded mutants of each kind.
const MUTANTS: usize = 1500;
const SEED: u64 = 0x5eed;

async fn auth_is_never_the_laxer_one() {
    e2e::suite::needs_local("a listener more");
    let issuer = Issuer::new();
    let bootstrap = Bootstrap::auth().policy_value(issuer.policy()).native_listener(native(&issuer));
    let gate = Gate::start(bootstrap, issuer.good()).await;
    let clients = ["http", "native"].map(|name| Client::new(gate.stack.envoy.addr(name), Protocol::Http1));
    let mut ours = clients[0].connect().await.expect("ours");
    let mut theirs = clients[1].connect().await.expect("theirs");

    let mut classes: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut both, mut neither, mut wrong) = (0, 0, Vec::new());
    let tokens = tokens(&issuer);
    let total = tokens.len();
    for (name, token) in tokens {
        let verdict = async |client: &Client, connection: &mut Connection| {
            let answer = match connection.send(&bearer(&token)).await {
                Ok(answer) => answer,
                // A listener may close a connection between two requests.
                Err(_) => {
                    *connection = client.connect().await.expect("a connection");
                    connection.send(&bearer(&token)).await.unwrap_or_else(|e| panic!("{name}: {e}"))
                }
            };
            let status = answer.status;
            // 403 is what `jwt_authn` says of an audience that is not ours.
            assert!([200, 400, 401, 403].contains(&status), "{name}: {status}");
            status == 200
        };
        match (verdict(&clients[0], &mut ours).await, verdict(&clients[1], &mut theirs).await) {
            (true, true) => both += 1,
            (false, false) => neither += 1,
            (false, true) => match class_of(&token) {
                Some(class) => *classes.entry(class).or_default() += 1,
                None => wrong.push(format!("{name}: refused for no reason that has a name: {token}")),
            },
            (true, false) => wrong.push(format!("{name}: taken by auth only: {token}")),
        }
    }
    println!(
        "differential: {total} tokens, {both} taken by both, {neither} by neither; only by jwt_authn: {classes:?}"
    );
    assert!(wrong.is_empty(), "{} of {total}\n{}", wrong.len(), wrong.join("\n"));
    assert!(both > 100 && neither > 1000, "{both} and {neither}");
    gate.recount().await;
    gate.lives("all of them").await;
    gate.end().await;
}

/// The same policy for `jwt_authn`.
fn native(issuer: &Issuer) -> Value {
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": { "idp": {
            "issuer": ISSUER, "audiences": ["orders", "payments"], "clock_skew_seconds": 60, "forward": true,
            "local_jwks": { "inline_string": issuer.set().to_string() },
        } },
        "rules": [{ "match": { "prefix": "/" }, "requires": { "provider_name": "idp" } }],
    })
}

/// Good ones, hostile ones, and mutants of both kinds.
fn tokens(issuer: &Issuer) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, token: String| all.push((name.to_owned(), token));
    for key in issuer.all() {
        add(key.kid(), draft().sign(key));
        add("typ", draft().header("typ", "JWT").sign(key));
        add("no kid", draft().header("kid", Value::Null).sign(key));
        add(
            "another key of that name",
            draft().sign(&match key.algorithm() {
                "ES384" => Key::p384(key.kid()),
                "EdDSA" => Key::ed25519(key.kid()),
                _ => Key::p256(key.kid()),
            }),
        );
        add(
            "cut",
            draft().seal(key.kid(), key.algorithm(), |input| key.sign(key.algorithm(), input)[1..].to_vec()),
        );
        add("empty", draft().seal(key.kid(), key.algorithm(), |_| vec![]));
        for algorithm in
            ["none", "None", "", "HS256", "RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
        {
            add(algorithm, draft().header("alg", algorithm).sign(key));
            add(algorithm, draft().seal(key.kid(), algorithm, |_| vec![]));
        }
        let forged = Key::secret(key.kid(), key.public());
        add("a public key as a secret", draft().sign(&forged));
        let good = draft().sign(key);
        for behind in [".", "..", ".x", "=", "==", "%3D"] {
            add("more behind", format!("{good}{behind}"));
        }
        add("a dot before", format!(".{good}"));
    }
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        add(algorithm, draft().sign_as(&issuer.rs, algorithm));
    }
    for (r, s) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let signature = |_: &[u8]| [vec![0; 31], vec![r], vec![0; 31], vec![s]].concat();
        add("psychic", draft().seal("es", "ES256", signature));
    }
    let mut dice = Dice::new(SEED);
    let originals: Vec<String> = issuer.all().iter().map(|key| draft().sign(key)).collect();
    for n in 0..MUTANTS {
        let original = dice.one(&originals).clone();
        add(&format!("scratched {n}"), scratched(&mut dice, &original));
        add(&format!("rewritten {n}"), rewritten(&mut dice, issuer));
    }
    // What no HTTP library sends is not what this compares.
    all.retain(|(_, token)| token.bytes().all(|byte| byte.is_ascii_graphic()) && !token.contains(','));
    all
}

/// Why `auth` refuses what `jwt_authn` takes, as far as it may. A reader of tokens of its own, lenient where
/// `jwt_authn` is: the first difference counts.
fn class_of(token: &str) -> Option<&'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
        return Some("parts");
    }
    let mut decoded = Vec::new();
    for part in &parts {
        match base64url_decode(part) {
            Some(bytes) if base64url(&bytes) == *part => decoded.push(bytes),
            _ => return Some("base64"),
        }
    }
    let (Some(header), Some(claims)) = (strict(&decoded[0]), strict(&decoded[1])) else {
        return Some("json");
    };
    let (header, claims) = match (header, claims) {
        (Parsed::Duplicates, _) | (_, Parsed::Duplicates) => return Some("duplicates"),
        (Parsed::Value(header), Parsed::Value(claims)) => (header, claims),
    };
    // `jwt_authn` halves what there is, and drops an odd byte.
    let size = match header.get("alg").and_then(Value::as_str) {
        Some("ES256") => 64,
        Some("ES384") => 96,
        _ => decoded[2].len(),
    };
    if decoded[2].len() != size {
        return Some("length of an ECDSA signature");
    }
    if header.get("crit").is_some() || header.get("b64").is_some() {
        return Some("crit");
    }
    if ["enc", "zip", "cty"].iter().any(|name| header.get(name).is_some()) {
        return Some("cty, enc, zip");
    }
    if ["typ", "kid"].iter().any(|name| header.get(name).is_some_and(|value| !value.is_string())) {
        return Some("header types");
    }
    if header.get("kid").is_some_and(|kid| kid == "") {
        return Some("an empty kid");
    }
    class_of_claims(&claims)
}

fn class_of_claims(claims: &Value) -> Option<&'static str> {
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    match number("exp") {
        None => return Some("exp missing or no number"),
        Some(exp) if exp <= now() as f64 - 50.0 => return Some("exp 0 or less"),
        Some(exp) if exp > 253_402_300_799.0 => return Some("times out of range"),
        Some(_) => {}
    }
    for name in ["nbf", "iat"] {
        match (claims.get(name), number(name)) {
            (None, _) => {}
            (Some(_), None) => return Some("nbf or iat no number"),
            (Some(_), Some(at)) if at.is_sign_negative() => return Some("times out of range"),
            (Some(_), Some(at)) if at > now() as f64 + 50.0 => return Some("iat or nbf in the future"),
            _ => {}
        }
    }
    let text = |name: &str| claims.get(name).is_none_or(Value::is_string);
    if !text("iss") || !text("sub") || !text("jti") {
        return Some("iss, sub or jti no text");
    }
    if let Some(aud) = claims.get("aud") {
        let texts = aud.as_array().is_some_and(|all| all.iter().all(Value::is_string));
        if !aud.is_string() && !texts {
            return Some("aud of mixed types");
        }
    }
    if claims.get("cnf").is_some() {
        return Some("bound to something");
    }
    None
}
