//! Clocks that step, workers that stand still, bodies that are damaged.

use super::Head;
use super::script::{
    Told::{Answer, Failed, Install, Leased, Tick},
    V1, play,
};
use crate::UnixTime;
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_clock_that_stepped_back_stops_nothing() {
    // One hour back, with a head that is not old enough by the new clock and never will be for an hour.
    let future = Some((1, 3_601_000, ""));
    play(&[
        (3_602_000, Tick(future, 0), "install 1"),
        (3_602_000, Install(1, "word"), "Ok(4)"),
        (2_000, Tick(future, 0), "lease until 4500"),
    ]);
    // By less than one refresh: it waits for the clock to catch up.
    play(&[
        (12_000, Tick(Some((1, 11_900, "")), 0), "install 1"),
        (12_000, Install(1, "word"), "Ok(4)"),
        (1_900, Tick(Some((1, 11_900, "")), 0), "rest"),
        (1_899, Tick(Some((1, 11_900, "")), 0), "lease until 4399"),
    ]);
}

#[test]
fn a_lease_from_the_future_holds_nobody_up() {
    // The longest lease is a pause of 10 s, and half a second more.
    play(&[(1_000, Tick(None, 11_500), "rest"), (1_000, Tick(None, 11_501), "lease until 3500")]);
}

#[test]
fn a_deadline_from_the_future_is_drawn_near() {
    play(&[
        (3_601_000, Tick(None, 0), "lease until 3603500"),
        (3_601_000, Leased(None), "send"),
        (1_000, Tick(None, 3_603_500), "rest"),
        (3_499, Tick(None, 3_603_500), "rest"),
        (3_500, Tick(None, 3_603_500), "fail until 3600: no answer came within the deadline"),
    ]);
}

#[test]
fn a_clock_that_stepped_forward_is_a_missed_deadline() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (3_601_000, Answer(200, "", Some("word")), "rest"),
        (3_601_000, Tick(None, 3_500), "fail until 3602000: no answer came within the deadline"),
    ]);
}

#[test]
fn a_long_build_keeps_its_lease() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("word")), "rest"),
        (2_249, Tick(None, 3_500), "rest"),
        (2_250, Tick(None, 3_500), "lease until 4750"),
        (2_250, Leased(None), "rest"),
        (2_254, Tick(None, 4_750), "rest"),
        (3_500, Tick(None, 4_750), "lease until 6000"),
        (3_500, Leased(None), "rest"),
        (3_504, Tick(None, 6_000), "publish 7 at 1100 ``: word"),
    ]);
}

#[test]
fn a_build_whose_lease_was_lost_publishes_nothing() {
    // Another worker took the lease while this one stood still, and may have published.
    let v2 = Some((2, 3_700, ""));
    for (renewed_first, step) in [(false, 3_800), (true, 4_000)] {
        let mut script = vec![
            (1_000, Tick(None, 0), "lease until 3500"),
            (1_000, Leased(None), "send"),
            (1_100, Answer(200, "", Some("word")), "rest"),
        ];
        if renewed_first {
            // The lease changed between the tick and the write, so nobody reports `Leased`.
            script.push((3_600, Tick(None, 3_500), "lease until 6100"));
        }
        script.push((step, Tick(v2, 6_001), "install 2"));
        script.push((step, Install(2, "words"), "Ok(5)"));
        script.push((step, Tick(v2, 6_001), "rest"));
        play(&script);
    }
}

#[test]
fn a_question_whose_lease_was_lost_is_forgotten() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (3_600, Tick(None, 6_001), "rest"),
        (3_700, Answer(200, "", Some("word")), "rest"),
        (3_701, Failed, "rest"),
        (6_001, Tick(None, 6_001), "lease until 8501"),
    ]);
}

#[test]
fn what_could_not_be_published_is_tried_again_when_the_lease_ends() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("word")), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "publish 7 at 1100 ``: word"),
        // Shared data did not take it: the head is not there.
        (1_362, Tick(None, 3_500), "rest"),
        (3_500, Tick(None, 3_500), "lease until 6000"),
        (3_500, Leased(None), "send"),
    ]);
}

