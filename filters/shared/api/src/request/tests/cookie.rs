use super::super::cookie;
use super::fields;
use crate::Fields;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sid(lines: &[&[u8]]) -> Option<Vec<u8>> {
    let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
    let bytes = fields(&lines);
    cookie(Fields::new(&bytes), "sid").map(<[u8]>::to_vec)
}

#[test]
fn finds_no_cookie() {
    let rows: [(&str, &[&[u8]]); 12] = [
        ("no line", &[]),
        ("an empty line", &[b""]),
        ("separators only", &[b"; ;;"]),
        ("no equals sign", &[b"sid"]),
        ("no name", &[b"=sid"]),
        ("another name", &[b"a=1; b=2"]),
        ("a longer name", &[b"sid2=1; xsid=1"]),
        ("a shorter name", &[b"si=1"]),
        ("another case", &[b"SID=1; Sid=1"]),
        ("a quoted name", &[b"\"sid\"=1"]),
        ("an encoded name", &[b"%73id=1"]),
        ("inside another value", &[b"a=sid=1"]),
    ];
    for (name, lines) in rows {
        assert_eq!(sid(lines), None, "{name}");
    }
}

#[test]
fn finds_the_first_cookie_of_a_name() {
    type Row<'a> = (&'a str, &'a [&'a [u8]], &'a [u8]);
    let rows: [Row<'_>; 16] = [
        ("alone", &[b"sid=1"], b"1"),
        ("between others", &[b"a=1; sid=2; b=3"], b"2"),
        ("no space", &[b"a=1;sid=2;b=3"], b"2"),
        ("spaces and tabs", &[b"a=1;\t sid\t = 2 \t;b=3"], b"2"),
        ("behind a cookie without an equals sign", &[b"a; sid=2"], b"2"),
        ("behind empty pairs", &[b";; ;sid=2"], b"2"),
        ("empty", &[b"sid="], b""),
        ("empty, and again", &[b"sid=; sid=2"], b""),
        ("twice", &[b"sid=1; sid=2"], b"1"),
        ("twice, on two lines", &[b"a=0; sid=1", b"sid=2"], b"1"),
        ("on the second line", &[b"a=0", b"sid=2"], b"2"),
        ("equals signs inside", &[b"sid=a==b="], b"a==b="),
        ("quotes stay", &[b"sid=\"1 2\""], b"\"1 2\""),
        ("a semicolon ends quotes too", &[b"sid=\"1;2\""], b"\"1"),
        ("a comma does not separate", &[b"sid=1, sid=2"], b"1, sid=2"),
        ("any byte", &[b"sid=\xFF\0%41+"], b"\xFF\0%41+"),
    ];
    for (name, lines, want) in rows {
        assert_eq!(sid(lines), Some(want.to_vec()), "{name}");
    }
}

#[test]
fn a_cookie_is_not_looked_for_elsewhere() {
    let bytes = fields(&[("set-cookie", b"sid=1"), ("cookie2", b"sid=1"), ("x-cookie", b"sid=1")]);
    assert_eq!(cookie(Fields::new(&bytes), "sid"), None);
}
