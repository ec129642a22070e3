//! JWT-SVIDs (threats S09 to S18, S32).

use super::minted::*;
use super::{NOW, arrive, bearer, compile, document, effects, in_words, mint, state, verdict};
use crate::Policy;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn policy() -> Policy {
    let bundle = |cluster: &str| format!(r#"{{"http": {{"cluster": "{cluster}", "path": "/bundle"}}}}"#);
    compile(&format!(
        r#"{{"spiffe": {{"trust_domains": [
                {{"name": "example.org", "bundle": {}}}, {{"name": "partner.example", "bundle": {}}}
            ], "audiences": ["spiffe://example.org/ns/prod/sa/orders"]}},
            "rules": [{{"require": {{"token": "jwt_svid"}}}}]}}"#,
        bundle("spire"),
        bundle("partner-spire"),
    ))
}

fn with_bundles() -> Policy {
    let policy = policy();
    assert_eq!(arrive(&document(&policy, "example.org"), BUNDLE, NOW), Ok(1));
    assert_eq!(arrive(&document(&policy, "partner.example"), PARTNER_BUNDLE, NOW), Ok(1));
    policy
}

#[test]
fn a_bundle_is_a_document_of_its_own_kind() {
    let document = document(&policy(), "example.org");
    assert_eq!((document.kind(), document.source().refresh.as_secs()), ("bundle", 300));
}

#[test]
fn refuses_what_is_no_jwt_svid() {
    let policy = with_bundles();
    let claims = r#"{"sub":"spiffe://example.org/a","aud":"orders","exp":4102444800}"#;
    let signed_with = |alg: &str| mint(&format!(r#"{{"alg":"{alg}","kid":"svid-1"}}"#), claims, b"x");
    for (name, token, want) in [
        ("S09 no subject", SVID_NO_SUB, "401 svid_subject"),
        ("S09 a trust domain without a bundle", SVID_STRANGER, "401 svid_subject"),
        ("no workload", SVID_ROOT, "401 svid_subject"),
        ("S10 HS256", &signed_with("HS256"), "401 algorithm"),
        ("S10 EdDSA", &signed_with("EdDSA"), "401 algorithm"),
        ("S10 none", &signed_with("none"), "401 algorithm"),
        ("S11 no audience", SVID_NO_AUD, "401 claim_missing"),
        ("S11 an empty audience", SVID_EMPTY_AUD, "401 audience"),
        ("S11 no end", SVID_NO_EXP, "401 claim_missing"),
        ("S12 another type", SVID_AT_JWT, "401 svid_header"),
        ("S12 another member", SVID_EXTRA, "401 svid_header"),
        ("S13 no key", SVID_NO_KID, "401 svid_header"),
        ("S14 a key for another use", SVID_WIT, "401 unusable_key"),
        ("S14 a key without a use", SVID_FREE, "401 unusable_key"),
        ("S18 by the key of another domain", SVID_FOREIGN, "401 signature"),
        ("a token of a provider that is not there", RS256, "401 svid_subject"),
    ] {
        assert_eq!(verdict(&policy, &bearer(token)), want, "{name}");
    }
    for token in [SVID, SVID_JOSE, SVID_NO_TYP, SVID_PARTNER] {
        assert_eq!(verdict(&policy, &bearer(token)), "pass rule-0");
    }
    assert_eq!(
        state(&effects(&policy, &bearer(SVID)), "sluice.auth.subject"),
        "spiffe://example.org/ns/prod/sa/checkout"
    );
}

#[test]
fn other_tokens_are_none_and_svids_are_no_others() {
    let policy = compile(&format!(
        r#"{{"providers": [{{"name": "idp", "issuer": "https://issuer.example", "audiences": ["orders"], "keys": {{"inline": {JWKS}}}}}],
            "spiffe": {{"trust_domains": [{{"name": "example.org", "bundle": {{"inline": {BUNDLE}}}}}],
                        "audiences": ["spiffe://example.org/ns/prod/sa/orders"]}},
            "rules": [{{"when": {{"path": {{"exact": "/svid"}}}}, "require": {{"token": "jwt_svid"}}}},
                      {{"when": {{"path": {{"exact": "/idp"}}}}, "require": {{"token": "idp"}}}},
                      {{"require": {{"token": ["idp", "jwt_svid"]}}}}]}}"#
    ));
    for (path, token, want) in [
        ("/svid", RS256, "401 issuer"),
        ("/idp", SVID, "401 issuer"),
        ("/svid", SVID, "pass rule-0"),
        ("/idp", RS256, "pass rule-1"),
        ("/", RS256, "pass rule-2"),
        ("/", ES256, "pass rule-2"),
        ("/", SVID, "pass rule-2"),
    ] {
        let request = filter_api::fake::FakeRequest::get(path)
            .at(NOW)
            .field("authorization", format!("Bearer {token}"));
        assert_eq!(verdict(&policy, &request), want, "{path}");
    }
}

/// S15, S16, S32.
#[test]
fn bundles_go_forward_only_and_an_empty_one_revokes() {
    let policy = with_bundles();
    let bundle = document(&policy, "example.org");
    let numbered = |sequence: &str| BUNDLE.replace(r#""spiffe_sequence":7"#, sequence);
    let older = numbered(r#""spiffe_sequence":6"#);
    assert_eq!(arrive(&bundle, &older, NOW), Err("spiffe_sequence goes back from 7 to 6".to_owned()));
    // Another worker, or one that published before: nobody installs it either.
    assert!(bundle.install(older.into_bytes()).is_err());
    for good in
        ["\"spiffe_sequence\":7", "\"spiffe_sequence\":8", "\"spiffe_sequence\":8,\"spiffe_refresh_hint\":0"]
    {
        assert_eq!(arrive(&bundle, &numbered(good), NOW), Ok(1), "{good}");
    }
    assert!(arrive(&bundle, &numbered(r#""spiffe_sequence":-1"#), NOW).is_err());
    assert_eq!(verdict(&policy, &bearer(SVID)), "pass rule-0");
    assert_eq!(arrive(&bundle, r#"{"keys":[]}"#, NOW), Ok(0));
    assert_eq!(verdict(&policy, &bearer(SVID)), "401 unknown_key", "at once, though it was known");
    assert_eq!(verdict(&policy, &bearer(SVID_PARTNER)), "pass rule-0", "the other domain is another domain");
}

#[test]
fn without_a_bundle_nobody_is_refused_for_good() {
    let policy = policy();
    assert_eq!(in_words(policy.authorize(&bearer(SVID), true)), "wait");
    assert!(document(&policy, "example.org").is_wanted());
    assert!(!document(&policy, "partner.example").is_wanted());
    assert_eq!(verdict(&policy, &bearer(SVID)), "503 keys_missing");
}
