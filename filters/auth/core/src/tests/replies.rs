//! Answers: status, challenge and body by class, the same bytes for all token faults (J57).

use super::{HEADER, IDP_SECRET, PARTNER_SECRET, bearer, compile, mint, policy, token};
use crate::Reason;
use crate::denial::Class;
use crate::reply::reply;
use filter_api::fake::FakeRequest;
use filter_api::{Decision, Reply};
use filter_jose::TokenError;
use std::collections::BTreeSet;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn field<'r>(reply: &'r Reply<'_>, name: &str) -> Option<&'r str> {
    let value = reply.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
    value.map(|value| std::str::from_utf8(value).expect("ASCII"))
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    let codes: Vec<_> = Reason::all().map(Reason::code).collect();
    let distinct: BTreeSet<_> = codes.iter().collect();
    assert_eq!(distinct.len(), codes.len());
    assert_eq!(codes.len(), Reason::OWN.len() + TokenError::REASONS.len());
    for code in codes {
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
    }
}

#[test]
fn classes_answer_as_rfc_6750_says() {
    for reason in Reason::all() {
        let reply = reply(reason, Vec::new());
        let code = reason.code();
        let (status, grpc, challenge, class) = match reason.class() {
            Class::AmbiguousPath => (400, 3, None, "ambiguous_path"),
            Class::InvalidRequest => (400, 3, Some(r#"Bearer error="invalid_request""#), "invalid_request"),
            Class::NoToken => (401, 16, Some(r#"Bearer realm="sluice""#), "no_token"),
            Class::InvalidToken => (401, 16, Some(r#"Bearer error="invalid_token""#), "invalid_token"),
            Class::InsufficientScope => {
                (403, 7, Some(r#"Bearer error="insufficient_scope""#), "insufficient_scope")
            }
            Class::Forbidden => (403, 7, None, "forbidden"),
            Class::Unavailable => (503, 14, None, "unavailable"),
        };
        assert_eq!((reply.status, reply.grpc_status), (status, Some(grpc)), "{code}");
        assert_eq!(field(&reply, "www-authenticate"), challenge, "{code}");
        assert_eq!(field(&reply, "content-type"), Some("application/problem+json"), "{code}");
        assert_eq!(field(&reply, "retry-after"), (status == 503).then_some("1"), "{code}");
        assert_eq!(reply.details, format!("sluice_auth{{{code}}}"));
        let body = std::str::from_utf8(&reply.body).expect("text");
        assert!(body.starts_with(r#"{"type":"about:blank","title":""#), "{body}");
        assert!(body.ends_with(&format!(r#"","status":{status},"reason":"{class}"}}"#)), "{body}");
        assert!(filter_api::Value::from_json(&reply.body).is_ok(), "{body}");
    }
}

/// J57: a client cannot tell which check failed.
#[test]
fn all_token_faults_look_alike() {
    let policy = policy(r#"{"require": {"token": "idp"}}"#);
    let claims = |iss: &str, exp: u64| format!(r#"{{"iss":"{iss}","aud":"orders","exp":{exp}}}"#);
    let (ours, far) = ("https://issuer.example", 4_102_444_800);
    let tokens = [
        ("malformed", "x".to_owned()),
        ("algorithm", mint(r#"{"alg":"none"}"#, &claims(ours, far), IDP_SECRET)),
        ("unknown key", mint(r#"{"alg":"HS256","kid":"x"}"#, &claims(ours, far), IDP_SECRET)),
        ("signature", mint(HEADER, &claims(ours, far), PARTNER_SECRET)),
        ("issuer", mint(HEADER, &claims("https://evil.example", far), IDP_SECRET)),
        ("not the rule's", mint(HEADER, &claims("https://partner.example", far), PARTNER_SECRET)),
        ("expired", mint(HEADER, &claims(ours, 1), IDP_SECRET)),
        ("bound", token(r#""cnf":{}"#)),
    ];
    let replies: Vec<_> = tokens
        .iter()
        .map(|(name, token)| match policy.authorize(&bearer(token), false) {
            Decision::Reply(reply) => (reply.status, reply.fields, reply.body, reply.grpc_status),
            other => panic!("{name}: {other:?}"),
        })
        .collect();
    for (reply, (name, _)) in replies.iter().zip(&tokens) {
        assert_eq!(reply, &replies[0], "{name}");
    }
}

/// I4: nothing of the request is in an answer.
#[test]
fn answers_hold_nothing_of_the_request() {
    let policy = compile(r#"{"rules": [{"when": {"path": {"exact": "/secret-a"}}, "allow": "anyone"}]}"#);
    let Decision::Reply(reply) =
        policy.authorize(&FakeRequest::get("/secret-b?secret-c").field("x", "secret-d"), false)
    else {
        panic!("a reply");
    };
    assert!(!format!("{reply:?}").contains("secret"), "{reply:?}");
}
