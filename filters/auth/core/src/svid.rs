//! JWT-SVIDs: what they may not have that other tokens may (JWT-SVID sections 2 and 3).

use crate::denial::Reason;
use filter_jose::{Algorithm, Token};
use filter_spiffe::SpiffeId;

/// Checks the header: RS*, PS* or ES* (section 2.1), a `kid`, `typ` absent or `JWT` or `JOSE` (section 2.3), and no
/// other member (section 2).
///
/// `kid` is optional in the standard. Every implementation writes it, and without it each key of the bundle would have
/// to be tried.
pub(crate) fn check_header(token: &Token<'_>) -> Result<(), Reason> {
    if !ALGORITHMS.contains(&token.algorithm()) {
        return Err(Reason::Token("algorithm"));
    }
    let typ = matches!(token.typ(), None | Some("JWT" | "JOSE"));
    if token.key_id().is_none() || !typ || token.other_header_members() > 0 {
        return Err(Reason::SvidHeader);
    }
    Ok(())
}

/// The workload that `sub` names (section 3.1), if it does: a trust domain itself is none.
pub(crate) fn workload(subject: &str) -> Option<SpiffeId> {
    SpiffeId::parse(subject).ok().filter(|id| !id.path().is_empty())
}

/// Those of JWT-SVID section 2.1.
pub(crate) const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
];
