//! A certificate in the making: an X509-SVID, or what only looks like one.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rcgen::{KeyUsagePurpose, SanType, date_time_ymd};

use crate::Error;
use crate::mint::{base64url, now, sha256};
use crate::tls::{Authority, Identity};

/// What stands in a leaf certificate. As it begins: digital signature only, server and client, no name, no CA.
#[derive(Debug, Clone)]
pub struct Leaf {
    params: CertificateParams,
}

impl Default for Leaf {
    fn default() -> Self {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // X509-SVID section 4.4: both, where the extension is there.
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        Self { params }
    }
}

impl Leaf {
    /// The leaf of a workload.
    ///
    /// # Panics
    /// When the ID is not ASCII.
    pub fn svid(id: &str) -> Self {
        Self::default().uri(id)
    }

    /// One more URI SAN: any ASCII.
    ///
    /// # Panics
    /// When it is not ASCII.
    #[must_use]
    pub fn uri(mut self, uri: &str) -> Self {
        self.params.subject_alt_names.push(SanType::URI(uri.try_into().expect("ASCII")));
        self
    }

    /// One more DNS SAN.
    ///
    /// # Panics
    /// When it is not ASCII.
    #[must_use]
    pub fn dns(mut self, name: &str) -> Self {
        self.params.subject_alt_names.push(SanType::DnsName(name.try_into().expect("ASCII")));
        self
    }

    /// A common name.
    #[must_use]
    pub fn common_name(mut self, name: &str) -> Self {
        self.params.distinguished_name.push(DnType::CommonName, name);
        self
    }

    /// A certificate that says of itself that it may issue others.
    #[must_use]
    pub fn ca(mut self) -> Self {
        self.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self
    }

    /// Other key usages; none leaves the extension out.
    #[must_use]
    pub fn usages(mut self, usages: &[KeyUsagePurpose]) -> Self {
        self.params.key_usages = usages.to_vec();
        self
    }

    /// Valid from and until so many seconds from now.
    #[must_use]
    pub fn valid(mut self, from: i64, until: i64) -> Self {
        let at = |offset: i64| {
            date_time_ymd(1970, 1, 1) + Duration::from_secs(now().saturating_add_signed(offset))
        };
        (self.params.not_before, self.params.not_after) = (at(from), at(until));
        self
    }

    /// Issued by this authority.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn issue(self, authority: &Authority) -> Result<Identity, Error> {
        let key = KeyPair::generate()?;
        Ok(Identity::new(&self.params.signed_by(&key, &authority.issuer)?, &key))
    }

    /// Issued by itself.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn self_signed(self) -> Result<Identity, Error> {
        let key = KeyPair::generate()?;
        Ok(Identity::new(&self.params.self_signed(&key)?, &key))
    }
}

impl Identity {
    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        let thumbprint = base64url(sha256(certificate.der()));
        Self { certificate: certificate.pem(), key: key.serialize_pem(), thumbprint }
    }

    /// The SHA-256 of the certificate as `cnf` has it (`x5t#S256`, RFC 8705 section 3.1).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;
    use crate::mint::base64url_decode;
    use crate::tls::Tls;

    #[test]
    fn any_leaf_can_be_presented() {
        let authority = Authority::new("test").unwrap();
        for (name, leaf) in [
            ("of a workload", Leaf::svid("spiffe://example.org/a")),
            ("with two names and a NUL", Leaf::svid("spiffe://example.org/a").uri("spiffe://example.org/\0")),
            ("without a name", Leaf::default().common_name("nobody")),
            ("of an authority", Leaf::default().ca().usages(&[KeyUsagePurpose::KeyCertSign])),
            ("of yesterday", Leaf::default().valid(-1000, -10)),
        ] {
            let identity = leaf.issue(&authority).unwrap_or_else(|e| panic!("{name}: {e}"));
            for tls in [Tls::Any, Tls::V1_2, Tls::Resuming1_3] {
                authority.client_with(Some(&identity), tls).unwrap_or_else(|e| panic!("{name}: {e}"));
            }
            let der = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
            assert_eq!(base64url_decode(identity.thumbprint()), Some(sha256(&der)), "{name}");
        }
    }
}
