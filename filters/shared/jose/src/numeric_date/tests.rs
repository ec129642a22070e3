use super::parse;
use crate::json::Json;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn nanos(json: &str) -> Option<u64> {
    parse(&Json::parse(json.as_bytes()).unwrap()).map(|time| time.nanos)
}

#[test]
fn refuses() {
    for json in [
        "-1",
        "-0.5",
        "-0",
        "1e400",
        "1e2000",
        "1e99999999999",
        "9223372036854775808",
        "18446744073709551616",
        "1e19",
        "253402300800",
        r#""123""#,
        "true",
        "null",
        "[]",
        "{}",
        "[1]",
    ] {
        assert_eq!(nanos(json), None, "{json}");
    }
}

#[test]
fn reads() {
    for (json, want) in [
        ("0", 0),
        ("0.0", 0),
        ("0e9999", 0),
        ("1", 1_000_000_000),
        ("1.5", 1_500_000_000),
        ("1.0000000019", 1_000_000_001),
        ("0.000000001", 1),
        ("0.0000000001", 0),
        ("1e-9", 1),
        ("1e-400", 0),
        ("17e8", 1_700_000_000_000_000_000),
        ("1.7E+9", 1_700_000_000_000_000_000),
        ("170000000000e-2", 1_700_000_000_000_000_000),
        ("1900000000", 1_900_000_000_000_000_000),
        ("18446744073", 18_446_744_073_000_000_000),
        ("18446744074", u64::MAX),
        ("253402300799", u64::MAX),
        ("253402300799.9", u64::MAX),
    ] {
        assert_eq!(nanos(json), Some(want), "{json}");
    }
}
