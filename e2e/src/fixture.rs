//! One version of the service that Envoy stands in front of, with a source of lists and a control port beside it.
//!
//! The same code runs inside the test process and, as the binary `upstream`, in a container; in both cases the harness
//! reaches it through the control port ([`crate::Upstream`], [`crate::Lists`]).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};

use crate::body::Served;
use crate::echo;
use crate::flights::Flights;
use crate::serve::{Port, Server};
use crate::source::Source;

/// The running servers; they stop when it is dropped.
pub struct Fixture {
    service: SocketAddr,
    lists: SocketAddr,
    control: SocketAddr,
    _servers: [Server; 2],
}

impl Fixture {
    /// Starts on three ports of `ip`: the service, the source of lists, control. `0` takes a free one.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub fn start(version: &str, ip: IpAddr, ports: [u16; 3]) -> io::Result<Self> {
        let [service, lists, control] = ports.map(|port| Port::reserve(SocketAddr::new(ip, port)));
        let (service, lists, control) = (service?, lists?, control?);
        let addresses = (service.addr(), lists.addr(), control.addr());
        let hits = Arc::new(AtomicU64::new(0));
        let flights = Arc::new(Flights::default());
        let source = Arc::new(Source::start(lists)?);
        let version: Arc<str> = version.into();
        let (counted, flown) = (Arc::clone(&hits), Arc::clone(&flights));
        let servers = [
            service.serve(Arc::new(move |request| {
                counted.fetch_add(1, Ordering::Relaxed);
                let flight = flown.begin(request.uri().path());
                let answer = echo::answer(Arc::clone(&version), request);
                Box::pin(async move {
                    let answer = answer.await;
                    drop(flight);
                    answer
                })
            }))?,
            control.serve(Arc::new(move |request| {
                Box::pin(answer(Arc::clone(&hits), Arc::clone(&flights), Arc::clone(&source), request))
            }))?,
        ];
        let (service, lists, control) = addresses;
        Ok(Self { service, lists, control, _servers: servers })
    }

    /// Where the service listens.
    pub fn service(&self) -> SocketAddr {
        self.service
    }

    /// Where the source of lists listens.
    pub fn lists(&self) -> SocketAddr {
        self.lists
    }

    /// Where the control port listens.
    pub fn control(&self) -> SocketAddr {
        self.control
    }
}

/// The control interface: `GET /hits`; for a path of the service in the query `GET /peak` and `/flying`; and for a path of the source in the query (or none) `GET /fetches`,
/// `PUT /document`, `PUT /mode/<mode>`.
async fn answer(
    hits: Arc<AtomicU64>,
    flights: Arc<Flights>,
    source: Arc<Source>,
    request: Request<Incoming>,
) -> Response<Served> {
    let (head, body) = request.into_parts();
    let page = head.uri.query().unwrap_or_default();
    let text = match (head.method, head.uri.path()) {
        (Method::GET, "/hits") => Some(hits.load(Ordering::Relaxed).to_string()),
        (Method::GET, "/peak") => Some(flights.peak(page).to_string()),
        (Method::GET, "/flying") => Some(flights.now(page).to_string()),
        (Method::GET, "/fetches") => Some(source.fetches(page).to_string()),
        (Method::PUT, "/document") => match body.collect().await {
            Ok(document) => {
                source.replace(page, document.to_bytes());
                Some(String::new())
            }
            Err(_) => None,
        },
        (Method::PUT, path) => match path.strip_prefix("/mode/").and_then(|mode| mode.parse().ok()) {
            Some(mode) => source.switch(page, mode).ok().map(|()| String::new()),
            None => None,
        },
        _ => None,
    };
    let status = if text.is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let mut response = Response::new(Served::from(text.unwrap_or_default()));
    *response.status_mut() = status;
    response
}
