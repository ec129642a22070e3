//! Host calls per kind of request: each costs 0.1 to 1.5 us, so more of them must be somebody's decision.

use super::{bearer, policy, policy_with, token};
use crate::Policy;
use filter_api::fake::FakeRequest;
use filter_api::{ClientCertificate, Decision, TlsVersion};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PEER: &str = "spiffe://example.org/ns/prod/sa/checkout";
const CERTIFICATE: ClientCertificate = ClientCertificate::Validated { digest: [7; 32] };
const CNF: &str = r#""cnf":{"x5t#S256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}"#;

/// Reads of the request, and calls for its effects.
fn cost(policy: &Policy, request: &FakeRequest) -> (usize, usize) {
    let calls = match policy.authorize(request, true) {
        Decision::Continue(effects) => [
            effects.request.len(),
            effects.state.len(),
            effects.counters.len(),
            usize::from(effects.log.is_some()),
        ]
        .iter()
        .sum(),
        Decision::Reply(reply) => 1 + reply.counters.len(),
        other => panic!("{other:?}"),
    };
    (request.reads(), calls)
}

const RULES: &str = r#"
    {"when": {"path": {"exact": "/open"}}, "allow": "anyone"},
    {"when": {"path": {"exact": "/tls"}}, "require": {"tls": {"min_version": "1.3"}}},
    {"when": {"path": {"exact": "/mutual"}}, "require": {"tls": {"mutual": true}}},
    {"when": {"path": {"exact": "/mesh"}}, "require": {"peer": ["spiffe://example.org/**"]}},
    {"when": {"path": {"exact": "/all"}}, "require": {"tls": {"min_version": "1.2", "mutual": true},
        "peer": ["spiffe://example.org/**"], "token": "idp", "bound": "required"}},
    {"when": {"path": {"prefix": "/"}}, "require": {"token": "idp"}}"#;

#[test]
fn requests_without_a_token() {
    let policy = policy(RULES);
    let get = |path: &str| FakeRequest::get(path).tls(TlsVersion::V1_3).certificate(CERTIFICATE).svid(PEER);
    for (name, request, want) in [
        // Reads: fields. Calls: the rule, the counter.
        ("open", get("/open"), (1, 2)),
        ("open, with a token", get("/open").field("authorization", "Bearer x"), (1, 2)),
        (
            "open, with a header that is not believed",
            get("/open").field("x-forwarded-client-cert", "URI=a"),
            (1, 3),
        ),
        ("a version", get("/tls"), (2, 2)),
        ("a certificate", get("/mutual"), (2, 2)),
        // Calls: the record, the peer, the rule, the counter.
        ("a peer", get("/mesh"), (2, 4)),
        ("refused: no token", get("/"), (1, 2)),
        ("refused: an ambiguous path", get("//"), (1, 2)),
        ("refused: TLS", FakeRequest::get("/all"), (2, 2)),
    ] {
        assert_eq!(cost(&policy, &request), want, "{name}");
    }
}

#[test]
fn requests_with_a_token() {
    let policy = policy(RULES);
    let (free, bound) = (token(r#""sub":"u-1""#), token(&format!(r#""sub":"u-1",{CNF}"#)));
    let at = |path: &str, token: &str| {
        let request = FakeRequest::get(path).at(super::NOW).field("authorization", format!("Bearer {token}"));
        request.tls(TlsVersion::V1_3).certificate(CERTIFICATE).svid(PEER)
    };
    for (name, request, want) in [
        // Reads: fields, time, and once in the life of a policy the seed. Calls: the record, subject, issuer, rule, two
        // counters.
        ("the first of all", at("/", &free), (3, 6)),
        ("known", at("/", &free), (2, 5)),
        ("bound and new: the certificate too", at("/", &bound), (3, 6)),
        ("bound and known", at("/", &bound), (3, 5)),
        // Reads: version, certificate and SVID too. Calls: the peer too.
        ("everything", at("/all", &bound), (5, 6)),
        ("refused: malformed", at("/", "x"), (2, 2)),
        ("refused: not known", at("/", &token(r#""iss2":"#).replace('.', "..")), (2, 2)),
    ] {
        assert_eq!(cost(&policy, &request), want, "{name}");
    }
}

#[test]
fn forwarding_is_a_call_for_each_field() {
    let forward = r#", "forward": {"token": "strip", "payload_header": "x-payload",
        "claims": [{"claim": "sub", "header": "x-sub"}, {"claim": "none", "header": "x-none"}]}"#;
    let policy = policy_with(forward, "", RULES);
    let token = token(r#""sub":"u-1""#);
    cost(&policy, &bearer(&token));
    // Payload, subject, and the token out.
    assert_eq!(cost(&policy, &bearer(&token)), (2, 8));
    assert_eq!(
        cost(&policy, &bearer(&token).field("x-sub", "admin")),
        (2, 8),
        "what is set is not removed first"
    );
    assert_eq!(cost(&policy, &bearer(&token).field("x-none", "admin")), (2, 9));
    let hundred = (0..100).fold(bearer(&token), |request, n| request.field(&format!("x-{n}"), "v"));
    assert_eq!(cost(&policy, &hundred), (2, 8));
}

/// The header is looked for among the fields that are there anyway, the certificate only if it is found.
#[test]
fn the_header_of_a_hop_costs_only_those_who_send_it() {
    let spiffe = r#", "spiffe": {"xfcc": {"from": ["spiffe://example.org/gateway"]}}"#;
    let policy = policy_with("", spiffe, RULES);
    let open = || FakeRequest::get("/open").svid(PEER);
    assert_eq!(cost(&policy, &open()), (1, 2));
    assert_eq!(cost(&policy, &open().field("x-forwarded-client-cert", "URI=a")), (2, 3));
}
