//! What an upstream says it got.

use std::fmt;

use serde_json::Value;

/// One request as it arrived behind Envoy.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// Which upstream answered: `v1` or `v2`.
    pub version: String,
    /// `HTTP/1.1` or `HTTP/2`.
    pub protocol: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header lines with lower-case names; lines of one name are in their order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Report {
    /// Reads what an upstream answered; `None` when somebody else did.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let line = |pair: &Value| Some((pair[0].as_str()?.to_owned(), bytes(pair[1].as_str()?)?));
        Some(Self {
            version: text("version")?,
            protocol: text("protocol")?,
            method: text("method")?,
            path: text("path")?,
            headers: document["headers"].as_array()?.iter().map(line).collect::<Option<_>>()?,
        })
    }

    /// All lines of one header, as text.
    ///
    /// # Panics
    /// When a line is not UTF-8: look into [`Report::headers`] then.
    pub fn lines(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| std::str::from_utf8(value).expect("a header of text"))
            .collect()
    }

    /// The only line of a header, or nothing.
    ///
    /// # Panics
    /// When there are two.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.lines(name);
        assert!(lines.len() <= 1, "{name} came {} times: {lines:?}", lines.len());
        lines.first().copied()
    }

    /// The subset in the request header that the filter sets by default.
    pub fn subset(&self) -> Option<&str> {
        self.header("x-sluice-subset")
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, protocol, method, path, headers } = self;
        write!(f, "{version} got {method} {path} {protocol}")?;
        headers.iter().try_for_each(|(name, value)| write!(f, " | {name}: {}", value.escape_ascii()))
    }
}

/// The upstream writes each byte as the code point of the same number.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
