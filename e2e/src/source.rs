//! A source of what filters fetch (lists, key sets, revocations): a document per path, and every way in which a source can
//! fail. Asked by gRPC, it answers with the document as the message.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use hyper::{Request, Response, StatusCode};

use crate::body::Served;
use crate::lists::Mode;
use crate::serve::{Port, Server};

pub(crate) struct Source {
    port: Port,
    pages: Arc<Pages>,
    /// Nothing listens while the source is down.
    server: Mutex<Option<Server>>,
}

/// By path; the empty one stands for all that have none of their own.
type Pages = Mutex<BTreeMap<String, Page>>;

#[derive(Clone, Default)]
struct Page {
    document: Bytes,
    mode: Mode,
    fetches: u64,
}

impl Source {
    pub(crate) fn start(port: Port) -> io::Result<Self> {
        let pages = Mutex::new([(String::new(), Page::default())].into());
        let source = Self { port, pages: Arc::new(pages), server: Mutex::new(None) };
        source.switch("", Mode::Up)?;
        Ok(source)
    }

    /// How often somebody asked, whatever the answer was. What finds the source down is not counted.
    pub(crate) fn fetches(&self, page: &str) -> u64 {
        lock(&self.pages).get(page).map_or(0, |page| page.fetches)
    }

    pub(crate) fn replace(&self, page: &str, document: Bytes) {
        lock(&self.pages).entry(page.to_owned()).or_default().document = document;
    }

    pub(crate) fn switch(&self, page: &str, mode: Mode) -> io::Result<()> {
        let mut server = lock(&self.server);
        lock(&self.pages).entry(page.to_owned()).or_default().mode = mode;
        if mode == Mode::Down {
            *server = None;
        } else if server.is_none() {
            let pages = Arc::clone(&self.pages);
            *server = Some(
                self.port.serve(Arc::new(move |request| Box::pin(answer(Arc::clone(&pages), request))))?,
            );
        }
        Ok(())
    }
}

async fn answer(pages: Arc<Pages>, request: Request<Incoming>) -> Response<Served> {
    let Page { document, mode, .. } = asked(&pages, request.uri().path());
    let media_type = request.headers().get(CONTENT_TYPE).map_or(b"".as_slice(), HeaderValue::as_bytes);
    let grpc = media_type.starts_with(b"application/grpc");
    let body = match mode {
        // Statuses of HTTP have three digits.
        Mode::Status(code @ ..100) if grpc => return grpc_answer(None, Some(code)),
        Mode::Up | Mode::Down | Mode::Trickle | Mode::Page | Mode::Unfinished => document,
        Mode::Error => return status(StatusCode::INTERNAL_SERVER_ERROR),
        Mode::Status(code) => return status(StatusCode::from_u16(code).unwrap_or_default()),
        Mode::Delay(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            document
        }
        Mode::Slow => {
            // Longer than any timeout in a test; the caller has gone by then.
            tokio::time::sleep(Duration::from_secs(30)).await;
            return status(StatusCode::GATEWAY_TIMEOUT);
        }
        Mode::Garbage => {
            Bytes::from_static(b"\xff\xfe\0[\"half a JSON string, and bytes that are no text \xc3\x28")
        }
        Mode::Huge => Bytes::from("an-entry-that-is-rather-long-to-get-there-faster\n".repeat(2 << 20)),
    };
    if grpc && !matches!(mode, Mode::Garbage | Mode::Page) {
        let status = if mode == Mode::Unfinished { None } else { Some(0) };
        return grpc_answer(Some(&body), status);
    }
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    if request.headers().get_all(IF_NONE_MATCH).iter().any(|known| known.as_bytes() == etag.as_bytes()) {
        return status(StatusCode::NOT_MODIFIED);
    }
    let json = body.starts_with(b"[") || body.starts_with(b"{");
    let media_type = match mode {
        Mode::Page => "text/html",
        _ if json => "application/json",
        _ => "text/plain",
    };
    let mut response = Response::new(match mode {
        Mode::Trickle => Served::slowly(body, Duration::from_secs(1)),
        _ => Served::from(body),
    });
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

fn grpc_answer(message: Option<&[u8]>, code: Option<u16>) -> Response<Served> {
    let mut response = Response::new(Served::grpc(message, code));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The page as it is, counted.
fn asked(pages: &Pages, path: &str) -> Page {
    let mut pages = lock(pages);
    let name = if pages.contains_key(path) { path } else { "" };
    let page = pages.entry(name.to_owned()).or_default();
    page.fetches += 1;
    page.clone()
}

/// A redirect leads to `/elsewhere`, where a test sees whether anybody follows.
fn status(code: StatusCode) -> Response<Served> {
    let mut response = Response::new(Served::from(Bytes::new()));
    *response.status_mut() = code;
    if code.is_redirection() && code != StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/elsewhere"));
    }
    response
}

/// A panic of another test's thread must not spread to this one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
