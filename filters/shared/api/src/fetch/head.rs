//! What shared data says about a published document.

use crate::UnixTime;

/// The record beside a published body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// A random name: workers install what differs from what they have.
    pub version: u64,
    /// When the source last confirmed it (200 or 304), in milliseconds.
    pub checked_at: UnixTime,
    /// XXH64 of the fetched body: a source without ETags that says the same again costs nobody a rebuild.
    pub digest: u64,
    /// The `ETag` that came with it, empty if none did.
    pub etag: Vec<u8>,
}

impl Head {
    /// Little endian: version, milliseconds and digest (u64 each), the ETag.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.version.to_le_bytes().to_vec();
        bytes.extend(self.checked_at.as_millis().to_le_bytes());
        bytes.extend(self.digest.to_le_bytes());
        bytes.extend(&self.etag);
        bytes
    }

    /// `None` if the record is too short.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let (millis, rest) = rest.split_first_chunk()?;
        let (digest, etag) = rest.split_first_chunk()?;
        let checked_at = UnixTime::from_millis(u64::from_le_bytes(*millis));
        let (version, digest) = (u64::from_le_bytes(*version), u64::from_le_bytes(*digest));
        Some(Self { version, checked_at, digest, etag: etag.to_vec() })
    }
}
