use super::Claims;
use crate::json::Json;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn claims() -> Claims<'static> {
    let json: &'static str = r#"{"sub": "u", "realm_access": {"roles": ["a"], "x": {"y": 1}}, "realm_access.roles": "exact",
        "https://ns.example/roles": true, "dotted.name": {"in": 2}}"#;
    Claims::new(Json::parse(json.as_bytes()).unwrap()).unwrap()
}

#[test]
fn finds_the_exact_name_before_the_path() {
    for (path, want) in [
        ("sub", Some(r#"Text("u")"#)),
        ("realm_access.roles", Some(r#"Text("exact")"#)),
        ("realm_access.x.y", Some(r#"Number("1")"#)),
        ("https://ns.example/roles", Some("Bool(true)")),
        ("dotted.name", Some(r#"Map([("in", Number("2"))])"#)),
        ("dotted.name.in", None),
        ("sub.u", None),
        ("realm_access.roles.0", None),
        ("realm_access.", None),
        (".sub", None),
        ("", None),
        ("Sub", None),
    ] {
        assert_eq!(claims().at(path).map(|value| format!("{value:?}")).as_deref(), want, "{path}");
    }
}

#[test]
fn top_level_claims_come_in_order() {
    let claims = claims();
    let names: Vec<&str> = claims.iter().map(|(name, _)| name).collect();
    let want = ["sub", "realm_access", "realm_access.roles", "https://ns.example/roles", "dotted.name"];
    assert_eq!(names, want);
    assert_eq!(claims.iter().count(), 5);
}

#[test]
fn is_an_object() {
    for json in ["[]", "null", "1", r#""a""#] {
        assert_eq!(Claims::new(Json::parse(json.as_bytes()).unwrap()), None, "{json}");
    }
}
