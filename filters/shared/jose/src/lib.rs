//! JWS, JWK Sets and JWT claims: the only crate with cryptography.
#![forbid(unsafe_code)]
