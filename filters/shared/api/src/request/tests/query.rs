use super::super::parameter;
use std::borrow::Cow;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn finds_no_parameter() {
    for query in [
        "",
        "&",
        "&&",
        "=",
        "=1",
        "uidd=1",
        "ui=1",
        "UID=1",
        "a=uid=1",
        "a=1;uid=2",
        "%75i%64d=1",
        "uid%00=1",
    ] {
        assert_eq!(parameter(query.as_bytes(), "uid"), None, "{query}");
    }
}

#[test]
fn decodes_the_first_parameter_of_a_name() {
    let rows: [(&[u8], &[u8]); 25] = [
        (b"uid=1", b"1"),
        (b"a=0&uid=1&uid=2", b"1"),
        (b"uid=&uid=2", b""),
        (b"uid", b""),
        (b"uid&uid=2", b""),
        (b"&&uid=1", b"1"),
        (b"uid=a=b", b"a=b"),
        (b"uid=a;b", b"a;b"),
        (b"uid=a?b", b"a?b"),
        (b"uid=a+b", b"a b"),
        (b"uid=a%20b", b"a b"),
        (b"uid=a%2Bb", b"a+b"),
        (b"uid=%26%3D%25", b"&=%"),
        (b"uid=%c3%A9", b"\xC3\xA9"),
        (b"uid=%00%ff", b"\0\xFF"),
        (b"uid=%", b"%"),
        (b"uid=%4", b"%4"),
        (b"uid=%4g", b"%4g"),
        (b"uid=%g4", b"%g4"),
        (b"uid=%%41", b"%A"),
        (b"uid=%2541", b"%41"),
        (b"uid=%\xFF1", b"%\xFF1"),
        (b"uid=%u0041", b"%u0041"),
        (b"%75id=1", b"1"),
        (b"%75%69%64=%31&uid=2", b"1"),
    ];
    for (query, want) in rows {
        assert_eq!(parameter(query, "uid").as_deref(), Some(want), "{}", String::from_utf8_lossy(query));
    }
    assert_eq!(parameter(b"a+b%5B%5D=1", "a b[]").as_deref(), Some(b"1".as_slice()));
}

#[test]
fn every_byte_can_be_written_as_an_escape() {
    for byte in 0..=u8::MAX {
        for escaped in [format!("a=%{byte:02x}"), format!("a=%{byte:02X}")] {
            assert_eq!(parameter(escaped.as_bytes(), "a").as_deref(), Some([byte].as_slice()), "{escaped}");
        }
    }
}

#[test]
fn what_needs_no_decoding_is_not_copied() {
    assert!(matches!(parameter(b"%61=0&uid=abc", "uid"), Some(Cow::Borrowed(b"abc"))));
    assert!(matches!(parameter(b"uid=a%62c", "uid"), Some(Cow::Owned(_))));
}
