//! What a verifier expects of a token's claims (RFC 7519 section 4.1).

#[cfg(test)]
mod tests;

use crate::claims::Claims;
use crate::error::TokenError;
use crate::json::Json;
use crate::numeric_date;
use filter_api::UnixTime;
use std::time::Duration;

/// What [`crate::Token::check`] compares with. `exp` is always required; `nbf` and `iat` count when there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// `iss`, byte by byte; `None`: not looked at (JWT-SVID).
    pub issuer: Option<String>,
    /// `aud` must hold one of these, byte by byte. Empty: every token is refused.
    pub audiences: Vec<String>,
    /// How far our clock and the issuer's may be apart.
    pub clock_skew: Duration,
    /// The longest time from `iat` to `exp`; `iat` must be there then.
    pub max_lifetime: Option<Duration>,
    /// The header's `typ`, byte by byte; `None`: not looked at. `at+jwt` does not stand for `application/at+jwt`.
    pub typ: Option<String>,
    /// Whether `sub` must be there.
    pub require_subject: bool,
}

impl Expected {
    pub(crate) fn check_typ(&self, typ: Option<&str>) -> Result<(), TokenError> {
        match &self.typ {
            Some(expected) if typ != Some(expected) => Err(TokenError::Typ),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_claims(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), TokenError> {
        self.check_times(claims, now)?;
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        let subject = text(claims, "sub")?;
        if self.require_subject && subject.is_none() {
            return Err(TokenError::Missing { claim: "sub" });
        }
        // Revocation compares it; of another type it would never be found.
        text(claims, "jti").map(|_| ())
    }

    fn check_times(&self, claims: &Claims<'_>, now: UnixTime) -> Result<(), TokenError> {
        let exp = date(claims, "exp")?.ok_or(TokenError::Missing { claim: "exp" })?;
        let nbf = date(claims, "nbf")?;
        let iat = date(claims, "iat")?;
        // 0 is "never" to some issuers and to some verifiers; here it is 1970, whatever the skew.
        if exp.nanos == 0 || exp.plus(self.clock_skew) <= now {
            return Err(TokenError::Expired { exp, now });
        }
        let latest = now.plus(self.clock_skew);
        if let Some(nbf) = nbf.filter(|nbf| *nbf > latest) {
            return Err(TokenError::NotYetValid { nbf, now });
        }
        if let Some(iat) = iat.filter(|iat| *iat > latest) {
            return Err(TokenError::IssuedInFuture { iat, now });
        }
        let Some(max) = self.max_lifetime else {
            return Ok(());
        };
        let lifetime = exp.since(iat.ok_or(TokenError::Missing { claim: "iat" })?);
        if lifetime > max { Err(TokenError::Lifetime { lifetime, max }) } else { Ok(()) }
    }

    fn check_issuer(&self, claims: &Claims<'_>) -> Result<(), TokenError> {
        let issuer = text(claims, "iss")?;
        match (&self.issuer, issuer) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(TokenError::Missing { claim: "iss" }),
            (Some(expected), Some(issuer)) if expected == issuer => Ok(()),
            (Some(_), Some(_)) => Err(TokenError::Issuer),
        }
    }

    fn check_audience(&self, claims: &Claims<'_>) -> Result<(), TokenError> {
        let wrong_type = TokenError::WrongType { claim: "aud" };
        let is_expected = |audience: &str| self.audiences.iter().any(|expected| expected == audience);
        let found = match claims.get("aud").ok_or(TokenError::Missing { claim: "aud" })? {
            Json::Text(audience) => is_expected(audience),
            Json::List(audiences) => {
                // All of them are looked at: one that is no string spoils the list.
                let audiences: Option<Vec<&str>> = audiences.iter().map(Json::as_text).collect();
                audiences.ok_or(wrong_type)?.into_iter().any(is_expected)
            }
            _ => return Err(wrong_type),
        };
        if found { Ok(()) } else { Err(TokenError::Audience) }
    }
}

/// A claim that is a string or not there.
fn text<'c>(claims: &'c Claims<'_>, claim: &'static str) -> Result<Option<&'c str>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(TokenError::WrongType { claim }),
    }
}

/// A claim that is a date or not there.
fn date(claims: &Claims<'_>, claim: &'static str) -> Result<Option<UnixTime>, TokenError> {
    let value = claims.get(claim);
    value.map(|value| numeric_date::parse(value).ok_or(TokenError::WrongType { claim })).transpose()
}
