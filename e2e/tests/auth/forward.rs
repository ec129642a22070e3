//! What the upstream is told (threats J52, R03): what was verified, by names that no client can use.

use e2e::{Bootstrap, Request, base64url_decode};
use serde_json::{Value, json};

use super::gate::Gate;
use super::setting::{ISSUER, Issuer, bearer, draft};

e2e::tests![
    claims_in_headers,
    values_that_fit_no_header,
    what_clients_send_is_removed,
    what_the_access_log_knows
];

fn policy(issuer: &Issuer) -> Value {
    let mut policy = issuer.policy();
    policy["providers"][0]["forward"] = json!({
        "payload_header": "x-jwt-payload",
        "claims": [
            { "claim": "sub", "header": "x-jwt-sub" },
            { "claim": "realm_access.roles", "header": "x-jwt-roles" },
            { "claim": "level", "header": "x-jwt-level" },
            { "claim": "address", "header": "x-jwt-address" },
            { "claim": "https://x.example/tenant", "header": "x-jwt-tenant" },
        ],
    });
    policy
}

async fn claims_in_headers() {
    let issuer = Issuer::new();
    let gate = Gate::start(Bootstrap::auth().policy_value(policy(&issuer)), issuer.good()).await;
    let address = json!({ "city": "Köln", "zip": 50667 });
    let token = draft()
        .claim("realm_access", json!({ "roles": ["admin", "a,b", "50%"] }))
        .claim("level", 3.5)
        .claim("address", address.clone())
        .claim("https://x.example/tenant", "acme")
        .sign(&issuer.es);
    let report = gate.allows("all", bearer(&token)).await;
    assert_eq!(report.lines("x-jwt-sub"), ["user-1"]);
    assert_eq!(report.lines("x-jwt-roles"), ["admin,a%2Cb,50%25"]);
    assert_eq!(report.lines("x-jwt-level"), ["3.5"]);
    assert_eq!(report.lines("x-jwt-tenant"), ["acme"]);
    let object = base64url_decode(report.header("x-jwt-address").expect("an address")).expect("base64url");
    assert_eq!(serde_json::from_slice::<Value>(&object).expect("JSON"), address);
    assert_eq!(report.lines("x-jwt-payload"), [token.split('.').nth(1).expect("claims")]);
    for (name, value, want) in [
        ("true", json!(true), Some("true")),
        ("a large number", json!(9_007_199_254_740_993_u64), Some("9007199254740993")),
        ("a text", json!("high"), Some("high")),
        ("an empty list", json!([]), None),
        ("null", Value::Null, None),
    ] {
        let report = gate.allows(name, bearer(&draft().claim("level", value).sign(&issuer.es))).await;
        match want {
            Some(want) => assert_eq!(report.lines("x-jwt-level"), [want], "{name}"),
            // Either no line or an empty one: nothing of the client's in any case.
            None => {
                assert!(report.lines("x-jwt-level").iter().all(|line| line.is_empty()), "{name}: {report:?}")
            }
        }
    }
    gate.end().await;
}

async fn values_that_fit_no_header() {
    let issuer = Issuer::new();
    let gate = Gate::start(Bootstrap::auth().policy_value(policy(&issuer)), issuer.good()).await;
    for (name, sub) in [
        ("CR LF and a header", "a\r\nx-admin: 1".to_owned()),
        ("LF", "a\nx-admin: 1".to_owned()),
        ("CR", "a\rx-admin: 1".to_owned()),
        ("NUL", "a\0b".to_owned()),
        ("a tab", "a\tb".to_owned()),
        ("DEL", "a\x7fb".to_owned()),
        ("other letters", "Jörg".to_owned()),
        ("right to left", "a\u{202e}b".to_owned()),
        ("9 KiB", "x".repeat(9 << 10)),
        ("a whole request", "a\r\n\r\nGET /admin HTTP/1.1\r\nhost: a\r\n\r\n".to_owned()),
    ] {
        let request = bearer(&draft().claim("sub", sub).sign(&issuer.es));
        gate.refuses(name, "claim_value", request.clone()).await;
        gate.refuses_by(&gate.stack.client(e2e::Protocol::Http2), name, "claim_value", request).await;
    }
    for roles in [json!(["a\r\nb"]), json!(["ok", "\u{e9}"])] {
        let token = draft().claim("realm_access", json!({ "roles": roles })).sign(&issuer.es);
        gate.refuses("in a list", "claim_value", bearer(&token)).await;
    }
    // Not forwarded, so nobody's concern.
    let report =
        gate.allows("another claim", bearer(&draft().claim("name", "Jörg\r\n").sign(&issuer.es))).await;
    assert_eq!(report.lines("x-admin"), [""; 0]);
    for sub in ["a b", "a,b", "a\"b\\", "%0d%0a", &"x".repeat(4096)] {
        let report = gate.allows(sub, bearer(&draft().claim("sub", sub).sign(&issuer.es))).await;
        assert_eq!(report.lines("x-jwt-sub"), [sub]);
    }
    // A name with dots in it beside a nested one of the same path.
    let twice =
        draft().claim("realm_access", json!({ "roles": ["a"] })).claim("realm_access.roles", json!(["b"]));
    gate.refuses("one path, two claims", "claims_ambiguous", bearer(&twice.sign(&issuer.es))).await;
    gate.end().await;
}

