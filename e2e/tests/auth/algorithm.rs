//! The algorithm is the key's, not the token's (threats J01 to J12).

use e2e::{Bootstrap, Key, Mode, base64url};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{ISSUER, Issuer, PLANTED, bearer, draft, inline, set};

e2e::tests![
    each_algorithm_works_with_its_key,
    no_signature_is_no_token,
    a_public_key_is_no_secret,
    one_family_one_key_one_algorithm,
    keys_that_the_token_brings,
    key_ids_of_all_kinds,
    the_policy_may_allow_fewer,
    secrets,
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
    for algorithm in [
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
    ] {
        let token = draft().header("alg", algorithm).sign(&issuer.es);
        rows.push((format!("alg {algorithm:?}"), "algorithm", token));
    }
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn a_public_key_is_no_secret() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows = Vec::new();
    for key in issuer.all() {
        let (jwk, der) = (key.jwk(), spki(key));
        let pem = pem(&der);
        let texts = [
            ("PEM", pem.clone().into_bytes()),
            ("PEM without its last line end", pem.trim_end().into()),
            ("PEM with CR LF", pem.replace('\n', "\r\n").into_bytes()),
            ("DER", der),
            ("JWK", jwk.to_string().into_bytes()),
            ("JWK set", issuer.set().to_string().into_bytes()),
            ("what stands in the key", key.public()),
            ("n as text", jwk["n"].as_str().unwrap_or("-").into()),
            ("x as text", jwk["x"].as_str().unwrap_or("-").into()),
            ("kid", key.kid().into()),
        ];
        for (name, secret) in texts {
            for algorithm in ["HS256", "HS384", "HS512"] {
                let forged = Key::secret(key.kid(), secret.clone());
                let token = draft().sign_as(&forged, algorithm);
                rows.push((format!("{algorithm} by {} of {}", name, key.kid()), "algorithm", token));
            }
        }
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
    for kid in [
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
    ] {
        let token = draft().header("kid", kid).sign(&issuer.es);
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

async fn secrets() {
    let long = Key::secret(
        "hs",
        format!("{PLANTED}-a-secret-that-is-long-enough-for-each-of-the-three-hashes-in-use"),
    );
    let issuer = Issuer::new();
    let mut secret = long.jwk();
    secret.as_object_mut().expect("an object").remove("alg");
    let keys = json!({ "keys": [secret, issuer.es.jwk()] });
    let gate = Gate::start(Bootstrap::auth().policy_value(inline(keys.clone())), issuer.good()).await;
    for algorithm in ["HS256", "HS384", "HS512"] {
        gate.allows(algorithm, bearer(&draft().sign_as(&long, algorithm))).await;
        let cut = draft().seal("hs", algorithm, |input| {
            let tag = long.sign(algorithm, input);
            tag[..tag.len() / 2].to_vec()
        });
        gate.refuses(&format!("half of {algorithm}"), "signature", bearer(&cut)).await;
        for (name, tag) in [("empty", vec![]), ("zeros", vec![0; 32]), ("more", vec![0; 65])] {
            let token = draft().seal("hs", algorithm, |_| tag);
            gate.refuses(&format!("{name} for {algorithm}"), "signature|malformed", bearer(&token)).await;
        }
    }
    gate.refuses("another secret", "signature", bearer(&draft().sign(&Key::secret("hs", [1; 64])))).await;
    gate.end().await;
    // The same set from the network: a shared secret has no business there.
    let policy = super::setting::fetched("1s", "");
    let gate = Gate::start_cold(Bootstrap::auth().policy(&policy), issuer.good()).await;
    gate.stack.lists.at(super::setting::JWKS).serve(keys.to_string()).await;
    gate.stack.lists.switch(Mode::Up).await;
    gate.warm().await;
    for algorithm in ["HS256", "HS512"] {
        let token = draft().claim("iss", ISSUER).sign_as(&long, algorithm);
        gate.refuses(algorithm, "unusable_key|unknown_key|algorithm", bearer(&token)).await;
    }
    gate.end().await;
}

/// The public key as certificates have it (RFC 5280 section 4.1.2.7).
pub(super) fn spki(key: &Key) -> Vec<u8> {
    let public = key.public();
    let (algorithm, bits): (&[u8], Vec<u8>) = match key.algorithm() {
        "ES256" => (b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", public),
        "ES384" => (b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22", public),
        "EdDSA" => (b"\x06\x03\x2b\x65\x70", public),
        _ => {
            let (n, e) = (integer(&key.as_rsa().n()), integer(&key.as_rsa().e()));
            (b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", der(0x30, &[n, e].concat()))
        }
    };
    der(0x30, &[der(0x30, algorithm), der(3, &[&[0], bits.as_slice()].concat())].concat())
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes.first().is_some_and(|byte| *byte >= 0x80) { &[0] } else { &[] };
    der(2, &[sign, bytes].concat())
}

pub(super) fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        n @ ..0x80 => vec![n as u8],
        n @ ..0x100 => vec![0x81, n as u8],
        n => vec![0x82, (n >> 8) as u8, n as u8],
    };
    [&[tag], length.as_slice(), content].concat()
}

fn pem(der: &[u8]) -> String {
    let text = base64url(der).replace('-', "+").replace('_', "/");
    let text = format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
