//! The ordinary course: cold start, refresh, sources that fail.

use super::script::{
    Told::{Answer, BusyTick, Failed, Install, Leased, Tick},
    V1, play,
};
use super::{Event, Fetcher, Head, Next, Words};
use crate::UnixTime;
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_cold_start_fetches_builds_publishes_and_gives_the_lease_back() {
    let v7 = Some((7, 1_100, "\"a\""));
    let (fetcher, words) = play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_050, Tick(None, 3_500), "rest"),
        (1_100, Answer(200, "\"a\"", Some("word")), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "publish 7 at 1100 `\"a\"`: word"),
        (1_112, Install(7, "word"), "Ok(4)"),
        (1_362, Tick(v7, 3_500), "lease until 1362"),
        (1_362, Leased(v7), "rest"),
        (1_612, Tick(v7, 1_362), "rest"),
        (11_099, Tick(v7, 1_362), "rest"),
        (11_100, Tick(v7, 1_362), "lease until 13600"),
        (11_100, Leased(v7), "send `\"a\"`"),
    ]);
    assert_eq!(words.installed(), b"word");
    assert_eq!(format!("{fetcher:?}"), "Fetcher(words, installed Some(7))");
    assert_eq!(fetcher.document().kind(), "words");
}

#[test]
fn what_is_current_is_confirmed() {
    let confirmed = Some((1, 11_010, "\"a\""));
    play(&[
        (1_001, Tick(V1, 0), "install 1"),
        (1_001, Install(1, "word"), "Ok(4)"),
        (10_999, Tick(V1, 0), "rest"),
        (11_000, Tick(V1, 0), "lease until 13500"),
        (11_000, Leased(V1), "send `\"a\"`"),
        (11_010, Answer(304, "", None), "confirm 1 at 11010 `\"a\"`"),
        (11_260, Tick(confirmed, 13_500), "lease until 11260"),
        (11_260, Leased(confirmed), "rest"),
        (21_009, Tick(confirmed, 11_260), "rest"),
        (21_010, Tick(confirmed, 11_260), "lease until 23510"),
    ]);
}

#[test]
fn what_another_worker_published_is_installed_once() {
    let v2 = Some((2, 1_200, ""));
    let (_, words) = play(&[
        (1_001, Tick(V1, 3_500), "install 1"),
        (1_001, Install(1, "word"), "Ok(4)"),
        (1_100, Tick(V1, 3_500), "rest"),
        (1_300, Tick(v2, 3_500), "install 2"),
        (1_300, Install(2, "words"), "Ok(5)"),
        (1_400, Tick(v2, 3_500), "rest"),
    ]);
    assert_eq!(words.installed(), b"words");
}

#[test]
fn a_held_lease_is_respected_and_a_lost_race_too() {
    play(&[
        (1_000, Tick(None, 1_001), "rest"),
        (1_001, Tick(None, 1_001), "lease until 3501"),
        // Somebody else was faster: no `Leased`.
        (1_251, Tick(None, 3_502), "rest"),
        (3_501, Tick(None, 3_502), "rest"),
        (3_502, Tick(None, 3_502), "lease until 6002"),
    ]);
}

#[test]
fn every_bad_answer_leaves_what_is_there_and_makes_a_pause() {
    for (status, etag, body, reason) in [
        (500, "", None, "the source answered 500"),
        (503, "", Some("word"), "the source answered 503"),
        (404, "", None, "the source answered 404"),
        (302, "", None, "the source answered 302"),
        (204, "", None, "the source answered 204"),
        (206, "", Some("word"), "the source answered 206"),
        (0, "", None, "the source answered 0"),
        (200, "\"b\"", None, "the body is missing or above 9 bytes"),
    ] {
        let failed = format!("fail until 21010: {reason}");
        let (_, words) = play(&[
            (1_001, Tick(V1, 0), "install 1"),
            (1_001, Install(1, "word"), "Ok(4)"),
            (11_000, Tick(V1, 0), "lease until 13500"),
            (11_000, Leased(V1), "send `\"a\"`"),
            (11_010, Answer(status, etag, body), &failed),
            (21_009, Tick(V1, 21_010), "rest"),
            (21_010, Tick(V1, 21_010), "lease until 23510"),
            (21_010, Leased(V1), "send `\"a\"`"),
        ]);
        assert_eq!(words.installed(), b"word", "{reason}");
    }
}