async fn what_clients_send_is_removed() {
    let issuer = Issuer::new();
    let mut policy = policy(&issuer);
    policy["rules"].as_array_mut().expect("rules").insert(
        0,
        json!(
            { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" }
        ),
    );
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    const OURS: [&str; 7] = [
        "x-jwt-sub",
        "x-jwt-roles",
        "x-jwt-level",
        "x-jwt-address",
        "x-jwt-tenant",
        "x-jwt-payload",
        "x-forwarded-client-cert",
    ];
    let forged = |request: Request| {
        OURS.iter().fold(request, |request, name| request.header(name, "forged").header(name, "twice"))
    };
    for client in [gate.stack.client(e2e::Protocol::Http1), gate.stack.client(e2e::Protocol::Http2)] {
        for path in ["/open", "/healthz"] {
            let report = gate.allows_by(&client, path, forged(Request::get(path))).await;
            for name in OURS {
                assert_eq!(report.lines(name), [""; 0], "{path} {name}");
            }
        }
        let report = gate.allows_by(&client, "with a token", forged(issuer.good())).await;
        assert_eq!(report.lines("x-jwt-sub"), ["user-1"]);
        for name in ["x-jwt-roles", "x-jwt-level", "x-jwt-address", "x-jwt-tenant", "x-forwarded-client-cert"]
        {
            assert_eq!(report.lines(name), [""; 0], "{name}: the token has none");
        }
    }
    // In other letters, and in bytes that no library sends.
    for line in ["X-JWT-Sub: forged", "X-Jwt-SUB:forged", "x-jwt-sub: \u{ff}forged", "x-jwt-sub:"] {
        let request: Vec<u8> =
            format!("GET /open HTTP/1.1\r\nhost: a\r\n{line}\r\n\r\n").chars().map(|c| c as u8).collect();
        let answer = e2e::exchange(gate.stack.envoy.addr("http"), &request).await.expect("an answer");
        let report = e2e::Report::parse(&answer.body).expect("a report");
        assert_eq!(report.headers.iter().filter(|(name, _)| name.starts_with("x-jwt")).count(), 0, "{line}");
    }
    gate.recount().await;
    gate.end().await;
}

async fn what_the_access_log_knows() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let client = gate.stack.client(e2e::Protocol::Http1);
    let entry = gate.logged(&client, issuer.good()).await;
    for (name, want) in [("subject", "user-1"), ("issuer", ISSUER), ("rule", "all")] {
        assert_eq!(entry[name], want, "{entry}");
    }
    assert_eq!(entry["peer"], Value::Null, "{entry}");
    let entry = gate.logged(&client, Request::get("/healthz")).await;
    assert_eq!((&entry["rule"], &entry["subject"]), (&json!("health"), &Value::Null), "{entry}");
    let entry = gate.logged(&client, bearer("a.b.c")).await;
    assert_eq!(
        (&entry["subject"], &entry["details"]),
        (&Value::Null, &json!("sluice_auth{malformed}")),
        "{entry}"
    );
    gate.end().await;
}
