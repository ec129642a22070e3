//! Rules in order; of what a rule requires, the first that fails names the reason.

use super::{bearer, policy, token, verdict};
use filter_api::TlsVersion;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_first_rule_that_matches_decides() {
    let policy = policy(
        r#"{"name": "health", "when": {"path": {"exact": "/healthz"}}, "allow": "anyone"},
           {"name": "writes", "when": {"method": {"exact": "POST"}}, "require": {"token": "idp", "claims": [{"name": "scope", "contains": "write"}]}},
           {"name": "reads", "when": {"path": {"prefix": "/orders"}}, "require": {"token": "idp"}}"#,
    );
    let reader = token(r#""scope":"read""#);
    for (name, request, want) in [
        ("open", FakeRequest::get("/healthz"), "pass health"),
        (
            "open, with a bad token",
            FakeRequest::get("/healthz").field("authorization", "Bearer x"),
            "pass health",
        ),
        ("the second does not fall through to the third", bearer(&reader).method("POST"), "403 scope"),
        ("the third", bearer(&reader), "pass reads"),
        ("HEAD is not GET, and no POST", bearer(&reader).method("HEAD"), "pass reads"),
        ("methods in another case are others", bearer(&reader).method("post"), "pass reads"),
        ("no rule (K06)", FakeRequest::get("/admin"), "403 no_rule"),
        (
            "no rule, with a good token",
            FakeRequest::get("/").field("authorization", format!("Bearer {reader}")),
            "403 no_rule",
        ),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
}

/// R11: what other software takes for the path or the method means nothing here.
#[test]
fn other_names_for_path_and_method_are_not_read() {
    let policy = policy(
        r#"{"when": {"all": [{"path": {"exact": "/healthz"}}, {"method": {"exact": "GET"}}]}, "allow": "anyone"}"#,
    );
    let mut request = FakeRequest::get("/admin").method("POST");
    for name in ["x-envoy-original-path", "x-original-url", "x-rewrite-url"] {
        request = request.field(name, "/healthz");
    }
    request = request.field("x-http-method-override", "GET");
    assert_eq!(verdict(&policy, &request), "403 no_rule");
}

#[test]
fn what_costs_least_is_checked_first() {
    let policy = policy(
        r#"{"require": {"tls": {"min_version": "1.3", "mutual": true}, "peer": ["spiffe://example.org/a"], "token": "idp",
            "claims": [{"name": "tenant", "exact": "acme"}], "bound": "required"}}"#,
    );
    let digest = [7; 32];
    let validated = filter_api::ClientCertificate::Validated { digest };
    let cnf = |digest: &str| format!(r#""cnf":{{"x5t#S256":"{digest}"}}"#);
    let right = cnf("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc");
    let wrong = cnf("CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg");
    let steps = |request: FakeRequest, step: u8| {
        let request = if step > 0 { request.tls(TlsVersion::V1_3) } else { request.tls(TlsVersion::V1_2) };
        let request = if step > 1 { request.certificate(validated) } else { request };
        match step {
            0..=2 => request,
            3 => request.svid("spiffe://example.org/b"),
            _ => request.svid("spiffe://example.org/a"),
        }
    };
    let get = || FakeRequest::get("/orders").at(super::NOW);
    for (name, request, want) in [
        ("TLS 1.2", steps(get(), 0), "403 tls_version"),
        ("no certificate", steps(get(), 1), "403 no_certificate"),
        ("no SVID", steps(get(), 2), "403 no_certificate"),
        ("another peer", steps(get(), 3), "403 peer"),
        ("no token", steps(get(), 4), "401 no_token"),
        ("not bound", steps(bearer(&token("")), 4), "401 unbound"),
        ("bound to another", steps(bearer(&token(&wrong)), 4), "401 bound_elsewhere"),
        ("no tenant", steps(bearer(&token(&right)), 4), "403 claims"),
        ("all", steps(bearer(&token(&format!(r#"{right},"tenant":"acme""#))), 4), "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
}
