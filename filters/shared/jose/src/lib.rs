//! JWS, JWK Sets and JWT claims: the only crate with cryptography.
//!
//! In: the text of a token ([`Token::parse`]), public keys ([`KeySet::parse`]), what the caller expects ([`Expected`])
//! and the time. Out: [`VerifiedToken`], which only a right signature builds. No host, no clock, no randomness: what the
//! host does faster it does through [`filter_api::HostCrypto`].
//!
//! # Whose cryptography
//! RSA PKCS#1 v1.5 and ECDSA are the host's (`BoringSSL` in Envoy), where it offers them, and otherwise ours; PSS, Ed25519 and
//! HMAC always ours. Ours stands on `curve25519-dalek`, `p256`, `p384`, `p521`, `sha2` and `hmac`; only powers modulo an RSA key are
//! our own.
//!
//! # Why not on `jsonwebtoken`
//! It is the oracle of our tests, which accept nothing that it refuses. It does not verify for us, because
//! - its `CryptoProvider` is one for the process, made of `fn` pointers that return `'static` verifiers: no way for the request's
//!   host to come in; and it takes keys apart at every signature, which doubles the cost of Ed25519;
//! - its JWK types read by `serde` cost 86 KiB of module, take the last of two members of one name, and say of a bad key only
//!   that no variant fits;
//! - its own checks let a missing or wrong-typed `aud`, `iss` or `sub` pass, numbers become doubles, `crit` is ignored; it has no ES512;
//! - for `wasm32-unknown-unknown`, where our tests run, it does not compile: it asks for `getrandom` 0.2.
#![forbid(unsafe_code)]

mod algorithm; // RS256, ES256, EdDSA, ..
mod base64url; // canonical base64url
mod claims; // what a token says
mod crypto; // one kind of key per file
mod error; // why a token or a key set is refused
mod expected; // exp, nbf, iat, iss, aud, typ
mod json; // strict JSON: no duplicates, numbers keep their text
mod keys; // JWK Set -> keys ready to verify
mod numeric_date; // seconds since 1970
#[cfg(test)]
mod testing; // keys and tokens for the tests
mod token; // compact JWS
mod verified; // claims that are proven

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::Claims;
pub use error::{Malformed, TokenError};
pub use expected::Expected;
pub use json::{InvalidJson, Json};
pub use keys::{KeyRefusal, KeySet, KeySetError, Origin, SkippedKey};
pub use token::{Room, Token};
pub use verified::VerifiedToken;
