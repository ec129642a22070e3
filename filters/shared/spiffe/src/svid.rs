//! An X509-SVID: the certificate of a workload.
//!
//! # Why a reader of our own
//!
//! Five fields of a certificate are needed. `x509-cert` decodes all of it, names and keys included, and adds
//! 120 KB of wasm where this adds 20; `canary` has 400 in all. It is not what keeps forgers out: Envoy parsed
//! and verified the same bytes before. It may only err towards refusing, so it takes DER in its one form and
//! nothing else: definite lengths in their shortest form, tags of one byte, no extension twice, nothing left
//! over.

mod certificate; // the fields that matter
mod der; // tag, length, contents
mod pem; // RFC 7468
#[cfg(test)]
mod tests;
mod time; // UTCTime, GeneralizedTime

use crate::id::{InvalidSpiffeId, SpiffeId};
use certificate::{Certificate, KeyUsage};

/// A leaf certificate that meets X509-SVID sections 2, 4 and 5.2. Built by [`X509Svid::from_pem`] only.
///
/// It says nothing about who signed the certificate, nor about its extended key usage: that is Envoy's path
/// validation, `connection.peer_certificate_valid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct X509Svid {
    id: SpiffeId,
    not_before: i64,
    not_after: i64,
}

impl X509Svid {
    /// Reads the leaf certificate from what Envoy gives for `connection.peer_certificate`.
    ///
    /// * `pem`: one PEM block, not URL-encoded. Envoy's list of attributes says that it is, but 1.38.2, 1.39.3
    ///   and 1.40.0 give it plain.
    ///
    /// Linear; about 9 us in wasm, so parse once per certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Self, InvalidSvid> {
        let der = pem::decode(pem).ok_or(InvalidSvid::Pem)?;
        let Certificate { not_before, not_after, uris, is_ca, key_usage } = Certificate::read(&der)?;
        let KeyUsage { digital_signature, key_cert_sign, crl_sign } = key_usage;
        let uri = match *uris {
            [uri] => uri,
            _ => return Err(InvalidSvid::UriCount { found: uris.len() }),
        };
        let id = SpiffeId::parse(std::str::from_utf8(uri).map_err(|_| InvalidSvid::UriNotAscii)?)?;
        if id.path().is_empty() {
            return Err(InvalidSvid::NoPath { id });
        }
        if is_ca {
            return Err(InvalidSvid::Authority { id });
        }
        if key_cert_sign {
            return Err(InvalidSvid::KeyCertSign { id });
        }
        if crl_sign {
            return Err(InvalidSvid::CrlSign { id });
        }
        if !digital_signature {
            return Err(InvalidSvid::NoDigitalSignature { id });
        }
        Ok(Self { id, not_before, not_after })
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

/// Why a certificate is not the X509-SVID of a workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSvid {
    /// Not exactly one PEM block with the label `CERTIFICATE`.
    #[error("not one PEM certificate")]
    Pem,
    /// Not a DER certificate of version 3, or one of the fields that matter is not what RFC 5280 says.
    #[error("malformed {part}")]
    Malformed {
        /// The part of the certificate.
        part: &'static str,
    },
    /// An extension is there twice (RFC 5280 section 4.2).
    #[error("more than one {extension}")]
    Repeated {
        /// Its name.
        extension: &'static str,
    },
    /// Not exactly one URI SAN (X509-SVID section 2). Names of other kinds are not looked at.
    #[error("{found} URIs in subjectAltName, must be one")]
    UriCount {
        /// How many there are.
        found: usize,
    },
    /// The URI SAN is not even text.
    #[error("the URI in subjectAltName is not ASCII")]
    UriNotAscii,
    /// The one URI SAN is not a SPIFFE ID.
    #[error("the URI in subjectAltName is no SPIFFE ID: {0}")]
    Id(#[from] InvalidSpiffeId),
    /// The ID of a trust domain is for signing certificates (X509-SVID sections 3.1 and 5.2).
    #[error("{id} has no path")]
    NoPath {
        /// The ID in the certificate.
        id: SpiffeId,
    },
    /// `cA` in `basicConstraints` (X509-SVID section 4.1).
    #[error("{id} is a certificate authority")]
    Authority {
        /// The ID in the certificate.
        id: SpiffeId,
    },
    /// `keyCertSign` in `keyUsage` (X509-SVID section 4.3).
    #[error("{id} may sign certificates")]
    KeyCertSign {
        /// The ID in the certificate.
        id: SpiffeId,
    },
    /// `cRLSign` in `keyUsage` (X509-SVID section 4.3).
    #[error("{id} may sign revocation lists")]
    CrlSign {
        /// The ID in the certificate.
        id: SpiffeId,
    },
    /// `digitalSignature` is not in `keyUsage`, or there is no `keyUsage` (X509-SVID section 4.3).
    #[error("{id} may not sign, so it cannot prove who it is")]
    NoDigitalSignature {
        /// The ID in the certificate.
        id: SpiffeId,
    },
}
