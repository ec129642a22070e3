//! Which key: the one of the set that has the name, never one that the token brings (threats J08 to J11).

use super::secret::spki;
use super::setting::{Issuer, draft, set};
use e2e::{Key, base64url};
use serde_json::{Value, json};

e2e::tests![keys_that_the_token_brings, key_ids_of_all_kinds,];

async fn keys_that_the_token_brings() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let (mine, hook) = (Key::p256("mine"), "http://127.0.0.1:1/keys");
    gate.stack.lists.at("/attacker").serve(set(&[&mine]).to_string()).await;
    let here = format!("http://{}/attacker", gate.stack.envoy.addr("http"));
    let mut rows = Vec::new();
    for kid in ["es", "mine"] {
        let reasons = if kid == "es" { "signature" } else { "unknown_key" };
        let key = mine.named(kid);
        for (name, member, value) in [
            ("jwk", "jwk", key.jwk()),
            ("jku", "jku", json!(hook)),
            ("jku of ours", "jku", json!(here)),
            ("x5u", "x5u", json!(hook)),
            ("x5c", "x5c", json!([base64url(spki(&key))])),
            ("x5t", "x5t", json!(base64url([0; 20]))),
            ("x5t#S256", "x5t#S256", json!(base64url([0; 32]))),
        ] {
            rows.push((format!("{name} by {kid}"), reasons, draft().header(member, value).sign(&key)));
        }
    }
    gate.refuses_tokens(&rows).await;
    assert_eq!(gate.stack.lists.at("/attacker").fetches().await, 0, "nobody looks where a token says");
    gate.end().await;
}

async fn key_ids_of_all_kinds() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows = Vec::new();
    for kid in NOBODY {
        let token = draft().header("kid", *kid).sign(&issuer.es);
        rows.push((format!("kid {kid:?}"), "unknown_key|key_id", token));
    }
    for (name, kid) in [
        ("8 KiB", json!("k".repeat(8192))),
        ("a number", json!(1)),
        ("a list", json!(["es"])),
        ("an object", json!({ "es": 1 })),
        ("true", json!(true)),
    ] {
        rows.push((
            name.to_owned(),
            "key_id|malformed|unknown_key",
            draft().header("kid", kid).sign(&issuer.es),
        ));
    }
    rows.push((
        "null".to_owned(),
        "key_id|malformed",
        draft().header_text(r#"{"alg":"ES256","kid":null}"#).sign(&issuer.es),
    ));
    // Another key of the set by name, and keys of the same kind that the set has, too.
    rows.push((
        "the name of another key".to_owned(),
        "algorithm",
        draft().header("kid", "rs").sign(&issuer.es),
    ));
    rows.push(("not this key".to_owned(), "signature", draft().sign(&Key::p256("es"))));
    rows.push((
        "not any key".to_owned(),
        "signature|unknown_key",
        draft().header("kid", Value::Null).sign(&Key::p256("es")),
    ));
    gate.refuses_tokens(&rows).await;
    let log = gate.stack.envoy.log();
    assert!(!log.lines().any(|line| line.starts_with("x-injected")), "a line of the client's in the log");
    gate.end().await;
}

/// Not `es`.
const NOBODY: &[&str] = &[
    "ES",
    "es ",
    " es",
    "es\0",
    "e",
    "../../dev/null",
    "es' OR '1'='1",
    "a\r\nx-injected: 1",
    "\u{feff}es",
    "eѕ",
    "%65s",
    "es/../es",
    "",
];
