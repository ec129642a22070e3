//! A token in the making: header and claims as JSON text, whatever that text is.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::base64url::encode;
use super::key::Key;

/// Header and claims, to be changed and then signed.
#[derive(Debug, Clone)]
pub struct Draft {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// Replace the JSON of the above.
    header_text: Option<Vec<u8>>,
    claims_text: Option<Vec<u8>>,
}

impl Draft {
    /// A draft with these claims; whoever signs it adds `alg` and `kid`.
    ///
    /// # Panics
    /// When that is no object.
    pub fn new(claims: Value) -> Self {
        let Value::Object(claims) = claims else { panic!("claims are an object: {claims}") };
        Self { header: Map::new(), claims, header_text: None, claims_text: None }
    }

    /// Another value of a claim; `null` is a value.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Without a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Another value of a member of the header, over what signing puts there; `null` takes it out.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// The header as it is written here.
    #[must_use]
    pub fn header_text(mut self, text: impl AsRef<[u8]>) -> Self {
        self.header_text = Some(text.as_ref().to_vec());
        self
    }

    /// The claims as they are written here.
    #[must_use]
    pub fn claims_text(mut self, text: impl AsRef<[u8]>) -> Self {
        self.claims_text = Some(text.as_ref().to_vec());
        self
    }

    /// The claims' JSON, so that a test can change its text.
    pub fn claims_json(&self) -> String {
        Value::from(self.claims.clone()).to_string()
    }

    /// Signed by this key with the algorithm that is its own.
    pub fn sign(&self, key: &Key) -> String {
        self.sign_as(key, key.algorithm())
    }

    /// Signed by this key with this algorithm.
    pub fn sign_as(&self, key: &Key, algorithm: &str) -> String {
        self.seal(key.kid(), algorithm, |input| key.sign(algorithm, input))
    }

    /// With any signature; the header says this `kid` and `alg`.
    pub fn seal(&self, kid: &str, algorithm: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let mut header =
            Map::from_iter([("alg".to_owned(), json!(algorithm)), ("kid".to_owned(), json!(kid))]);
        for (name, value) in &self.header {
            match value {
                Value::Null => header.remove(name),
                value => header.insert(name.clone(), value.clone()),
            };
        }
        let header = self.header_text.clone().unwrap_or_else(|| Value::from(header).to_string().into_bytes());
        let claims = self.claims_text.clone().unwrap_or_else(|| self.claims_json().into_bytes());
        compact(&header, &claims, sign)
    }
}

/// The compact serialisation (RFC 7515 section 7.1) of any bytes.
pub fn compact(header: &[u8], payload: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = encode(sign(input.as_bytes()));
    format!("{input}.{signature}")
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::base64url_decode;

    #[test]
    fn says_what_it_was_told() {
        let key = Key::secret("k", *b"0123456789abcdef0123456789abcdef");
        for (name, draft, want) in [
            ("plain", Draft::new(json!({"a": 1})), [r#"{"alg":"HS256","kid":"k"}"#, r#"{"a":1}"#]),
            (
                "a header more",
                Draft::new(json!({})).header("typ", "JWT"),
                [r#"{"alg":"HS256","kid":"k","typ":"JWT"}"#, "{}"],
            ),
            ("a header less", Draft::new(json!({})).header("kid", Value::Null), [r#"{"alg":"HS256"}"#, "{}"]),
            ("texts", Draft::new(json!({})).header_text("[").claims_text(b"\xff"), ["[", "\u{fffd}"]),
        ] {
            let token = draft.sign(&key);
            let parts: Vec<Vec<u8>> = token.split('.').filter_map(base64url_decode).collect();
            let texts: Vec<_> = parts[..2].iter().map(|part| String::from_utf8_lossy(part)).collect();
            assert_eq!(texts, want, "{name}");
            assert_eq!(parts[2].len(), 32, "{name}");
        }
    }
}
