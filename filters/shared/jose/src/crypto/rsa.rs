//! RSA signatures (RFC 8017): PKCS#1 v1.5 by the host or here, PSS here.

mod pss;

use crate::crypto::montgomery::Montgomery;
use crate::crypto::{der, hash};
use crate::keys::KeyRefusal;
use filter_api::{HashFunction, HostCrypto, HostVerdict};
use std::cell::OnceCell;

/// An RSA public key of 2048 to 4096 bits.
#[derive(Debug)]
pub(crate) struct RsaKey {
    /// Big endian, no leading zeros.
    modulus: Vec<u8>,
    exponent: u32,
    /// What the host takes.
    info: Vec<u8>,
    /// Not needed while the host verifies.
    powers: OnceCell<Montgomery>,
}

impl RsaKey {
    /// Both numbers big endian and without leading zeros.
    ///
    /// The exponent is odd, or it has no inverse; 1 would let every message be its own signature; above 2^32 - 1 it makes
    /// verifying slow to no end (`BoringSSL` draws the line at 33 bits; one word keeps both paths alike).
    pub(crate) fn new(modulus: Vec<u8>, exponent: &[u8]) -> Result<Self, KeyRefusal> {
        let bits = bits(&modulus);
        if !(MIN_BITS..=MAX_BITS).contains(&bits) {
            return Err(KeyRefusal::Size { bits, min: MIN_BITS, max: MAX_BITS });
        }
        if modulus.last().is_none_or(|last| last % 2 == 0) {
            return Err(KeyRefusal::Modulus);
        }
        if exponent.len() > 4 {
            return Err(KeyRefusal::Exponent);
        }
        let value = exponent.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        if value < 3 || value % 2 == 0 {
            return Err(KeyRefusal::Exponent);
        }
        let key = der::sequence(&[&der::integer(&modulus), &der::integer(exponent)]);
        let info = der::public_key_info(RSA_ENCRYPTION, &key);
        Ok(Self { modulus, exponent: value, info, powers: OnceCell::new() })
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2).
    pub(crate) fn verify_pkcs1(
        &self,
        function: HashFunction,
        message: &[u8],
        signature: &[u8],
        crypto: &impl HostCrypto,
    ) -> bool {
        if signature.len() != self.modulus.len() {
            return false;
        }
        match crypto.verify_signature(function, &self.info, message, signature) {
            HostVerdict::Valid => true,
            HostVerdict::Invalid => false,
            HostVerdict::Unavailable => {
                self.open(signature).is_some_and(|opened| opened == self.pkcs1(function, message))
            }
        }
    }

    /// RSASSA-PSS with MGF1 of the same hash function and a salt as long as the hash (RFC 7518 section 3.5).
    pub(crate) fn verify_pss(&self, function: HashFunction, message: &[u8], signature: &[u8]) -> bool {
        let bits = bits(&self.modulus).saturating_sub(1);
        self.open(signature).is_some_and(|opened| pss::is_right(function, message, &opened, bits))
    }

    /// The signature to the power of e; `None` unless it is as long as the modulus and less (RFC 8017 section 5.2.2).
    fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let less = signature.len() == self.modulus.len() && signature < self.modulus.as_slice();
        let powers = || self.powers.get_or_init(|| Montgomery::new(&self.modulus));
        less.then(|| powers().pow(signature, self.exponent))
    }

    /// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): the one encoding there is. To compare with it, rather than to take the
    /// signature's apart, leaves no padding to be lenient about.
    fn pkcs1(&self, function: HashFunction, message: &[u8]) -> Vec<u8> {
        let digest = hash::digest(function, &[message]);
        let number = match function {
            HashFunction::Sha256 => 1,
            HashFunction::Sha384 => 2,
            HashFunction::Sha512 => 3,
        };
        let algorithm = der::sequence(&[SHA_2, &[number], NULL]);
        let digest = der::tlv(OCTET_STRING, &[digest.as_bytes()]);
        let info = der::sequence(&[&algorithm, &digest]);
        let padding = self.modulus.len().saturating_sub(info.len()).saturating_sub(3);
        [&[0, 1], vec![0xFF; padding].as_slice(), &[0], &info].concat()
    }
}

/// Of a big endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    number.len().saturating_mul(8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

const MIN_BITS: usize = 2048;
/// What a longer key would buy costs every request: time grows with the square.
const MAX_BITS: usize = 4096;
const OCTET_STRING: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0x00];
/// OBJECT IDENTIFIER 1.2.840.113549.1.1.1 and NULL.
const RSA_ENCRYPTION: &[u8] = &[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1, 0x05, 0x00];
/// OBJECT IDENTIFIER 2.16.840.1.101.3.4.2, its last number to follow.
const SHA_2: &[u8] = &[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
