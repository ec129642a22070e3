//! Dry runs decide and count, and change no verdict.

use super::{
    NOW, arrive, bearer, changes, compile, counted, document, effects, in_words, policy_with, state, token,
    verdict,
};
use filter_api::Decision;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const FORWARD: &str = r#", "forward": {"token": "strip", "claims": [{"claim": "sub", "header": "x-sub"}]}"#;

#[test]
fn a_policy_on_trial_lets_pass_and_counts() {
    let policy = policy_with(
        FORWARD,
        r#", "dry_run": true"#,
        r#"{"name": "strict", "require": {"token": "idp", "claims": [{"name": "tenant", "exact": "acme"}]}}"#,
    );
    let would = |reason: &str| vec![format!("would_deny.reason=.={reason};.;")];
    for (name, request, want) in [
        ("no token", FakeRequest::get("/"), would("no_token")),
        ("a bad token", bearer("x"), would("malformed")),
        ("an ambiguous path", FakeRequest::get("//"), would("ambiguous_path")),
        (
            "known, not enough",
            bearer(&token("")),
            [vec!["verified.issuer=.=idp;.;".to_owned()], would("claims")].concat(),
        ),
    ] {
        assert_eq!(counted(&policy, &request), want, "{name}");
        assert_eq!(verdict(&policy, &request), "pass -", "{name}");
    }
    let good = bearer(&token(r#""tenant":"acme""#));
    assert_eq!(verdict(&policy, &good), "pass strict");
    assert_eq!(counted(&policy, &good), ["allowed.rule=.=strict;.;"]);
    let log = effects(&policy, &bearer("x")).log;
    assert_eq!(log.as_deref(), Some("sluice.auth: dry run: would refuse (malformed)"));
    assert_eq!(effects(&policy, &good).log, None);
}

/// On trial or not: what upstreams read is what was proven.
#[test]
fn on_trial_only_verified_tokens_speak() {
    let policy = policy_with(
        FORWARD,
        r#", "dry_run": true"#,
        r#"{"require": {"token": "idp", "claims": [{"name": "tenant", "exact": "acme"}], "bound": "if_present"}}"#,
    );
    let spoof = |request: FakeRequest| request.field("x-sub", "admin");
    let verified = spoof(bearer(&token(r#""sub":"u-1""#)));
    assert_eq!(changes(&effects(&policy, &verified)), ["x-sub: u-1", "- authorization"]);
    assert_eq!(state(&effects(&policy, &verified), "sluice.auth.subject"), "u-1");
    let stolen = token(
        r#""sub":"u-1","tenant":"acme","cnf":{"x5t#S256":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"}"#,
    );
    for (name, request) in [
        ("no token", spoof(FakeRequest::get("/"))),
        ("bad", spoof(bearer("x"))),
        ("stolen", spoof(bearer(&stolen))),
    ] {
        let effects = effects(&policy, &request);
        assert_eq!(changes(&effects), ["- x-sub"], "{name}");
        assert!(effects.state.is_empty(), "{name}: {:?}", effects.state);
    }
}

#[test]
fn nothing_waits_for_a_trial() {
    let json = r#"{"providers": [{"name": "idp", "issuer": "https://issuer.example", "audiences": ["orders"],
            "keys": {"http": {"cluster": "idp", "path": "/jwks"}}}], "rules": [RULES], "dry_run": DRY}"#;
    let strict = r#"{"require": {"token": "idp"}"#;
    let whole = compile(&json.replace("RULES", &format!("{strict}}}")).replace("DRY", "true"));
    assert_eq!(in_words(whole.authorize(&bearer(super::minted::ES256), true)), "pass -");
    assert!(document(&whole, "idp").is_wanted(), "the keys are wanted all the same");
    let rules = format!(r#"{strict}, "dry_run": true}}, {{"allow": "anyone"}}"#);
    let rule = compile(&json.replace("RULES", &rules).replace("DRY", "false"));
    assert_eq!(in_words(rule.authorize(&bearer(super::minted::ES256), true)), "pass rule-1");
    assert_eq!(
        counted(&rule, &bearer(super::minted::ES256)),
        ["would_deny.reason=.=keys_missing;.;", "allowed.rule=.=rule-1;.;"]
    );
    arrive(&document(&rule, "idp"), super::minted::JWKS, NOW).expect("keys");
    assert_eq!(
        counted(&rule, &bearer(super::minted::ES256)),
        ["verified.issuer=.=idp;.;", "allowed.rule=.=rule-1;.;"]
    );
}

/// A rule on trial is passed over: the others decide, and what it found out is told to nobody.
#[test]
fn a_rule_on_trial_counts_and_is_passed_over() {
    let policy = policy_with(
        FORWARD,
        "",
        r#"{"name": "trial", "require": {"token": "idp", "claims": [{"name": "tenant", "exact": "acme"}]}, "dry_run": true},
           {"name": "open-trial", "allow": "anyone", "dry_run": true},
           {"name": "open", "when": {"path": {"exact": "/orders"}}, "allow": "anyone"}"#,
    );
    let known = bearer(&token(r#""sub":"u-1""#));
    assert_eq!(verdict(&policy, &known), "pass open");
    assert_eq!(counted(&policy, &known), ["would_deny.reason=.=claims;.;", "allowed.rule=.=open;.;"]);
    let effects = effects(&policy, &known);
    assert_eq!(changes(&effects), [""; 0]);
    assert_eq!(state(&effects, "sluice.auth.subject"), "-");
    let good = bearer(&token(r#""tenant":"acme""#));
    counted(&policy, &good);
    assert_eq!(counted(&policy, &good), ["allowed.rule=.=open;.;"]);
    let elsewhere = FakeRequest::get("/");
    assert_eq!(verdict(&policy, &elsewhere), "403 no_rule", "a trial opens nothing");
    assert!(matches!(policy.authorize(&elsewhere, false), Decision::Reply(_)));
}
