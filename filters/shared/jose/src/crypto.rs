//! Signatures, one kind of key per file. The host goes first where it can (`HostCrypto`); where it cannot, and for what
//! it does not know, Rust decides, and says the same.

mod der; // SubjectPublicKeyInfo, Ecdsa-Sig-Value
mod ecdsa; // ES256, ES384, ES512
mod ed25519; // EdDSA
mod hash; // SHA-2
mod hmac; // HS256, HS384, HS512
mod montgomery; // powers modulo a public number
mod rsa; // RS256, .., PS512
#[cfg(test)]
mod tests;

pub(crate) use ecdsa::EcKey;
pub(crate) use ed25519::EdKey;
pub(crate) use hmac::Secret;
pub(crate) use rsa::RsaKey;
