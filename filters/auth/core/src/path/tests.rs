//! Paths as attackers write them (threats R09, R10), and as honest clients do.

mod decoded;

use super::{Ambiguous as A, judge};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const REFUSED: [(&str, A); 84] = [
    ("", A::NotRooted),
    ("admin", A::NotRooted),
    ("?a=1", A::NotRooted),
    ("**", A::NotRooted),
    ("*/", A::NotRooted),
    ("*?", A::NotRooted),
    (" /admin", A::NotRooted),
    (".", A::NotRooted),
    ("../admin", A::NotRooted),
    ("%2Fadmin", A::NotRooted),
    ("\\admin", A::NotRooted),
    ("://", A::AbsoluteForm),
    ("http:/admin", A::NotRooted),
    ("ht/tp://a", A::NotRooted),
    ("http://shop.example/admin", A::AbsoluteForm),
    ("HTTPS://shop.example", A::AbsoluteForm),
    ("git+ssh://shop.example/", A::AbsoluteForm),
    ("//", A::EmptySegment),
    ("//admin", A::EmptySegment),
    ("/a//b", A::EmptySegment),
    ("/admin//", A::EmptySegment),
    ("///", A::EmptySegment),
    ("//?a", A::EmptySegment),
    ("//shop.example/admin", A::EmptySegment),
    ("/http://shop.example/admin", A::EmptySegment),
    ("/.", A::DotSegment),
    ("/..", A::DotSegment),
    ("/./", A::DotSegment),
    ("/../", A::DotSegment),
    ("/./admin", A::DotSegment),
    ("/x/../admin", A::DotSegment),
    ("/x/..", A::DotSegment),
    ("/x/.?a=1", A::DotSegment),
    ("/x/..?", A::DotSegment),
    (";", A::NotRooted),
    ("/;", A::Parameter),
    ("/;x/admin", A::Parameter),
    ("/admin;x", A::Parameter),
    ("/admin;jsessionid=1?a=1", A::Parameter),
    ("/x/..;/admin", A::Parameter),
    ("/x/..;y/admin", A::Parameter),
    ("/x/%3b", A::Parameter),
    ("/x/..%3B/admin", A::Parameter),
    ("/a\\b", A::Backslash),
    ("/\\", A::Backslash),
    ("/x\\..\\admin", A::Backslash),
    ("/x%5c..%5cadmin", A::EncodedBackslash),
    ("/%5C", A::EncodedBackslash),
    ("/%2F", A::EncodedSlash),
    ("/x%2fadmin", A::EncodedSlash),
    ("/x/%2f/admin", A::EncodedSlash),
    ("/..%2Fadmin", A::EncodedSlash),
    ("/%2e", A::EncodedDot),
    ("/%2e%2e/admin", A::EncodedDot),
    ("/x/.%2E/admin", A::EncodedDot),
    ("/orders%2ejson", A::EncodedDot),
    ("/%61dmin", A::EncodedUnreserved),
    ("/%41DMIN", A::EncodedUnreserved),
    ("/v%31", A::EncodedUnreserved),
    ("/a%2Db", A::EncodedUnreserved),
    ("/a%5fb", A::EncodedUnreserved),
    ("/%7Euser", A::EncodedUnreserved),
    ("/%2561dmin", A::EncodedTwice),
    ("/%252e%252e/admin", A::EncodedTwice),
    ("/%252F", A::EncodedTwice),
    ("/%25252F", A::EncodedTwice),
    ("/a%2500", A::EncodedTwice),
    ("/%2520", A::EncodedTwice),
    ("/%25%36%31", A::EncodedUnreserved),
    ("/%", A::Escape),
    ("/100%", A::Escape),
    ("/%2", A::Escape),
    ("/%g0", A::Escape),
    ("/%0g", A::Escape),
    ("/%%61", A::Escape),
    ("/%u002fadmin", A::Escape),
    ("/%+1", A::Escape),
    ("/%?20", A::Escape),
    ("/admin%00", A::Control),
    ("/admin%00.html", A::Control),
    ("/a%0d%0aHost:%20b", A::Control),
    ("/admin#", A::Fragment),
    ("/a#/../admin", A::Fragment),
    ("/a?b#c", A::Fragment),
];

#[test]
fn refuses() {
    for (path, want) in REFUSED {
        assert_eq!(judge(path.as_bytes()), Err(want), "{path}");
    }
}

