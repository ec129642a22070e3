//! Tokens: where they are, whose they are, what is wrong with them.

use super::{
    HEADER, IDP_SECRET, NOW, NOW_SECS, PARTNER_SECRET, bearer, mint, policy, policy_with, token, verdict,
};
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RULE: &str = r#"{"require": {"token": "idp"}}"#;

#[test]
fn refuses_credentials_that_are_not_one_token() {
    let policy = policy_with(
        r#", "from": [{"header": "authorization", "prefix": "Bearer "}, {"cookie": "at"}, {"query": "at"}]"#,
        "",
        RULE,
    );
    let (good, other) = (token(""), token(r#""sub":"u-2""#));
    let get = |path: &str| FakeRequest::get(path).at(NOW);
    let at = |token: &str| get(&format!("/orders?at={token}"));
    for (name, request, want) in [
        ("none", get("/orders"), "401 no_token"),
        ("another scheme", get("/orders").field("authorization", "Basic dTpw"), "401 no_token"),
        ("an empty token", get("/orders").field("authorization", "Bearer "), "400 malformed_credentials"),
        ("joined by a comma", bearer(&format!("{good}, Bearer {other}")), "400 malformed_credentials"),
        (
            "two lines",
            bearer(&good).field("authorization", format!("Bearer {other}")),
            "400 malformed_credentials",
        ),
        (
            "the same in two lines",
            bearer(&good).field("authorization", format!("Bearer {good}")),
            "400 malformed_credentials",
        ),
        ("header and cookie differ", bearer(&good).field("cookie", format!("at={other}")), "400 two_tokens"),
        (
            "header and query differ",
            at(&other).field("authorization", format!("Bearer {good}")),
            "400 two_tokens",
        ),
        ("header and cookie alike", bearer(&good).field("cookie", format!("at={good}")), "pass rule-0"),
        ("cookie", get("/orders").field("cookie", format!("at={good}")), "pass rule-0"),
        ("query", at(&good), "pass rule-0"),
        (
            "the scheme in another case",
            get("/orders").field("authorization", format!("bEARER {good}")),
            "pass rule-0",
        ),
    ] {
        assert_eq!(verdict(&policy, &request), want, "{name}");
    }
}

/// J49, and what a policy adds to the checks of `filter-jose`.
#[test]
fn refuses_tokens_of_others() {
    let claims =
        |iss: &str| format!(r#"{{"iss":"{iss}","aud":"orders","exp":{}}}"#, NOW_SECS.saturating_add(60));
    let minted = |iss, secret| mint(HEADER, &claims(iss), secret);
    let no_issuer = format!(r#"{{"aud":"orders","exp":{}}}"#, NOW_SECS.saturating_add(60));
    let (idp, partner) = ("https://issuer.example", "https://partner.example");
    let (one, both) = (policy(RULE), policy(r#"{"require": {"token": ["partner", "idp"]}}"#));
    for (name, policy, token, want) in [
        ("the partner's key in idp's name", &both, minted(idp, PARTNER_SECRET), "401 signature"),
        ("idp's key in the partner's name", &both, minted(partner, IDP_SECRET), "401 signature"),
        ("a provider that the rule does not name", &one, minted(partner, PARTNER_SECRET), "401 issuer"),
        ("nobody's", &both, minted("https://evil.example", IDP_SECRET), "401 issuer"),
        ("a slash at the end", &both, minted("https://issuer.example/", IDP_SECRET), "401 issuer"),
        ("another case", &both, minted("https://Issuer.example", IDP_SECRET), "401 issuer"),
        ("no issuer", &both, mint(HEADER, &no_issuer, IDP_SECRET), "401 issuer"),
        (
            "an unknown key",
            &both,
            mint(r#"{"alg":"HS256","kid":"k-2"}"#, &claims(idp), IDP_SECRET),
            "401 unknown_key",
        ),
        ("alg none", &both, mint(r#"{"alg":"none"}"#, &claims(idp), IDP_SECRET), "401 algorithm"),
        ("not even a token", &both, "abc".to_owned(), "401 malformed"),
        ("idp", &both, minted(idp, IDP_SECRET), "pass rule-0"),
        ("the partner", &both, minted(partner, PARTNER_SECRET), "pass rule-0"),
        ("the only one", &one, minted(idp, IDP_SECRET), "pass rule-0"),
    ] {
        assert_eq!(verdict(policy, &bearer(&token)), want, "{name}");
        assert_eq!(verdict(policy, &bearer(&token)), want, "{name}, again");
    }
}

#[test]
fn a_token_of_one_rule_is_none_of_another_even_when_it_is_known() {
    let policy = policy(
        r#"{"when": {"path": {"exact": "/orders"}}, "require": {"token": "idp"}}, {"require": {"token": "partner"}}"#,
    );
    let token = token("");
    assert_eq!(verdict(&policy, &bearer(&token)), "pass rule-0");
    let elsewhere = FakeRequest::get("/a").at(NOW).field("authorization", format!("Bearer {token}"));
    assert_eq!(verdict(&policy, &elsewhere), "401 issuer");
}

#[test]
fn a_token_is_taken_only_from_its_issuers_places() {
    let policy =
        policy_with(r#", "from": [{"cookie": "at"}]"#, "", r#"{"require": {"token": ["idp", "partner"]}}"#);
    let token = token("");
    for round in ["new", "known"] {
        assert_eq!(verdict(&policy, &bearer(&token)), "401 token_place", "{round}");
        let cookie = FakeRequest::get("/orders").at(NOW).field("cookie", format!("at={token}"));
        assert_eq!(verdict(&policy, &cookie), "pass rule-0", "{round}");
        assert_eq!(
            verdict(&policy, &bearer(&token).field("cookie", format!("at={token}"))),
            "pass rule-0",
            "{round}"
        );
    }
}

#[test]
fn what_the_provider_expects() {
    let policy = policy_with(r#", "type": "at+jwt", "max_lifetime": "10m", "clock_skew": "5s""#, "", RULE);
    let header = r#"{"alg":"HS256","kid":"k-1","typ":"at+jwt"}"#;
    let secs = |after: i64| NOW_SECS.saturating_add_signed(after);
    let claims = |more: &str| format!(r#"{{"iss":"https://issuer.example","aud":"orders",{more}}}"#);
    let times = |iat, exp| claims(&format!(r#""iat":{},"exp":{}"#, secs(iat), secs(exp)));
    let alive = times(0, 60);
    for (name, header, claims, want) in [
        ("no typ (J48)", HEADER, alive.clone(), "401 typ"),
        ("an ID token (J48)", r#"{"alg":"HS256","kid":"k-1","typ":"JWT"}"#, alive.clone(), "401 typ"),
        ("expired by the skew", header, times(-60, -5), "401 expired"),
        ("one second before", header, times(-60, -4), "pass rule-0"),
        ("issued too far ahead", header, times(6, 60), "401 issued_in_future"),
        ("lives too long", header, times(0, 601), "401 lifetime"),
        ("lives as long as it may", header, times(0, 600), "pass rule-0"),
        ("no exp", header, claims(r#""iat":1"#), "401 claim_missing"),
        ("no iat to reckon from", header, claims(&format!(r#""exp":{}"#, secs(60))), "401 claim_missing"),
        ("another audience", header, alive.replace("orders", "refunds"), "401 audience"),
        ("the other audience", header, alive.replace("orders", "payments"), "pass rule-0"),
        ("a good one", header, alive, "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &bearer(&mint(header, &claims, IDP_SECRET))), want, "{name}");
    }
}

#[test]
fn algorithms_are_those_of_the_provider() {
    let keys_say = policy(RULE);
    let narrow = policy_with(r#", "algorithms": ["HS384"]"#, "", RULE);
    assert_eq!(verdict(&keys_say, &bearer(&token(""))), "pass rule-0");
    assert_eq!(verdict(&narrow, &bearer(&token(""))), "401 algorithm");
}

#[test]
fn a_token_of_16_kib_works_and_a_longer_one_is_refused() {
    let policy = policy(RULE);
    let padded = |bytes: usize| token(&format!(r#""sub":"u-1","pad":"{}""#, "p".repeat(bytes)));
    let most = (0..).map(|less| padded(12_200 - less)).find(|token| token.len() <= 16 * 1024).expect("one");
    assert!(most.len() > 16 * 1024 - 4, "{}", most.len());
    assert_eq!(verdict(&policy, &bearer(&most)), "pass rule-0");
    assert_eq!(verdict(&policy, &bearer(&padded(12_300))), "401 too_large");
}
