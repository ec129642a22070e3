//! Times (threats J39 to J43): numbers, in their range, and now.

use super::gate::Gate;
use super::setting::{Issuer, bearer, draft};
use e2e::{Bootstrap, now};
use serde_json::json;

e2e::tests![times_of_all_types, times_at_the_edge,];

async fn times_of_all_types() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let claims = draft().without("exp").claims_json();
    let with = |name: &str, text: &str| {
        let exp = if name == "exp" { String::new() } else { format!(",\"exp\":{}", now() + 600) };
        let text = format!("{}{exp},\"{name}\":{text}}}", &claims[..claims.len() - 1]);
        draft().claims_text(text).sign(&issuer.es)
    };
    let mut rows = Vec::new();
    for text in NO_TIME {
        rows.push((format!("exp {text}"), "claim_type|expired|malformed|lifetime", with("exp", text)));
    }
    let past = now() - 10_000;
    for (name, later) in [("nbf", now() + 9000), ("iat", now() + 9000)] {
        for text in ["\"0\"", "\"\"", "true", "null", "[]", "{}", "1e400", "[0]"] {
            // `iat` stands in the draft already: take it out by another claim's name.
            let token = if name == "iat" {
                let claims = draft().without("iat").claims_json();
                draft()
                    .claims_text(format!("{},\"iat\":{text}}}", &claims[..claims.len() - 1]))
                    .sign(&issuer.es)
            } else {
                with(name, text)
            };
            rows.push((format!("{name} {text}"), "claim_type|malformed", token));
        }
        for value in [json!(later), json!(later as f64 + 0.5), json!(9e18)] {
            let token = draft().claim(name, value.clone()).sign(&issuer.es);
            rows.push((format!("{name} {value}"), "not_yet_valid|issued_in_future|claim_type", token));
        }
    }
    rows.push(("no exp".to_owned(), "claim_missing", draft().without("exp").sign(&issuer.es)));
    gate.refuses_tokens(&rows).await;
    for (name, token) in [
        ("exp in parts of a second", draft().claim("exp", now() as f64 + 100.5).sign(&issuer.es)),
        ("exp as 1e10", with("exp", "1e10")),
        ("exp as 99999999990e-1", with("exp", "99999999990e-1")),
        ("nbf in parts of a second", draft().claim("nbf", past as f64 + 0.5).sign(&issuer.es)),
        ("nbf 0", with("nbf", "0")),
        ("no iat", draft().without("iat").sign(&issuer.es)),
    ] {
        gate.allows(name, bearer(&token)).await;
    }
    gate.end().await;
}

/// Two seconds on either side: how far the edge is to the second is for the unit tests, whose clock stands still.
async fn times_at_the_edge() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["clock_skew"] = json!("30s");
    policy["providers"][0]["max_lifetime"] = json!("1h");
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let old = now() - 1000;
    for (name, token, verdict) in [
        (
            "expired, inside the skew",
            draft().claim("exp", now() - 27).claim("iat", old).sign(&issuer.es),
            None,
        ),
        ("expired", draft().claim("exp", now() - 33).claim("iat", old).sign(&issuer.es), Some("expired")),
        ("nbf inside the skew", draft().claim("nbf", now() + 27).sign(&issuer.es), None),
        ("nbf beyond it", draft().claim("nbf", now() + 33).sign(&issuer.es), Some("not_yet_valid")),
        ("iat inside the skew", draft().claim("iat", now() + 27).sign(&issuer.es), None),
        ("iat beyond it", draft().claim("iat", now() + 33).sign(&issuer.es), Some("issued_in_future")),
        ("an hour", draft().claim("iat", old).claim("exp", old + 3600).sign(&issuer.es), None),
        (
            "a second more",
            draft().claim("iat", old).claim("exp", old + 3601).sign(&issuer.es),
            Some("lifetime"),
        ),
        ("a life of unknown length", draft().without("iat").sign(&issuer.es), Some("claim_missing|lifetime")),
    ] {
        match verdict {
            None => drop(gate.allows(name, bearer(&token)).await),
            Some(reasons) => gate.refuses(name, reasons, bearer(&token)).await,
        }
    }
    gate.end().await;
}

/// Not a moment that is still to come.
const NO_TIME: &[&str] = &[
    "1e400",
    "-1e400",
    "1e309",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e19",
    "1e300",
    "123456789012345678901234567890",
    "-1",
    "-0.5",
    "-1e18",
    "-9223372036854775808",
    "0",
    "-0",
    "0.0",
    "0.4",
    "1",
    "\"123\"",
    "\"9999999999\"",
    "\"\"",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "[9999999999]",
    "{\"exp\":9999999999}",
];
