//! A request in parts that may hold any bytes, and what is known of its verdict.

use super::chain::{CANARY_STATUS, STABLE_STATUS};
use super::oracle::{Need, Oracle, Verified};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    /// Name and value, in order, `host` not among them.
    pub(crate) lines: Vec<(Vec<u8>, Vec<u8>)>,
    /// The statuses that it must get; empty: the evidence alone decides.
    pub(crate) expected: Vec<u16>,
    /// What was done to it.
    pub(crate) history: Vec<&'static str>,
    /// Envoy may make another path of its target.
    pub(crate) rewritten: bool,
    /// On a connection of its own: where it ends is not sure.
    pub(crate) alone: bool,
}

/// What the tokens that a request carries allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Carried {
    /// Exactly one, and it is good.
    One(Verified),
    /// None that counts.
    None,
    /// The request can be cut in several ways; these good tokens are in it somewhere.
    Somewhere(Vec<Verified>),
}

impl Shape {
    /// `GET` or another method for this target, with the token or without.
    pub(crate) fn new(method: &str, target: &str, token: Option<&str>) -> Self {
        let bearer = token.map(|token| (b"authorization".to_vec(), format!("Bearer {token}").into_bytes()));
        Self {
            method: method.into(),
            target: target.into(),
            lines: bearer.into_iter().collect(),
            expected: Vec::new(),
            history: Vec::new(),
            rewritten: false,
            alone: false,
        }
    }

    /// What a request of this bearer for that path gets, by the policies.
    ///
    /// * `carried`: `None` without a good token.
    pub(crate) fn verdict(method: &str, path: &str, carried: Option<&Verified>) -> Vec<u16> {
        let need = Need::all(method, path)[0];
        match (need, carried) {
            (Need::Nothing, _) => vec![STABLE_STATUS, CANARY_STATUS],
            (Need::Never, _) => vec![403],
            (_, None) => vec![401],
            (need, Some(verified)) if !need.met_by(verified.rights) => vec![403],
            (_, Some(verified)) if verified.broke => vec![429],
            (_, Some(verified)) if verified.early => vec![CANARY_STATUS],
            (_, Some(_)) => vec![STABLE_STATUS, CANARY_STATUS],
        }
    }

    /// One more header line.
    pub(crate) fn line(&mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.lines.push((name.into(), value.into()));
    }

    /// What was done to it changes what it may get; nobody knows to what.
    pub(crate) fn doubtful(&mut self) {
        self.expected.clear();
    }

    /// As HTTP/1.1.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            [&self.method, b" ".as_slice(), &self.target, b" HTTP/1.1\r\nhost: shop.example\r\n"].concat();
        for (name, value) in &self.lines {
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// Whether a part holds what ends a line.
    pub(crate) fn splits(&self) -> bool {
        let parts = [&self.method, &self.target].into_iter();
        let mut parts = parts.chain(self.lines.iter().flat_map(|(name, value)| [name, value]));
        parts.any(|part| part.iter().any(|byte| [b'\r', b'\n'].contains(byte)))
    }

    /// The token in exactly one `authorization` line, behind `Bearer` in any case and one space, as the document of
    /// `auth` says.
    pub(crate) fn carried(&self, oracle: &Oracle) -> Carried {
        if self.splits() {
            let bytes = self.bytes();
            let inside = |token: &str| bytes.windows(token.len()).any(|window| window == token.as_bytes());
            let found = oracle.known().filter(|(token, _)| inside(token));
            return Carried::Somewhere(found.map(|(_, verified)| verified.clone()).collect());
        }
        let mut lines = self.lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"authorization"));
        let (Some((_, value)), None) = (lines.next(), lines.next()) else { return Carried::None };
        let value = value.trim_ascii();
        let scheme = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "));
        match value.get(7..).filter(|_| scheme).and_then(|token| oracle.verify(token)) {
            Some(verified) => Carried::One(verified),
            None => Carried::None,
        }
    }
}
