//! Well-formed certificates that are, or are not, the SVID of a workload.

use super::draft::{DNS, Draft, ID, URI, constraints, element, extension, names, usage};
use super::{InvalidSvid, OPENSSL, X509Svid, judge};
use crate::{InvalidSpiffeId, InvalidTrustDomain, SpiffeId};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TRUE: &[u8] = &[0x01, 1, 0xFF];

fn id(text: &str) -> SpiffeId {
    SpiffeId::parse(text).unwrap()
}

fn orders() -> SpiffeId {
    id("spiffe://example.org/ns/prod/sa/orders")
}

/// A leaf whose only extension so far is a subjectAltName of these names, then key usage.
fn named(list: &[(u8, &[u8])]) -> Draft {
    Draft::bare().with(names(list)).with(usage(&[7, 0x80]))
}

#[test]
fn refuses_anything_but_one_uri() {
    let other: &[u8] = b"spiffe://example.org/ns/prod/sa/admin";
    let count = |found| InvalidSvid::UriCount { found };
    let malformed = || InvalidSvid::Malformed { part: "subjectAltName" };
    let rows = [
        ("no extension at all", Draft::bare(), count(0)),
        ("no subjectAltName", Draft::bare().with(usage(&[7, 0x80])), count(0)),
        ("no name", named(&[]), count(0)),
        ("DNS name that looks like an ID", named(&[(DNS, ID)]), count(0)),
        ("e-mail that looks like an ID", named(&[(0x81, ID)]), count(0)),
        ("IP address that looks like an ID", named(&[(0x87, ID)]), count(0)),
        ("two URIs", named(&[(URI, ID), (URI, other)]), count(2)),
        ("the same URI twice", named(&[(URI, ID), (URI, ID)]), count(2)),
        ("another kind of URI first", named(&[(URI, b"https://example.org"), (URI, ID)]), count(2)),
        ("another kind of URI second", named(&[(URI, ID), (DNS, b"a"), (URI, b"")]), count(2)),
        ("three URIs", named(&[(URI, ID), (URI, ID), (URI, ID)]), count(3)),
        ("constructed URI beside a good one", named(&[(0xA6, ID), (URI, ID)]), malformed()),
        ("name of another class beside a good one", named(&[(0x16, ID), (URI, ID)]), malformed()),
        ("name of no kind beside a good one", named(&[(0x89, ID), (URI, ID)]), malformed()),
    ];
    for (name, draft, want) in rows {
        assert_eq!(judge(&draft), Err(want), "{name}");
    }
}

#[test]
fn refuses_a_uri_that_is_no_workload() {
    let character = |found| InvalidSpiffeId::Character { found }.into();
    let port = InvalidSpiffeId::from(InvalidTrustDomain::Character { found: ':', at: 11 });
    let rows: [(&str, &[u8], InvalidSvid); 10] = [
        ("empty", b"", InvalidSpiffeId::Scheme { found: String::new() }.into()),
        (
            "another scheme",
            b"https://example.org/",
            InvalidSpiffeId::Scheme { found: "https://e".into() }.into(),
        ),
        ("NUL at the end", b"spiffe://example.org/a\0", character('\0')),
        ("NUL and another ID", b"spiffe://example.org/a\0.spiffe://example.org/b", character('\0')),
        ("NUL in the trust domain", b"spiffe://td\0/a", {
            InvalidSpiffeId::from(InvalidTrustDomain::Character { found: '\0', at: 2 }).into()
        }),
        ("port", b"spiffe://example.org:8443/a", port.into()),
        ("not UTF-8", b"spiffe://example.org/\xE4", InvalidSvid::UriNotAscii),
        ("not ASCII", "spiffe://example.org/\u{e4}".as_bytes(), character('\u{e4}')),
        ("no path", b"spiffe://example.org", InvalidSvid::NoPath { id: id("spiffe://example.org") }),
        ("only a slash", b"spiffe://example.org/", InvalidSpiffeId::TrailingSlash.into()),
    ];
    for (name, uri, want) in rows {
        assert_eq!(judge(&named(&[(URI, uri)])), Err(want), "{name}");
    }
}

