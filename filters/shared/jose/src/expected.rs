//! What a verifier expects of a token's claims (RFC 7519 section 4.1).

use std::time::Duration;

/// What [`crate::VerifiedToken::check`] compares with. `exp` is always required; `nbf` and `iat` count when there.
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
    /// The header's `typ`, byte by byte; `None`: not looked at.
    pub typ: Option<String>,
    /// Whether `sub` must be there.
    pub require_subject: bool,
}
