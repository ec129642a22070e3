//! JWS, JWK Sets and JWT claims: the only crate with cryptography.
//!
//! In: the text of a token ([`Token::parse`]), public keys ([`KeySet::parse`]), what the caller expects ([`Expected`])
//! and the time. Out: [`VerifiedToken`], which only a right signature builds. No host, no clock, no randomness: what the
//! host does faster it does through [`filter_api::HostCrypto`].
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
mod token; // compact JWS
mod verified; // claims that are proven

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::Claims;
pub use error::{Malformed, TokenError};
pub use expected::Expected;
pub use json::{InvalidJson, Json};
pub use keys::{KeyRefusal, KeySet, KeySetError, Origin, SkippedKey};
pub use token::Token;
pub use verified::VerifiedToken;
