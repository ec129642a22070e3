//! The host's own cryptography, as far as policies may use it: fast, native, and not everywhere.

/// Checks signatures for a policy that cannot do it as fast.
pub trait HostCrypto {
    /// Checks one signature.
    ///
    /// * `key`: a public key as DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7), RSA or EC.
    /// * `message`: what was signed, not hashed.
    /// * `signature`: PKCS#1 v1.5 (RFC 8017 section 8.2) for RSA, DER `Ecdsa-Sig-Value` (RFC 3279) for EC.
    ///
    /// One host call.
    fn verify_signature(
        &self,
        hash: HashFunction,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> HostVerdict;
}

/// The hash functions that the host knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFunction {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What the host says about a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostVerdict {
    /// It is right.
    Valid,
    /// It is wrong, or the key is none.
    Invalid,
    /// The host does not check signatures, or not for this module: check it otherwise.
    Unavailable,
}
