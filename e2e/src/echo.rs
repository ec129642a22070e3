//! How an upstream answers: with what it got, so that a test sees what Envoy sent on.
//!
//! A test steers it by request headers, so that no two requests share anything: `x-upstream-delay-ms`,
//! `x-upstream-status`, `x-upstream-header: name: value` for a header of the answer, `x-upstream-report: none` for an
//! empty answer, which is what a load of many requests wants, and `x-upstream-report: cut` for one that breaks off.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, Version};
use serde_json::{Value, json};

use crate::body::Served;

pub(crate) async fn answer(version: Arc<str>, request: Request<Incoming>) -> Response<Served> {
    let (head, body) = request.into_parts();
    // Read to its end, so that a connection can be used again.
    let body = body.collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    let number = |name: &str| head.headers.get(name).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if let Some(delay) = number("x-upstream-delay-ms") {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let mut response =
        Response::new(match head.headers.get("x-upstream-report").map(HeaderValue::as_bytes) {
            None => Served::from(report(&version, &head, body.len())),
            Some(b"cut") => Served::broken(Bytes::from_static(b"{\"version\": ")),
            Some(_) => Served::from(String::new()),
        });
    let status = number("x-upstream-status").and_then(|s| StatusCode::from_u16(u16::try_from(s).ok()?).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for line in head.headers.get_all("x-upstream-header") {
        if let Some((name, value)) = header_line(line.as_bytes()) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn report(version: &str, head: &Parts, body_bytes: usize) -> String {
    let headers: Vec<Value> =
        head.headers.iter().map(|(n, v)| json!([n.as_str(), latin1(v.as_bytes())])).collect();
    // Written by hand for the sake of the order: whoever asks with curl sees the version first.
    format!(
        "{{\"version\": {}, \"method\": {}, \"path\": {}, \"protocol\": {}, \"body_bytes\": {}, \"headers\": {}}}\n",
        json!(version),
        json!(head.method.as_str()),
        json!(head.uri.path_and_query().map_or("", |p| p.as_str())),
        json!(if head.version == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1.1" }),
        body_bytes,
        Value::from(headers),
    )
}

/// Header values are bytes; JSON strings are not. Each byte becomes the code point of the same number.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn header_line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|b| *b == b':')?;
    let (name, value) = line.split_at(colon);
    Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?))
}
