//! Where a token travels (threats J52 to J54): schemes, repetitions, cookies and queries.

use e2e::{Bootstrap, Request};
use serde_json::json;

use super::gate::Gate;
use super::setting::{Issuer, bearer, draft};

e2e::tests![schemes, two_tokens, all_places, stripped_where_it_was];

const CARRIED: &str = "malformed_credentials|no_token|malformed|two_tokens";

async fn schemes() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let token = issuer.token();
    let with = |value: String| Request::get("/orders").header("authorization", value);
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        gate.allows(scheme, with(format!("{scheme} {token}"))).await;
    }
    for (name, value) in [
        ("a tab", format!("Bearer\t{token}")),
        ("no space", format!("Bearer{token}")),
        ("a colon", format!("Bearer: {token}")),
        ("quotes", format!("Bearer \"{token}\"")),
        ("token=", format!("Bearer token={token}")),
        ("alone", "Bearer".to_owned()),
        ("a space only", "Bearer ".to_owned()),
        ("empty", String::new()),
        ("no scheme", token.clone()),
        ("Basic", format!("Basic {token}")),
        ("DPoP", format!("DPoP {token}")),
        ("Token", format!("Token {token}")),
        ("another alphabet", format!("Ｂearer {token}")),
        ("two with a comma", format!("Bearer {token}, Bearer {token}")),
        ("two with a comma, one bad", format!("Bearer {token},Bearer x.y.z")),
        ("two with a space", format!("Bearer {token} {token}")),
        ("a parameter", format!("Bearer {token}; charset=utf-8")),
        ("Basic first", format!("Basic abc, Bearer {token}")),
        ("percent", format!("Bearer%20{token}")),
        ("a byte that is no text", format!("Bearer {token}é")),
    ] {
        gate.refuses(name, CARRIED, with(value)).await;
    }
    gate.refuses("nothing at all", "no_token", Request::get("/orders")).await;
    // White space at the ends of a field belongs to nobody (RFC 9110 section 5.5).
    let padded = format!("GET /orders HTTP/1.1\r\nhost: a\r\nauthorization:  \tBearer {token} \t\r\n\r\n");
    let answer = e2e::exchange(gate.stack.envoy.addr("http"), padded.as_bytes()).await.expect("an answer");
    assert_eq!(answer.status, 200);
    gate.recount().await;
    gate.end().await;
}

async fn two_tokens() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let good = issuer.token();
    let bad = draft().sign(&e2e::Key::p256("es"));
    let other = draft().claim("sub", "user-2").sign(&issuer.es);
    for (name, first, second) in [
        ("good, bad", &good, &bad),
        ("bad, good", &bad, &good),
        ("good, other", &good, &other),
        ("other, good", &other, &good),
    ] {
        let request = Request::get("/orders")
            .header("authorization", format!("Bearer {first}"))
            .header("authorization", format!("Bearer {second}"));
        gate.refuses(name, "two_tokens|malformed_credentials", request.clone()).await;
        let client = gate.stack.client(e2e::Protocol::Http2);
        gate.refuses_by(&client, name, "two_tokens|malformed_credentials", request).await;
    }
    for (name, first, second) in [
        ("Basic behind", format!("Bearer {good}"), "Basic abc".to_owned()),
        ("Basic before", "Basic abc".to_owned(), format!("Bearer {good}")),
        ("one in other letters", format!("Bearer {good}"), format!("bearer {bad}")),
        ("garbage behind", format!("Bearer {good}"), "x".repeat(2000)),
        ("a comma behind", format!("Bearer {good}"), ",".to_owned()),
    ] {
        // Envoy makes one line of these, with a comma; a second line that is empty it drops.
        let request = format!(
            "GET /orders HTTP/1.1\r\nhost: a\r\nauthorization: {first}\r\nAuthorization: {second}\r\n@id\r\n\r\n"
        );
        gate.refuses_bytes(name, "two_tokens|malformed_credentials", request.as_bytes()).await;
    }
    gate.end().await;
}

