//! As much DER as it takes to show a key and a signature to the host (ITU-T X.690 section 8).

/// Type, length, and the contents one after the other.
pub(super) fn tlv(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length = contents.iter().map(|part| part.len()).sum::<usize>();
    let mut der = vec![tag];
    let bytes = length.to_be_bytes();
    let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    match significant.as_slice() {
        [] => der.push(0),
        [short @ 0..0x80] => der.push(*short),
        // At most 8 bytes, so the count fits beside the flag.
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7F));
            der.extend(long);
        }
    }
    contents.iter().for_each(|part| der.extend(*part));
    der
}

/// INTEGER: not negative, from big endian bytes with or without leading zeros.
pub(super) fn integer(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
    let significant = magnitude.get(zeros..).unwrap_or_default();
    // The first bit is the sign; zero itself needs one byte, too.
    let pad: &[u8] = if significant.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    tlv(INTEGER, &[pad, significant])
}

pub(super) fn sequence(contents: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, contents)
}

/// `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7). `algorithm`: the contents of the `AlgorithmIdentifier`.
pub(super) fn public_key_info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    // A BIT STRING begins with the number of bits that its last byte lacks.
    sequence(&[&sequence(&[algorithm]), &tlv(BIT_STRING, &[&[0], key])])
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
