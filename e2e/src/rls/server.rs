//! The service on a port, and beside it a control port: `GET /calls`, `/hits`, `/granted`.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::{Request, Response, StatusCode};
use tonic::server::{Grpc, UnaryService};
use tonic_prost::ProstCodec;

use super::limiter::{Answers, Limiter, Storage};
use super::message::{Question, Verdict};
use crate::Error;
use crate::body::Served;
use crate::serve::{self, Port};

/// A running service; it stops when it is dropped.
pub struct Server {
    _servers: [serve::Server; 2],
}

impl Server {
    /// Serves on the first port and is controlled on the second. `limits` is a file in Limitador's own form.
    ///
    /// # Errors
    /// When the limits cannot be read or a port cannot be had.
    pub fn start(
        ports: [SocketAddr; 2],
        limits: &str,
        storage: Storage,
        answers: Answers,
    ) -> Result<Self, Error> {
        let limiter = Arc::new(Limiter::new(limits, storage, answers)?);
        let [service, control] = ports.map(Port::reserve);
        let asked = Arc::clone(&limiter);
        Ok(Self {
            _servers: [
                service?.serve(Arc::new(move |request| {
                    let limiter = Arc::clone(&asked);
                    Box::pin(async move {
                        if request.uri().path() != METHOD {
                            return tonic::Status::unimplemented("").into_http();
                        }
                        let codec = ProstCodec::<Verdict, Question>::default();
                        Grpc::new(codec).unary(ShouldRateLimit(limiter), request).await
                    })
                }))?,
                control?.serve(Arc::new(move |request| {
                    let answer = control_answer(&limiter, &request);
                    Box::pin(async move { answer })
                }))?,
            ],
        })
    }
}

struct ShouldRateLimit(Arc<Limiter>);

impl UnaryService<Question> for ShouldRateLimit {
    type Response = Verdict;
    type Future = Pin<Box<dyn Future<Output = Result<tonic::Response<Verdict>, tonic::Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Question>) -> Self::Future {
        let limiter = Arc::clone(&self.0);
        Box::pin(async move { limiter.answer(request.into_inner()).await.map(tonic::Response::new) })
    }
}

fn control_answer<B>(limiter: &Limiter, request: &Request<B>) -> Response<Served> {
    let counted = &limiter.counted;
    let counter = match request.uri().path() {
        "/calls" => Some(&counted.calls),
        "/hits" => Some(&counted.hits),
        "/granted" => Some(&counted.granted),
        _ => None,
    };
    let text = counter.map(|counter| counter.load(Ordering::Relaxed).to_string());
    let status = if text.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let mut response = Response::new(Served::from(text.unwrap_or_default()));
    *response.status_mut() = status;
    response
}

const METHOD: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
