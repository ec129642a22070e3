//! What the host serialises, whole, cut and damaged.

use super::Fields;
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

type Line<'a> = (&'a [u8], &'a [u8]);

const LINES: [Line<'static>; 5] =
    [(b":path", b"/a"), (b"x-id", b"1"), (b"x-empty", b""), (b"x-id", b"2\0\xFF"), (b"x-i", b"3")];

fn serialised(lines: &[Line<'_>]) -> Vec<u8> {
    Fields::serialise(lines.iter().copied())
}

#[test]
fn garbage_is_fewer_fields() {
    let of = |count: u32, rest: &[u8]| [&count.to_le_bytes(), rest].concat();
    let line = [3, 0, 0, 0, 1, 0, 0, 0];
    let (long_name, long_value) = ([255, 255, 255, 255, 1, 0, 0, 0], [3, 0, 0, 0, 255, 255, 255, 255]);
    let none: &[Line<'_>] = &[];
    let rows: [(&str, Vec<u8>, &[Line<'_>]); 13] = [
        ("nothing", vec![], none),
        ("three bytes", vec![1, 0, 0], none),
        ("no lines", of(0, b""), none),
        ("no lines but text", of(0, b"abc\0d\0"), none),
        ("a count without lengths", of(1, b""), none),
        ("a count above the lengths", of(2, &[&line[..], b"abc\0d\0"].concat()), none),
        ("the largest count", of(u32::MAX, &[&line[..], b"abc\0d\0"].concat()), none),
        ("lengths without text", of(1, &line), none),
        ("no end of the value", of(1, &[&line[..], b"abc\0d"].concat()), none),
        ("a name beyond the text", of(1, &[&long_name[..], b"abc\0d\0"].concat()), none),
        ("a value beyond the text", of(1, &[&long_value[..], b"abc\0d\0"].concat()), none),
        (
            "a second line beyond the text",
            of(2, &[&line[..], &long_name[..], b"abc\0d\0"].concat()),
            &[(b"abc", b"d")],
        ),
        ("text behind the last line", of(1, &[&line[..], b"abc\0d\0rest"].concat()), &[(b"abc", b"d")]),
    ];
    for (name, bytes, want) in rows {
        assert_eq!(Fields::new(&bytes).iter().collect::<Vec<_>>(), want, "{name}");
    }
}

#[test]
fn the_layout_is_that_of_the_host() {
    let bytes = serialised(&[(b"abc", b"d"), (b"", b"")]);
    let want = b"\x02\0\0\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0abc\0d\0\0\0";
    assert_eq!(bytes, want);
    assert_eq!(serialised(&[]), [0; 4]);
    assert_eq!(Fields::new(&serialised(&LINES)).iter().collect::<Vec<_>>(), LINES);
}

#[test]
fn every_line_of_a_field_is_seen_in_order() {
    let bytes = serialised(&LINES);
    let fields = Fields::new(&bytes);
    let rows: [(&str, &[&[u8]]); 7] = [
        ("x-id", &[b"1", b"2\0\xFF"]),
        ("x-i", &[b"3"]),
        ("x-empty", &[b""]),
        (":path", &[b"/a"]),
        ("X-ID", &[]),
        ("x", &[]),
        ("", &[]),
    ];
    for (name, want) in rows {
        assert_eq!(fields.lines(name).collect::<Vec<_>>(), want, "{name}");
        assert_eq!(fields.first(name), want.first().copied(), "{name}");
    }
}

#[test]
fn a_value_may_hold_any_byte() {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let bytes = serialised(&[(&all, &all), (b"x", &all)]);
    assert_eq!(Fields::new(&bytes).first("x"), Some(all.as_slice()));
    assert_eq!(Fields::new(&bytes).iter().next(), Some((all.as_slice(), all.as_slice())));
}

#[test]
fn hundreds_of_lines_are_read() {
    let values: Vec<_> = (0..1_024).map(|index: u32| index.to_string()).collect();
    let lines: Vec<Line<'_>> = values.iter().map(|value| (b"x-many".as_slice(), value.as_bytes())).collect();
    let bytes = serialised(&lines);
    assert_eq!(Fields::new(&bytes).lines("x-many").count(), 1_024);
    assert_eq!(Fields::new(&bytes).lines("x-many").last(), Some(b"1023".as_slice()));
}

#[test]
fn a_cut_message_is_a_prefix_of_its_lines() {
    let bytes = serialised(&LINES);
    let mut seen = 0;
    for length in 0..=bytes.len() {
        let lines: Vec<_> = Fields::new(&bytes[..length]).iter().collect();
        assert_eq!(lines, LINES[..lines.len()], "{length} bytes");
        assert!(lines.len() >= seen, "{length} bytes");
        seen = lines.len();
    }
    assert_eq!(seen, LINES.len());
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let mut arbitrary = Arbitrary::new(5);
    let whole = serialised(&LINES);
    for _ in 0..20_000 {
        let length = arbitrary.below(64);
        let noise = arbitrary.bytes(length);
        let small = arbitrary.bytes_of(b"\0\0\0\0\x01\x02\x03\xFFx-id", length);
        let mut damaged = whole.clone();
        let at = arbitrary.below(damaged.len());
        damaged[at] = arbitrary.bytes(1)[0];
        for bytes in [noise, small, damaged] {
            let fields = Fields::new(&bytes);
            assert!(
                fields.iter().map(|(name, value)| name.len().saturating_add(value.len())).sum::<usize>()
                    <= bytes.len()
            );
            let _ = (fields.first("x-id"), fields.lines("").count());
        }
    }
}
