//! What TLS says: versions, certificates, peers, and the header of a hop before this one (threats S19 to S31, C11).

use super::{bearer, changes, compile, effects, policy, state, token, verdict};
use filter_api::fake::FakeRequest;
use filter_api::{ClientCertificate, NoSvid, TlsVersion};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VALIDATED: ClientCertificate = ClientCertificate::Validated { digest: [7; 32] };
const GATEWAY: &str = "spiffe://example.org/ns/gateway/sa/gateway";
const CHECKOUT: &str = "spiffe://example.org/ns/prod/sa/checkout";
const XFCC: &str = "x-forwarded-client-cert";

#[test]
fn versions_have_an_order() {
    let at_least =
        |version: &str| policy(&format!(r#"{{"require": {{"tls": {{"min_version": "{version}"}}}}}}"#));
    let get = || FakeRequest::get("/");
    for (name, version, request, want) in [
        ("no TLS", "1.0", get(), "403 tls_version"),
        ("1.0", "1.2", get().tls(TlsVersion::V1_0), "403 tls_version"),
        ("1.1", "1.2", get().tls(TlsVersion::V1_1), "403 tls_version"),
        ("1.2 below 1.3", "1.3", get().tls(TlsVersion::V1_2), "403 tls_version"),
        ("1.2", "1.2", get().tls(TlsVersion::V1_2), "pass rule-0"),
        ("1.3 above 1.2", "1.2", get().tls(TlsVersion::V1_3), "pass rule-0"),
        ("1.0", "1.0", get().tls(TlsVersion::V1_0), "pass rule-0"),
    ] {
        assert_eq!(verdict(&at_least(version), &request), want, "{name}");
    }
}

#[test]
fn mutual_means_validated() {
    let policy = policy(r#"{"require": {"tls": {"mutual": true}}}"#);
    for (name, request, want) in [
        ("S19 none", FakeRequest::get("/"), "403 no_certificate"),
        (
            "S20 presented",
            FakeRequest::get("/").certificate(ClientCertificate::Unvalidated),
            "403 certificate_unvalidated",
        ),
        ("validated", FakeRequest::get("/").certificate(VALIDATED), "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
}

#[test]
fn peers_are_matched_by_segments() {
    let policy = policy(
        r#"{"require": {"peer": ["spiffe://example.org/ns/prod/sa/*", "spiffe://other.example/**"]}}"#,
    );
    let peer = |id: &str| FakeRequest::get("/").svid(id);
    for (name, request, want) in [
        ("none", FakeRequest::get("/"), "403 no_certificate"),
        ("S20", FakeRequest::get("/").no_svid(NoSvid::Unvalidated), "403 certificate_unvalidated"),
        ("S28", FakeRequest::get("/").no_svid(NoSvid::OutOfTime), "403 not_an_svid"),
        (
            "S21 to S25",
            FakeRequest::get("/").no_svid(NoSvid::Invalid(filter_api::InvalidSvid::Pem)),
            "403 not_an_svid",
        ),
        ("S07", peer("spiffe://example.org/ns/production/sa/orders"), "403 peer"),
        ("S07 deeper", peer("spiffe://example.org/ns/prod/sa/orders/a"), "403 peer"),
        ("S08", peer("spiffe://example.org.evil/ns/prod/sa/orders"), "403 peer"),
        ("S08", peer("spiffe://xexample.org/ns/prod/sa/orders"), "403 peer"),
        ("one", peer(CHECKOUT), "pass rule-0"),
        ("any depth", peer("spiffe://other.example/a/b/c"), "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
}

/// The port's `peer` may be what an earlier filter said; only this connection counts.
#[test]
fn what_another_filter_says_of_the_peer_does_not_count() {
    let by_require = policy(r#"{"require": {"peer": ["spiffe://example.org/**"]}}"#);
    let by_when = policy(r#"{"when": {"peer": ["spiffe://example.org/**"]}, "allow": "anyone"}"#);
    assert_eq!(verdict(&by_require, &FakeRequest::get("/").peer(CHECKOUT)), "403 no_certificate");
    assert_eq!(verdict(&by_when, &FakeRequest::get("/").peer(CHECKOUT)), "403 no_rule");
    assert_eq!(verdict(&by_when, &FakeRequest::get("/").svid(CHECKOUT)), "pass rule-0");
}

/// S27.
#[test]
fn the_header_of_a_hop_counts_only_from_those_who_are_believed() {
    let believing = compile(&format!(
        r#"{{"spiffe": {{"xfcc": {{"from": ["{GATEWAY}"]}}}}, "rules": [{{"require": {{"peer": ["{CHECKOUT}"]}}}}]}}"#
    ));
    let disbelieving = policy(&format!(r#"{{"require": {{"peer": ["{CHECKOUT}"]}}}}"#));
    let said =
        format!(r#"Hash=00;Subject="";URI=spiffe://evil.example/a,By={GATEWAY};Hash=00;URI={CHECKOUT}"#);
    let get = || FakeRequest::get("/").field(XFCC, &said);
    let gateway = || FakeRequest::get("/").svid(GATEWAY);
    for (name, policy, request, want) in [
        ("over plaintext", &believing, get(), "403 no_certificate"),
        ("by a stranger", &believing, get().svid("spiffe://example.org/ns/prod/sa/mallory"), "403 peer"),
        (
            "by the gateway, unvalidated",
            &believing,
            get().no_svid(NoSvid::Unvalidated),
            "403 certificate_unvalidated",
        ),
        ("nobody is believed", &disbelieving, get().svid(GATEWAY), "403 peer"),
        (
            "an earlier element",
            &believing,
            gateway().field(XFCC, format!("URI={CHECKOUT},URI=spiffe://evil.example/a")),
            "403 peer",
        ),
        ("no URI", &believing, gateway().field(XFCC, "Hash=00"), "403 xfcc"),
        (
            "an open quote",
            &believing,
            gateway().field(XFCC, format!(r#"Subject=";URI={CHECKOUT}"#)),
            "403 xfcc",
        ),
        (
            "nothing in it: the gateway's own name is no stand-in",
            &believing,
            gateway().field(XFCC, ""),
            "403 xfcc",
        ),
        ("no header: the gateway itself", &believing, gateway(), "403 peer"),
        ("by the gateway", &believing, get().svid(GATEWAY), "pass rule-0"),
    ] {
        assert_eq!(verdict(policy, &request), want, "{name}");
    }
    let request = get().svid(GATEWAY);
    let believed = effects(&believing, &request);
    assert_eq!(changes(&believed), [""; 0], "a believed header goes on");
    assert_eq!(state(&believed, "sluice.auth.peer"), CHECKOUT);
}

/// S27: what is not believed does not go on either, on open routes too.
#[test]
fn a_header_that_is_not_believed_is_removed() {
    let rules = r#"{"when": {"path": {"exact": "/open"}}, "allow": "anyone"}, {"require": {"token": "idp"}}"#;
    let plain = policy(rules);
    let believing =
        super::policy_with("", &format!(r#", "spiffe": {{"xfcc": {{"from": ["{GATEWAY}"]}}}}"#), rules);
    let open = || FakeRequest::get("/open").field(XFCC, format!("URI={CHECKOUT}"));
    for (name, policy, request, want) in [
        ("open", &plain, open(), vec!["- x-forwarded-client-cert"]),
        ("guarded", &plain, bearer(&token("")).field(XFCC, "URI=a"), vec!["- x-forwarded-client-cert"]),
        ("two lines", &plain, open().field(XFCC, "URI=b"), vec!["- x-forwarded-client-cert"]),
        (
            "a look-alike",
            &plain,
            FakeRequest::get("/open").field("x_forwarded_client-cert", "a"),
            vec!["- x_forwarded_client-cert"],
        ),
        ("from a stranger", &believing, open().svid(CHECKOUT), vec!["- x-forwarded-client-cert"]),
        ("from the gateway", &believing, open().svid(GATEWAY), vec![]),
        (
            "a look-alike from the gateway",
            &believing,
            FakeRequest::get("/open").field("x_forwarded_client_cert", "a").svid(GATEWAY),
            vec!["- x_forwarded_client_cert"],
        ),
        ("none", &plain, FakeRequest::get("/open"), vec![]),
    ] {
        assert_eq!(changes(&effects(policy, &request)), want, "{name}");
    }
}
