//! Text that reads as what it was made of.

use super::{compact, flow, pretty};
use crate::document;
use filter_api::Value;

fn json(text: &str) -> Value {
    Value::from_json(text.as_bytes()).expect("JSON")
}

const SAMPLES: [&str; 12] = [
    "null",
    "true",
    "-1.5",
    r#""""#,
    r#""yes""#,
    r#""17""#,
    r#""1s""#,
    r#""a \"b\"\n\u0001é: #""#,
    "[]",
    "{}",
    r#"[1,[2,{"a":null}],"on"]"#,
    r#"{"b":1,"a":{"1.3":["10.0.0.0/8","fd00::/8","x: y","-a","{a}","~"]},"c":9007199254740992}"#,
];

#[test]
fn all_forms_read_as_what_they_were_made_of() {
    for sample in SAMPLES {
        let value = json(sample);
        assert_eq!(compact(&value), sample, "{sample}");
        assert_eq!(json(&pretty(&value)), value, "{sample}");
        let flow = flow(&value);
        assert_eq!(document::from_yaml(flow.as_bytes()).as_ref(), Ok(&value), "{flow}");
    }
}

#[test]
fn people_see_few_quotes() {
    let policy = json(r#"{"header":{"name":"x-env","exact":"canary"},"in":["10.0.0.0/8","1s","1.3","no"]}"#);
    let want = r#"{ header: { name: x-env, exact: canary }, in: [10.0.0.0/8, 1s, "1.3", "no"] }"#;
    assert_eq!(flow(&policy), want);
}

#[test]
fn programs_get_fields_in_order() {
    assert_eq!(pretty(&json(r#"{"b":[1],"a":{}}"#)), "{\n  \"b\": [\n    1\n  ],\n  \"a\": {}\n}\n");
}
