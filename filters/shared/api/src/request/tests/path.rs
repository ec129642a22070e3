use super::super::{authority_host, path_of, query_of, segment};
use super::fields;
use crate::Fields;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_request_may_have_no_path_and_no_authority() {
    let bytes = fields(&[(":method", b"CONNECT"), ("path", b"/a"), ("authority", b"a"), ("host", b"a")]);
    let fields = Fields::new(&bytes);
    assert_eq!((path_of(fields), query_of(fields), authority_host(fields)), (None, None, None));
}

#[test]
fn the_query_begins_at_the_first_question_mark() {
    type Row<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);
    let rows: [Row<'_>; 14] = [
        (b"", b"", None),
        (b"*", b"*", None),
        (b"/", b"/", None),
        (b"/a", b"/a", None),
        (b"/a?", b"/a", Some(b"")),
        (b"/a?b", b"/a", Some(b"b")),
        (b"/a?b=1?c=2", b"/a", Some(b"b=1?c=2")),
        (b"?b", b"", Some(b"b")),
        (b"/a#f", b"/a", None),
        (b"/a#f?b", b"/a", None),
        (b"/a?b#f", b"/a", Some(b"b")),
        (b"/a%3Fb", b"/a%3Fb", None),
        (b"/\xFF\0?\xFE", b"/\xFF\0", Some(b"\xFE")),
        (b"http://h/a?b", b"http://h/a", Some(b"b")),
    ];
    for (target, path, query) in rows {
        let bytes = fields(&[(":path", target)]);
        let got = (path_of(Fields::new(&bytes)), query_of(Fields::new(&bytes)));
        assert_eq!(got, (Some(path), query), "{}", String::from_utf8_lossy(target));
    }
}

/// What a policy sees is what the client sent: none of these is decoded, merged or folded.
#[test]
fn a_path_is_not_normalised() {
    for target in
        ["//admin", "/./admin", "/x/../admin", "/%61dmin", "/a%2Fb", "/a;x=1", "/ADMIN", "/a/", "/a%00"]
    {
        let bytes = fields(&[(":path", target.as_bytes())]);
        assert_eq!(path_of(Fields::new(&bytes)), Some(target.as_bytes()));
    }
}

#[test]
fn segments_are_counted_from_one() {
    type Row<'a> = (&'a [u8], usize, Option<&'a [u8]>);
    let rows: [Row<'_>; 14] = [
        (b"", 1, None),
        (b"/", 1, None),
        (b"*", 1, None),
        (b"/a", 0, None),
        (b"/a", 1, Some(b"a")),
        (b"/a", 2, None),
        (b"/a/", 2, None),
        (b"/api/seckill/42", 1, Some(b"api")),
        (b"/api/seckill/42", 3, Some(b"42")),
        (b"/api/seckill/42", 4, None),
        (b"/api/seckill/42", usize::MAX, None),
        (b"//a", 1, None),
        (b"//a", 2, Some(b"a")),
        (b"/%2F/\xFF", 2, Some(b"\xFF")),
    ];
    for (path, number, want) in rows {
        assert_eq!(segment(path, number), want, "{} {number}", String::from_utf8_lossy(path));
    }
}

#[test]
fn a_host_has_no_user_no_port_and_no_dot_at_its_end() {
    let rows: [(&[u8], &[u8]); 23] = [
        (b"", b""),
        (b"shop.example", b"shop.example"),
        (b"Shop.EXAMPLE", b"Shop.EXAMPLE"),
        (b"shop.example:8080", b"shop.example"),
        (b"shop.example:", b"shop.example"),
        (b"shop.example.", b"shop.example"),
        (b"shop.example.:443", b"shop.example"),
        (b"shop.example..", b"shop.example."),
        (b"user@shop.example", b"shop.example"),
        (b"user:secret@shop.example:443", b"shop.example"),
        (b"shop.example@evil.example", b"evil.example"),
        (b"shop.example:443@evil.example:80", b"evil.example"),
        (b"a@b@c", b"c"),
        (b"@", b""),
        (b":443", b""),
        (b".", b""),
        (b"192.0.2.1:80", b"192.0.2.1"),
        (b"[2001:db8::1]", b"[2001:db8::1]"),
        (b"[2001:db8::1]:443", b"[2001:db8::1]"),
        (b"[2001:db8::1].", b"[2001:db8::1]"),
        (b"a,b:80", b"a,b"),
        (b"a b", b"a b"),
        (b"\xFF:80", b"\xFF"),
    ];
    for (authority, want) in rows {
        let bytes = fields(&[(":authority", authority)]);
        assert_eq!(authority_host(Fields::new(&bytes)), Some(want), "{}", String::from_utf8_lossy(authority));
    }
}