#[test]
fn a_lease_that_could_not_be_given_back_ends_by_itself() {
    let v7 = Some((7, 1_010, ""));
    play(&[
        (1_000, Tick(V1, 0), "install 1"),
        (1_000, Install(1, "word"), "Ok(4)"),
        (11_000, Tick(V1, 0), "lease until 13500"),
        (11_000, Leased(V1), "send `\"a\"`"),
        (11_010, Answer(304, "", None), "confirm 1 at 11010 `\"a\"`"),
        (11_260, Tick(Some((1, 11_010, "\"a\"")), 13_500), "lease until 11260"),
        (11_510, Tick(Some((1, 11_010, "\"a\"")), 13_500), "rest"),
        (13_500, Tick(v7, 13_500), "install 7"),
    ]);
}

#[test]
fn a_build_longer_than_the_refresh_goes_on_at_once() {
    let v7 = Some((7, 1_100, ""));
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("word")), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "publish 7 at 1100 ``: word"),
        (1_112, Install(7, "word"), "Ok(4)"),
        (11_100, Tick(v7, 3_500), "lease until 13600"),
        (11_100, Leased(v7), "send"),
    ]);
}

/// Say, the one who published it was another version of the filter, with another format.
#[test]
fn a_damaged_body_is_fetched_anew_without_its_etag() {
    let (_, words) = play(&[
        (1_100, Tick(V1, 0), "install 1"),
        (1_100, Install(1, "word"), "Ok(4)"),
        (2_000, Tick(Some((2, 2_000, "\"b\"")), 0), "install 2"),
        (2_000, Install(2, "bad"), "Err(\"damaged\")"),
        (2_250, Tick(Some((2, 2_000, "\"b\"")), 0), "rest"),
        (12_000, Tick(Some((2, 2_000, "\"b\"")), 0), "lease until 14500"),
        (12_000, Leased(Some((2, 2_000, "\"b\""))), "send"),
        // It was not asked whether that version is current.
        (12_010, Answer(304, "", None), "fail until 22010: the source answered 304"),
        (22_010, Tick(Some((2, 2_000, "\"b\"")), 22_010), "lease until 24510"),
        (22_010, Leased(Some((2, 2_000, "\"b\""))), "send"),
        (22_020, Answer(200, "\"b\"", Some("words")), "rest"),
        (22_024, Tick(Some((2, 2_000, "\"b\"")), 24_510), "rest"),
        (22_028, Tick(Some((2, 2_000, "\"b\"")), 24_510), "rest"),
        (22_032, Tick(Some((2, 2_000, "\"b\"")), 24_510), "publish 7 at 22020 `\"b\"`: words"),
        (22_032, Install(7, "words"), "Ok(5)"),
    ]);
    assert_eq!(words.installed(), b"words");
    // Nor is it confirmed by having the same body.
    let (_, words) = play(&[
        (1_100, Tick(V1, 0), "install 1"),
        (1_100, Install(1, ""), "Err(\"damaged\")"),
        (11_000, Tick(V1, 0), "lease until 13500"),
        (11_000, Leased(V1), "send"),
        (11_010, Answer(200, "\"a\"", Some("word")), "rest"),
        (11_014, Tick(V1, 13_500), "rest"),
        (11_018, Tick(V1, 13_500), "rest"),
        (11_022, Tick(V1, 13_500), "publish 7 at 11010 `\"a\"`: word"),
        (11_022, Install(7, "word"), "Ok(4)"),
    ]);
    assert_eq!(words.installed(), b"word");
}

#[test]
fn a_head_is_the_same_after_a_round_through_shared_data() {
    let head = Head {
        version: 0x0102_0304_0506_0708,
        checked_at: UnixTime::from_millis(0x0A0B),
        digest: 0x0C,
        etag: b"\"e\xFF\"".to_vec(),
    };
    let bytes = head.to_bytes();
    assert_eq!(bytes, b"\x08\x07\x06\x05\x04\x03\x02\x01\x0B\x0A\0\0\0\0\0\0\x0C\0\0\0\0\0\0\0\"e\xFF\"");
    assert_eq!(Head::from_bytes(&bytes), Some(head));
    for length in 0..24 {
        assert_eq!(Head::from_bytes(&bytes[..length]), None, "{length} bytes");
    }
    let mut arbitrary = Arbitrary::new(10);
    for length in 24..64 {
        assert!(Head::from_bytes(&arbitrary.bytes(length)).is_some());
    }
}
