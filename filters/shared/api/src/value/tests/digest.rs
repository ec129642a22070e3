//! The digest of a document: equal for equal documents, on every machine.

use super::{POLICY, Value, json};
use crate::testing::Arbitrary;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_digest_does_not_depend_on_the_order_of_map_entries() {
    let value = json(POLICY);
    let Value::Map(entries) = &value else { panic!("a mapping") };
    let mut arbitrary = Arbitrary::new(1);
    for _ in 0..100 {
        let mut shuffled = entries.clone();
        (1..shuffled.len()).for_each(|last| shuffled.swap(last, arbitrary.below(last + 1)));
        assert_eq!(Value::Map(shuffled).digest(), value.digest());
    }
    let nested = [r#"{"a": {"b": 1, "c": 2}}"#, r#"{"a": {"c": 2, "b": 1}}"#];
    assert_eq!(json(nested[0]).digest(), json(nested[1]).digest());
}

#[test]
fn equal_documents_have_equal_digests() {
    assert_eq!(json("0"), json("-0"));
    assert_eq!(json("0").digest(), json("-0").digest());
    // The tool that renders a policy runs on 64 bits and the filter on 32: the value must be one and the same.
    assert_eq!(json(POLICY).digest(), POLICY_DIGEST);
}

#[test]
fn different_documents_have_different_digests() {
    let texts = [
        "null",
        "true",
        "false",
        "0",
        "1",
        r#""""#,
        r#""0""#,
        r#""n""#,
        "[]",
        "[[]]",
        "[null]",
        "{}",
        r#"{"a": null}"#,
        r#"{"a": {}}"#,
        r#"{"a": [], "b": 0}"#,
        r#"{"a": [0], "b": 0}"#,
        "[0, 1]",
        "[1, 0]",
        "[[0], 1]",
        "[0, [1]]",
        r#"["ab", "c"]"#,
        r#"["a", "bc"]"#,
        r#"["abc"]"#,
        r#"{"ab": "c"}"#,
        r#"{"a": "bc"}"#,
        r#"{"a": 1, "a": 2}"#,
        r#"{"a": 2, "a": 1}"#,
        r#"{"a": 1}"#,
    ];
    let mut digests: Vec<_> = texts.iter().map(|text| json(text).digest()).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), texts.len());
}

/// Computed in Python from the layout of `Value::feed`, with its xxhash and lengths of eight bytes.
const POLICY_DIGEST: u64 = 0xC980_9228_624D_4039;