#[test]
fn refuses_signing_certificates() {
    let leaf = |extension| Draft::bare().with(names(&[(URI, ID)])).with(extension);
    let authority = InvalidSvid::Authority { id: orders() };
    let cert_sign = InvalidSvid::KeyCertSign { id: orders() };
    let crl_sign = InvalidSvid::CrlSign { id: orders() };
    let no_signature = InvalidSvid::NoDigitalSignature { id: orders() };
    let rows = [
        ("CA", leaf(usage(&[7, 0x80])).with(constraints(TRUE)), authority.clone()),
        (
            "CA, path length",
            leaf(usage(&[7, 0x80])).with(constraints(&[TRUE, &[2, 1, 0]].concat())),
            authority,
        ),
        ("keyCertSign", leaf(usage(&[2, 0x84])), cert_sign.clone()),
        ("keyCertSign alone", leaf(usage(&[2, 0x04])), cert_sign.clone()),
        ("all of keyUsage", leaf(usage(&[7, 0xFF, 0x80])), cert_sign),
        ("cRLSign", leaf(usage(&[1, 0x82])), crl_sign.clone()),
        ("cRLSign alone", leaf(usage(&[1, 0x02])), crl_sign),
        ("no keyUsage", leaf(constraints(&[])), no_signature.clone()),
        ("keyUsage without a bit", leaf(usage(&[0])), no_signature.clone()),
        ("keyEncipherment only", leaf(usage(&[5, 0x20])), no_signature.clone()),
        ("decipherOnly only", leaf(usage(&[7, 0x00, 0x80])), no_signature),
    ];
    for (name, draft, want) in rows {
        assert_eq!(judge(&draft), Err(want), "{name}");
    }
}

#[test]
fn refuses_repeated_extensions() {
    for (extension, again) in [
        ("subjectAltName", names(&[(URI, ID)])),
        ("basicConstraints", constraints(&[])),
        ("keyUsage", usage(&[7, 0x80])),
    ] {
        let want = InvalidSvid::Repeated { extension };
        assert_eq!(judge(&Draft::leaf().with(again)), Err(want), "{extension}");
    }
}

#[test]
fn accepts() {
    let path = |path| named(&[(URI, path)]);
    let long = [b"spiffe://example.org/", &[b'a'; 2048 - 21][..]].concat();
    let mut unique_ids = Draft::leaf();
    unique_ids.unique_ids = [element(0x81, &[&[0, 1]]), element(0x82, &[&[0, 2]])].concat();
    let odd = extension(99, b"anything");
    let rows = [
        ("what SPIRE issues", Draft::leaf()),
        ("no basicConstraints", named(&[(URI, ID)])),
        ("explicit CA:FALSE", named(&[(URI, ID)]).with(constraints(&[0x01, 1, 0]))),
        ("DNS names, one like an ID", named(&[(DNS, b"a.example.org"), (URI, ID), (DNS, b"spiffe://x/y")])),
        (
            "keyEncipherment and keyAgreement too",
            Draft::bare().with(names(&[(URI, ID)])).with(usage(&[3, 0xA8])),
        ),
        ("unknown extensions, repeated", Draft::leaf().with(odd.clone()).with(odd)),
        ("unique identifiers", unique_ids),
        ("long path", path(&long)),
    ];
    for (name, draft) in rows {
        assert!(judge(&draft).is_ok(), "{name}: {:?}", judge(&draft));
    }
}

#[test]
fn accepts_65_bytes_in_a_path() {
    let accepted =
        |byte: &u8| judge(&named(&[(URI, &[b"spiffe://td/a", &[*byte][..], b"/b"].concat())])).is_ok();
    assert_eq!((0..=255).filter(accepted).count(), 65);
}

#[test]
fn reads_what_openssl_issues() {
    let svid = X509Svid::from_pem(OPENSSL.as_bytes()).unwrap();
    assert_eq!(svid.id(), &orders());
    for (name, unix_seconds, want) in [
        ("a second early", 1_767_225_599, false),
        ("a second late", 4_922_899_200, false),
        ("at once", 1_767_225_600, true),
        ("to the last", 4_922_899_199, true),
    ] {
        assert_eq!(svid.valid_at(unix_seconds), want, "{name}");
    }
}
