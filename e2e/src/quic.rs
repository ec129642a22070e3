//! HTTP/3 (RFC 9114): a QUIC connection, and requests on it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use hyper::body::{Buf, Bytes};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Endpoint, ZeroRttAccepted};

use crate::Error;
use crate::answer::Answer;
use crate::request::Request;

/// An open connection.
pub(crate) struct Quic {
    sender: h3::client::SendRequest<h3_quinn::OpenStreams, Bytes>,
    /// Whether the server took what was sent before the handshake was done, if anything was.
    early: Option<ZeroRttAccepted>,
    /// The socket, without which there is no connection.
    _endpoint: Endpoint,
}

impl Quic {
    /// Connects. If `tls` allows early data and has a session that does, requests go out before the handshake is done
    /// (RFC 9001 section 4.6).
    pub(crate) async fn connect(addr: SocketAddr, tls: &rustls::ClientConfig) -> Result<Self, Error> {
        let mut tls = tls.clone();
        tls.alpn_protocols = vec![b"h3".to_vec()];
        let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into())?;
        endpoint.set_default_client_config(ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?)));
        let (connection, early) = match endpoint.connect(addr, "localhost")?.into_0rtt() {
            Ok((connection, accepted)) => (connection, Some(accepted)),
            Err(connecting) => (connecting.await?, None),
        };
        let (mut driver, sender) = h3::client::new(h3_quinn::Connection::new(connection)).await?;
        tokio::spawn(async move { driver.wait_idle().await });
        Ok(Self { sender, early, _endpoint: endpoint })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Answer, Error> {
        let mut stream = self.sender.send_request(request.build(true, "https")).await?;
        stream.finish().await?;
        let (head, ()) = stream.recv_response().await?.into_parts();
        let mut body = Vec::new();
        while let Some(mut part) = stream.recv_data().await? {
            body.extend(part.copy_to_bytes(part.remaining()));
        }
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.into() })
    }

    /// Whether the server took early data; `None` if there was none.
    pub(crate) async fn was_early(&mut self) -> Option<bool> {
        match self.early.take() {
            Some(accepted) => Some(accepted.await),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use quinn::ServerConfig;
    use quinn::crypto::rustls::QuicServerConfig;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    use super::*;
    use crate::poll::eventually;
    use crate::tls::{Authority, Tls};

    /// A server that takes early data from whoever has a ticket, and answers nothing.
    fn server(authority: &Authority) -> Endpoint {
        let identity = authority.server().expect("a certificate");
        let chain = vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).expect("PEM")];
        let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).expect("PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a server");
        tls.alpn_protocols = vec![b"h3".to_vec()];
        tls.max_early_data_size = u32::MAX;
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("QUIC")));
        Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).expect("a socket")
    }

    /// What a test that sees none relies on.
    #[tokio::test]
    async fn early_data_is_sent_where_a_server_takes_it() {
        let authority = Authority::new("quic").expect("an authority");
        let server = server(&authority);
        let addr = server.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Some(incoming) = server.accept().await {
                kept.push(incoming.await);
            }
        });
        for (tls, early) in [(Tls::Resuming1_3, None), (Tls::Early1_3, Some(true))] {
            let config = authority.client_with(None, tls).expect("a client");
            let mut first = Quic::connect(addr, &config).await.expect("a connection");
            assert_eq!(first.was_early().await, None, "{tls:?}: nothing to resume");
            // The ticket comes after the handshake.
            eventually("a second connection as it should be", async || {
                let mut again = Quic::connect(addr, &config).await.expect("a connection");
                again.was_early().await == early
            })
            .await;
        }
    }
}
