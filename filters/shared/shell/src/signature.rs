//! `verify_signature`, Envoy's foreign function (`source/extensions/common/wasm/foreign.cc`): BoringSSL checks a signature.
//!
//! Arguments and answer are protobuf messages of a few fields (`VerifySignatureArguments`: 1 hash function, 2 public key,
//! 3 signature, 4 text; `VerifySignatureResult`: 1 result, 2 error), written and read by hand: one message each way, on
//! the path of every new token.

use crate::host;
use filter_api::{HashFunction, HostVerdict};

/// One host call.
pub(crate) fn verify(hash: HashFunction, key: &[u8], message: &[u8], signature: &[u8]) -> HostVerdict {
    let hash: &[u8] = match hash {
        HashFunction::Sha256 => b"sha256",
        HashFunction::Sha384 => b"sha384",
        HashFunction::Sha512 => b"sha512",
    };
    let parts = [(1, hash), (2, key), (3, signature), (4, message)];
    let room = parts.iter().map(|(_, part)| part.len().saturating_add(11)).sum();
    let mut arguments = Vec::with_capacity(room);
    for (number, part) in parts {
        write_field(number, part, &mut arguments);
    }
    match host::foreign_function("verify_signature", &arguments) {
        Ok(answer) if is_true(&answer) => HostVerdict::Valid,
        // The host says what is wrong with the key or the signature in words; for a verdict it is all the same.
        Ok(_) => HostVerdict::Invalid,
        // Envoy answers so when the arguments cannot be parsed, never for a wrong signature.
        Err(_) => HostVerdict::Unavailable,
    }
}

/// A length-delimited field.
fn write_field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    let mut length = bytes.len();
    while length > 0x7f {
        out.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap_or_default());
    out.extend_from_slice(bytes);
}

/// Whether `VerifySignatureResult.result` is true. Anything else at its place means no.
fn is_true(answer: &[u8]) -> bool {
    matches!(answer, [0x08, 1, ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    #[test]
    fn arguments_are_a_message_of_four_fields() {
        host::with(|host| host.foreign.insert("verify_signature".to_owned(), vec![8, 1]));
        let message = [7; 300];
        assert_eq!(verify(HashFunction::Sha256, b"key", &message, b"signature"), HostVerdict::Valid);
        let mut want = b"\x0a\x06sha256\x12\x03key\x1a\x09signature\x22\xac\x02".to_vec();
        want.extend(message);
        assert_eq!(host::with(|host| host.foreign_arguments.clone()), want);
    }

    #[test]
    fn only_true_is_valid() {
        for (name, answer, want) in [
            ("true", Some(b"\x08\x01".as_slice()), HostVerdict::Valid),
            ("false", Some(b"\x08\x00"), HostVerdict::Invalid),
            ("false, left out", Some(b""), HostVerdict::Invalid),
            ("an error", Some(b"\x12\x05wrong"), HostVerdict::Invalid),
            ("two", Some(b"\x08\x02"), HostVerdict::Invalid),
            ("no such function", None, HostVerdict::Unavailable),
        ] {
            host::with(|host| {
                host.foreign.clear();
                host.foreign.extend(answer.map(|answer| ("verify_signature".to_owned(), answer.to_vec())));
            });
            assert_eq!(verify(HashFunction::Sha512, b"", b"", b""), want, "{name}");
        }
    }
}