#[test]
fn a_cold_start_that_fails_is_tried_again_soon_and_then_ever_later() {
    for (told, reason) in [
        (Failed, "the request failed or timed out"),
        (Answer(503, "", None), "the source answered 503"),
        (Answer(304, "", None), "the source answered 304"),
    ] {
        let failed = |until: u64| format!("fail until {until}: {reason}");
        play(&[
            (1_000, Tick(None, 0), "lease until 3500"),
            (1_000, Leased(None), "send"),
            (1_000, told, &failed(1_100)),
            (1_099, Tick(None, 1_100), "rest"),
            (1_100, Tick(None, 1_100), "lease until 3600"),
            (1_100, Leased(None), "send"),
            (1_250, told, &failed(1_500)),
            (1_500, Tick(None, 1_500), "lease until 4000"),
            (1_500, Leased(None), "send"),
            (3_600, told, &failed(4_600)),
        ]);
    }
}

#[test]
fn a_refused_body_is_a_failure() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("bad")), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "fail until 1224: bad words"),
        (1_200, Tick(None, 1_224), "rest"),
    ]);
}

#[test]
fn an_empty_body_is_a_body() {
    play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("")), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "publish 7 at 1100 ``: "),
    ]);
}

#[test]
fn an_answer_after_the_deadline_is_too_late() {
    for late in [Answer(200, "", Some("word")), Answer(304, "", None), Failed] {
        play(&[
            (1_000, Tick(None, 0), "lease until 3500"),
            (1_000, Leased(None), "send"),
            (3_499, Tick(None, 3_500), "rest"),
            (3_500, Tick(None, 3_500), "fail until 4500: no answer came within the deadline"),
            (3_501, late, "rest"),
            (3_750, Tick(None, 4_500), "rest"),
        ]);
        play(&[
            (1_000, Tick(None, 0), "lease until 3500"),
            (1_000, Leased(None), "send"),
            (3_500, late, "rest"),
            (3_600, Tick(None, 3_500), "fail until 4600: no answer came within the deadline"),
        ]);
    }
}

#[test]
fn events_that_nobody_waits_for_change_nothing() {
    play(&[
        (900, Answer(200, "", Some("word")), "rest"),
        (900, Failed, "rest"),
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_000, Leased(None), "rest"),
        (1_100, Answer(200, "", Some("word")), "rest"),
        (1_101, Failed, "rest"),
        (1_102, Answer(500, "", None), "rest"),
        (1_103, Leased(None), "rest"),
        (1_104, Tick(None, 3_500), "rest"),
        (1_108, Tick(None, 3_500), "rest"),
        (1_112, Tick(None, 3_500), "publish 7 at 1100 ``: word"),
        (1_113, Failed, "rest"),
    ]);
}

#[test]
fn polls_are_a_sixteenth_of_the_refresh_within_bounds() {
    for (refresh, want) in
        [(100, 10), (160, 10), (200, 12), (1_600, 100), (4_000, 250), (4_016, 250), (3_600_000, 250)]
    {
        let words = Words::new(refresh, 1, 0);
        let mut fetcher = Fetcher::new(words.clone());
        let millis = |fetcher: &Fetcher| fetcher.poll_interval().as_millis();
        assert_eq!(millis(&fetcher), 10, "{refresh}: nothing is there");
        fetcher.install(1, b"word".to_vec()).unwrap();
        assert_eq!(millis(&fetcher), want, "{refresh}");
        words.wanted.set(true);
        assert_eq!(millis(&fetcher), 10, "{refresh}: wanted");
    }
    let (fetcher, _) = play(&[
        (1_000, Tick(None, 0), "lease until 3500"),
        (1_000, Leased(None), "send"),
        (1_100, Answer(200, "", Some("word")), "rest"),
    ]);
    assert_eq!(fetcher.poll_interval(), Duration::from_millis(4), "while it builds");
}

