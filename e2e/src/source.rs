//! A source of lists that filters fetch: one document, and every way in which a source can fail.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use hyper::{Request, Response, StatusCode};

use crate::lists::Mode;
use crate::serve::{Port, Server};

pub(crate) struct Source {
    port: Port,
    state: Arc<State>,
    /// Nothing listens while the source is down.
    server: Mutex<Option<Server>>,
}

struct State {
    document: Mutex<Bytes>,
    mode: Mutex<Mode>,
    fetches: AtomicU64,
}

impl Source {
    pub(crate) fn start(port: Port) -> io::Result<Self> {
        let state =
            State { document: Mutex::default(), mode: Mutex::new(Mode::Up), fetches: AtomicU64::new(0) };
        let source = Self { port, state: Arc::new(state), server: Mutex::new(None) };
        source.switch(Mode::Up)?;
        Ok(source)
    }

    /// How often somebody asked, whatever the answer was. What finds the source down is not counted.
    pub(crate) fn fetches(&self) -> u64 {
        self.state.fetches.load(Ordering::Relaxed)
    }

    pub(crate) fn replace(&self, document: Bytes) {
        *lock(&self.state.document) = document;
    }

    pub(crate) fn switch(&self, mode: Mode) -> io::Result<()> {
        let mut server = lock(&self.server);
        *lock(&self.state.mode) = mode;
        if mode == Mode::Down {
            *server = None;
        } else if server.is_none() {
            let state = Arc::clone(&self.state);
            *server = Some(
                self.port.serve(Arc::new(move |request| Box::pin(answer(Arc::clone(&state), request))))?,
            );
        }
        Ok(())
    }
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    state.fetches.fetch_add(1, Ordering::Relaxed);
    let mode = *lock(&state.mode);
    let body = match mode {
        Mode::Up | Mode::Down => lock(&state.document).clone(),
        Mode::Error => return status(StatusCode::INTERNAL_SERVER_ERROR),
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
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    if request.headers().get_all(IF_NONE_MATCH).iter().any(|known| known.as_bytes() == etag.as_bytes()) {
        return status(StatusCode::NOT_MODIFIED);
    }
    let media_type = if body.starts_with(b"[") { "application/json" } else { "text/plain" };
    let mut response = Response::new(Full::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

fn status(code: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code;
    response
}

/// A panic of another test's thread must not spread to this one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
