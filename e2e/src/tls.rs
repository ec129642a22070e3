//! A test authority that issues server certificates and X509-SVIDs, and TLS clients that present them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::Error;
use crate::leaf::Leaf;

/// A certificate authority that lives as long as a test.
pub struct Authority {
    pub(crate) issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, both PEM.
#[derive(Clone)]
pub struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) thumbprint: String,
}

/// How a client does TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// The best of what both sides know; every handshake a full one.
    Any,
    /// 1.2 only.
    V1_2,
    /// 1.3 only.
    V1_3,
    /// 1.2 only, with session tickets.
    Resuming1_2,
    /// 1.3 only, with session tickets.
    Resuming1_3,
    /// The same, and early data where a ticket allows it (0-RTT).
    Early1_3,
}

impl Authority {
    /// A new authority with a key of its own.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn new(name: &str) -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The authority's own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for `localhost`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn server(&self) -> Result<Identity, Error> {
        Leaf::default().dns("localhost").issue(self)
    }

    /// An X509-SVID leaf for these SPIFFE IDs; a valid one has exactly one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn svid(&self, ids: &[&str]) -> Result<Identity, Error> {
        ids.iter().fold(Leaf::default(), |leaf, id| leaf.uri(id)).issue(self)
    }

    /// A TLS client that trusts this authority and presents `identity`, if any.
    ///
    /// # Errors
    /// When a certificate cannot be read back.
    pub fn client(&self, identity: Option<&Identity>) -> Result<Arc<ClientConfig>, Error> {
        self.client_with(identity, Tls::Any)
    }

    /// The same for one version of TLS.
    ///
    /// # Errors
    /// When a certificate cannot be read back.
    pub fn client_with(&self, identity: Option<&Identity>, tls: Tls) -> Result<Arc<ClientConfig>, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes())?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(tls.versions())?
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificate, key, .. }) => builder.with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
                PrivateKeyDer::from_pem_slice(key.as_bytes())?,
            )?,
        };
        if !matches!(tls, Tls::Resuming1_2 | Tls::Resuming1_3 | Tls::Early1_3) {
            config.resumption = Resumption::disabled();
        }
        config.enable_early_data = tls == Tls::Early1_3;
        Ok(Arc::new(config))
    }
}

impl Tls {
    fn versions(self) -> &'static [&'static SupportedProtocolVersion] {
        static BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
        match self {
            Self::Any => &BOTH,
            Self::V1_2 | Self::Resuming1_2 => &BOTH[..1],
            Self::V1_3 | Self::Resuming1_3 | Self::Early1_3 => &BOTH[1..],
        }
    }
}
