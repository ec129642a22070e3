use super::{Cause, hear};
use filter_api::Answer;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn hears_yes_or_no_or_why_neither() {
    for (name, answer, want) in [
        ("OK", Answer::Message(b"\x08\x01".to_vec()), Ok(false)),
        ("over the limit", Answer::Message(b"\x08\x02".to_vec()), Ok(true)),
        ("UNKNOWN, which an empty message is", Answer::Message(Vec::new()), Err(Cause::Answer)),
        ("a page", Answer::Message(b"<html>".to_vec()), Err(Cause::Answer)),
        ("nothing in time", Answer::TimedOut, Err(Cause::Timeout)),
        ("no cluster", Answer::Unsent, Err(Cause::Unsent)),
    ] {
        assert_eq!(hear(&answer).map(|answer| answer.is_over), want, "{name}");
    }
    for status in 1..=16 {
        assert_eq!(hear(&Answer::Status(status)), Err(Cause::Status), "{status}");
    }
}
