//! The policies of `config/valid` at work.

use super::minted::{ES256, JWKS, RS256, SVID};
use super::{NOW, arrive, changes, compile, document, effects, verdict};
use filter_api::fake::FakeRequest;
use filter_api::{ClientCertificate, TlsVersion};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Every field that there is, as JSON.
const EVERY_FIELD: &str = include_str!("../config/tests/every_field.json");

#[test]
fn every_field_at_work() {
    let policy = compile(EVERY_FIELD);
    for (name, body, count) in
        [("idp", JWKS, 2), ("example.org", super::minted::BUNDLE, 1), ("revoked", r#"{"revoked":[]}"#, 0)]
    {
        assert_eq!(arrive(&document(&policy, name), body, NOW), Ok(count), "{name}");
    }
    let get = |path: &str| FakeRequest::get(path).at(NOW).tls(TlsVersion::V1_3);
    let with = |path: &str, token: &str| get(path).field("authorization", format!("Bearer {token}"));
    let peer = "spiffe://example.org/ns/prod/sa/checkout";
    let certificate = ClientCertificate::Validated { digest: [7; 32] };
    for (name, request, want) in [
        ("open", get("/healthz"), "pass health"),
        ("not bound", with("/orders/1", ES256).certificate(certificate).svid(peer), "401 unbound"),
        ("no certificate", with("/orders/1", ES256), "403 no_certificate"),
        ("not enough", with("/orders/1", RS256).method("POST"), "403 scope"),
        ("a workload", with("/svid", SVID), "pass workloads"),
        (
            "the mesh",
            get("/internal").certificate(certificate).svid("spiffe://example.org/ns/prod/sa/batch"),
            "pass mesh-only",
        ),
        ("nobody's", get("/admin"), "403 no_rule"),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
    let workload = with("/svid", SVID).field("x-jwt-sub", "admin");
    let set = changes(&effects(&policy, &workload));
    assert_eq!(set, [format!("x-spiffe-id: {peer}"), "- authorization".to_owned(), "- x-jwt-sub".to_owned()]);
}
