//! An OpenTelemetry collector of the test's own: takes spans over HTTP and keeps what matters of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::BodyExt;
use hyper::Response;
use prost::Message;

use crate::body::Served;
use crate::serve::{Port, Server};

/// A running collector.
pub struct Collector {
    addr: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
    _server: Server,
}

/// A span as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Span {
    /// In hexadecimal digits.
    pub trace_id: String,
    /// In hexadecimal digits; empty at the root of a trace.
    pub parent_id: String,
    /// Attributes that are strings.
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let port = Port::reserve((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let spans = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&spans);
        let server = port.serve(Arc::new(move |request| {
            let kept = Arc::clone(&kept);
            Box::pin(async move {
                let body =
                    request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                let came = Export::decode(body).map(Export::into_spans).unwrap_or_default();
                kept.lock().unwrap_or_else(PoisonError::into_inner).extend(came);
                Response::new(Served::from(String::new()))
            })
        }));
        Self { addr: port.addr(), spans, _server: server.expect("a server") }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All spans that came so far.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

// `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`, as far as it matters.
#[derive(Clone, PartialEq, Message)]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<OfResource>,
}

#[derive(Clone, PartialEq, Message)]
struct OfResource {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<OfScope>,
}

#[derive(Clone, PartialEq, Message)]
struct OfScope {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<RawSpan>,
}

#[derive(Clone, PartialEq, Message)]
struct RawSpan {
    #[prost(bytes, tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes, tag = "4")]
    parent_id: Vec<u8>,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
}

impl Export {
    fn into_spans(self) -> Vec<Span> {
        let scopes = self.resources.into_iter().flat_map(|resource| resource.scopes);
        scopes.flat_map(|scope| scope.spans).map(RawSpan::into_span).collect()
    }
}

impl RawSpan {
    fn into_span(self) -> Span {
        let attributes = self.attributes.into_iter().filter_map(|a| Some((a.key, a.value?.text?)));
        Span {
            trace_id: hex(&self.trace_id),
            parent_id: hex(&self.parent_id),
            attributes: attributes.collect(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
