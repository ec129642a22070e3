//! The algorithm is the key's, not the token's (threats J01, J02, J05 to J07).

use super::gate::Gate;
use super::setting::{Issuer, bearer, draft, inline, set};
use e2e::{Bootstrap, Key};
use serde_json::{Value, json};

e2e::tests![
    each_algorithm_works_with_its_key,
    es512_is_one_of_them,
    no_signature_is_no_token,
    one_family_one_key_one_algorithm,
    the_policy_may_allow_fewer,
];

async fn each_algorithm_works_with_its_key() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        let token = draft().sign_as(&issuer.rs, algorithm);
        gate.allows(algorithm, bearer(&token)).await;
        gate.allows(&format!("{algorithm} again"), bearer(&token)).await;
    }
    for key in issuer.all() {
        gate.allows(key.algorithm(), bearer(&draft().sign(key))).await;
        gate.allows("typ", bearer(&draft().header("typ", "JWT").sign(key))).await;
        gate.allows("no kid", bearer(&draft().header("kid", Value::Null).sign(key))).await;
    }
    gate.end().await;
}

async fn es512_is_one_of_them() {
    let (issuer, key) = (Issuer::new(), Key::p521("es512"));
    let policy = inline(set(&[&issuer.es, &key]));
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    gate.allows("ES512", bearer(&draft().sign(&key))).await;
    gate.allows("no kid", bearer(&draft().header("kid", Value::Null).sign(&key))).await;
    let mut rows = Vec::new();
    for (name, change) in [
        ("a zero before", (|s| [vec![0], s].concat()) as fn(Vec<u8>) -> Vec<u8>),
        ("cut", |s| s[1..].to_vec()),
        ("one byte more", |s| [s, vec![0]].concat()),
        ("swapped", |s| [&s[66..], &s[..66]].concat()),
        ("the last bit", |s| [&s[..131], &[s[131] ^ 1]].concat()),
        ("zeros", |_| vec![0; 132]),
        ("ones", |_| vec![0xff; 132]),
        ("empty", |_| vec![]),
    ] {
        let token = draft().seal("es512", "ES512", |input| change(key.sign("ES512", input)));
        rows.push((name.to_owned(), "signature|malformed", token));
    }
    rows.push(("another key".to_owned(), "signature", draft().sign(&Key::p521("es512"))));
    for algorithm in ["ES256", "ES384", "RS512", "HS512"] {
        let token = draft().header("alg", algorithm).sign(&key);
        rows.push((algorithm.to_owned(), "algorithm", token));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn no_signature_is_no_token() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows = Vec::new();
    for algorithm in ["none", "None", "NONE", "nOnE", "", " ", "null"] {
        for kid in ["es", "rs", "nobody"] {
            for (how, signature) in [("empty", vec![]), ("zero", vec![0]), ("some", vec![7; 64])] {
                let reasons = "algorithm|malformed|unknown_key";
                rows.push((
                    format!("{algorithm:?} by {kid}, signature {how}"),
                    reasons,
                    draft().seal(kid, algorithm, |_| signature),
                ));
            }
        }
    }
    for value in [json!(1), json!(true), json!([]), json!(["ES256"]), json!({ "a": "ES256" })] {
        let token = draft().header("alg", value.clone()).sign(&issuer.es);
        rows.push((format!("alg {value}"), "algorithm|malformed", token));
    }
    for (name, header) in [("missing", r#"{"kid":"es"}"#), ("null", r#"{"alg":null,"kid":"es"}"#)] {
        rows.push((name.to_owned(), "algorithm|malformed", draft().header_text(header).sign(&issuer.es)));
    }
    for algorithm in UNKNOWN {
        let token = draft().header("alg", *algorithm).sign(&issuer.es);
        rows.push((format!("alg {algorithm:?}"), "algorithm", token));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn one_family_one_key_one_algorithm() {
    let issuer = Issuer::new();
    let bound = |algorithm: &str| {
        let mut jwk = issuer.rs.named(algorithm).jwk();
        jwk["alg"] = json!(algorithm);
        jwk
    };
    const ALL: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    let mut keys: Vec<Value> = ALL.iter().map(|algorithm| bound(algorithm)).collect();
    keys.extend([issuer.es.jwk(), issuer.es384.jwk(), issuer.ed.jwk()]);
    let gate =
        Gate::start(Bootstrap::auth().policy_value(inline(json!({ "keys": keys }))), issuer.good()).await;
    let mut rows = Vec::new();
    for kid in ALL {
        for algorithm in ALL {
            let token = draft().sign_as(&issuer.rs.named(kid), algorithm);
            if kid == algorithm {
                gate.allows(kid, bearer(&token)).await;
            } else {
                rows.push((format!("{algorithm} by a key for {kid}"), "algorithm", token));
            }
        }
    }
    // The header lies about what was signed: the key decides, so these are refused for one or the other.
    for key in [&issuer.es, &issuer.es384, &issuer.ed, &issuer.rs.named("RS256")] {
        for algorithm in ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256"] {
            if algorithm != key.algorithm() {
                let token = draft().header("alg", algorithm).sign(key);
                rows.push((format!("{algorithm} said of {}", key.kid()), "algorithm", token));
            }
        }
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn the_policy_may_allow_fewer() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["algorithms"] = json!(["ES256", "PS512"]);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    gate.allows("PS512", bearer(&draft().sign_as(&issuer.rs, "PS512"))).await;
    for (key, algorithm) in
        [(&issuer.rs, "RS256"), (&issuer.rs, "PS256"), (&issuer.es384, "ES384"), (&issuer.ed, "EdDSA")]
    {
        gate.refuses(algorithm, "algorithm", bearer(&draft().sign_as(key, algorithm))).await;
    }
    gate.end().await;
}

/// Almost the names of algorithms, names of others, and of what is no signature.
const UNKNOWN: &[&str] = &[
    "es256",
    "Es256",
    "ES256 ",
    " ES256",
    "ES256\0",
    "ES-256",
    "ES257",
    "ES224",
    "ES521",
    "ES256K",
    "RS1",
    "RS255",
    "rs256",
    "PS1",
    "HS1",
    "A256GCM",
    "A256KW",
    "RSA-OAEP",
    "dir",
    "ECDH-ES",
    "EdDSA ",
    "eddsa",
    "Ed448",
    "ML-DSA-44",
    "ES256,none",
];