#[test]
fn refuses_what_is_not_utf8() {
    for (name, path) in [
        ("overlong slash", "/x%c0%afadmin"),
        ("overlong dot", "/%C0%AE%C0%AE/admin"),
        ("overlong slash of three bytes", "/x%e0%80%afadmin"),
        ("overlong slash of four bytes", "/x%f0%80%80%afadmin"),
        ("overlong letter", "/%c1%a1dmin"),
        ("lone continuation byte", "/%80"),
        ("lead byte alone", "/%C3"),
        ("lead byte before a letter", "/%C3a"),
        ("lead byte before a slash", "/%C3/"),
        ("lead byte before an escaped space", "/%C3%20"),
        ("cut short", "/%E2%82"),
        ("cut short by the query", "/%E2%82?"),
        ("surrogate", "/%ED%A0%80"),
        ("above U+10FFFF", "/%F4%90%80%80"),
        ("five bytes", "/%F8%88%80%80%80"),
        ("byte order mark of UTF-16", "/%FE%FF"),
        ("one byte too many", "/%C3%A9%A9"),
    ] {
        assert_eq!(judge(path.as_bytes()), Err(A::NotUtf8), "{name}");
    }
    assert_eq!(judge(b"/%C3%"), Err(A::Escape));
    assert_eq!(judge(b"/%C3%A"), Err(A::Escape));
}

#[test]
fn refuses_controls_of_all_kinds() {
    for path in [
        &b"/a\0"[..],
        b"/a\r\nb",
        b"/a\tb",
        b"/a b",
        b"/a\x7F",
        b"/a?b\0",
        b"/a?b\r\n",
        b"/a?b c",
        b"/a?\x1F",
        b"/a?\x7F",
        b"/%7F",
        b"/%1f",
        b"/%0A",
        b"/%C2%80",
        b"/%C2%85",
        b"/%c2%9f",
        b"/%E2%80%A8",
        b"/%e2%80%a9",
    ] {
        assert_eq!(judge(path), Err(A::Control), "{}", path.escape_ascii());
    }
}

#[test]
fn takes_what_has_one_reading() {
    for path in [
        "*",
        "/",
        "/?",
        "/admin",
        "/admin/",
        "/ADMIN",
        "/admin.",
        "/a.b/c..d",
        "/.well-known/jwks.json",
        "/...",
        "/..a",
        "/a..",
        "/.a/..b/...",
        "/a-b_c~d/A-Z.09",
        "/!$&'()*+,=:@",
        "/a\"<>^`{|}b",
        "/users/a%40b.example",
        "/%20",
        "/top%20secret",
        "/%21%24%26%27%28%29%2A%2B%2C%3D%3A%40",
        "/%22%23%3C%3E%3F%5B%5D%5E%60%7B%7C%7D",
        "/caf%C3%A9",
        "/caf%c3%a9/%E2%82%AC/%F0%9F%98%80",
        "/%C2%A0",
        "/%E2%80%A7",
        "/100%25",
        "/100%25/a",
        "/100%252",
        "/100%25zz",
        "/100%25%20",
        "/100%25%25",
        "/a?",
        "/a?b=//../;\\%2F%2e%61%00%zz%c0%af",
        "/a?b?c",
        "/a?http://shop.example/x",
    ] {
        assert_eq!(judge(path.as_bytes()), Ok(()), "{path}");
    }
    assert_eq!(judge(b"/a?b=\xC3\xA9\xFF"), Ok(()), "the query is not judged");
}

/// What each byte is in a path, raw and as an escape, between two letters.
#[test]
fn every_byte_has_a_verdict() {
    for byte in 0..=u8::MAX {
        let raw = match byte {
            0..=0x20 | 0x7F => Err(A::Control),
            b'%' => Err(A::Escape),
            b'#' => Err(A::Fragment),
            b';' => Err(A::Parameter),
            b'\\' => Err(A::Backslash),
            0x80.. => Err(A::NotAscii),
            _ => Ok(()),
        };
        assert_eq!(judge(&[b'/', b'x', byte, b'x']), raw, "{byte:#04x}");
        let encoded = match byte {
            0..0x20 | 0x7F => Err(A::Control),
            b'/' => Err(A::EncodedSlash),
            b'\\' => Err(A::EncodedBackslash),
            b'.' => Err(A::EncodedDot),
            b';' => Err(A::Parameter),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'~' => Err(A::EncodedUnreserved),
            0x80.. => Err(A::NotUtf8),
            _ => Ok(()),
        };
        for path in [format!("/x%{byte:02x}x"), format!("/x%{byte:02X}x")] {
            assert_eq!(judge(path.as_bytes()), encoded, "{path}");
        }
    }
}

#[test]
fn every_character_may_come_encoded_but_controls() {
    for number in 0x80..=0x11_0000_u32 {
        let Some(character) = char::from_u32(number) else { continue };
        let control = number < 0xA0 || number == 0x2028 || number == 0x2029;
        let want = if control { Err(A::Control) } else { Ok(()) };
        let mut path = *b"/%00%00%00%00";
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        for (place, byte) in path[1..].chunks_mut(3).zip(bytes) {
            (place[1], place[2]) = (hex(byte >> 4), hex(byte & 0xF));
        }
        assert_eq!(judge(&path[..=3 * length]), want, "{character:?}");
    }
}

fn hex(digit: u8) -> u8 {
    b"0123456789ABCDEF"[usize::from(digit)]
}
