use crate::{choice, fuzz};
use filter_api::{Claim, Fields, Identity, IdentityRecord, Value, namespace};

const JSON: [&[u8]; 18] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"\"a\"",
    b"\"a\":",
    b"null",
    b"true",
    b"1e400",
    b"-0",
    b"9007199254740993",
    b"\\u0000",
    b"\\ud800",
    b"{\"a\":",
    b"\xEF\xBB\xBF",
];

/// A configuration as JSON: what is read once is read the same way again, and its digest does not depend on white space.
#[test]
fn value_from_json() {
    fuzz("value_from_json", &JSON, |bytes| {
        let _ = Value::from_configuration(bytes);
        let Ok(value) = Value::from_json(bytes) else { return };
        let padded = [b" \n", bytes, b"\t"].concat();
        assert_eq!(Value::from_json(&padded).map(|value| value.digest()).ok(), Some(value.digest()));
    });
}

const WIRE: [&[u8]; 16] = [
    b"\x0A",
    b"\x12",
    b"\x1A",
    b"\x22",
    b"\x2A",
    b"\x32",
    b"\x08\x00",
    b"\x11\0\0\0\0\0\0\xF0\x3F",
    b"\x20\x01",
    b"\x0A\x01a",
    b"\x0A\x05\x0A\x01a\x12\x00",
    b"\xFF\xFF\xFF\xFF\x0F",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"\x0B",
    b"\x0C",
    b"\x02",
];

/// A configuration or a route's metadata as protobuf.
#[test]
fn value_from_struct() {
    fuzz("value_from_struct", &WIRE, |bytes| {
        let first = Value::from_struct(bytes);
        assert_eq!(first.is_ok(), Value::from_struct(bytes).is_ok());
        let _ = namespace(bytes, "a").map(|found| found.map(Value::from_struct));
        let _ = first.map(|value| value.digest());
    });
}

/// The fields of a message as the host hands them over, lengths that lie included.
#[test]
fn fields() {
    const LENGTHS: [&[u8]; 8] = [
        b"\0\0\0\0",
        b"\x01\0\0\0",
        b"\x02\0\0\0",
        b"\x05\0\0\0",
        b"\xFF\xFF\xFF\xFF",
        b":path\0",
        b"/\0",
        b"\x7F\0\0\0",
    ];
    fuzz("fields", &LENGTHS, |bytes| {
        let fields = Fields::new(bytes);
        let lines: Vec<_> = fields.iter().collect();
        assert!(lines.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= bytes.len());
        let again = Fields::serialise(lines.iter().copied());
        assert!(Fields::new(&again).iter().eq(lines.iter().copied()));
        let _ = (fields.first(":path"), filter_api::request::cookie(fields, "a"));
    });
}

/// The record in filter state: bytes of anybody's, and what was written is what is read.
#[test]
fn identity_record() {
    const RECORD: [&[u8]; 8] = [
        b"\x01",
        b"\x00\x03\0\x01\0\0\0subx",
        b"\x02",
        b"\x10",
        b"\x01\0\x01\0\0\0",
        b"\0\0\0\0",
        b"\xFF\xFF",
        b"sub",
    ];
    fuzz("identity_record", &RECORD, |bytes| {
        for record in [bytes.to_vec(), [b"\x01", bytes].concat()] {
            let Some(identity) = Identity::new(&record) else { continue };
            let _ = identity.spiffe_id();
            match identity.claim("sub") {
                Some(Claim::List(items)) => assert!(items.map(<[u8]>::len).sum::<usize>() <= record.len()),
                claim => assert!(claim.is_none_or(|claim| !claim.contains(b"a word with spaces"))),
            }
        }
        let (cut, text) = choice(bytes, 64);
        let text = String::from_utf8_lossy(text);
        let (path, value) = text.split_at_checked(cut).unwrap_or(("", &text));
        let written =
            IdentityRecord::default().text(path, value).list("other", [value, path]).spiffe_id(value);
        let record = written.into_bytes();
        let identity = Identity::new(&record).unwrap();
        assert_eq!(identity.claim(path).and_then(Claim::scalar), Some(value.as_bytes()));
        assert_eq!(identity.spiffe_id(), Some(value.as_bytes()));
        if let (false, Some(Claim::List(items))) = (path == "other", identity.claim("other")) {
            assert!(items.eq([value.as_bytes(), path.as_bytes()]));
        }
    });
}
