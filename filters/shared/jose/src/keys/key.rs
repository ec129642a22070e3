//! A key that is ready to verify, and what it may verify.

use crate::algorithm::Algorithm;
use crate::crypto::{EcKey, EdKey, RsaKey, Secret};
use filter_api::{HashFunction, HostCrypto};

/// The algorithm is bound to the key (RFC 8725 section 3.1): by its `alg`, or by what it is.
#[derive(Debug)]
pub(crate) struct Key {
    key_id: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
}

/// What a key consists of.
#[derive(Debug)]
pub(super) enum Material {
    Rsa(Box<RsaKey>),
    Ec(Box<EcKey>),
    Ed(Box<EdKey>),
    Secret(Secret),
}

impl Key {
    pub(super) fn new(key_id: Option<String>, algorithm: Option<Algorithm>, material: Material) -> Self {
        Self { key_id, algorithm, material }
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// Whether it may verify signatures of this algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|bound| bound == algorithm) && self.material.suits(algorithm)
    }

    /// Whether the signature over the message is right. False too for an algorithm that does not fit.
    pub(crate) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        crypto: &impl HostCrypto,
    ) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let hash = hash_of(algorithm);
        match (&self.material, algorithm) {
            (Material::Rsa(key), Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512) => {
                key.verify_pss(hash, message, signature)
            }
            (Material::Rsa(key), _) => key.verify_pkcs1(hash, message, signature, crypto),
            (Material::Ec(key), _) => key.verify(message, signature, crypto),
            (Material::Ed(key), _) => key.verify(message, signature),
            (Material::Secret(secret), _) => secret.verify(hash, message, signature),
        }
    }
}

impl Material {
    pub(super) fn suits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512};
        match self {
            Self::Rsa(_) => matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512),
            Self::Ec(key) => key.algorithm() == algorithm,
            Self::Ed(_) => algorithm == EdDSA,
            Self::Secret(secret) => {
                matches!(algorithm, HS256 | HS384 | HS512) && secret.is_long_enough(hash_of(algorithm))
            }
        }
    }
}

/// The hash function of an algorithm (RFC 7518 section 3.1); Ed25519 hashes by itself, with SHA-512.
fn hash_of(algorithm: Algorithm) -> HashFunction {
    use Algorithm::{
        ES256, ES384, ES512, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512,
    };
    match algorithm {
        RS256 | PS256 | ES256 | HS256 => HashFunction::Sha256,
        RS384 | PS384 | ES384 | HS384 => HashFunction::Sha384,
        RS512 | PS512 | ES512 | HS512 | EdDSA => HashFunction::Sha512,
    }
}
