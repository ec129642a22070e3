//! Spans and points in time, at their boundaries.
#![allow(clippy::arithmetic_side_effects, reason = "tests may fail loudly")]

use super::{InvalidDuration, InvalidTimestamp, UnixTime, parse_duration};
use crate::testing::Arbitrary;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses_durations() {
    let shapes = "|5|s|ms| 5s|5s |5 s|-5s|+5s|5.0s|1e3s|0x5s|5S|5MS|5us|5ns|5d|5w|5min|5sec|1h30m|5s5s|\u{665}s|5s\0|PT5S";
    for text in shapes.split('|') {
        assert_eq!(parse_duration(text), Err(InvalidDuration::Shape(text.to_owned())), "{text}");
    }
    for text in [
        "87601h",
        "5256001m",
        "315360001s",
        "315360000001ms",
        "18446744073709551615ms",
        "18446744073709551616ms",
        "5124095576030432h",
        "99999999999999999999999h",
    ] {
        assert_eq!(parse_duration(text), Err(InvalidDuration::TooLong(text.to_owned())), "{text}");
    }
}

#[test]
fn durations_say_what_is_wrong() {
    for (text, want) in [
        ("5", "`5` is not a duration such as 200ms, 5s, 10m or 1h"),
        ("87601h", "`87601h` is longer than 3650 days"),
    ] {
        assert_eq!(parse_duration(text).unwrap_err().to_string(), want);
    }
}

