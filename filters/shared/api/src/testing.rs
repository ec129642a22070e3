//! What the test tables of this crate share.

use crate::Value;
use crate::config::{self, Node};

/// Numbers and bytes that look arbitrary and are the same on every machine (MMIX's generator, its upper half).
pub(crate) struct Arbitrary(u64);

impl Arbitrary {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 32
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.number()).unwrap().checked_rem(limit).unwrap()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.number().to_le_bytes()[0]).collect()
    }

    /// Bytes of which most mean something to the reader at hand.
    pub(crate) fn bytes_of(&mut self, alphabet: &[u8], length: usize) -> Vec<u8> {
        (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

/// Reads a JSON text; the error is what a user would see.
pub(crate) fn read<T>(json: &str, reader: impl FnOnce(Node<'_>) -> Option<T>) -> Result<T, String> {
    let value = Value::from_json(json.as_bytes()).map_err(|error| error.to_string())?;
    config::read(&value, reader).map_err(|error| error.to_string())
}

/// What a reader says of a document that it must refuse.
pub(crate) fn refusal<T>(json: &str, reader: impl FnOnce(Node<'_>) -> Option<T>) -> String {
    read(json, reader).err().unwrap_or_else(|| format!("accepted: {json}"))
}
