//! JSON text and back.

use super::{of, text};
use filter_api::Value;
use filter_jose::Json;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn texts_read_back_as_they_were() {
    for json in [
        "null",
        "true",
        "false",
        "9007199254740993",
        "1.50e-3",
        r#""a\"b\\c\u0000\u001f/ä€😀""#,
        "[]",
        "[1,[],{}]",
        "{}",
        r#"{"b":1,"a":{"":null},"\n":[]}"#,
    ] {
        let value = Json::parse(json.as_bytes()).expect("JSON");
        assert_eq!(Json::parse(text(&value).as_bytes()).as_ref(), Ok(&value), "{json}");
    }
    let value = Json::parse(br#" { "b" : [ 1 , "\n" ] , "a" : "\u00e4" } "#).expect("JSON");
    assert_eq!(text(&value), r#"{"b":[1,"\u000a"],"a":"ä"}"#);
}

#[test]
fn configuration_values_keep_their_order_and_duplicates() {
    let value = Value::from_json(br#"{"b": [1, 2.5, null, true, "x"], "a": {}, "b": 65537}"#).expect("JSON");
    assert_eq!(text(&of(&value)), r#"{"b":[1,2.5,null,true,"x"],"a":{},"b":65537}"#);
}
