//! Fields that clients may not send, in every spelling.

use super::Reserved;
use filter_api::{FieldName, Fields};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn reserved(names: &[&str]) -> Reserved {
    let mut reserved = Reserved::default();
    for name in names {
        reserved.add(&FieldName::parse(name).expect("a name")).expect("not too many dashes");
    }
    reserved
}

fn sent(reserved: &Reserved, names: &[&str]) -> Vec<String> {
    let lines = names.iter().map(|name| (name.as_bytes(), &b"v"[..]));
    let fields = Fields::serialise(lines.collect::<Vec<_>>().into_iter());
    reserved.sent(Fields::new(&fields)).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_spelling_is_found_as_it_was_sent() {
    let reserved = reserved(&["x-jwt-sub", "x_tenant", "plain"]);
    for name in ["x-jwt-sub", "x_jwt-sub", "x-jwt_sub", "x_jwt_sub", "x-tenant", "x_tenant", "plain"] {
        assert_eq!(sent(&reserved, &["a", name, "b"]), [name]);
    }
    for name in ["x-jwt-su", "x-jwt-subs", "xx-jwt-sub", "x.jwt.sub", "x-jwt--sub", "-", "_", "", "plai"] {
        assert_eq!(sent(&reserved, &[name]), [""; 0], "{name}");
    }
    assert_eq!(sent(&reserved, &["x-tenant", "plain", "x-tenant"]), ["x-tenant", "plain"], "each once");
}

#[test]
fn two_spellings_of_one_name_are_one() {
    let both = reserved(&["x-jwt-sub", "x_jwt_sub"]);
    assert_eq!(both.0.len(), 1);
    assert!(both.has(&FieldName::parse("x-jwt_sub").expect("a name")));
    assert!(!both.has(&FieldName::parse("x-jwt").expect("a name")));
}

#[test]
fn names_with_many_dashes_are_refused() {
    let mut reserved = Reserved::default();
    let mut add = |name: &str| reserved.add(&FieldName::parse(name).expect("a name"));
    assert_eq!(add("a-b-c-d-e-f-g"), Ok(()));
    assert_eq!(add("a-b-c-d-e_f_g-h"), Err("has 7 of - and _, at most 6 are allowed".to_owned()));
}
