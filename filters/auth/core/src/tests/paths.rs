//! Ambiguous paths and odd targets (threats R09 to R14). What is ambiguous: `path/tests.rs`.

use super::{NOW, bearer, policy, token, verdict};
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn an_ambiguous_path_is_refused_before_any_rule() {
    let policy = policy(
        r#"{"when": {"path": {"prefix": "/open"}}, "allow": "anyone"},
           {"when": {"path": {"prefix": "/admin"}}, "require": {"token": "idp"}},
           {"when": {"not": {"path": {"prefix": "/admin"}}}, "allow": "anyone"}"#,
    );
    for path in [
        "//admin",
        "/./admin",
        "/x/../admin",
        "/open/../admin",
        "/%2e%2e/admin",
        "/open%2F..%2Fadmin",
        "/open%5Cadmin",
        "/%61dmin",
        "/admin;x",
        "/open/..;/admin",
        "/open#f",
        "/open%00",
        "/%c0%afadmin",
        "http://shop.example/admin",
        "/open\\..\\admin",
        "admin",
        "",
        "/open%",
        "/open?a#b",
        "/open/\u{e4}",
    ] {
        assert_eq!(verdict(&policy, &FakeRequest::get(path)), "400 ambiguous_path", "{path}");
        let known = FakeRequest::get(path).field("authorization", format!("Bearer {}", token("")));
        assert_eq!(verdict(&policy, &known), "400 ambiguous_path", "{path}, with a token");
    }
    for (path, want) in [
        ("/admin", "401 no_token"),
        ("/admin/", "401 no_token"),
        ("/admin?a=/../b", "401 no_token"),
        ("/ADMIN", "pass rule-2"),
        ("/open/a", "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &FakeRequest::get(path)), want, "{path}");
    }
}

/// R12.
#[test]
fn requests_without_a_resource() {
    let by_path = policy(r#"{"when": {"path": {"prefix": "/"}}, "allow": "anyone"}"#);
    let by_token = policy(r#"{"require": {"token": "idp"}}"#);
    let connect = FakeRequest::default().field(":method", "CONNECT").field(":authority", "db.internal:5432");
    let options = FakeRequest::get("*").method("OPTIONS");
    for (name, policy, request, want) in [
        ("CONNECT", &by_path, &connect, "403 no_rule"),
        ("OPTIONS *", &by_path, &options, "403 no_rule"),
        ("CONNECT, no token", &by_token, &connect, "401 no_token"),
        ("OPTIONS *, no token", &by_token, &options, "401 no_token"),
        ("no fields at all", &by_path, &FakeRequest::default(), "403 no_rule"),
    ] {
        assert_eq!(verdict(policy, request), want, "{name}");
    }
}

/// R14: rules see one spelling of a host.
#[test]
fn hosts_are_compared_in_one_form() {
    let policy = policy(
        r#"{"when": {"authority": {"exact": "admin.example"}}, "require": {"token": "idp"}}, {"allow": "anyone"}"#,
    );
    for authority in
        ["admin.example", "ADMIN.example", "admin.example.", "admin.example:8443", "u@admin.example"]
    {
        let request = FakeRequest::get("/").authority(authority);
        assert_eq!(verdict(&policy, &request), "401 no_token", "{authority}");
    }
}

/// R18.
#[test]
fn bytes_that_are_no_text_change_no_verdict() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    let odd = bearer(&token("")).field("x-odd", b"\xff\x00\xc0\xaf").field("cookie", b"a=\xff; \x80=b");
    assert_eq!(verdict(&policy, &odd), "pass rule-0");
    let odd = FakeRequest::get("/").at(NOW).field("x-odd", b"\xff").field("authorization", b"Bearer \xff");
    assert_eq!(verdict(&policy, &odd), "400 malformed_credentials");
}