async fn all_places() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["from"] = json!([
        { "header": "authorization", "prefix": "Bearer " },
        { "header": "x-token" },
        { "cookie": "access_token" },
        { "query": "access_token" },
    ]);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let (good, other) = (issuer.token(), draft().claim("sub", "user-2").sign(&issuer.es));
    let placed = |place: &str, token: &str, request: Request| match place {
        "authorization" => request.header("authorization", format!("Bearer {token}")),
        "x-token" => request.header("x-token", token),
        "cookie" => request.header("cookie", format!("a=1; access_token={token}; b=2")),
        _ => panic!("{place}"),
    };
    let queried = |token: &str| Request::get(format!("/orders?a=1&access_token={token}&b=2"));
    const FIELDS: [&str; 3] = ["authorization", "x-token", "cookie"];
    for place in FIELDS {
        gate.allows(place, placed(place, &good, Request::get("/orders"))).await;
        // The same token twice is one token.
        gate.allows(&format!("{place} and query"), placed(place, &good, queried(&good))).await;
        for request in [placed(place, &good, queried(&other)), placed(place, &other, queried(&good))] {
            gate.refuses(&format!("{place} and another in the query"), "two_tokens", request).await;
        }
        for second in FIELDS.into_iter().filter(|second| *second != place) {
            let request = placed(second, &other, placed(place, &good, Request::get("/orders")));
            gate.refuses(&format!("{place} and another in {second}"), "two_tokens", request).await;
        }
    }
    gate.allows("query", queried(&good)).await;
    twice_in_one_place(&gate, &good, &other).await;
    gate.end().await;
}

async fn twice_in_one_place(gate: &Gate, good: &str, other: &str) {
    let twice = Request::get(format!("/orders?access_token={good}&access_token={other}"));
    gate.refuses("twice in the query", "two_tokens|malformed_credentials", twice).await;
    let twice =
        Request::get("/orders").header("cookie", format!("access_token={good}; access_token={other}"));
    gate.refuses("twice in the cookie", "two_tokens|malformed_credentials", twice).await;
    let twice = Request::get("/orders")
        .header("cookie", format!("access_token={good}"))
        .header("cookie", format!("access_token={other}"));
    gate.refuses("in two cookie lines", "two_tokens|malformed_credentials", twice).await;
    for (name, request) in [
        (
            "a cookie of another name",
            Request::get("/orders").header("cookie", format!("access-token={good}")),
        ),
        ("a query of another name", Request::get(format!("/orders?xaccess_token={good}"))),
        ("a fragment of a name", Request::get(format!("/orders?access_token.={good}"))),
        ("an empty cookie", Request::get("/orders").header("cookie", "access_token=")),
        ("an empty query", Request::get("/orders?access_token=")),
    ] {
        gate.refuses(name, "no_token|malformed_credentials|malformed", request).await;
    }
}

async fn stripped_where_it_was() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["from"] = json!([
        { "header": "authorization", "prefix": "Bearer " }, { "cookie": "access_token" }, { "query": "access_token" },
    ]);
    for (mode, kept) in [("keep", true), ("strip", false)] {
        policy["providers"][0]["forward"] = json!({ "token": mode });
        let gate = Gate::start(Bootstrap::auth().policy_value(policy.clone()), issuer.good()).await;
        let token = issuer.token();
        let report = gate.allows("header", bearer(&token)).await;
        assert_eq!(report.header("authorization").is_some(), kept, "{mode}");
        let cookie = Request::get("/orders").header("cookie", format!("a=1; access_token={token}; b=2"));
        let report = gate.allows("cookie", cookie).await;
        let left = report.lines("cookie").join("; ");
        assert_eq!(left.contains(&token), kept, "{mode}: {left}");
        assert!(left.contains("a=1") && left.contains("b=2"), "{mode}: {left}");
        let report =
            gate.allows("query", Request::get(format!("/orders?a=1&access_token={token}&b=2"))).await;
        assert_eq!(report.path.contains(&token), kept, "{mode}: {}", report.path);
        if !kept {
            assert_eq!(report.path, "/orders?a=1&b=2");
        }
        gate.end().await;
    }
}
