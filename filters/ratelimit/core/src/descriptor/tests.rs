use super::entries;
use crate::fingerprint::Salt;
use crate::global::{Global, OnFailure};
use filter_api::fake::FakeRequest;
use filter_api::{FieldName, Key};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn names_the_request() {
    let (tenant, user) = (header("x-tenant"), header("x-user"));
    for (name, descriptor, keys, fields, want) in [
        ("no key", vec!["all"], None, vec![], vec![("generic_key", "all")]),
        (
            "one part",
            vec!["tenant"],
            Some(vec![tenant.clone()]),
            vec![("x-tenant", b"acme".as_slice())],
            vec![("tenant", "acme")],
        ),
        (
            "two parts, in the order of the policy",
            vec!["user", "tenant"],
            Some(vec![user.clone(), tenant.clone()]),
            vec![("x-tenant", b"acme"), ("x-user", b"7")],
            vec![("user", "7"), ("tenant", "acme")],
        ),
        (
            "one part is missing: as if all were",
            vec!["user", "tenant"],
            Some(vec![user, tenant.clone()]),
            vec![("x-tenant", b"acme")],
            vec![("user", "-"), ("tenant", "-")],
        ),
        (
            "an empty part is missing",
            vec!["tenant"],
            Some(vec![tenant.clone()]),
            vec![("x-tenant", b"")],
            vec![("tenant", "-")],
        ),
        (
            "not UTF-8, and an escape that stays",
            vec!["tenant"],
            Some(vec![tenant]),
            vec![("x-tenant", b"a\xFF\xC3\xA9\xC3%2F")],
            vec![("tenant", "a%FF\u{e9}%C3%2F")],
        ),
    ] {
        let with = |request: FakeRequest, (name, value): &(&str, &[u8])| request.field(name, value);
        let request = fields.iter().fold(FakeRequest::get("/"), with);
        let got = entries(&global(&descriptor), keys.as_deref(), &request);
        assert!(got.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(want), "{name}: {got:?}");
    }
}

fn header(name: &str) -> Key {
    Key::Header(FieldName::parse(name).unwrap())
}

fn global(descriptor: &[&str]) -> Global {
    Global {
        cluster: "ratelimit".to_owned(),
        domain: "d".to_owned(),
        descriptor: descriptor.iter().map(|text| (*text).to_owned()).collect(),
        timeout: Duration::from_millis(20),
        lease: 1,
        on_failure: OnFailure::Deny,
        salt: Salt::NONE,
        single: 0,
    }
}
