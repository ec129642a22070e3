//! Bytes that are no PEM, no DER, or no certificate.

use super::draft::{Draft, ID, URI, armor, constraints, element, extension, names, usage};
use super::{InvalidSvid, OPENSSL, X509Svid, judge, pem};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn from_der(der: &[u8]) -> Result<X509Svid, InvalidSvid> {
    X509Svid::from_pem(&armor(der))
}

#[test]
fn refuses_what_is_not_one_pem_certificate() {
    let replaced = |from, to| OPENSSL.replace(from, to);
    let url_encoded =
        OPENSSL.replace('\n', "%0A").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    for (name, text) in [
        ("nothing", String::new()),
        ("white space", " \n".into()),
        ("DER", "0\u{82}".into()),
        ("only the labels", "-----BEGIN CERTIFICATE----------END CERTIFICATE----".into()),
        ("no label at the end", replaced("-----END CERTIFICATE-----", "")),
        ("no label at the start", replaced("-----BEGIN CERTIFICATE-----", "")),
        ("another label", replaced("CERTIFICATE", "TRUSTED CERTIFICATE")),
        ("small letters", replaced("BEGIN CERTIFICATE", "begin certificate")),
        ("four dashes", replaced("-----BEGIN", "----BEGIN")),
        ("text before it", format!("subject=\n{OPENSSL}")),
        ("text behind it", format!("{OPENSSL}\nend")),
        ("two certificates", OPENSSL.repeat(2)),
        ("URL-encoded, as in XFCC", url_encoded),
        ("URL alphabet", replaced("+", "-")),
        ("a character less", replaced("MIIB", "MII")),
        ("a character more", replaced("MIIB", "MIIBA")),
        ("padding in the middle", replaced("MIIB", "MI==MIIB")),
        ("padding of three", replaced("5cA==", "5===")),
        ("padding too long", replaced("5cA==", "5cA====")),
        ("padding cut", replaced("5cA==", "5cA=")),
        ("no padding", replaced("5cA==", "5cA")),
        ("bits below the padding", replaced("5cA==", "5cB==")),
        ("NUL", replaced("MIIB", "MI\0IB")),
        ("a header field", replaced("MIIB", "Proc-Type: 4\n\nMIIB")),
    ] {
        assert_eq!(X509Svid::from_pem(text.as_bytes()), Err(InvalidSvid::Pem), "{name}");
    }
}

#[test]
fn accepts_other_line_ends() {
    let want = X509Svid::from_pem(OPENSSL.as_bytes());
    for text in [OPENSSL.trim_end(), &OPENSSL.replace('\n', "\r\n"), &format!("\n {OPENSSL}\n\n")] {
        assert_eq!(X509Svid::from_pem(text.as_bytes()), want);
    }
}

#[test]
fn refuses_malformed_extensions() {
    let leaf = |extension| Draft::bare().with(names(&[(URI, ID)])).with(usage(&[7, 0x80])).with(extension);
    let san = |value: &[u8]| Draft::bare().with(extension(17, value)).with(usage(&[7, 0x80]));
    let ku = |value: &[u8]| Draft::bare().with(names(&[(URI, ID)])).with(extension(15, value));
    let one = element(URI, &[ID]);
    for (name, part, draft) in [
        ("empty", "subjectAltName", san(&[])),
        ("a bare name", "subjectAltName", san(&one)),
        ("set instead of sequence", "subjectAltName", san(&element(0x31, &[&one]))),
        ("bytes behind it", "subjectAltName", san(&[element(0x30, &[&one]), vec![0]].concat())),
        ("cut name", "subjectAltName", san(&element(0x30, &[&one[..9]]))),
        ("indefinite length", "subjectAltName", san(&[&[0x30, 0x80][..], &one, &[0, 0]].concat())),
        ("empty", "keyUsage", ku(&[])),
        ("no bits at all", "keyUsage", ku(&element(3, &[]))),
        ("8 unused bits", "keyUsage", ku(&element(3, &[&[8, 0x80]]))),
        ("unused bits of nothing", "keyUsage", ku(&element(3, &[&[1]]))),
        ("octet string", "keyUsage", ku(&element(4, &[&[7, 0x80]]))),
        ("bytes behind it", "keyUsage", ku(&[3, 2, 7, 0x80, 0])),
        ("empty", "basicConstraints", leaf(extension(19, &[]))),
        ("bytes behind it", "basicConstraints", leaf(extension(19, &[0x30, 0, 0]))),
        ("cA of two bytes", "basicConstraints", leaf(constraints(&[1, 2, 0, 0]))),
        ("cA neither true nor false", "basicConstraints", leaf(constraints(&[1, 1, 1]))),
        ("path length before cA", "basicConstraints", leaf(constraints(&[2, 1, 0, 1, 1, 0xFF]))),
        ("cA twice", "basicConstraints", leaf(constraints(&[1, 1, 0, 1, 1, 0xFF]))),
        ("integer for cA", "basicConstraints", leaf(constraints(&[2, 1, 0, 2, 1, 1]))),
        ("no identifier", "extensions", leaf(element(0x30, &[&element(4, &[])]))),
        ("no value", "extensions", leaf(element(0x30, &[&element(6, &[&[0x55, 0x1D, 99]])]))),
        ("critical neither true nor false", "extensions", {
            leaf(element(0x30, &[&[6, 3, 0x55, 0x1D, 99, 1, 1, 2], &element(4, &[])]))
        }),
        (
            "bytes behind the value",
            "extensions",
            leaf(element(0x30, &[&[6, 1, 0x55], &element(4, &[]), &[5, 0]])),
        ),
        ("no sequence", "extensions", leaf(element(4, &[]))),
    ] {
        assert_eq!(judge(&draft), Err(InvalidSvid::Malformed { part }), "{part}: {name}");
    }
}

