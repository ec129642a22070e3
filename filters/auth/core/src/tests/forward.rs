//! What an upstream is told, and what a client may not say (threats R03, J52).

use super::{NOW, bearer, changes, effects, policy_with, token, verdict};
use crate::Policy;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULES: &str = r#"{"when": {"path": {"exact": "/open"}}, "allow": "anyone"}, {"require": {"token": ["idp", "partner"]}}"#;

fn forwarding(forward: &str) -> Policy {
    policy_with(&format!(r#", "forward": {{{forward}}}"#), "", RULES)
}

fn claim(path: &str) -> Policy {
    forwarding(&format!(r#""claims": [{{"claim": "{path}", "header": "X-JWT-Claim"}}]"#))
}

#[test]
fn claims_become_fields() {
    for (name, path, claims, want) in [
        ("text", "sub", r#""sub":"u-1""#, "u-1"),
        ("inner spaces stay", "name", r#""name":"Ada L.""#, "Ada L."),
        ("an empty text", "name", r#""name":"""#, ""),
        ("a number keeps its text", "n", r#""n":9007199254740993"#, "9007199254740993"),
        ("a fraction", "n", r#""n":1.50"#, "1.50"),
        ("a boolean", "b", r#""b":true"#, "true"),
        ("a list", "roles", r#""roles":["a","b c",3,false]"#, "a,b c,3,false"),
        ("an empty list", "roles", r#""roles":[]"#, ""),
        ("commas in items", "roles", r#""roles":["a,b","50%"]"#, "a%2Cb,50%25"),
        ("nested", "realm_access.roles", r#""realm_access":{"roles":["x","y"]}"#, "x,y"),
        ("an exact name", "https://ns.example/t", r#""https://ns.example/t":"acme""#, "acme"),
        ("an object: {\"a\":[1]}", "o", r#""o":{"a":[1]}"#, "eyJhIjpbMV19"),
        (
            "a list of objects: [{\"a\":\"\\u0000\"}]",
            "o",
            r#""o":[{"a":"\u0000"}]"#,
            "W3siYSI6Ilx1MDAwMCJ9XQ",
        ),
    ] {
        let policy = claim(path);
        assert_eq!(
            changes(&effects(&policy, &bearer(&token(claims)))),
            [format!("x-jwt-claim: {want}")],
            "{name}"
        );
    }
}

#[test]
fn a_claim_that_is_not_there_sets_nothing() {
    let policy = claim("sub");
    for claims in ["", r#""sub2":"u-1""#, r#""x":null"#] {
        assert_eq!(changes(&effects(&policy, &bearer(&token(claims)))), [""; 0], "{claims}");
        let spoofed = bearer(&token(claims)).field("x-jwt-claim", "admin");
        assert_eq!(changes(&effects(&policy, &spoofed)), ["- x-jwt-claim"], "{claims}");
    }
    let policy = claim("none");
    assert_eq!(changes(&effects(&policy, &bearer(&token(r#""none":null"#)))), [""; 0]);
}

/// J52: never split, never repaired.
#[test]
fn a_value_that_cannot_stand_in_a_field_refuses_the_token() {
    let policy = claim("name");
    let text = |value: &str| format!(r#""name":"{value}""#);
    for (name, claims) in [
        ("CR LF", text(r"a\r\nx-admin: 1")),
        ("LF", text(r"a\nb")),
        ("NUL", text(r"a\u0000b")),
        ("tab", text(r"a\tb")),
        ("DEL", text(r"a\u007fb")),
        ("not ASCII", text("\u{e4}")),
        ("a space in front: a server would cut it off", text(" admin")),
        ("a space behind", text("admin ")),
        ("above 8 KiB", text(&"n".repeat(8 * 1024 + 1))),
        ("in a list", r#""name":["a","b\n"]"#.to_owned()),
    ] {
        assert_eq!(verdict(&policy, &bearer(&token(&claims))), "401 claim_value", "{name}");
    }
    assert_eq!(verdict(&policy, &bearer(&token(&text(&"n".repeat(8 * 1024))))), "pass rule-1");
    let elsewhere = token(r#""name":"a","other":"\r\n""#);
    assert_eq!(verdict(&policy, &bearer(&elsewhere)), "pass rule-1", "what is not forwarded may be anything");
}

#[test]
fn the_payload_goes_on_as_it_came() {
    let policy = forwarding(r#""payload_header": "x-jwt-payload""#);
    let token = token(r#""sub":"u-1""#);
    let payload = token.split('.').nth(1).expect("a payload");
    assert_eq!(changes(&effects(&policy, &bearer(&token))), [format!("x-jwt-payload: {payload}")]);
}

/// R03: on every route, whoever asks, in every spelling that some server takes for the same.
#[test]
fn what_the_policy_sets_no_client_says() {
    let policy = forwarding(
        r#""payload_header": "x-jwt-payload", "claims": [{"claim": "sub", "header": "x-jwt-sub"}, {"claim": "admin", "header": "x-admin"}]"#,
    );
    let open = || FakeRequest::get("/open").at(NOW);
    for (name, request, want) in [
        ("one", open().field("x-jwt-sub", "admin"), vec!["- x-jwt-sub"]),
        ("two lines", open().field("x-jwt-sub", "a").field("x-jwt-sub", "b"), vec!["- x-jwt-sub"]),
        ("empty", open().field("x-jwt-sub", ""), vec!["- x-jwt-sub"]),
        (
            "all",
            open().field("x-admin", "1").field("x-jwt-payload", "e30"),
            vec!["- x-admin", "- x-jwt-payload"],
        ),
        (
            "underscores",
            open().field("x_jwt_sub", "a").field("x-jwt_sub", "a"),
            vec!["- x_jwt_sub", "- x-jwt_sub"],
        ),
        (
            "with a token that is not looked at",
            open().field("authorization", "Bearer x").field("x-admin", "1"),
            vec!["- x-admin"],
        ),
        (
            "others stay",
            open().field("x-jwt-su", "a").field("x-jwt-sub2", "b").field("x.jwt.sub", "c"),
            vec![],
        ),
    ] {
        assert_eq!(changes(&effects(&policy, &request)), want, "{name}");
    }
    let spoofed = bearer(&token(r#""sub":"u-1""#))
        .field("x-jwt-sub", "admin")
        .field("x_jwt_sub", "admin")
        .field("x-admin", "1");
    let set = changes(&effects(&policy, &spoofed));
    assert_eq!(set[1..], ["x-jwt-sub: u-1", "- x_jwt_sub", "- x-admin"], "what is set replaces all lines");
}

/// The fields of one provider are nobody's for the tokens of another.
#[test]
fn fields_of_another_provider_are_removed_too() {
    let policy = claim("sub");
    let claims = r#"{"iss":"https://partner.example","aud":"orders","sub":"p-1","exp":4102444800}"#;
    let partner = super::mint(super::HEADER, claims, super::PARTNER_SECRET);
    assert_eq!(changes(&effects(&policy, &bearer(&partner).field("x-jwt-claim", "u-1"))), ["- x-jwt-claim"]);
}

#[test]
fn a_token_is_stripped_from_wherever_it_was() {
    let from =
        r#""from": [{"header": "authorization", "prefix": "Bearer "}, {"cookie": "at"}, {"query": "at"}]"#;
    let strip = policy_with(&format!(r#", {from}, "forward": {{"token": "strip"}}"#), "", RULES);
    let keep = policy_with(&format!(r#", {from}"#), "", RULES);
    let token = token("");
    let get = |path: &str| FakeRequest::get(path).at(NOW);
    for (name, request, want) in [
        ("header", bearer(&token), vec!["- authorization"]),
        ("cookie", get("/").field("cookie", format!("a=1; at={token}; b=2")), vec!["cookie: a=1; b=2"]),
        ("the only cookie", get("/").field("cookie", format!("at={token}")), vec!["- cookie"]),
        ("query", get(&format!("/?a=1&at={token}&b=2")), vec![":path: /?a=1&b=2"]),
        (
            "header and cookie",
            bearer(&token).field("cookie", format!("at={token}")),
            vec!["- authorization", "- cookie"],
        ),
    ] {
        assert_eq!(changes(&effects(&strip, &request)), want, "{name}");
        assert_eq!(changes(&effects(&keep, &request)), [""; 0], "{name}, kept");
    }
}
