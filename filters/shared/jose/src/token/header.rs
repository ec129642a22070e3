//! The JOSE header (RFC 7515 section 4): what we use of it, and what we refuse.

use crate::algorithm::Algorithm;
use crate::error::{Malformed, TokenError};
use crate::json::Json;
use crate::token::Token;
use std::borrow::Cow;

#[derive(Clone, Debug)]
pub(super) struct Header<'t> {
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<Cow<'t, str>>,
    pub(super) typ: Option<Cow<'t, str>>,
    pub(super) others: usize,
}

impl<'t> Header<'t> {
    pub(super) fn parse(json: &'t [u8]) -> Result<Self, TokenError> {
        let Ok(Json::Map(members)) = Json::parse(json) else {
            return Err(Malformed::Header.into());
        };
        let (mut algorithm, mut key_id, mut typ, mut others) = (None, None, None, 0_usize);
        for (name, value) in members {
            match name.as_ref() {
                "alg" => algorithm = value.as_text().and_then(|name| name.parse().ok()),
                "kid" => key_id = Some(key_id_of(value)?),
                "typ" => typ = Some(text_of(value)?),
                // No extension is understood, not even a list of none (RFC 7515 section 4.1.11).
                "crit" | "b64" => return Err(TokenError::Critical),
                "enc" | "zip" => return Err(TokenError::Encrypted),
                "cty" if is_jwt(&text_of(value)?) => return Err(TokenError::Nested),
                _ => others = others.saturating_add(1),
            }
        }
        let algorithm = algorithm.ok_or(TokenError::UnknownAlgorithm)?;
        Ok(Self { algorithm, key_id, typ, others })
    }
}

fn text_of(value: Json<'_>) -> Result<Cow<'_, str>, Malformed> {
    match value {
        Json::Text(text) => Ok(text),
        _ => Err(Malformed::HeaderType),
    }
}

fn key_id_of(value: Json<'_>) -> Result<Cow<'_, str>, TokenError> {
    match value {
        Json::Text(kid) if is_key_id(&kid) => Ok(kid),
        _ => Err(TokenError::KeyId),
    }
}

/// Whether a text may name a key: it ends up in logs.
pub(crate) fn is_key_id(text: &str) -> bool {
    (1..=Token::MAX_KEY_ID_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Media types know no case, and `application/` may be left out (RFC 7515 section 4.1.10).
fn is_jwt(content_type: &str) -> bool {
    let short = content_type
        .split_at_checked("application/".len())
        .filter(|(prefix, _)| prefix.eq_ignore_ascii_case("application/"))
        .map_or(content_type, |(_, short)| short);
    short.eq_ignore_ascii_case("jwt")
}