#[test]
fn what_is_wanted_is_fetched_early_but_never_twice_in_ten_seconds() {
    let words = Words::new(600_000, 2_000, 0);
    let mut fetcher = Fetcher::new(words.clone());
    let head = |checked_at| {
        let checked_at = UnixTime::from_millis(checked_at);
        Some(Head { version: 1, checked_at, digest: 0, etag: Vec::new() })
    };
    let mut tick = |millis, head: Option<Head>, busy| {
        let event = Event::Tick { head, leased_until: UnixTime::default(), busy };
        match fetcher.on(event, UnixTime::from_millis(millis)) {
            Next::Install(version) => {
                fetcher.install(version, b"word".to_vec()).unwrap();
                "install"
            }
            Next::Lease { .. } => "lease",
            _ => "rest",
        }
    };
    assert_eq!(tick(1_001, head(1_000), false), "install");
    assert_eq!(tick(9_000, head(1_000), false), "rest", "nobody wants it");
    words.wanted.set(true);
    assert_eq!(tick(10_999, head(1_000), true), "rest", "it is too young");
    assert_eq!(tick(11_000, head(1_000), true), "lease", "also by a busy worker");
    assert!(words.wanted.get(), "until it was confirmed");
    assert_eq!(tick(11_050, head(11_010), true), "rest");
    assert!(!words.wanted.get());
    words.wanted.set(true);
    assert_eq!(tick(21_009, head(11_010), true), "rest");
    assert_eq!(tick(21_010, head(11_010), true), "lease");
}

#[test]
fn a_document_is_told_once_when_it_was_confirmed() {
    let (first, second) = (Some((1, 1_000, "")), Some((1, 11_010, "")));
    let (mut fetcher, words) =
        play(&[(1_001, Tick(first, 3_500), "install 1"), (1_001, Install(1, "word"), "Ok(4)")]);
    let told = || words.told.with(|told| told.clone()).unwrap();
    assert_eq!(told(), [1_000]);
    assert!(fetcher.take_news());
    for (head, want, news) in [(first, vec![1_000], false), (second, vec![1_000, 11_010], true)] {
        let head = head.map(|(version, at, _)| Head {
            version,
            checked_at: UnixTime::from_millis(at),
            digest: 0,
            etag: Vec::new(),
        });
        let event = Event::Tick { head, leased_until: UnixTime::from_millis(99_000), busy: false };
        fetcher.on(event, UnixTime::from_millis(11_020));
        assert_eq!((told(), fetcher.take_news()), (want, news));
    }
}

#[test]
fn a_busy_worker_leaves_the_first_chance_to_an_idle_one() {
    play(&[
        (0, BusyTick(None, 0), "lease until 2500"),
        (1_001, BusyTick(V1, 0), "install 1"),
        (1_001, Install(1, "word"), "Ok(4)"),
        (11_000, BusyTick(V1, 0), "rest"),
        (11_999, BusyTick(V1, 0), "rest"),
        (12_000, BusyTick(V1, 0), "lease until 14500"),
    ]);
}

#[test]
fn the_same_body_again_is_confirmed_and_not_built() {
    let confirmed = Some((1, 11_010, "\"b\""));
    play(&[
        (1_001, Tick(V1, 0), "install 1"),
        (1_001, Install(1, "word"), "Ok(4)"),
        (11_000, Tick(V1, 0), "lease until 13500"),
        (11_000, Leased(V1), "send `\"a\"`"),
        (11_010, Answer(200, "\"b\"", Some("word")), "confirm 1 at 11010 `\"b\"`"),
        (11_260, Tick(confirmed, 13_500), "lease until 11260"),
        (11_260, Leased(confirmed), "rest"),
        (21_010, Tick(confirmed, 11_260), "lease until 23510"),
        (21_010, Leased(confirmed), "send `\"b\"`"),
        (21_020, Answer(200, "", Some("words")), "rest"),
        (21_024, Tick(confirmed, 23_510), "rest"),
        (21_028, Tick(confirmed, 23_510), "rest"),
        (21_032, Tick(confirmed, 23_510), "publish 7 at 21020 ``: words"),
    ]);
}
