//! A real HTTP client: HTTP/1.1 or HTTP/2, plain or with TLS, and HTTP/3.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Error;
use crate::answer::Answer;
use crate::quic::Quic;
use crate::request::Request;

/// How to speak on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One request at a time on a connection.
    Http1,
    /// Many at once; without TLS by prior knowledge (RFC 9113 section 3.3).
    Http2,
    /// Over QUIC, and so with TLS 1.3 (RFC 9114).
    Http3,
}

/// Where and how to connect.
#[derive(Debug, Clone)]
pub struct Client {
    addr: SocketAddr,
    protocol: Protocol,
    tls: Option<Arc<ClientConfig>>,
}

impl Client {
    /// A client without TLS.
    pub fn new(addr: SocketAddr, protocol: Protocol) -> Self {
        Self { addr, protocol, tls: None }
    }

    /// A client with TLS, HTTP/1.1 over it; [`crate::Authority::client`] makes the configuration.
    pub fn tls(addr: SocketAddr, tls: Arc<ClientConfig>) -> Self {
        Self { addr, protocol: Protocol::Http1, tls: Some(tls) }
    }

    /// The same client, speaking otherwise. With TLS over TCP nothing is negotiated: Envoy looks at the first bytes.
    #[must_use]
    pub fn over(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When TCP, TLS, HTTP/2 or QUIC cannot be set up.
    pub async fn connect(&self) -> Result<Connection, Error> {
        if self.protocol == Protocol::Http3 {
            let tls = self.tls.as_ref().ok_or("HTTP/3 is never without TLS")?;
            let sender = Sender::Http3(Quic::connect(self.addr, tls).await?);
            return Ok(Connection { sender, scheme: "https", resumed: false });
        }
        let stream = TcpStream::connect(self.addr).await?;
        stream.set_nodelay(true)?;
        match &self.tls {
            None => self.handshake(stream, false).await,
            Some(config) => {
                let name = ServerName::try_from("localhost")?;
                let stream = TlsConnector::from(Arc::clone(config)).connect(name, stream).await?;
                let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                self.handshake(stream, resumed).await
            }
        }
    }

    async fn handshake(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        resumed: bool,
    ) -> Result<Connection, Error> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let io = TokioIo::new(stream);
        let sender = match self.protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await?;
                tokio::spawn(connection);
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
                tokio::spawn(connection);
                Sender::Http2(sender)
            }
            Protocol::Http3 => return Err("HTTP/3 needs no stream".into()),
        };
        Ok(Connection { sender, scheme, resumed })
    }

    /// Sends one request on a connection of its own.
    ///
    /// # Panics
    /// When no answer comes: a test that expects that uses [`Client::connect`].
    pub async fn send(&self, request: Request) -> Answer {
        let mut connection = self.connect().await.unwrap_or_else(|e| panic!("connect to {}: {e}", self.addr));
        connection.send(&request).await.unwrap_or_else(|e| panic!("{} {}: {e}", request.method, request.path))
    }
}

/// An open connection.
pub struct Connection {
    sender: Sender,
    scheme: &'static str,
    resumed: bool,
}

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
    Http3(Quic),
}

impl Connection {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection ends before that.
    pub async fn send(&mut self, request: &Request) -> Result<Answer, Error> {
        let response = match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request.build(false, self.scheme)).await?
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request.build(true, self.scheme)).await?
            }
            Sender::Http3(sender) => return sender.send(request).await,
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Whether its TLS session is an earlier one, resumed; what QUIC does is not known.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// Whether the server took requests that were sent before the handshake was done (0-RTT); `None` if there were none.
    pub async fn was_early(&mut self) -> Option<bool> {
        match &mut self.sender {
            Sender::Http3(sender) => sender.was_early().await,
            _ => None,
        }
    }

    /// Another handle on the same connection, for a second stream at once; HTTP/1.1 has none, HTTP/3 needs none here.
    pub fn stream(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) | Sender::Http3(_) => None,
            Sender::Http2(sender) => {
                let Self { scheme, resumed, .. } = *self;
                Some(Self { sender: Sender::Http2(sender.clone()), scheme, resumed })
            }
        }
    }
}
