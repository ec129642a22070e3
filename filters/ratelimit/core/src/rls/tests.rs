//! The bytes stand here by hand, so that a wrong number of a field cannot agree with itself.

use super::{AnswerError, MAX_BYTES, MAX_RESET, Quota, Reset, ServiceAnswer, Status, question};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn asks() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    for (name, descriptors, hits, want) in [
        (
            "one hit",
            vec![vec![pair("tenant", "acme")]],
            1,
            b"\x0A\x01d\x12\x10\x0A\x0E\x0A\x06tenant\x12\x04acme\x18\x01".as_slice(),
        ),
        (
            "two descriptors, one of two entries, and 300 hits",
            vec![vec![pair("a", "b"), pair("c", "d")], vec![pair("e", "f")]],
            300,
            b"\x0A\x01d\x12\x10\x0A\x06\x0A\x01a\x12\x01b\x0A\x06\x0A\x01c\x12\x01d\
              \x12\x08\x0A\x06\x0A\x01e\x12\x01f\x18\xAC\x02",
        ),
    ] {
        assert_eq!(question("d", &descriptors, hits), want, "{name}");
    }
}

#[test]
fn refuses() {
    for (name, message, want) in [
        ("nothing", b"".as_slice(), Some(0)),
        ("UNKNOWN", b"\x08\x00", Some(0)),
        ("a code that does not exist", b"\x08\x03", Some(3)),
        ("a negative code", b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", Some(u64::MAX)),
        ("statuses without an overall code", b"\x12\x02\x08\x01", Some(0)),
        ("a page", b"<html><body>Bad Gateway</body></html>", None),
        ("cut in a number", b"\x08", None),
        ("cut in a status", b"\x08\x01\x12\x05\x08", None),
        ("a length above the address space", b"\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", None),
        ("a number of eleven bytes", b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", None),
        ("a code that is a string", b"\x0A\x01\x01", Some(0)),
        ("field 0", b"\x08\x01\x00\x00", None),
    ] {
        match (ServiceAnswer::read(message), want) {
            (Err(AnswerError::Code { code }), Some(want)) => assert_eq!(code, want, "{name}"),
            (Err(AnswerError::Malformed(_)), None) => {}
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn refuses_what_is_too_large() {
    for (length, want) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        // OK, and metadata that nobody asked for: field 6, with its length in three bytes.
        let mut message = b"\x08\x01\x32\xFA\xFF\x03".to_vec();
        message.resize(MAX_BYTES, 0);
        message.extend(std::iter::repeat_n(b"\x08\x01", length - MAX_BYTES).flatten());
        assert_eq!(ServiceAnswer::read(&message).is_ok(), want, "{length}");
    }
}

#[test]
fn reads() {
    let plain = |is_over| ServiceAnswer { is_over, ..ServiceAnswer::default() };
    let with = |is_over, statuses: &[Status]| ServiceAnswer { statuses: statuses.to_vec(), ..plain(is_over) };
    let quota = |requests, seconds: Option<u64>, remaining| {
        Some(Quota { requests, per: seconds.map(Duration::from_secs), remaining })
    };
    let ok = Status::default();
    let over = Status { is_over: true, ..ok };
    for (name, message, want) in [
        ("OK and no more, as Limitador says it", b"\x08\x01".as_slice(), plain(false)),
        ("over and no more", b"\x08\x02", plain(true)),
        ("the last code counts", b"\x08\x01\x08\x02", plain(true)),
        ("a field that is not known", b"\x08\x01\x2A\x03abc\x32\x00\x3A\x00\xF8\x01\x05", plain(false)),
        ("a status without a limit", b"\x08\x01\x12\x02\x08\x01", with(false, &[ok])),
        ("a status over", b"\x08\x02\x12\x02\x08\x02", with(true, &[over])),
        ("two statuses", b"\x08\x02\x12\x02\x08\x01\x12\x02\x08\x02", with(true, &[ok, over])),
        (
            "10 per second, 7 left, reset in 1 s, as envoyproxy/ratelimit says it",
            b"\x08\x01\x12\x0E\x08\x01\x12\x04\x08\x0A\x10\x01\x18\x07\x22\x02\x08\x01",
            with(false, &[Status { quota: quota(10, Some(1), 7), reset: reset(1000, 0), ..ok }]),
        ),
        (
            "a limit with a name",
            b"\x08\x01\x12\x0B\x08\x01\x12\x07\x08\x0A\x10\x02\x1A\x01n",
            with(false, &[Status { quota: quota(10, Some(60), 0), ..ok }]),
        ),
        (
            "more left than there are",
            b"\x08\x01\x12\x0A\x08\x01\x12\x04\x08\x0A\x10\x03\x18\x0B",
            with(false, &[Status { quota: quota(10, Some(3600), 10), ..ok }]),
        ),
        (
            "a week",
            b"\x08\x01\x12\x08\x08\x01\x12\x04\x08\x0A\x10\x07",
            with(false, &[Status { quota: quota(10, Some(604_800), 0), ..ok }]),
        ),
        (
            "a month, as long as Envoy has it",
            b"\x08\x01\x12\x08\x08\x01\x12\x04\x08\x0A\x10\x05",
            with(false, &[Status { quota: quota(10, Some(2_592_000), 0), ..ok }]),
        ),
        (
            "a unit that is not known",
            b"\x08\x01\x12\x08\x08\x01\x12\x04\x08\x0A\x10\x08",
            with(false, &[Status { quota: quota(10, None, 0), ..ok }]),
        ),
    ] {
        assert_eq!(ServiceAnswer::read(message), Ok(want), "{name}");
    }
}

#[test]
fn reads_when_a_limit_begins_anew() {
    let longest = u64::try_from(MAX_RESET.as_millis()).unwrap();
    for (name, duration, want) in [
        ("nothing said", b"".as_slice(), None),
        ("0", b"\x08\x00", None),
        ("250 ms are exact", b"\x10\x80\xE5\x9A\x77", reset(250, 250)),
        ("1 s may be less", b"\x08\x01", reset(1000, 0)),
        ("60 s may be 59", b"\x08\x3C", reset(60_000, 59_000)),
        ("2.5 s are exact", b"\x08\x02\x10\x80\xCA\xB5\xEE\x01", reset(2500, 2500)),
        ("-1 s", b"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", None),
        ("-1 ns", b"\x10\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", None),
        ("10^9 ns", b"\x10\x80\x94\xEB\xDC\x03", None),
        ("2^62 s", b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40", reset(longest, longest - 1000)),
    ] {
        let status = [b"\x08\x01\x22".as_slice(), &[length_of(duration)], duration].concat();
        let message = [b"\x08\x01\x12".as_slice(), &[length_of(&status)], &status].concat();
        let answer = ServiceAnswer::read(&message).unwrap();
        assert_eq!(answer.statuses[0].reset, want, "{name}");
    }
}

#[test]
fn reads_the_reset_from_a_field() {
    for (name, key, value, raw_value, want) in [
        ("of Limitador", "X-RateLimit-Reset", "45", "", reset(45_000, 44_000)),
        ("in lower case", "x-ratelimit-reset", "1", "", reset(1000, 0)),
        ("raw", "x-ratelimit-reset", "", "7", reset(7000, 6000)),
        ("spaces", "x-ratelimit-reset", " 7 ", "", reset(7000, 6000)),
        ("0", "x-ratelimit-reset", "0", "", None),
        ("negative", "x-ratelimit-reset", "-1", "", None),
        ("signed", "x-ratelimit-reset", "+1", "", None),
        ("a fraction", "x-ratelimit-reset", "1.5", "", None),
        ("a date", "x-ratelimit-reset", "Sat, 01 Jan 2028 00:00:00 GMT", "", None),
        ("nothing", "x-ratelimit-reset", "", "", None),
        ("two lines in one", "x-ratelimit-reset", "1\r\nx: y", "", None),
        ("another field", "x-ratelimit-remaining", "45", "", None),
    ] {
        let answer = ServiceAnswer::read(&with_field(key, value, raw_value)).unwrap();
        assert_eq!(answer.status(0, 1).reset, want, "{name}");
    }
    let huge = ServiceAnswer::read(&with_field("x-ratelimit-reset", &"9".repeat(30), "")).unwrap();
    assert_eq!(huge.status(0, 1).reset.map(|reset| reset.latest), Some(MAX_RESET));
}

#[test]
fn hears_a_service_about_each_limit_or_as_a_whole() {
    const OK: Status = Status { is_over: false, quota: None, reset: None };
    const OVER: Status = Status { is_over: true, quota: None, reset: None };
    for (name, is_over, statuses, want) in [
        ("none over", false, &[OK, OK][..], [false, false]),
        ("the second is", true, &[OK, OVER], [false, true]),
        ("both are", true, &[OVER, OVER], [true, true]),
        ("nobody in particular", true, &[OK, OK], [true, true]),
        ("nothing about any", true, &[], [true, true]),
        ("too few", true, &[OVER], [true, true]),
        ("too many", true, &[OK, OVER, OK], [true, true]),
        ("only in the service's shadow", false, &[OK, OVER], [false, false]),
    ] {
        let answer = ServiceAnswer { is_over, statuses: statuses.to_vec(), reset: None };
        assert_eq!([0, 1].map(|place| answer.status(place, 2).is_over), want, "{name}");
    }
}

/// What a status says goes before what a field says, which may be about another limit.
#[test]
fn prefers_the_reset_of_the_status() {
    let mut message = with_field("x-ratelimit-reset", "45", "");
    message.extend(b"\x12\x06\x08\x01\x22\x02\x08\x05");
    let answer = ServiceAnswer::read(&message).unwrap();
    assert_eq!(answer.status(0, 1).reset, reset(5000, 4000));
    assert_eq!(answer.status(0, 2).reset, reset(45_000, 44_000));
}

/// 32 000 statuses of nothing fit into what is read at all.
#[test]
fn survives_as_many_statuses_as_fit() {
    let message = [b"\x08\x01".to_vec(), b"\x12\x00".repeat((MAX_BYTES - 2) / 2)].concat();
    let answer = ServiceAnswer::read(&message).unwrap();
    assert_eq!(answer.status(0, 1), Status::default());
}

fn with_field(key: &str, value: &str, raw_value: &str) -> Vec<u8> {
    let mut field = Vec::new();
    for (tag, text) in [(b'\x0A', key), (b'\x12', value), (b'\x1A', raw_value)] {
        field.extend([tag, length_of(text.as_bytes())]);
        field.extend(text.as_bytes());
    }
    [b"\x08\x01\x1A".as_slice(), &[length_of(&field)], &field].concat()
}

fn length_of(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).ok().filter(|length| *length < 0x80).expect("short")
}

fn reset(latest: u64, earliest: u64) -> Option<Reset> {
    let [latest, earliest] = [latest, earliest].map(Duration::from_millis);
    Some(Reset { latest, earliest })
}
