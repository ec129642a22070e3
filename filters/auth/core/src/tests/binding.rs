//! Tokens and certificates (threats C01 to C12).

use super::{bearer, policy, token, verdict};
use filter_api::ClientCertificate;
use filter_api::fake::FakeRequest;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const RIGHT: ClientCertificate = ClientCertificate::Validated { digest: [7; 32] };
const WRONG: ClientCertificate = ClientCertificate::Validated { digest: [8; 32] };
/// Base64url of 32 times 7.
const SEVENS: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";

fn rule(bound: &str) -> String {
    format!(r#"{{"require": {{"token": "idp" {bound}}}}}"#)
}

#[test]
fn a_bound_token_is_good_on_its_own_certificate_only() {
    let (standard, required) = (rule(""), rule(r#", "bound": "required""#));
    let (present, ignore) = (rule(r#", "bound": "if_present""#), rule(r#", "bound": "ignore""#));
    let bound = token(&format!(r#""cnf":{{"x5t#S256":"{SEVENS}"}}"#));
    let free = token("");
    let absent = ClientCertificate::Absent;
    let rows = [
        ("C01 its own", &standard, &bound, RIGHT, "pass rule-0"),
        ("C02 none", &standard, &bound, absent, "401 bound_elsewhere"),
        ("C03 another", &standard, &bound, WRONG, "401 bound_elsewhere"),
        ("C09 not validated", &standard, &bound, ClientCertificate::Unvalidated, "401 bound_elsewhere"),
        ("C12 the mode written out", &present, &bound, WRONG, "401 bound_elsewhere"),
        ("a free one", &standard, &free, absent, "pass rule-0"),
        ("a free one with any certificate", &present, &free, WRONG, "pass rule-0"),
        ("C04 a free one where that is not enough", &required, &free, RIGHT, "401 unbound"),
        ("required, another", &required, &bound, WRONG, "401 bound_elsewhere"),
        ("required, its own", &required, &bound, RIGHT, "pass rule-0"),
        ("ignored", &ignore, &bound, WRONG, "pass rule-0"),
    ];
    for (name, rule, token, certificate, want) in rows {
        let policy = policy(rule);
        // The second time the token is known (C10).
        for round in ["new", "known"] {
            let request = bearer(token).certificate(certificate);
            assert_eq!(verdict(&policy, &request), want, "{name}, {round}");
        }
    }
}

/// C10, J55: known by its first use with the right certificate.
#[test]
fn a_known_token_is_bound_still() {
    let policy = policy(&rule(""));
    let bound = token(&format!(r#""cnf":{{"x5t#S256":"{SEVENS}"}}"#));
    let on = |certificate| bearer(&bound).certificate(certificate);
    for (certificate, want) in [
        (RIGHT, "pass rule-0"),
        (WRONG, "401 bound_elsewhere"),
        (ClientCertificate::Absent, "401 bound_elsewhere"),
        (RIGHT, "pass rule-0"),
    ] {
        assert_eq!(verdict(&policy, &on(certificate)), want, "{certificate:?}");
    }
}

#[test]
fn refuses_confirmations_that_it_cannot_check() {
    let (standard, ignore) = (policy(&rule("")), policy(&rule(r#", "bound": "ignore""#)));
    let text = |digest: &str| format!(r#"{{"x5t#S256":"{digest}"}}"#);
    for (name, cnf) in [
        ("C05 a string", format!(r#""{SEVENS}""#)),
        ("C05 a list", format!(r#"["{SEVENS}"]"#)),
        ("C05 null", "null".to_owned()),
        ("an empty object", "{}".to_owned()),
        ("C05 a number", r#"{"x5t#S256":7}"#.to_owned()),
        ("C05 a list of digests", format!(r#"{{"x5t#S256":["{SEVENS}"]}}"#)),
        ("C05 an empty digest", text("")),
        ("C06 hex", text(&"07".repeat(32))),
        ("C06 padded", text(&format!("{SEVENS}="))),
        ("C06 the other alphabet", text("++++++++++++++++++++++++++++++++++++++++++8")),
        ("C06 SHA-1", format!(r#"{{"x5t":"{SEVENS}"}}"#)),
        ("C06 bits at the end", text("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd")),
        ("C07 16 bytes", text("BwcHBwcHBwcHBwcHBwcHBw")),
        ("33 bytes", text(&format!("{SEVENS}A"))),
        ("a space", text(&format!("{SEVENS} "))),
        ("another proof", r#"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#.to_owned()),
        ("another proof as well", format!(r#"{{"x5t#S256":"{SEVENS}","jkt":"abc"}}"#)),
    ] {
        let request = bearer(&token(&format!(r#""cnf":{cnf}"#))).certificate(RIGHT);
        assert_eq!(verdict(&standard, &request), "401 binding", "{name}");
        assert_eq!(verdict(&ignore, &request), "pass rule-0", "{name}");
    }
}

/// C08.
#[test]
fn a_digest_in_a_header_is_nobodys() {
    let policy = policy(&rule(""));
    let bound = token(&format!(r#""cnf":{{"x5t#S256":"{SEVENS}"}}"#));
    let request: FakeRequest =
        bearer(&bound).field("x-forwarded-client-cert", format!("Hash={}", "07".repeat(32)));
    assert_eq!(verdict(&policy, &request), "401 bound_elsewhere");
}
