//! Tokens that are bound to a client certificate (RFC 8705 section 3).

use crate::denial::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::ClientCertificate;
use filter_jose::{Claims, Json};

/// `bound:` of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bound {
    /// `cnf` is not looked at.
    Ignore,
    /// A token that is bound is taken with its certificate only.
    #[default]
    IfPresent,
    /// Only bound tokens are taken, with their certificate.
    Required,
}

/// What a token's `cnf` claim says (RFC 7800 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// No such claim.
    Absent,
    /// SHA-256 of the DER of the certificate that it is bound to.
    Certificate([u8; 32]),
    /// It cannot be read, or it names a key in another way as well (`jkt`, `jwk`): proof of that is beyond us, and a
    /// token must not be taken without the proof that it asks for.
    Unusable,
}

impl Confirmation {
    pub(crate) fn of(claims: &Claims<'_>) -> Self {
        let digest = match claims.get("cnf") {
            None => return Self::Absent,
            Some(Json::Map(members)) => match members.as_slice() {
                [(name, Json::Text(digest))] if name == "x5t#S256" => digest,
                _ => return Self::Unusable,
            },
            Some(_) => return Self::Unusable,
        };
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(digest.as_bytes(), &mut bytes) {
            Ok(32) => Self::Certificate(bytes),
            _ => Self::Unusable,
        }
    }

    /// Whether the bearer may use the token on this connection. The certificate is asked for only if it matters.
    pub(crate) fn check(
        self,
        bound: Bound,
        certificate: impl FnOnce() -> ClientCertificate,
    ) -> Result<(), Reason> {
        match (bound, self) {
            (Bound::Ignore, _) | (Bound::IfPresent, Self::Absent) => Ok(()),
            (Bound::Required, Self::Absent) => Err(Reason::Unbound),
            (Bound::IfPresent | Bound::Required, Self::Unusable) => Err(Reason::Binding),
            (Bound::IfPresent | Bound::Required, Self::Certificate(wanted)) => match certificate() {
                ClientCertificate::Validated { digest } if is_equal(&digest, &wanted) => Ok(()),
                _ => Err(Reason::BoundElsewhere),
            },
        }
    }
}

/// Takes the same time wherever the two differ.
fn is_equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    let difference = a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b));
    std::hint::black_box(difference) == 0
}
