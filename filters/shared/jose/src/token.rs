//! JWS in compact form (RFC 7515 section 7.1), as far as it can be judged without a key.

use crate::algorithm::Algorithm;
use crate::claims::Claims;
use crate::error::{Malformed, TokenError};
use crate::keys::KeySet;
use crate::verified::VerifiedToken;
use filter_api::HostCrypto;

/// A token whose form was checked and nothing else. Borrows the text.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    algorithm: Algorithm,
    key_id: Option<String>,
    typ: Option<String>,
    header_members: usize,
    claims: Claims,
    payload: &'t str,
}

impl<'t> Token<'t> {
    /// The longest text that is looked at.
    pub const MAX_BYTES: usize = 16 * 1024;
    /// The longest `kid`.
    pub const MAX_KEY_ID_BYTES: usize = 256;

    /// Checks the form. No key is needed, nothing is believed.
    ///
    /// # Errors
    /// [`TokenError`] from `Malformed` to `UnknownAlgorithm`.
    pub fn parse(text: &'t [u8]) -> Result<Self, TokenError> {
        let _ = text;
        Err(Malformed::Parts.into())
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The header's `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The header's `typ`.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// How many members the header has that are not `alg`, `kid` or `typ`; a JWT-SVID may have none.
    #[must_use]
    pub fn other_header_members(&self) -> usize {
        self.header_members
    }

    /// `iss` if it is a string. Good for choosing keys, for nothing else.
    #[must_use]
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.claims.get("iss")?.as_text()
    }

    /// `sub` if it is a string. Good for choosing keys, for nothing else.
    #[must_use]
    pub fn unverified_subject(&self) -> Option<&str> {
        self.claims.get("sub")?.as_text()
    }

    /// Checks the signature, with the host's cryptography where it can: at most 4 host calls, usually one.
    ///
    /// * `algorithms`: those the policy allows; empty: all that the keys allow.
    ///
    /// # Errors
    /// [`TokenError`] from `AlgorithmNotAllowed` to `Signature`.
    pub fn verify(
        self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        crypto: &impl HostCrypto,
    ) -> Result<VerifiedToken, TokenError> {
        let _ = (keys, algorithms, crypto, self.payload);
        Err(TokenError::Signature)
    }
}
