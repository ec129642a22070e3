use super::draft::{Draft, element};
use super::{InvalidSvid, X509Svid, judge};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const UTC: u8 = 0x17;
const GENERALIZED: u8 = 0x18;

#[test]
fn refuses() {
    for (name, tag, text) in [
        ("nothing", UTC, ""),
        ("only Z", UTC, "Z"),
        ("no seconds", UTC, "2601010000Z"),
        ("no Z", UTC, "260101000000"),
        ("an offset", UTC, "260101000000+0000"),
        ("fraction", GENERALIZED, "20260101000000.5Z"),
        ("small z", UTC, "260101000000z"),
        ("sign", UTC, "+60101000000Z"),
        ("space", UTC, "26 101000000Z"),
        ("an odd number of digits", UTC, "26010100000Z"),
        ("UTCTime with four digits of year", UTC, "20260101000000Z"),
        ("GeneralizedTime with two", GENERALIZED, "260101000000Z"),
        ("month 0", UTC, "260001000000Z"),
        ("month 13", UTC, "261301000000Z"),
        ("day 0", UTC, "260100000000Z"),
        ("30 February", UTC, "240230000000Z"),
        ("29 February of a common year", UTC, "260229000000Z"),
        ("29 February 2100", GENERALIZED, "21000229000000Z"),
        ("31 April", UTC, "260431000000Z"),
        ("32 December", UTC, "261232000000Z"),
        ("hour 24", UTC, "260101240000Z"),
        ("minute 60", UTC, "260101006000Z"),
        ("second 60", UTC, "260101000060Z"),
        ("another type", 0x0C, "260101000000Z"),
    ] {
        let mut draft = Draft::leaf();
        draft.not_before = element(tag, &[text.as_bytes()]);
        assert_eq!(judge(&draft), Err(InvalidSvid::Malformed { part: "certificate" }), "{name}");
    }
}

#[test]
fn reads_the_calendar() {
    // Seconds from `date -u -d ... +%s`.
    for (name, tag, text, want) in [
        ("1970", UTC, "700101000000Z", 0),
        ("a second before 1970", UTC, "691231235959Z", -1),
        ("first UTCTime", UTC, "500101000000Z", -631_152_000),
        ("last UTCTime", UTC, "491231235959Z", 2_524_607_999),
        ("29 February", UTC, "240229123456Z", 1_709_210_096),
        ("1 March of a leap year", UTC, "240301000000Z", 1_709_251_200),
        ("1 March of a common year", UTC, "260301000000Z", 1_772_323_200),
        ("29 February 2000", GENERALIZED, "20000229000000Z", 951_782_400),
        ("1 March 2100", GENERALIZED, "21000301000000Z", 4_107_542_400),
        ("last of all", GENERALIZED, "99991231235959Z", 253_402_300_799),
        ("first of all", GENERALIZED, "00000101000000Z", -62_167_219_200),
    ] {
        let mut draft = Draft::leaf();
        draft.not_before = element(tag, &[text.as_bytes()]);
        draft.not_after = draft.not_before.clone();
        let svid = X509Svid::from_pem(&draft.pem()).unwrap();
        assert_eq!((svid.not_before, svid.not_after), (want, want), "{name}");
    }
}

#[test]
fn a_certificate_that_ends_before_it_starts_is_never_valid() {
    let mut draft = Draft::leaf();
    std::mem::swap(&mut draft.not_before, &mut draft.not_after);
    let svid = X509Svid::from_pem(&draft.pem()).unwrap();
    for unix_seconds in [svid.not_after, svid.not_after + 1, svid.not_before, i64::MIN, i64::MAX] {
        assert!(!svid.valid_at(unix_seconds));
    }
}
