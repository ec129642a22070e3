//! Shares and their bounds.

use super::Weight;
use crate::testing::{read, refusal};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn refuses() {
    for (json, want) in [
        ("-1", "-1 is below 0"),
        ("10001", "10001 is above 10000"),
        ("65536", "65536 is above 10000"),
        ("4294967296", "4294967296 is above 10000"),
        ("0.5", "0.5 is not a whole number"),
        ("9999.999", "9999.999 is not a whole number"),
        (r#""500""#, "wants a whole number, is a string"),
        (r#""5%""#, "wants a whole number, is a string"),
        ("null", "wants a whole number, is nothing"),
    ] {
        assert_eq!(refusal(json, |node| Weight::read(&node)), want);
    }
}

#[test]
fn accepts() {
    for (json, parts) in [("0", 0), ("1", 1), ("5e2", 500), ("9999", 9_999), ("10000", Weight::WHOLE)] {
        assert_eq!(read(json, |node| Weight::read(&node)).map(Weight::parts), Ok(parts));
    }
}
