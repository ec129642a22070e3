use std::borrow::Cow;

use super::{Change, InvalidMember, Member, member};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const KEY: &str = "sluice-subset";

/// Name of the row, lines of the field.
type Row<'a, W> = (&'a str, &'a [&'a [u8]], W);

fn read<'a>(lines: &[&'a [u8]]) -> Result<Option<&'a [u8]>, InvalidMember> {
    member(lines.iter().copied(), KEY)
}

/// The field after `sluice-subset=v2` was put into it; `None`: nothing to do.
fn put(lines: &[&[u8]]) -> Option<Vec<u8>> {
    match Member::new(KEY, "v2").replace_in(lines.iter().copied()) {
        Change::Nothing => None,
        Change::Set(field) => Some(field.into_owned()),
        Change::Remove => panic!("ours must be there"),
    }
}

#[test]
fn refuses_a_member_without_a_clear_value() {
    let rows: [Row<InvalidMember>; 14] = [
        ("twice", &[b"sluice-subset=a,sluice-subset=b"], InvalidMember::Repeated),
        ("twice the same", &[b"sluice-subset=a,sluice-subset=a"], InvalidMember::Repeated),
        ("twice, in two lines", &[b"sluice-subset=a", b"sluice-subset=b"], InvalidMember::Repeated),
        ("no equals sign", &[b"sluice-subset"], InvalidMember::NoValue),
        ("only a property", &[b"sluice-subset;p=1"], InvalidMember::NoValue),
        ("only a property, after space", &[b"sluice-subset ; p"], InvalidMember::NoValue),
        ("space inside", &[b"sluice-subset=a b"], InvalidMember::Byte { found: b' ' }),
        ("tab inside", &[b"sluice-subset=a\tb"], InvalidMember::Byte { found: b'\t' }),
        ("quotes", &[b"sluice-subset=\"a\""], InvalidMember::Byte { found: b'"' }),
        ("backslash", &[b"sluice-subset=a\\"], InvalidMember::Byte { found: b'\\' }),
        ("obs-text", &[b"sluice-subset=\xFF"], InvalidMember::Byte { found: 0xFF }),
        ("DEL", &[b"sluice-subset=a\x7F"], InvalidMember::Byte { found: 0x7F }),
        ("NUL", &[b"sluice-subset=\0"], InvalidMember::Byte { found: 0 }),
        ("form feed around it", &[b"sluice-subset=\x0Ca"], InvalidMember::Byte { found: 0x0C }),
    ];
    for (name, lines, want) in rows {
        assert_eq!(read(lines), Err(want), "{name}");
    }
}

#[test]
fn finds_no_member() {
    let rows: [(&str, &[&[u8]]); 15] = [
        ("no line", &[]),
        ("an empty line", &[b""]),
        ("only commas", &[b",, ,\t,"]),
        ("other members", &[b"a=1,b=2"]),
        ("a longer key", &[b"sluice-subset-x=a,x-sluice-subset=a"]),
        ("a shorter key", &[b"sluice-subse=a"]),
        ("other letter case", &[b"Sluice-Subset=a,SLUICE-SUBSET=a"]),
        ("in a value", &[b"a=sluice-subset,b=sluice-subset=x"]),
        ("in a property", &[b"a=1;sluice-subset=x;sluice-subset"]),
        ("two words", &[b"sluice-subset x=a"]),
        ("percent-encoded key", &[b"sluice%2Dsubset=a"]),
        ("quoted key", &[b"\"sluice-subset\"=a"]),
        ("obs-text before it", &[b"\xA0sluice-subset=a"]),
        ("form feed before it", &[b"\x0Csluice-subset=a"]),
        ("no key", &[b"=sluice-subset,;sluice-subset=a"]),
    ];
    for (name, lines) in rows {
        assert_eq!(read(lines), Ok(None), "{name}");
    }
}

#[test]
fn reads_the_value() {
    let rows: [Row<&[u8]>; 12] = [
        ("alone", &[b"sluice-subset=canary"], b"canary"),
        ("first", &[b"sluice-subset=canary,a=1"], b"canary"),
        ("last", &[b"a=1,sluice-subset=canary"], b"canary"),
        ("in the second line", &[b"a=1", b"b=2,sluice-subset=canary"], b"canary"),
        ("white space everywhere", &[b"a=1,\t sluice-subset \t= canary\t ,b=2"], b"canary"),
        ("properties", &[b"sluice-subset=canary;p=1;q"], b"canary"),
        ("property after white space", &[b"sluice-subset = canary ; p = x y"], b"canary"),
        ("equals signs", &[b"sluice-subset==a=b="], b"=a=b="),
        ("percent stays", &[b"sluice-subset=can%61ry"], b"can%61ry"),
        ("empty", &[b"sluice-subset="], b""),
        ("empty with a property", &[b"sluice-subset= ;p"], b""),
        ("beside malformed members", &[b"\xFF\xFE,=,sluice-subset=canary,a b c"], b"canary"),
    ];
    for (name, lines, want) in rows {
        assert_eq!(read(lines), Ok(Some(want)), "{name}");
    }
}