#[test]
fn refuses_malformed_certificates() {
    type Change = fn(&mut Draft);
    let rows: [(&str, Change); 10] = [
        ("no version", |d| d.version.clear()),
        ("version 1", |d| d.version = element(0xA0, &[&[2, 1, 0]])),
        ("version 2", |d| d.version = element(0xA0, &[&[2, 1, 1]])),
        ("version 4", |d| d.version = element(0xA0, &[&[2, 1, 3]])),
        ("three times", |d| d.not_after.extend_from_within(..)),
        ("one time", |d| d.not_after.clear()),
        ("bytes behind the list of extensions", |d| d.behind_list = vec![5, 0]),
        ("bytes behind the extensions", |d| d.behind_extensions = vec![5, 0]),
        ("bytes behind the signature", |d| d.behind_signature = vec![5, 0]),
        ("extensions twice", |d| {
            d.behind_extensions = element(0xA3, &[&element(0x30, &[&names(&[(URI, ID)])])]);
        }),
    ];
    for (name, change) in rows {
        let mut draft = Draft::leaf();
        change(&mut draft);
        assert_eq!(judge(&draft), Err(InvalidSvid::Malformed { part: "certificate" }), "{name}");
    }
}

#[test]
fn refuses_lengths_that_are_not_der() {
    let der = Draft::leaf().der(); // 30 81 xx 30 ..
    assert!(from_der(&der).is_ok());
    let contents = &der[3..];
    let length = der[2];
    for (name, head) in [
        ("indefinite", vec![0x30, 0x80]),
        ("two bytes where one is enough", vec![0x30, 0x82, 0, length]),
        ("three bytes where one is enough", vec![0x30, 0x83, 0, 0, length]),
        ("four bytes", vec![0x30, 0x84, 0, 0, 0, length]),
        ("reserved", vec![0x30, 0xFF, length]),
        ("one too short", vec![0x30, 0x81, length - 1]),
        ("one too long", vec![0x30, 0x81, length + 1]),
        ("tag of two bytes", vec![0x3F, 0x10, 0x81, length]),
        ("another tag", vec![0x31, 0x81, length]),
    ] {
        let der = [&head, contents].concat();
        assert_eq!(from_der(&der), Err(InvalidSvid::Malformed { part: "certificate" }), "{name}");
    }
}

#[test]
fn reads_lengths_of_every_size() {
    for bytes in [0, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x2_0000] {
        let draft = Draft::leaf().with(extension(99, &vec![0; bytes]));
        assert!(judge(&draft).is_ok(), "{bytes}");
    }
}

#[test]
fn refuses_every_cut_and_every_byte_behind() {
    for der in [pem::decode(OPENSSL.as_bytes()).unwrap(), Draft::leaf().der()] {
        let want = Err(InvalidSvid::Malformed { part: "certificate" });
        for length in 0..der.len() {
            assert_eq!(from_der(&der[..length]), want, "{length}");
        }
        for byte in 0..=255 {
            assert_eq!(from_der(&[&der[..], &[byte]].concat()), want, "{byte}");
        }
    }
}

#[test]
fn survives_every_changed_byte() {
    // Whatever comes back is an answer; a good one still has exactly one ID in a form that parses.
    for der in [pem::decode(OPENSSL.as_bytes()).unwrap(), Draft::leaf().der()] {
        for at in 0..der.len() {
            for bit in 0..8 {
                let mut der = der.clone();
                der[at] ^= 1 << bit;
                if let Ok(svid) = from_der(&der) {
                    assert!(!svid.id().path().is_empty(), "byte {at}, bit {bit}");
                }
            }
        }
    }
}

#[test]
fn survives_garbage() {
    let mut state = 1_u32;
    let letters = [0x30, 0x80, 0x81, 0x82, 0x83, 0xA0, 0xA3, 0x03, 0x04, 0x06, 0, 1, 2, 0x17, 0xFF, b'Z'];
    for _ in 0..5000 {
        let mut der = vec![0x30];
        for _ in 0..24 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            der.push(letters[(state >> 28) as usize]);
        }
        assert!(from_der(&der).is_err());
        assert!(X509Svid::from_pem(&der).is_err());
    }
}

#[test]
fn problems_say_what_was_found() {
    let nul = Draft::bare().with(names(&[(URI, b"spiffe://example.org/a\0")])).with(usage(&[7, 0x80]));
    let authority = Draft::bare().with(names(&[(URI, ID)])).with(constraints(&[1, 1, 0xFF]));
    for (draft, want) in [
        (Draft::bare(), "0 URIs in subjectAltName, must be one"),
        (nul, "the URI in subjectAltName is no SPIFFE ID: '\\0' in the path is none of a-z A-Z 0-9 . - _"),
        (authority, "spiffe://example.org/ns/prod/sa/orders is a certificate authority"),
    ] {
        assert_eq!(judge(&draft).unwrap_err().to_string(), want);
    }
}
