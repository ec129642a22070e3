//! JWS in compact form (RFC 7515 section 7.1), as far as it can be judged without a key.

pub(crate) mod header;
mod room;
#[cfg(test)]
mod tests;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::claims::Claims;
use crate::error::{Malformed, TokenError};
use crate::expected::Expected;
use crate::json::Json;
use crate::keys::KeySet;
use crate::verified::VerifiedToken;
use filter_api::{HostCrypto, UnixTime};
use header::Header;

pub use room::Room;

/// A token whose form was checked and nothing else. Borrows the text, and a [`Room`] for what it decodes to.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    header: Header<'t>,
    claims: Claims<'t>,
    payload: &'t str,
    signed: &'t str,
    /// Not decoded yet.
    signature: &'t str,
}

impl<'t> Token<'t> {
    /// The longest text that is looked at.
    pub const MAX_BYTES: usize = 16 * 1024;
    /// The longest `kid`.
    pub const MAX_KEY_ID_BYTES: usize = 256;

    /// Checks the form. No key is needed, nothing is believed.
    ///
    /// `alg` is judged before payload and signature: `none` with an empty signature is a matter of the algorithm. The
    /// signature must be there; whether it is base64url [`Token::verify`] sees.
    ///
    /// # Errors
    /// [`TokenError`] from `Malformed` to `UnknownAlgorithm`.
    pub fn parse(text: &'t [u8], room: &'t mut Room) -> Result<Self, TokenError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TokenError::TooLarge { bytes: text.len() });
        }
        let Parts { header, payload, signature, signed } = Parts::split(text)?;
        let (header_room, payload_room) = room.of(header, payload).ok_or(Malformed::Parts)?;
        let header = Header::parse(decode(header, header_room)?)?;
        let claims = Json::parse(decode(payload, payload_room)?).ok().and_then(Claims::new);
        let claims = claims.ok_or(Malformed::Payload)?;
        // `h.p.` is not signed, and some read it as two parts.
        if signature.is_empty() {
            return Err(Malformed::Parts.into());
        }
        Ok(Self { header, claims, payload, signed, signature })
    }

    /// The header's `alg`.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// The header's `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.key_id.as_deref()
    }

    /// The header's `typ`.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.header.typ.as_deref()
    }

    /// How many members the header has that are not `alg`, `kid` or `typ`; a JWT-SVID may have none. They are never
    /// used: a key, a URL or a certificate that a token brings along is the token's own word.
    #[must_use]
    pub fn other_header_members(&self) -> usize {
        self.header.others
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

    /// Compares the claims with what is expected, before the signature: for its bearer a token that would not do anyway
    /// costs no cryptography, and what passes is as unproven as before.
    ///
    /// # Errors
    /// [`TokenError`] from `Typ` to `Audience`.
    pub fn check(&self, expected: &Expected, now: UnixTime) -> Result<(), TokenError> {
        expected.check_typ(self.typ())?;
        expected.check_claims(&self.claims, now)
    }

    /// Checks the signature, with the host's cryptography where it can.
    ///
    /// * `algorithms`: those the policy allows; empty: all that the keys allow.
    ///
    /// A token with `kid` is checked with the key of that name only, one without with at most [`KeySet::MAX_TRIES`] keys
    /// of its algorithm. Each try is one host call or none.
    ///
    /// # Errors
    /// [`TokenError`] from `AlgorithmNotAllowed` to `Signature`, or [`Malformed::Base64`] of the signature.
    pub fn verify(
        self,
        keys: &KeySet,
        algorithms: &[Algorithm],
        crypto: &impl HostCrypto,
    ) -> Result<VerifiedToken<'t>, TokenError> {
        let algorithm = self.header.algorithm;
        if !algorithms.is_empty() && !algorithms.contains(&algorithm) {
            return Err(TokenError::AlgorithmNotAllowed { token: algorithm });
        }
        let keys = keys.candidates(algorithm, self.key_id())?;
        let signature = base64url::decode(self.signature).ok_or(Malformed::Base64)?;
        let proven =
            |key: &&crate::keys::Key| key.verify(algorithm, self.signed.as_bytes(), &signature, crypto);
        keys.into_iter().find(proven).ok_or(TokenError::Signature)?;
        Ok(VerifiedToken::new(self.claims, self.payload, self.header.typ))
    }
}

/// The three parts as they came.
struct Parts<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// Header and payload with the dot between them: what the signature is over.
    signed: &'t str,
}

impl<'t> Parts<'t> {
    fn split(text: &'t [u8]) -> Result<Self, TokenError> {
        // Of a `str` the standard library finds a byte faster than of a slice.
        let text = std::str::from_utf8(text).map_err(|_| Malformed::Base64)?;
        let (header, rest) = text.split_once('.').ok_or(Malformed::Parts)?;
        let (payload, signature) = rest.split_once('.').ok_or(Malformed::Parts)?;
        if let Some((_, more)) = signature.split_once('.') {
            return Err(match more.split('.').count() {
                2 => TokenError::Encrypted, // RFC 7516 section 7.1: five parts
                _ => Malformed::Parts.into(),
            });
        }
        let dot_and_signature = signature.len().saturating_add(1);
        let signed = text.len().checked_sub(dot_and_signature).and_then(|length| text.get(..length));
        Ok(Self { header, payload, signature, signed: signed.ok_or(Malformed::Parts)? })
    }
}

/// A part may not be empty.
fn decode<'r>(part: &str, room: &'r mut [u8]) -> Result<&'r [u8], Malformed> {
    if part.is_empty() {
        return Err(Malformed::Parts);
    }
    base64url::decode_into(part, room).ok_or(Malformed::Base64)
}