#[test]
fn takes_ours_away() {
    let rows: [Row<Change>; 12] = [
        ("alone", &[b"sluice-subset=a"], Change::Remove),
        ("repeated", &[b"sluice-subset=a, sluice-subset=b", b"\tsluice-subset"], Change::Remove),
        ("between empty members", &[b" , ,sluice-subset=a,,\t"], Change::Remove),
        ("first", &[b"sluice-subset=a, b=2"], Change::Set(Cow::Borrowed(b"b=2"))),
        ("last", &[b"b=2 , sluice-subset=a"], Change::Set(Cow::Borrowed(b"b=2"))),
        ("in the middle", &[b"a=1, sluice-subset=a;p ,\tb=2"], Change::Set(Cow::Borrowed(b"a=1,\tb=2"))),
        ("a line of its own", &[b"a=1", b"sluice-subset=a", b"b=2"], Change::Set(Cow::Borrowed(b"a=1,b=2"))),
        ("percent-encoded key", &[b"a=1,sluice%2dsubset=a"], Change::Set(Cow::Borrowed(b"a=1"))),
        ("all of the key encoded", &[b"%73%6C%75%69%63%65%2D%73%75%62%73%65%74=a"], Change::Remove),
        ("not there", &[b"a=1,,b=2 "], Change::Nothing),
        ("only commas", &[b",,"], Change::Nothing),
        ("no line", &[], Change::Nothing),
    ];
    for (name, lines, want) in rows {
        assert_eq!(super::remove(lines.iter().copied(), KEY), want, "{name}");
    }
}

#[test]
fn puts_ours_last_and_once() {
    let rows: [Row<&[u8]>; 17] = [
        ("no line", &[], b"sluice-subset=v2"),
        ("an empty line", &[b""], b"sluice-subset=v2"),
        ("only commas", &[b",, ,"], b"sluice-subset=v2"),
        ("one other", &[b"a=1"], b"a=1,sluice-subset=v2"),
        ("several lines", &[b"a=1", b"b=2,c=3", b"d=4"], b"a=1,b=2,c=3,d=4,sluice-subset=v2"),
        ("an older value", &[b"sluice-subset=v1,a=1"], b"a=1,sluice-subset=v2"),
        ("repeated", &[b"sluice-subset=v2,a=1,sluice-subset=v2"], b"a=1,sluice-subset=v2"),
        ("repeated in two lines", &[b"sluice-subset=v2", b"sluice-subset=v2"], b"sluice-subset=v2"),
        ("malformed ours", &[b"sluice-subset,a=1, sluice-subset ;p=2"], b"a=1,sluice-subset=v2"),
        ("our value with a property", &[b"sluice-subset=v2;p=1"], b"sluice-subset=v2"),
        ("our value after white space", &[b"sluice-subset= v2"], b"sluice-subset=v2"),
        ("percent-encoded beside ours", &[b"sluice-subset=v2,%73luice-subset=x"], b"sluice-subset=v2"),
        ("a longer value", &[b"sluice-subset=v22"], b"sluice-subset=v2"),
        ("white space of others", &[b" a = 1 ;\tp = x ,\tb=2 "], b"a = 1 ;\tp = x ,\tb=2 ,sluice-subset=v2"),
        ("obs-text of others", &[b"a=\xFF\x80,\xE9"], b"a=\xFF\x80,\xE9,sluice-subset=v2"),
        (
            "look-alikes",
            &[b"a=1;sluice-subset=x,sluice-subset-x=1,Sluice-Subset=x,b=sluice-subset=x,sluice%2subset=x"],
            b"a=1;sluice-subset=x,sluice-subset-x=1,Sluice-Subset=x,b=sluice-subset=x,sluice%2subset=x,sluice-subset=v2",
        ),
        ("malformed others", &[b"=,;,a b,\"c,d\",a=1,a=2"], b"=,;,a b,\"c,d\",a=1,a=2,sluice-subset=v2"),
    ];
    for (name, lines, want) in rows {
        assert_eq!(put(lines).as_deref(), Some(want), "{name}");
    }
}

#[test]
fn changes_nothing_that_is_right() {
    let rows: [(&str, &[&[u8]]); 5] = [
        ("alone", &[b"sluice-subset=v2"]),
        ("first", &[b"sluice-subset=v2 ,a=1"]),
        ("in the middle", &[b"a=1, sluice-subset=v2\t,b=2"]),
        ("in several lines", &[b"a=1", b" sluice-subset=v2"]),
        ("beside empty members", &[b",sluice-subset=v2,,"]),
    ];
    for (name, lines) in rows {
        assert_eq!(put(lines), None, "{name}");
    }
}

#[test]
fn what_was_written_is_read_back_and_stays() {
    let mut state = 1_u32;
    let alphabet = b"a=;, \t%\xFF";
    for _ in 0..5000 {
        let mut line = Vec::new();
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match (state >> 24) % 10 {
                8 => line.extend(b"sluice-subset"),
                9 => line.extend(b"sluice-subset=v2,"),
                letter => line.push(alphabet[letter as usize]),
            }
        }
        let written = put(&[&line]).unwrap_or_else(|| line.clone());
        assert_eq!(read(&[&written]), Ok(Some(&b"v2"[..])), "{line:?}");
        assert_eq!(put(&[&written]), None, "{line:?}");
    }
}

#[test]
fn a_request_without_baggage_costs_no_allocation() {
    let ours = Member::new(KEY, "v2");
    for lines in [&[][..], &[&b""[..]], &[&b"sluice-subset=v1"[..]]] {
        let change = ours.replace_in(lines.iter().copied());
        assert!(matches!(change, Change::Set(Cow::Borrowed(b"sluice-subset=v2"))), "{change:?}");
    }
}

#[test]
fn carries_60_kib_of_others() {
    let others = b"k=v,".repeat(15 * 1024);
    let field = put(&[&others]).unwrap();
    assert_eq!(field, [&others[..], b"sluice-subset=v2"].concat());
    assert_eq!(field.capacity(), field.len(), "one allocation, sized before");
    for (name, byte, want) in [("commas", b',', 0), ("percents", b'%', 60 * 1024 + 1)] {
        let field = put(&[&[byte; 60 * 1024]]).unwrap();
        assert_eq!(field.len(), want + "sluice-subset=v2".len(), "{name}");
    }
}
