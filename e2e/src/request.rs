//! A request to send.

use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Uri};

/// Method, path and header lines in order.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) authority: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Request {
    /// `GET` for this path (with its query) at `shop.example`.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            authority: "shop.example".to_owned(),
            headers: Vec::new(),
        }
    }

    /// Another method.
    ///
    /// # Panics
    /// When it is not a token.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.parse().expect("a method");
        self
    }

    /// Another authority (`Host`).
    #[must_use]
    pub fn authority(mut self, authority: &str) -> Self {
        authority.clone_into(&mut self.authority);
        self
    }

    /// One more header line. Bytes above 0x7F are sent as they are.
    ///
    /// # Panics
    /// When an HTTP library would not send it; [`crate::exchange`] sends anything.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.headers.push((name.parse().expect("a header name"), value));
        self
    }

    /// In HTTP/1.1 the authority goes into `Host`, in HTTP/2 into the URI.
    pub(crate) fn build<B: Default>(&self, absolute: bool, scheme: &str) -> hyper::Request<B> {
        let uri = match absolute {
            // RFC 9113 section 8.5: no scheme, no path.
            true if self.method == Method::CONNECT => self.authority.clone(),
            true => format!("{scheme}://{}{}", self.authority, self.path),
            false => self.path.clone(),
        };
        let mut request = hyper::Request::new(B::default());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri.parse::<Uri>().unwrap_or_else(|e| panic!("{uri}: {e}"));
        if !absolute {
            let host = HeaderValue::from_str(&self.authority).expect("an authority");
            request.headers_mut().insert(hyper::header::HOST, host);
        }
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        request
    }
}
