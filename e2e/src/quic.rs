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
