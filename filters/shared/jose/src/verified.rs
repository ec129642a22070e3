//! A token whose signature is right.

use crate::claims::Claims;
use crate::numeric_date;
use filter_api::UnixTime;
use std::borrow::Cow;

/// Claims whose signature was verified. Built by [`crate::Token::verify`] only; borrows like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken<'t> {
    claims: Claims<'t>,
    payload: &'t str,
    typ: Option<Cow<'t, str>>,
}

impl<'t> VerifiedToken<'t> {
    pub(crate) fn new(claims: Claims<'t>, payload: &'t str, typ: Option<Cow<'t, str>>) -> Self {
        Self { claims, payload, typ }
    }

    /// What the token says.
    #[must_use]
    pub fn claims(&self) -> &Claims<'t> {
        &self.claims
    }

    /// The payload as it came: base64url without padding.
    #[must_use]
    pub fn payload(&self) -> &'t str {
        self.payload
    }

    /// The header's `typ`.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// `exp`: from here on the token is nothing (without any skew); `None` if it says none or nonsense.
    #[must_use]
    pub fn not_after(&self) -> Option<UnixTime> {
        numeric_date::parse(self.claims.get("exp")?)
    }
}
