//! The client's connection, as Envoy states it.

use filter_spiffe::InvalidSvid;

/// Versions of TLS, the better ones greater (`connection.tls_version`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.0.
    V1_0,
    /// TLS 1.1.
    V1_1,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

impl TlsVersion {
    /// Reads what Envoy says, `TLSv1.3`. What is not known is no version, hence below all of them.
    #[must_use]
    pub fn from_attribute(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"TLSv1" | b"TLSv1.0" => Self::V1_0,
            b"TLSv1.1" => Self::V1_1,
            b"TLSv1.2" => Self::V1_2,
            b"TLSv1.3" => Self::V1_3,
            _ => return None,
        })
    }
}

/// The certificate that the client showed on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    /// None, or no TLS.
    Absent,
    /// One that Envoy did not validate: not trusted, or not looked at again on a resumed connection (Envoy has
    /// `connection.peer_certificate_valid` false on every one of those).
    Unvalidated,
    /// One that Envoy validated.
    Validated {
        /// SHA-256 of its DER (RFC 8705 section 3.1).
        digest: [u8; 32],
    },
}

/// Why a connection has no X509-SVID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoSvid {
    /// There is no certificate.
    #[error("no client certificate")]
    Absent,
    /// Envoy did not validate it.
    #[error("the client certificate was not validated")]
    Unvalidated,
    /// It is not the SVID of a workload.
    #[error(transparent)]
    Invalid(#[from] InvalidSvid),
    /// It is not valid now.
    #[error("the client certificate is not valid now")]
    OutOfTime,
}
