//! ECDSA (RFC 7518 section 3.4, FIPS 186-5 section 6.4): by the host or here.

use crate::algorithm::Algorithm;
use crate::crypto::{der, hash};
use filter_api::{HashFunction, HostCrypto, HostVerdict};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::elliptic_curve::point::AffineCoordinates as _;

/// A public key on one of the NIST curves. The curve decides the hash function.
#[derive(Debug)]
pub(crate) struct EcKey {
    curve: Curve,
    /// What the host takes.
    info: Vec<u8>,
}

#[derive(Debug)]
enum Curve {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl EcKey {
    /// `None`: not a point of P-256. Not read as SEC 1: that would bring a square root along, for compressed points.
    pub(crate) fn p256(x: &[u8; 32], y: &[u8; 32]) -> Option<Self> {
        let point = uncompressed(x, y);
        let affine = Option::from(p256::AffinePoint::from_coordinates(x.into(), y.into()))?;
        let key = p256::ecdsa::VerifyingKey::from_affine(affine).ok()?;
        Some(Self { curve: Curve::P256(key), info: der::public_key_info(P256, &point) })
    }

    /// `None`: not a point of P-384.
    pub(crate) fn p384(x: &[u8; 48], y: &[u8; 48]) -> Option<Self> {
        let point = uncompressed(x, y);
        let affine = Option::from(p384::AffinePoint::from_coordinates(x.into(), y.into()))?;
        let key = p384::ecdsa::VerifyingKey::from_affine(affine).ok()?;
        Some(Self { curve: Curve::P384(key), info: der::public_key_info(P384, &point) })
    }

    /// `None`: not a point of P-521.
    pub(crate) fn p521(x: &[u8; 66], y: &[u8; 66]) -> Option<Self> {
        let point = uncompressed(x, y);
        let affine = Option::from(p521::AffinePoint::from_coordinates(x.into(), y.into()))?;
        let key = p521::ecdsa::VerifyingKey::from_affine(affine).ok()?;
        Some(Self { curve: Curve::P521(key), info: der::public_key_info(P521, &point) })
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self.curve {
            Curve::P256(_) => Algorithm::ES256,
            Curve::P384(_) => Algorithm::ES384,
            Curve::P521(_) => Algorithm::ES512,
        }
    }

    /// Whether the signature, r and s one after the other, is right.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8], crypto: &impl HostCrypto) -> bool {
        let (function, order) = match self.curve {
            Curve::P256(_) => (HashFunction::Sha256, ORDER_P256.as_slice()),
            Curve::P384(_) => (HashFunction::Sha384, ORDER_P384.as_slice()),
            Curve::P521(_) => (HashFunction::Sha512, ORDER_P521.as_slice()),
        };
        let Some((r, s)) = numbers(signature, order) else {
            return false;
        };
        let encoded = der::sequence(&[&der::integer(r), &der::integer(s)]);
        match crypto.verify_signature(function, &self.info, message, &encoded) {
            HostVerdict::Valid => true,
            HostVerdict::Invalid => false,
            HostVerdict::Unavailable => {
                self.verify_here(hash::digest(function, &[message]).as_bytes(), signature)
            }
        }
    }

    fn verify_here(&self, digest: &[u8], signature: &[u8]) -> bool {
        match &self.curve {
            Curve::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Curve::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            Curve::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
        }
    }
}

/// r and s, each as long as the order and from 1 to one less than it: with 0 in both, some verifiers accept every
/// message (CVE-2022-21449), and what is longer or larger is a second signature for the same message.
fn numbers<'s>(signature: &'s [u8], order: &[u8]) -> Option<(&'s [u8], &'s [u8])> {
    let (r, s) = signature.split_at_checked(order.len()).filter(|(_, s)| s.len() == order.len())?;
    let in_range = |number: &[u8]| number < order && number.iter().any(|byte| *byte != 0);
    (in_range(r) && in_range(s)).then_some((r, s))
}

/// SEC 1 section 2.3.3.
fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[4], x, y].concat()
}

/// OBJECT IDENTIFIERs 1.2.840.10045.2.1 and 1.2.840.10045.3.1.7.
const P256: &[u8] =
    &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
/// OBJECT IDENTIFIERs 1.2.840.10045.2.1 and 1.3.132.0.34.
const P384: &[u8] = &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 0x06, 5, 0x2B, 0x81, 0x04, 0, 34];
/// OBJECT IDENTIFIERs 1.2.840.10045.2.1 and 1.3.132.0.35.
const P521: &[u8] = &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 0x06, 5, 0x2B, 0x81, 0x04, 0, 35];

/// The orders of the curves' groups (SP 800-186 section 3.2.1), big endian.
pub(super) const ORDER_P256: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC,
    0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];
pub(super) const ORDER_P384: [u8; 48] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xC7, 0x63, 0x4D, 0x81, 0xF4, 0x37, 0x2D, 0xDF, 0x58, 0x1A,
    0x0D, 0xB2, 0x48, 0xB0, 0xA7, 0x7A, 0xEC, 0xEC, 0x19, 0x6A, 0xCC, 0xC5, 0x29, 0x73,
];
pub(super) const ORDER_P521: [u8; 66] = [
    0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFA,
    0x51, 0x86, 0x87, 0x83, 0xBF, 0x2F, 0x96, 0x6B, 0x7F, 0xCC, 0x01, 0x48, 0xF7, 0x09, 0xA5, 0xD0, 0x3B,
    0xB5, 0xC9, 0xB8, 0x89, 0x9C, 0x47, 0xAE, 0xBB, 0x6F, 0xB7, 0x1E, 0x91, 0x38, 0x64, 0x09,
];
