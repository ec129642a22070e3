//! Shared secrets (threats J03, J04, J15, J28), and public keys used as such.

use super::gate::Gate;
use super::setting::{ISSUER, Issuer, PLANTED, bearer, draft, inline};
use e2e::{Bootstrap, Key, Mode, base64url};
use serde_json::json;

e2e::tests![a_public_key_is_no_secret, secrets,];

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
