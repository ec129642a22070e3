//! The record that `auth` leaves: its bytes, and damaged ones.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

use super::{Claim, IDENTITY, Identity, IdentityRecord};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ID: &str = "spiffe://example.org/ns/prod/sa/orders";

fn record() -> Vec<u8> {
    IdentityRecord::default()
        .text("sub", "u-1")
        .other("level", "3")
        .list("realm_access.roles", ["staff", "", "beta tester"])
        .spiffe_id(ID)
        .text("scope", "orders.read  orders.write")
        .text("sub", "u-2")
        .list("none", [])
        .map("realm_access")
        .into_bytes()
}

/// One entry, laid out by hand.
fn entry(kind: u8, path: &[u8], data: &[u8]) -> Vec<u8> {
    let (path_length, data_length) = (u16::try_from(path.len()).unwrap(), u32::try_from(data.len()).unwrap());
    [&[kind][..], &path_length.to_le_bytes(), &data_length.to_le_bytes(), path, data].concat()
}

fn items(record: &[u8], path: &str) -> Vec<Vec<u8>> {
    match Identity::new(record).unwrap().claim(path) {
        Some(Claim::List(items)) => items.map(<[u8]>::to_vec).collect(),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn refuses_records_of_another_version() {
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        assert!(Identity::new(&[&[version], &record()[1..]].concat()).is_none(), "{version}");
    }
    assert!(Identity::new(b"").is_none());
    assert!(Identity::new(&[1]).unwrap().claim("sub").is_none());
}

#[test]
fn the_layout_is_the_documented_one() {
    let want = [
        vec![1],
        entry(0, b"sub", b"u-1"),
        entry(1, b"on", b"true"),
        entry(2, b"roles", b"\x01\0\0\0a\x02\0\0\0bc"),
        entry(3, b"act", b""),
        entry(16, b"", ID.as_bytes()),
    ];
    let record = IdentityRecord::default().text("sub", "u-1").other("on", "true").list("roles", ["a", "bc"]);
    assert_eq!(record.map("act").spiffe_id(ID).into_bytes(), want.concat());
    assert_eq!(IDENTITY, "sluice.identity");
}

#[test]
fn finds_claims_by_their_exact_path() {
    let record = record();
    let identity = Identity::new(&record).unwrap();
    for (path, want) in [
        ("sub", Some("u-1")),
        ("level", Some("3")),
        ("su", None),
        ("subs", None),
        ("Sub", None),
        ("realm_access", None),
        ("", None),
    ] {
        let claim = identity.claim(path).and_then(Claim::scalar);
        assert_eq!(claim, want.map(str::as_bytes), "{path}");
    }
    assert_eq!(identity.claim("realm_access.roles").and_then(Claim::scalar), None, "a list is no scalar");
    assert_eq!(identity.claim("realm_access"), Some(Claim::Map), "an object is there");
    assert!(!Claim::Map.contains(b""), "but has no items");
    assert_eq!(items(&record, "realm_access.roles"), [b"staff".to_vec(), vec![], b"beta tester".to_vec()]);
    assert_eq!(items(&record, "none"), Vec::<Vec<u8>>::new());
}

#[test]
fn a_spiffe_id_is_no_claim_and_a_claim_no_spiffe_id() {
    let record = IdentityRecord::default().text("", "spiffe://evil.example/a").spiffe_id(ID).into_bytes();
    let identity = Identity::new(&record).unwrap();
    assert_eq!(identity.spiffe_id(), Some(ID.as_bytes()));
    let only_id = IdentityRecord::default().spiffe_id(ID).into_bytes();
    assert!(Identity::new(&only_id).unwrap().claim("").is_none());
    let only_claims =
        IdentityRecord::default().text("spiffe_id", ID).text("", ID).list("", [ID]).into_bytes();
    assert!(Identity::new(&only_claims).unwrap().spiffe_id().is_none());
}

#[test]
fn entries_of_unknown_kinds_are_skipped() {
    let record = [vec![1], entry(9, b"sub", b"x"), entry(0, b"sub", b"u-1")].concat();
    let claim = Identity::new(&record).unwrap().claim("sub");
    assert_eq!(claim, Some(Claim::Scalar(b"u-1")));
}

#[test]
fn contains_compares_whole_items_and_words() {
    let record = record();
    let identity = Identity::new(&record).unwrap();
    for (path, item, want) in [
        ("realm_access.roles", "staff", true),
        ("realm_access.roles", "beta tester", true),
        ("realm_access.roles", "", true),
        ("realm_access.roles", "beta", false),
        ("realm_access.roles", "Staff", false),
        ("realm_access.roles", "staff ", false),
        ("none", "", false),
        ("scope", "orders.read", true),
        ("scope", "orders.write", true),
        ("scope", "orders", false),
        ("scope", "orders.read  orders.write", false),
        ("level", "3", true),
    ] {
        assert_eq!(identity.claim(path).unwrap().contains(item.as_bytes()), want, "{path} {item:?}");
    }
}

#[test]
fn a_claim_whose_name_does_not_fit_is_left_out() {
    for (length, kept) in [(65_535, true), (65_536, false)] {
        let path = "a".repeat(length);
        let record = IdentityRecord::default().text(&path, "x").text("sub", "u-1").into_bytes();
        let identity = Identity::new(&record).unwrap();
        assert_eq!(identity.claim(&path).is_some(), kept, "{length}");
        assert!(identity.claim("sub").is_some(), "{length}");
    }
}

#[test]
fn a_cut_record_holds_fewer_entries_and_no_others() {
    let whole = record();
    for length in 1..whole.len() {
        let cut = &whole[..length];
        let identity = Identity::new(cut).unwrap();
        for path in ["sub", "level", "scope"] {
            let want = Identity::new(&whole).unwrap().claim(path);
            assert!(identity.claim(path).is_none_or(|claim| Some(claim) == want), "{length} bytes, {path}");
        }
        assert!(identity.spiffe_id().is_none_or(|id| id == ID.as_bytes()), "{length} bytes");
    }
    let cut_list = [vec![1], entry(2, b"roles", b"\x01\0\0\0a\x09\0\0\0bc")].concat();
    assert_eq!(items(&cut_list, "roles"), [b"a"]);
    let huge_item = [vec![1], entry(2, b"roles", b"\xFF\xFF\xFF\xFFa")].concat();
    assert_eq!(items(&huge_item, "roles"), Vec::<Vec<u8>>::new());
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let mut arbitrary = Arbitrary::new(6);
    let whole = record();
    for _ in 0..20_000 {
        let length = arbitrary.below(64);
        let noise = [vec![1], arbitrary.bytes_of(b"\0\0\0\x01\x02\x10\x03\xFFsub", length)].concat();
        let mut damaged = whole.clone();
        let at = 1 + arbitrary.below(damaged.len() - 1);
        damaged[at] = arbitrary.bytes(1)[0];
        for bytes in [noise, damaged] {
            let identity = Identity::new(&bytes).unwrap();
            let _ =
                (identity.spiffe_id(), identity.claim("scope").map(|claim| claim.contains(b"orders.read")));
            let _ = identity.claim("realm_access.roles").map(|claim| claim.contains(b"staff"));
        }
    }
}
