//! Each form of the last group, and what no encoder writes.

use super::decode;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn decoded(base64: &str) -> Option<Vec<u8>> {
    decode(format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n").as_bytes())
}

#[test]
fn reads_every_length() {
    for (base64, want) in [
        ("", &[][..]),
        ("pQ==", &[0xA5]),
        ("/w==", &[0xFF]),
        ("pcM=", &[0xA5, 0xC3]),
        ("//8=", &[0xFF, 0xFF]),
        ("pcN+", &[0xA5, 0xC3, 0x7E]),
        ("pcN+\r\nWg==", &[0xA5, 0xC3, 0x7E, 0x5A]),
    ] {
        assert_eq!(decoded(base64).as_deref(), Some(want), "{base64:?}");
    }
}

#[test]
fn refuses_what_no_encoder_writes() {
    for base64 in [
        "pR==",
        "pS==",
        "p1==",
        "pcN=",
        "pcO=", // bits beside the padding
        "pQ",
        "pQ=",
        "pcM",
        "p",
        "p===",
        "====",
        "pQ==pcN+",
        "pQ==\npcN+",
        "pc=N",
        "pcN-",
        "pcN_",
        "pc\0N",
    ] {
        assert_eq!(decoded(base64), None, "{base64:?}");
    }
    for text in [
        "pcN+",
        "-----BEGIN CERTIFICATE-----pcN+",
        "pcN+-----END CERTIFICATE-----",
        "-----BEGIN X-----\npcN+\n-----END X-----",
    ] {
        assert_eq!(decode(text.as_bytes()), None, "{text}");
    }
}
