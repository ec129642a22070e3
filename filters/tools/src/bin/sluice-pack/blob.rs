//! Bytes, and the digest by which registries and fetchers know them.

use sha2::{Digest as _, Sha256};

/// Bytes with their SHA-256.
pub(crate) struct Blob {
    pub(crate) bytes: Vec<u8>,
    /// 64 lower-case hexadecimal digits.
    pub(crate) sha256: String,
}

impl Blob {
    /// As registries write it: `sha256:` and the digits.
    pub(crate) fn digest(&self) -> String {
        format!("sha256:{}", self.sha256)
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::Blob;

    #[test]
    fn a_digest_is_that_of_the_bytes() {
        // FIPS 180-2, appendix B.1
        let want = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Blob::from(b"abc".to_vec()).digest(), want);
    }
}
