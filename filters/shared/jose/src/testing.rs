//! What the test tables share: tokens made to order, and tokens of another maker.

#![expect(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

pub(crate) mod vectors;

use crate::{KeySet, Origin, Room, Token, TokenError, VerifiedToken};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use filter_api::{HashFunction, HostCrypto, HostVerdict};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::cell::Cell;

/// A host that always says the same, and counts.
pub(crate) struct Host {
    verdict: HostVerdict,
    calls: Cell<usize>,
}

impl Host {
    pub(crate) fn saying(verdict: HostVerdict) -> Self {
        Self { verdict, calls: Cell::new(0) }
    }

    /// The host without cryptography: everything is decided here.
    pub(crate) fn none() -> Self {
        Self::saying(HostVerdict::Unavailable)
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.get()
    }
}

impl HostCrypto for Host {
    fn verify_signature(&self, _: HashFunction, _: &[u8], _: &[u8], _: &[u8]) -> HostVerdict {
        self.calls.set(self.calls.get() + 1);
        self.verdict
    }
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The shared secret of [`signed`].
pub(crate) const SECRET: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

/// A token of any header and payload, its tag made with [`SECRET`] and HS256, whatever the header says.
pub(crate) fn signed(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    let text = format!("{}.{}", base64url(header), base64url(payload));
    let tag = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(&text).finalize().into_bytes();
    format!("{text}.{}", base64url(tag))
}

/// The key of [`signed`].
pub(crate) fn secret_keys() -> KeySet {
    keys(&format!(r#"{{"kty": "oct", "alg": "HS256", "k": "{}"}}"#, base64url(SECRET)))
}

/// An inline set of these keys, each in JSON, with commas between them.
pub(crate) fn keys(jwks: &str) -> KeySet {
    KeySet::parse(format!(r#"{{"keys": [{jwks}]}}"#).as_bytes(), Origin::Inline).unwrap()
}

/// A token's whole way, without the host.
pub(crate) fn verify<'t>(
    token: &'t (impl AsRef<[u8]> + ?Sized),
    room: &'t mut Room,
    keys: &KeySet,
) -> Result<VerifiedToken<'t>, TokenError> {
    Token::parse(token.as_ref(), room)?.verify(keys, &[], &Host::none())
}

/// Why a token is refused; `accepted` if it is not.
pub(crate) fn reason(token: impl AsRef<[u8]>, keys: &KeySet) -> &'static str {
    verify(&token, &mut Room::default(), keys).err().map_or("accepted", |error| error.reason())
}

/// Numbers that look arbitrary and are the same on every machine (MMIX's generator, its upper half).
pub(crate) struct Arbitrary(u64);

impl Arbitrary {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Changes, removes, adds, repeats or swaps a few bytes.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>, alphabet: &[u8]) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let other = self.below(bytes.len() + 1);
            let byte = alphabet[self.below(alphabet.len())];
            match self.below(5) {
                0 => bytes.insert(at, byte),
                1 => drop(bytes.splice(at.min(other)..at.max(other).min(at.min(other) + 8), [])),
                2 if at < bytes.len() => bytes[at] = byte,
                3 if at < bytes.len() && other < bytes.len() => bytes.swap(at, other),
                4 => {
                    let copy = bytes[at.min(other)..at.max(other).min(at.min(other) + 64)].to_vec();
                    drop(bytes.splice(at..at, copy));
                }
                _ => {}
            }
        }
    }
}
