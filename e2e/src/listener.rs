//! TLS in front of Envoy: what a listener asks of its clients' certificates.

use serde_json::{Value, json};

use crate::Error;
use crate::bootstrap::manager;
use crate::tls::Authority;

/// The transport socket of one listener. As it begins: it asks for a client certificate and does without one; one that is
/// not trusted ends the handshake; sessions are never resumed, as in the shipped files.
#[derive(Debug, Clone)]
pub struct Socket {
    context: Value,
    over_quic: bool,
}

impl Socket {
    /// A server certificate by the first of these authorities; all of them may have issued a client's.
    ///
    /// # Errors
    /// When the server's certificate cannot be made.
    pub fn new(trusted: &[&Authority]) -> Result<Self, Error> {
        let server = trusted.first().ok_or("no authority")?.server()?;
        let trusted: String = trusted.iter().map(|authority| authority.pem()).collect();
        Ok(Self {
            context: json!({
                "require_client_certificate": false,
                // On a resumed connection Envoy 1.40 calls no certificate valid.
                "disable_stateless_session_resumption": true,
                "disable_stateful_session_resumption": true,
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": { "inline_string": server.certificate },
                        "private_key": { "inline_string": server.key },
                    }],
                    "validation_context": { "trusted_ca": { "inline_string": trusted } },
                },
            }),
            over_quic: false,
        })
    }

    /// Speaks HTTP/3: the listener takes QUIC, over UDP.
    #[must_use]
    pub fn over_quic(mut self) -> Self {
        self.over_quic = true;
        self
    }

    /// Ends the handshake with a client that has no certificate.
    #[must_use]
    pub fn require(mut self) -> Self {
        self.context["require_client_certificate"] = json!(true);
        self
    }

    /// Takes certificates that nobody trusted issued, as presented only.
    #[must_use]
    pub fn accept_untrusted(mut self) -> Self {
        self.validation()["trust_chain_verification"] = json!("ACCEPT_UNTRUSTED");
        self
    }

    /// Trusts nobody and asks nobody to be trusted: the certificate is not looked at.
    #[must_use]
    pub fn without_authority(mut self) -> Self {
        self.context["common_tls_context"]["validation_context"] = json!({});
        // Without anything to validate by, Envoy asks for a certificate only if it must have one.
        self.require()
    }

    /// Binds trust domains to authorities: Envoy's own SPIFFE validator.
    #[must_use]
    pub fn spiffe_domains(mut self, domains: &[(&str, &Authority)]) -> Self {
        let domains: Vec<Value> = domains
            .iter()
            .map(|(name, authority)| json!({ "name": name, "trust_bundle": { "inline_string": authority.pem() } }))
            .collect();
        *self.validation() = json!({
            "custom_validator_config": {
                "name": "envoy.tls.cert_validator.spiffe",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig",
                    "trust_domains": domains,
                },
            },
        });
        self
    }

    /// Resumes sessions, by tickets and by identifier, as Envoy does unless told otherwise.
    #[must_use]
    pub fn resuming(mut self) -> Self {
        for way in ["disable_stateless_session_resumption", "disable_stateful_session_resumption"] {
            self.context[way] = json!(false);
        }
        self
    }

    /// Takes certificates that are out of date.
    #[must_use]
    pub fn accept_expired(mut self) -> Self {
        self.validation()["allow_expired_certificate"] = json!(true);
        self
    }

    /// Puts these certificates in the place of those that another socket has from SPIRE.
    pub(crate) fn certify(self, other: &mut Value) {
        let common = other["common_tls_context"].as_object_mut().expect("a TLS context");
        common.remove("tls_certificate_sds_secret_configs");
        common.remove("validation_context_sds_secret_config");
        for part in ["tls_certificates", "validation_context"] {
            common.insert(part.to_owned(), self.context["common_tls_context"][part].clone());
        }
    }

    fn validation(&mut self) -> &mut Value {
        &mut self.context["common_tls_context"]["validation_context"]
    }

    /// Puts it in front of a listener, which is bound later.
    pub(crate) fn guard(mut self, listener: &mut Value) {
        let (name, config) = if self.over_quic {
            listener["udp_listener_config"] = json!({ "quic_options": {} });
            manager(listener)["codec_type"] = json!("HTTP3");
            let config = json!({ "@type": QUIC_CONTEXT, "downstream_tls_context": self.context });
            ("envoy.transport_sockets.quic", config)
        } else {
            self.context["@type"] = json!(TLS_CONTEXT);
            ("envoy.transport_sockets.tls", self.context)
        };
        listener["filter_chains"][0]["transport_socket"] = json!({ "name": name, "typed_config": config });
    }
}

const TLS_CONTEXT: &str =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const QUIC_CONTEXT: &str =
    "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport";
