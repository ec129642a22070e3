//! Why a request is refused: one code per check, one answer per class of them.

use filter_jose::TokenError;

/// The check that failed. Its code goes into stats and response code details, never to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Two readers could take the path for two different ones.
    AmbiguousPath,
    /// No rule is about this request.
    NoRule,
    /// The rule wants a token and there is none.
    NoToken,
    /// Two different tokens.
    TwoTokens,
    /// A place of tokens holds something else (RFC 6750 section 2).
    MalformedCredentials,
    /// A check of `filter-jose`; holds the code, one of [`TokenError::REASONS`].
    Token(&'static str),
    /// The token came from a place where its issuer's tokens are not taken from.
    TokenPlace,
    /// The header is not a JWT-SVID's: another member than `alg`, `kid`, `typ`, or no `kid`, or another `typ`.
    SvidHeader,
    /// Only JWT-SVIDs are taken, and `sub` is not the SPIFFE ID of a workload in a trust domain of the policy.
    SvidSubject,
    /// One path names two claims.
    ClaimsAmbiguous,
    /// The claims are too large to be handed on.
    ClaimsTooLarge,
    /// A claim cannot be forwarded in a field.
    ClaimValue,
    /// It is on the revocation list.
    Revoked,
    /// The rule wants a bound token, and this one is bound to nothing.
    Unbound,
    /// The token is bound in a way that cannot be checked, or that makes no sense.
    Binding,
    /// The token is bound to another certificate than this connection's, or there is none that was validated.
    BoundElsewhere,
    /// A claim is not what the rule wants.
    Claims,
    /// `scope` or `scp` is not what the rule wants.
    Scope,
    /// The version of TLS is below the rule's, or there is no TLS.
    TlsVersion,
    /// There is no client certificate.
    NoCertificate,
    /// Envoy did not validate the client certificate, or not again on a resumed connection.
    CertificateUnvalidated,
    /// The client certificate is not an X509-SVID that is valid now.
    NotAnSvid,
    /// A trusted peer's `x-forwarded-client-cert` cannot be read.
    Xfcc,
    /// The peer is none of the rule's.
    Peer,
    /// The host has no clock, and a token without one is never too old.
    ClockMissing,
    /// The keys were never fetched.
    KeysMissing,
    /// The keys were not confirmed for longer than `max_stale`.
    KeysStale,
    /// The revocation list was never fetched, and the policy wants it.
    RevocationsMissing,
}

/// What a client is told: reasons of a class cannot be told apart from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    AmbiguousPath,
    InvalidRequest,
    NoToken,
    InvalidToken,
    InsufficientScope,
    Forbidden,
    Unavailable,
}

impl Reason {
    /// Every reason but those of [`TokenError`].
    pub(crate) const OWN: [Self; 27] = [
        Self::AmbiguousPath,
        Self::NoRule,
        Self::NoToken,
        Self::TwoTokens,
        Self::MalformedCredentials,
        Self::TokenPlace,
        Self::SvidHeader,
        Self::SvidSubject,
        Self::ClaimsAmbiguous,
        Self::ClaimsTooLarge,
        Self::ClaimValue,
        Self::Revoked,
        Self::Unbound,
        Self::Binding,
        Self::BoundElsewhere,
        Self::Claims,
        Self::Scope,
        Self::TlsVersion,
        Self::NoCertificate,
        Self::CertificateUnvalidated,
        Self::NotAnSvid,
        Self::Xfcc,
        Self::Peer,
        Self::ClockMissing,
        Self::KeysMissing,
        Self::KeysStale,
        Self::RevocationsMissing,
    ];

    /// Every reason, each once; the order is that of the counters.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.into_iter().chain(TokenError::REASONS.iter().map(|code| Self::Token(code)))
    }

    /// As stats, logs and response code details have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AmbiguousPath => "ambiguous_path",
            Self::NoRule => "no_rule",
            Self::NoToken => "no_token",
            Self::TwoTokens => "two_tokens",
            Self::MalformedCredentials => "malformed_credentials",
            Self::Token(code) => code,
            Self::TokenPlace => "token_place",
            Self::SvidHeader => "svid_header",
            Self::SvidSubject => "svid_subject",
            Self::ClaimsAmbiguous => "claims_ambiguous",
            Self::ClaimsTooLarge => "claims_too_large",
            Self::ClaimValue => "claim_value",
            Self::Revoked => "revoked",
            Self::Unbound => "unbound",
            Self::Binding => "binding",
            Self::BoundElsewhere => "bound_elsewhere",
            Self::Claims => "claims",
            Self::Scope => "scope",
            Self::TlsVersion => "tls_version",
            Self::NoCertificate => "no_certificate",
            Self::CertificateUnvalidated => "certificate_unvalidated",
            Self::NotAnSvid => "not_an_svid",
            Self::Xfcc => "xfcc",
            Self::Peer => "peer",
            Self::ClockMissing => "clock_missing",
            Self::KeysMissing => "keys_missing",
            Self::KeysStale => "keys_stale",
            Self::RevocationsMissing => "revocations_missing",
        }
    }

    /// What the client is told.
    pub(crate) const fn class(self) -> Class {
        match self {
            Self::AmbiguousPath => Class::AmbiguousPath,
            Self::TwoTokens | Self::MalformedCredentials => Class::InvalidRequest,
            Self::NoToken => Class::NoToken,
            Self::Token(_)
            | Self::TokenPlace
            | Self::SvidHeader
            | Self::SvidSubject
            | Self::ClaimsAmbiguous
            | Self::ClaimsTooLarge
            | Self::ClaimValue
            | Self::Revoked
            | Self::Unbound
            | Self::Binding
            | Self::BoundElsewhere => Class::InvalidToken,
            Self::Scope => Class::InsufficientScope,
            Self::NoRule
            | Self::Claims
            | Self::TlsVersion
            | Self::NoCertificate
            | Self::CertificateUnvalidated
            | Self::NotAnSvid
            | Self::Xfcc
            | Self::Peer => Class::Forbidden,
            Self::ClockMissing | Self::KeysMissing | Self::KeysStale | Self::RevocationsMissing => {
                Class::Unavailable
            }
        }
    }
}

impl From<TokenError> for Reason {
    fn from(error: TokenError) -> Self {
        Self::Token(error.reason())
    }
}
