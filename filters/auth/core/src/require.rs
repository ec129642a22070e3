//! What a rule requires of a request (`require:`). All of it must hold.

use crate::binding::Bound;
use crate::denial::Reason;
use crate::identity::{Caller, Source};
use filter_api::{ClaimCondition, ClientCertificate, Identity, Pattern, RequestHead, SpiffeId, TlsVersion};

/// `require:`.
#[derive(Debug)]
pub(crate) struct Require {
    pub(crate) tls: Tls,
    /// Empty: nobody in particular.
    pub(crate) peer: Vec<Pattern>,
    pub(crate) token: Option<RequireToken>,
}

/// `tls:`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) min_version: Option<TlsVersion>,
    /// A client certificate that Envoy validated.
    pub(crate) mutual: bool,
}

/// `token:`, `claims:` and `bound:`.
#[derive(Debug)]
pub(crate) struct RequireToken {
    /// Whose tokens are taken; at least one.
    pub(crate) from: Vec<Accepted>,
    pub(crate) claims: Vec<ClaimCondition>,
    pub(crate) bound: Bound,
}

/// One of those whose tokens a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// The provider at this place.
    Provider(usize),
    /// JWT-SVIDs of every trust domain.
    Svid,
}

impl Tls {
    /// Reads the version only if there is a least one, the certificate only if there must be one.
    pub(crate) fn check(self, request: &impl RequestHead) -> Result<(), Reason> {
        let Self { min_version, mutual } = self;
        // No TLS is below every version.
        if min_version.is_some() && request.tls_version() < min_version {
            return Err(Reason::TlsVersion);
        }
        match if mutual { Some(request.client_certificate()) } else { None } {
            None | Some(ClientCertificate::Validated { .. }) => Ok(()),
            Some(ClientCertificate::Absent) => Err(Reason::NoCertificate),
            Some(ClientCertificate::Unvalidated) => Err(Reason::CertificateUnvalidated),
        }
    }
}

impl Require {
    /// Whether the peer is one of those meant.
    pub(crate) fn check_peer(&self, peer: &SpiffeId) -> Result<(), Reason> {
        if self.peer.iter().any(|pattern| pattern.matches(peer)) { Ok(()) } else { Err(Reason::Peer) }
    }
}

impl RequireToken {
    /// Whether tokens of this source are taken.
    pub(crate) fn accepts(&self, source: Source) -> bool {
        self.from.iter().any(|accepted| match (accepted, source) {
            (Accepted::Provider(wanted), Source::Provider(place)) => *wanted == place,
            (Accepted::Svid, Source::Svid(_)) => true,
            _ => false,
        })
    }

    /// Why a token is refused that nobody of the policy could have issued.
    pub(crate) fn nobody(&self) -> Reason {
        if self.from == [Accepted::Svid] { Reason::SvidSubject } else { Reason::Token("issuer") }
    }

    /// Judges the claims in the record that the filters behind will see: they match as there.
    pub(crate) fn check_claims(&self, caller: &Caller) -> Result<(), Reason> {
        let identity = Identity::new(&caller.record);
        let lacking = self.claims.iter().find(|claim| !claim.holds(identity));
        match lacking.map(|claim| claim.name.as_str()) {
            None => Ok(()),
            // RFC 6749 section 3.3 and what several issuers have instead.
            Some("scope" | "scp") => Err(Reason::Scope),
            Some(_) => Err(Reason::Claims),
        }
    }
}
