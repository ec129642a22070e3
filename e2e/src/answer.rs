//! What the client got back.

use hyper::HeaderMap;
use hyper::body::Bytes;

use crate::report::Report;

/// Status, header lines and body of one answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// What the upstream got.
    ///
    /// # Panics
    /// When the answer is not an upstream's; it is shown then.
    pub fn report(&self) -> Report {
        Report::parse(&self.body).unwrap_or_else(|| panic!("not from an upstream: {self:?}"))
    }

    /// All lines of one header, as text.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.headers
            .get_all(name)
            .iter()
            .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
            .collect()
    }

    /// The only line of a header, or nothing.
    ///
    /// # Panics
    /// When there are two.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.lines(name);
        assert!(lines.len() <= 1, "{name} came {} times: {lines:?}", lines.len());
        lines.pop()
    }

    /// The `Set-Cookie` line for this cookie, as value and attributes.
    pub fn set_cookie(&self, name: &str) -> Option<(String, Vec<String>)> {
        self.lines("set-cookie").iter().find_map(|line| {
            let mut parts = line.split(';').map(|part| part.trim().to_owned());
            let value = parts.next()?.strip_prefix(name)?.strip_prefix('=')?.to_owned();
            Some((value, parts.collect()))
        })
    }
}
