//! The answer to a refused request: status, challenge (RFC 6750 section 3) and problem body (RFC 9457).
//!
//! All token faults get the same bytes. Which check failed stands in the response code details only.

use crate::denial::{Class, Reason};
use filter_api::{Counter, Reply};
use std::borrow::Cow;

/// Answers a request that is refused for `reason`.
pub(crate) fn reply(reason: Reason, counters: Vec<Counter>) -> Reply<'static> {
    let Answer { status, grpc_status, challenge, body } = Answer::to(reason.class());
    let mut fields: Vec<(&str, Cow<'_, [u8]>)> = vec![("content-type", b"application/problem+json".into())];
    if let Some(challenge) = challenge {
        fields.push(("www-authenticate", challenge.as_bytes().into()));
    }
    if status == 503 {
        fields.push(("retry-after", b"1".into()));
    }
    Reply {
        status,
        fields,
        body: body.as_bytes().into(),
        details: format!("sluice_auth{{{}}}", reason.code()),
        grpc_status: Some(grpc_status),
        counters,
    }
}

/// What one class of reasons gets.
struct Answer {
    status: u16,
    /// The status registry of gRPC.
    grpc_status: u8,
    /// `WWW-Authenticate`.
    challenge: Option<&'static str>,
    body: &'static str,
}

impl Answer {
    fn to(class: Class) -> Self {
        let (status, grpc_status, challenge, body) = match class {
            Class::AmbiguousPath => (400, INVALID_ARGUMENT, None, AMBIGUOUS_PATH),
            Class::InvalidRequest => {
                (400, INVALID_ARGUMENT, Some(r#"Bearer error="invalid_request""#), INVALID_REQUEST)
            }
            Class::NoToken => (401, UNAUTHENTICATED, Some(r#"Bearer realm="sluice""#), NO_TOKEN),
            Class::InvalidToken => {
                (401, UNAUTHENTICATED, Some(r#"Bearer error="invalid_token""#), INVALID_TOKEN)
            }
            Class::InsufficientScope => {
                (403, PERMISSION_DENIED, Some(r#"Bearer error="insufficient_scope""#), INSUFFICIENT_SCOPE)
            }
            Class::Forbidden => (403, PERMISSION_DENIED, None, FORBIDDEN),
            Class::Unavailable => (503, UNAVAILABLE, None, NO_VERDICT),
        };
        Self { status, grpc_status, challenge, body }
    }
}

const INVALID_ARGUMENT: u8 = 3;
const PERMISSION_DENIED: u8 = 7;
const UNAVAILABLE: u8 = 14;
const UNAUTHENTICATED: u8 = 16;

const AMBIGUOUS_PATH: &str =
    r#"{"type":"about:blank","title":"Bad Request","status":400,"reason":"ambiguous_path"}"#;
const INVALID_REQUEST: &str =
    r#"{"type":"about:blank","title":"Bad Request","status":400,"reason":"invalid_request"}"#;
const NO_TOKEN: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"reason":"no_token"}"#;
const INVALID_TOKEN: &str =
    r#"{"type":"about:blank","title":"Unauthorized","status":401,"reason":"invalid_token"}"#;
const INSUFFICIENT_SCOPE: &str =
    r#"{"type":"about:blank","title":"Forbidden","status":403,"reason":"insufficient_scope"}"#;
const FORBIDDEN: &str = r#"{"type":"about:blank","title":"Forbidden","status":403,"reason":"forbidden"}"#;
const NO_VERDICT: &str =
    r#"{"type":"about:blank","title":"Service Unavailable","status":503,"reason":"unavailable"}"#;
