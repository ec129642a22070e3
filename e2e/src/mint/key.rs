//! A key that signs, with its public half as a JWK.

use std::sync::{Arc, OnceLock};

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use ring::signature::{EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair};
use ring::{digest, hmac};
use serde_json::{Value, json};

use super::base64url::encode;
use super::p521::P521Key;
use super::rsa::RsaKey;

/// A key with a name.
#[derive(Debug, Clone)]
pub struct Key {
    kid: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Rsa(Arc<RsaKey>),
    P256(Arc<EcdsaKeyPair>),
    P384(Arc<EcdsaKeyPair>),
    P521(Arc<P521Key>),
    Ed25519(Arc<Ed25519KeyPair>),
    Secret(Vec<u8>),
}

/// SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are their names")]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Key {
    /// A new RSA key of 2048 bits.
    pub fn rsa(kid: &str) -> Self {
        Self::rsa_from(kid, RsaKey::generate(2048, 65537))
    }

    /// One RSA key for all tests of this process: they are slow to make.
    pub fn shared_rsa(kid: &str) -> Self {
        static SHARED: OnceLock<Arc<RsaKey>> = OnceLock::new();
        let key = SHARED.get_or_init(|| Arc::new(RsaKey::generate(2048, 65537)));
        Self { kid: kid.to_owned(), kind: Kind::Rsa(Arc::clone(key)) }
    }

    /// An RSA key of any kind.
    pub fn rsa_from(kid: &str, key: RsaKey) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::Rsa(Arc::new(key)) }
    }

    /// A new key on P-256.
    pub fn p256(kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::P256(Arc::new(ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING))) }
    }

    /// A new key on P-384.
    pub fn p384(kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::P384(Arc::new(ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING))) }
    }

    /// A new key on P-521.
    pub fn p521(kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::P521(Arc::new(P521Key::generate())) }
    }

    /// A new Ed25519 key.
    pub fn ed25519(kid: &str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("the key");
        Self { kid: kid.to_owned(), kind: Kind::Ed25519(Arc::new(key)) }
    }

    /// A shared secret.
    pub fn secret(kid: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { kid: kid.to_owned(), kind: Kind::Secret(bytes.into()) }
    }

    /// The same key by another name.
    #[must_use]
    pub fn named(&self, kid: &str) -> Self {
        Self { kid: kid.to_owned(), kind: self.kind.clone() }
    }

    /// Its name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it is mostly used with.
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Rsa(_) => "RS256",
            Kind::P256(_) => "ES256",
            Kind::P384(_) => "ES384",
            Kind::P521(_) => "ES512",
            Kind::Ed25519(_) => "EdDSA",
            Kind::Secret(_) => "HS256",
        }
    }

    /// What the RSA key can do beyond signing.
    ///
    /// # Panics
    /// When it is another key.
    pub fn as_rsa(&self) -> &RsaKey {
        match &self.kind {
            Kind::Rsa(key) => key,
            _ => panic!("{} is no RSA key", self.kid),
        }
    }

    /// The public key as bytes: the point, or what Ed25519 has.
    pub fn public(&self) -> Vec<u8> {
        match &self.kind {
            Kind::Rsa(key) => key.n(),
            Kind::P256(key) | Kind::P384(key) => key.public_key().as_ref().to_vec(),
            Kind::P521(key) => key.public(),
            Kind::Ed25519(key) => key.public_key().as_ref().to_vec(),
            Kind::Secret(bytes) => bytes.clone(),
        }
    }

    /// The key as a set holds it: `kty`, `kid`, `alg`, `use` and the public half (or the secret).
    pub fn jwk(&self) -> Value {
        let public = self.public();
        let point = |curve: &str| {
            let (x, y) = public[1..].split_at(public.len() / 2);
            json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) })
        };
        let mut jwk = match &self.kind {
            Kind::Rsa(key) => json!({ "kty": "RSA", "n": encode(key.n()), "e": encode(key.e()) }),
            Kind::P256(_) => point("P-256"),
            Kind::P384(_) => point("P-384"),
            Kind::P521(_) => point("P-521"),
            Kind::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&public) }),
            Kind::Secret(bytes) => json!({ "kty": "oct", "k": encode(bytes) }),
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        // An RSA key serves two families of algorithms; bound to one where a test asks for it.
        if !matches!(self.kind, Kind::Rsa(_)) {
            jwk["alg"] = json!(self.algorithm());
        }
        jwk
    }

    /// A signature as JWS has it (RFC 7518 section 3).
    ///
    /// # Panics
    /// When the key cannot sign so.
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let hash = Hash::of_algorithm(algorithm);
        match (&self.kind, algorithm.get(..2)) {
            (Kind::Rsa(key), Some("RS")) => key.sign_pkcs1(hash, message),
            (Kind::Rsa(key), Some("PS")) => key.sign_pss(hash, hash, hash.bytes(), message),
            (Kind::P256(key) | Kind::P384(key), Some("ES")) => {
                key.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
            }
            (Kind::P521(key), Some("ES")) => key.sign(message),
            (Kind::Ed25519(key), Some("Ed")) => key.sign(message).as_ref().to_vec(),
            (Kind::Secret(bytes), Some("HS")) => {
                hmac::sign(&hmac::Key::new(hash.hmac(), bytes), message).as_ref().to_vec()
            }
            _ => panic!("{} signs no {algorithm}", self.kid),
        }
    }
}

impl Hash {
    fn of_algorithm(name: &str) -> Self {
        match name.get(2..) {
            Some("384") => Self::Sha384,
            Some("512") => Self::Sha512,
            _ => Self::Sha256,
        }
    }

    /// The hash of these bytes.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    /// How long it is.
    pub fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// What PKCS #1 v1.5 puts before it (RFC 8017 section 9.2, note 1).
    pub fn digest_info(self) -> &'static [u8] {
        match self {
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// SHA-256 of these bytes, for certificate thumbprints.
pub fn sha256(bytes: &[u8]) -> Vec<u8> {
    Hash::Sha256.of(bytes)
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("the key")
}
