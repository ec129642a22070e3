//! The answer to a refused request: status, when to come again, problem body (RFC 9457). No key in any of it.

use crate::demand::Refusal;
use crate::limit::Limit;
use filter_api::{Counter, Name, Reply};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Answers.
///
/// * `limit`: the one that answers; `violated`: all that refuse.
/// * `fields`: what the policy's `headers` say.
pub(crate) fn reply<'v>(
    limit: &Limit,
    refusal: Refusal,
    violated: impl Iterator<Item = &'v Name>,
    fields: Vec<(&'static str, String)>,
    counters: Vec<Counter>,
) -> Reply<'static> {
    let Refusal { reason, wait } = refusal;
    let (status, grpc_status) = match reason.is_failure() {
        true => (SERVICE_UNAVAILABLE, UNAVAILABLE),
        false => (limit.status, RESOURCE_EXHAUSTED),
    };
    let mut all: Vec<(&str, Cow<'_, [u8]>)> = vec![("content-type", b"application/problem+json".into())];
    if let Some(wait) = wait {
        all.push(("retry-after", wait.secs_up().max(1).to_string().into_bytes().into()));
    }
    all.extend(fields.into_iter().map(|(name, value)| (name, value.into_bytes().into())));
    Reply {
        status,
        fields: all,
        body: body(status, reason.code(), violated).into_bytes().into(),
        details: format!("sluice_ratelimit{{{}}}", reason.code()),
        grpc_status: Some(grpc_status),
        counters,
    }
}

/// The problem types of draft-ietf-httpapi-ratelimit-headers-11. Names of limits need no escapes.
fn body<'v>(status: u16, reason: &str, violated: impl Iterator<Item = &'v Name>) -> String {
    let (problem, title) = match status {
        SERVICE_UNAVAILABLE => ("temporary-reduced-capacity", "Service Unavailable"),
        429 => ("quota-exceeded", "Too Many Requests"),
        _ => ("quota-exceeded", "Quota Exceeded"),
    };
    let mut body = format!(
        "{{\"type\":\"https://iana.org/assignments/http-problem-types#{problem}\",\"title\":\"{title}\",\
         \"status\":{status},\"reason\":\"{reason}\",\"violated-policies\":["
    );
    for (index, name) in violated.enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let _ = write!(body, "{separator}\"{name}\"");
    }
    body.push_str("]}");
    body
}

const SERVICE_UNAVAILABLE: u16 = 503;
/// gRPC's status registry.
const RESOURCE_EXHAUSTED: u8 = 8;
const UNAVAILABLE: u8 = 14;
