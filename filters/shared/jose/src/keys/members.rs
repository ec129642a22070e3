//! The members of a JWK by their types.

use super::refusal::KeyRefusal;
use crate::base64url;
use crate::json::Json;

/// A member that is a string or not there.
pub(super) fn optional<'j>(jwk: &'j Json<'_>, name: &'static str) -> Result<Option<&'j str>, KeyRefusal> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(KeyRefusal::Member(name)),
    }
}

pub(super) fn required<'j>(jwk: &'j Json<'_>, name: &'static str) -> Result<&'j str, KeyRefusal> {
    optional(jwk, name)?.ok_or(KeyRefusal::Member(name))
}

/// A member in canonical base64url.
pub(super) fn bytes(jwk: &Json<'_>, name: &'static str) -> Result<Vec<u8>, KeyRefusal> {
    base64url::decode(required(jwk, name)?).ok_or(KeyRefusal::Encoding(name))
}

/// A `Base64urlUInt` (RFC 7518 section 2): big endian, no leading zero.
pub(super) fn number(jwk: &Json<'_>, name: &'static str) -> Result<Vec<u8>, KeyRefusal> {
    let bytes = bytes(jwk, name)?;
    if bytes.first().is_none_or(|first| *first == 0) { Err(KeyRefusal::Encoding(name)) } else { Ok(bytes) }
}

/// Octets of exactly this length: a coordinate keeps its leading zeros (RFC 7518 section 6.2.1.2).
pub(super) fn octets<const N: usize>(jwk: &Json<'_>, name: &'static str) -> Result<[u8; N], KeyRefusal> {
    bytes(jwk, name)?.try_into().map_err(|_| KeyRefusal::Encoding(name))
}

/// A JWK that could be read as another kind of key, too, is neither.
pub(super) fn without(jwk: &Json<'_>, foreign: &[&'static str]) -> Result<(), KeyRefusal> {
    match foreign.iter().find(|name| jwk.get(name).is_some()) {
        Some(name) => Err(KeyRefusal::Foreign(name)),
        None => Ok(()),
    }
}