#[test]
fn accepts_durations() {
    for (text, millis) in [
        ("0ms", 0),
        ("0h", 0),
        ("1ms", 1),
        ("200ms", 200),
        ("5s", 5_000),
        ("005s", 5_000),
        ("10m", 600_000),
        ("1h", 3_600_000),
        ("24h", 86_400_000),
        ("87599h", 315_356_400_000),
        ("87600h", 315_360_000_000),
        ("315360000000ms", 315_360_000_000),
    ] {
        assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
}

#[test]
fn refuses_timestamps_of_another_shape() {
    for text in [
        "",
        "2026-11-22",
        "2026-11-22T00:00:00",
        "2026-11-22T00:00Z",
        "2026-11-22T00:00:00.Z",
        "2026-11-22T00:00:00,5Z",
        "2026-11-22T00:00:00+0100",
        "2026-11-22T00:00:00+01",
        "2026-11-22T00:00:00+24:00",
        "2026-11-22T00:00:00+01:60",
        "2026-11-22T00:00:00 Z",
        "2026-11-22T00:00:00ZZ",
        "2026-11-22T00:00:00Z ",
        " 2026-11-22T00:00:00Z",
        "2026-11-22_00:00:00Z",
        "2026/11/22T00:00:00Z",
        "26-11-22T00:00:00Z",
        "12026-11-22T00:00:00Z",
        "+2026-11-22T00:00:00Z",
        "2026-1-22T00:00:00Z",
        "2026-11-22T0:00:00Z",
        "2026-11-22T-1:00:00Z",
        "2026-11-22T00:00:00\u{662}Z",
        "1763769600",
        "tomorrow",
    ] {
        assert_eq!(UnixTime::parse(text), Err(InvalidTimestamp::Shape(text.to_owned())), "{text}");
    }
}

#[test]
fn refuses_what_is_no_point_in_time() {
    for text in [
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-12-32T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2028-02-30T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:59:59+01:00",
        "0000-01-01T00:00:00Z",
        "2554-07-21T23:34:33.709551616Z",
        "2554-07-21T23:34:34Z",
        "9999-12-31T23:59:59Z",
    ] {
        assert_eq!(UnixTime::parse(text), Err(InvalidTimestamp::OutOfRange(text.to_owned())), "{text}");
    }
}

#[test]
fn timestamps_say_what_is_wrong() {
    for (text, want) in [
        ("2026-11-22", "`2026-11-22` is not a timestamp such as 2026-11-22T00:00:00Z"),
        ("2026-02-29T00:00:00Z", "`2026-02-29T00:00:00Z` is no point in time"),
    ] {
        assert_eq!(UnixTime::parse(text).unwrap_err().to_string(), want);
    }
}

/// The seconds are what `date -u -d <text> +%s` of GNU coreutils prints.
#[test]
fn accepts_timestamps() {
    for (text, secs, nanos) in [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("1970-01-01T00:00:01Z", 1, 0),
        ("1970-01-01T01:00:00+01:00", 0, 0),
        ("1999-12-31T23:59:59Z", 946_684_799, 0),
        ("2000-02-29T12:00:00Z", 951_825_600, 0),
        ("2000-03-01T00:00:00Z", 951_868_800, 0),
        ("2024-12-31T23:59:59.999999999Z", 1_735_689_599, 999_999_999),
        ("2026-11-22T00:00:00Z", 1_795_305_600, 0),
        ("2026-11-22t00:00:00z", 1_795_305_600, 0),
        ("2026-11-22 00:00:00Z", 1_795_305_600, 0),
        ("2026-11-22T00:00:00-00:00", 1_795_305_600, 0),
        ("2026-11-22T00:00:00+23:59", 1_795_219_260, 0),
        ("2026-11-22T00:00:00-08:30", 1_795_336_200, 0),
        ("2026-11-22T00:00:00.5Z", 1_795_305_600, 500_000_000),
        ("2026-11-22T00:00:00.000000001Z", 1_795_305_600, 1),
        ("2026-11-22T00:00:00.9999999999999Z", 1_795_305_600, 999_999_999),
        ("2100-02-28T23:59:59Z", 4_107_542_399, 0),
        ("2100-03-01T00:00:00Z", 4_107_542_400, 0),
        ("2554-07-21T23:34:33.709551615Z", 18_446_744_073, 709_551_615),
    ] {
        assert_eq!(UnixTime::parse(text), Ok(UnixTime { nanos: secs * 1_000_000_000 + nanos }), "{text}");
    }
}

#[test]
fn days_follow_one_another_for_a_century() {
    let mut want = 946_684_800;
    for year in 2000..2101 {
        for (month, days) in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().enumerate() {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for day in 1..=days + u64::from(leap && month == 1) {
                let text = format!("{year}-{:02}-{day:02}T00:00:00Z", month + 1);
                assert_eq!(UnixTime::parse(&text), Ok(UnixTime::from_secs(want)), "{text}");
                want += 86_400;
            }
        }
    }
    assert_eq!(want, 4_133_980_800, "2101-01-01 by date(1)");
}

#[test]
fn no_text_makes_a_parser_panic() {
    let mut arbitrary = Arbitrary::new(3);
    for _ in 0..20_000 {
        let length = arbitrary.below(40);
        let bytes = arbitrary.bytes_of(b"0123456789999--::..TZ+ smh\xC3\xA9", length);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (parse_duration(&text), UnixTime::parse(&text));
    }
    let whole = "2026-11-22T00:00:00.25+01:00";
    for (length, _) in whole.char_indices() {
        let (cut, _) = whole.split_at(length);
        assert!(UnixTime::parse(cut).is_err(), "{cut}");
    }
}

#[test]
fn arithmetic_stops_at_both_ends_of_time() {
    let (start, end) = (UnixTime::default(), UnixTime { nanos: u64::MAX });
    assert_eq!(start.since(end), Duration::ZERO, "a clock may step back");
    assert_eq!(end.since(start), Duration::from_nanos(u64::MAX));
    assert_eq!(end.plus(Duration::from_nanos(1)), end);
    assert_eq!(start.plus(Duration::MAX), end);
    assert_eq!(UnixTime::from_secs(u64::MAX), end);
    assert_eq!(UnixTime::from_millis(u64::MAX), end);
    assert_eq!(
        UnixTime::from_secs(7).plus(Duration::from_millis(1)).since(UnixTime::from_secs(7)).as_millis(),
        1
    );
    let time = UnixTime { nanos: 1_999_999_999 };
    assert_eq!((time.as_secs(), time.as_millis()), (1, 1999), "rounded down");
    assert_eq!(UnixTime::from_millis(1_500), UnixTime { nanos: 1_500_000_000 });
}
