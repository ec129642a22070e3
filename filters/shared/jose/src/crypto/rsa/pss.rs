//! EMSA-PSS (RFC 8017 section 9.1.2).

use crate::crypto::hash;
use filter_api::HashFunction;

/// Whether the encoding is the message's.
///
/// * `encoded`: what the signature was opened to, as many bytes as the modulus.
/// * `bits`: one less than the modulus has; the encoding must fit.
pub(super) fn is_right(function: HashFunction, message: &[u8], encoded: &[u8], bits: usize) -> bool {
    let verdict = || {
        let unused = encoded.len().checked_sub(bits.div_ceil(8))?;
        let (zeros, encoded) = encoded.split_at_checked(unused)?;
        let (encoded, trailer) = encoded.split_last_chunk::<1>()?;
        let masked_length = encoded.len().checked_sub(hash::length(function))?;
        let (masked, digest) = encoded.split_at_checked(masked_length)?;
        if *trailer != [0xBC] || zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        let salt = unmask(function, masked, digest, bits % 8)?;
        let message = hash::digest(function, &[message]);
        let expected = hash::digest(function, &[&[0; 8], message.as_bytes(), &salt]);
        Some(expected.as_bytes() == digest)
    };
    verdict().unwrap_or(false)
}

/// Takes the mask off. Behind zeros and a one comes the salt, exactly as long as the hash.
///
/// `top_bits`: how many bits of the first byte count; 0: all.
fn unmask(function: HashFunction, masked: &[u8], seed: &[u8], top_bits: usize) -> Option<Vec<u8>> {
    let top_mask = if top_bits == 0 { 0xFF } else { 0xFF_u8 >> 8_usize.checked_sub(top_bits)? };
    if masked.first().is_none_or(|first| first & !top_mask != 0) {
        return None;
    }
    let mut block = mgf1(function, seed, masked.len());
    block.iter_mut().zip(masked).for_each(|(byte, masked)| *byte ^= masked);
    if let Some(first) = block.first_mut() {
        *first &= top_mask;
    }
    let salt_at = block.len().checked_sub(hash::length(function))?;
    let (padding, salt) = block.split_at_checked(salt_at)?;
    let (one, zeros) = padding.split_last()?;
    (*one == 1 && zeros.iter().all(|byte| *byte == 0)).then(|| salt.to_vec())
}

/// RFC 8017 appendix B.2.1.
fn mgf1(function: HashFunction, seed: &[u8], length: usize) -> Vec<u8> {
    let block = |counter: u32| hash::digest(function, &[seed, &counter.to_be_bytes()]).as_bytes().to_vec();
    (0..=u32::MAX).flat_map(block).take(length).collect()
}
