//! What is remembered of certificates, and for how many.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

use super::{CAPACITY, PeerMemo};
use crate::UnixTime;
use std::cell::Cell;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Made with openssl for these tests, valid from [`NOT_BEFORE`] to [`NOT_AFTER`].
const SVID: &str = "-----BEGIN CERTIFICATE-----
MIIBkjCCATigAwIBAgIUTpRv/9Rg2Qq654UvmfakcLQtKRwwCgYIKoZIzj0EAwIw
DzENMAsGA1UECgwEdGVzdDAeFw0yNjExMjIxMDIxMDNaFw0yNjEyMjIxMDIxMDNa
MA8xDTALBgNVBAoMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQoj94R
kbA2gz0Qsrz+j7S4+vsIle0U1goAeBSxRritpKzxEkGEGCrYGdbsU7rl6y15kNcd
WAC+Icqelyf8U/CJo3IwcDAxBgNVHREEKjAohiZzcGlmZmU6Ly9leGFtcGxlLm9y
Zy9ucy9wcm9kL3NhL29yZGVyczAOBgNVHQ8BAf8EBAMCB4AwDAYDVR0TAQH/BAIw
ADAdBgNVHQ4EFgQUoTHMZh73pufjHi8d8JDdHyY3yPAwCgYIKoZIzj0EAwIDSAAw
RQIgYOhByoTnbMiMpxHNUuMFxj5tAb8sCvNK1dYrGUthrisCIQD6SHB996FNf3iF
wJgcDuTEpCCOw0+e5G5o+RJ2bDixmg==
-----END CERTIFICATE-----
";
const ID: &str = "spiffe://example.org/ns/prod/sa/orders";
const NOT_BEFORE: u64 = 1_795_342_863;
const NOT_AFTER: u64 = 1_797_934_863;

/// Asks for the ID of a certificate and says whether the certificate itself was needed.
fn ask(memo: &mut PeerMemo, digest: &str, pem: Option<&str>, secs: u64) -> (Option<String>, bool) {
    let asked = Cell::new(false);
    let pem = || {
        asked.set(true);
        pem.map(|pem| pem.as_bytes().to_vec())
    };
    let id = memo.svid(digest.as_bytes(), pem, UnixTime::from_secs(secs)).ok();
    (id.map(|id| id.as_str().to_owned()), asked.get())
}

#[test]
fn trusts_no_certificate_without_a_digest() {
    let mut memo = PeerMemo::default();
    assert_eq!(ask(&mut memo, "", Some(SVID), NOT_BEFORE), (None, false));
}

#[test]
fn an_id_ends_with_its_certificate() {
    let mut memo = PeerMemo::default();
    for (secs, valid) in [
        (0, false),
        (NOT_BEFORE - 1, false),
        (NOT_BEFORE, true),
        (NOT_AFTER, true),
        (NOT_AFTER + 1, false),
        (u64::MAX, false),
    ] {
        let (id, _) = ask(&mut memo, "d1", Some(SVID), secs);
        assert_eq!(id.as_deref(), valid.then_some(ID), "{secs}");
    }
}

#[test]
fn a_certificate_is_read_once() {
    let mut memo = PeerMemo::default();
    let id = Some(ID.to_owned());
    assert_eq!(ask(&mut memo, "d1", Some(SVID), NOT_BEFORE), (id.clone(), true));
    assert_eq!(ask(&mut memo, "d1", None, NOT_BEFORE), (id.clone(), false));
    assert_eq!(ask(&mut memo, "d", None, NOT_BEFORE), (None, true), "a shorter digest is another one");
}

#[test]
fn a_certificate_that_is_no_svid_is_read_once_too() {
    let mut memo = PeerMemo::default();
    for (digest, pem) in
        [("empty", ""), ("garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    {
        assert_eq!(ask(&mut memo, digest, Some(pem), NOT_BEFORE), (None, true));
        assert_eq!(ask(&mut memo, digest, Some(SVID), NOT_BEFORE), (None, false), "{digest}");
    }
}

#[test]
fn a_certificate_that_the_host_did_not_give_is_asked_for_again() {
    let mut memo = PeerMemo::default();
    assert_eq!(ask(&mut memo, "d1", None, NOT_BEFORE), (None, true));
    assert_eq!(ask(&mut memo, "d1", Some(SVID), NOT_BEFORE), (Some(ID.to_owned()), true));
}

#[test]
fn the_certificate_in_use_outlasts_many_others() {
    let mut memo = PeerMemo::default();
    let fill = |memo: &mut PeerMemo, count: usize, with: &str| {
        for index in 0..count {
            ask(memo, &format!("{with}{index}"), Some(""), NOT_BEFORE);
        }
    };
    ask(&mut memo, "d1", Some(SVID), NOT_BEFORE);
    for with in ["a", "b", "c"] {
        fill(&mut memo, CAPACITY - 1, with);
        assert_eq!(ask(&mut memo, "d1", None, NOT_BEFORE).0.as_deref(), Some(ID), "{with}");
    }
    fill(&mut memo, CAPACITY, "e");
    assert_eq!(memo.0.len(), CAPACITY);
    assert_eq!(ask(&mut memo, "d1", None, NOT_BEFORE), (None, true), "forgotten");
}
