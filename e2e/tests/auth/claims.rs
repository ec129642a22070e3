//! Claims (threats J44 to J49): of the right type, of the right issuer, for us; what rules ask for; revocations.

use super::gate::Gate;
use super::memory::everybody;
use super::setting::{ISSUER, Issuer, bearer, draft, inline, set};
use e2e::{Bootstrap, Key};
use serde_json::{Value, json};

e2e::tests![issuers, audiences, types_of_tokens, required_claims, revoked_tokens,];

async fn issuers() {
    let issuer = Issuer::new();
    // Another issuer with a key of the same name.
    let (other, theirs) = ("https://other.example", Key::p256("es"));
    let mut policy = issuer.policy();
    policy["providers"].as_array_mut().expect("a list").push(
        json!({ "name": "other", "issuer": other, "audiences": ["orders"], "keys": { "inline": set(&[&theirs]) } }),
    );
    policy["rules"][1]["require"]["token"] = json!(["idp", "other"]);
    let only =
        json!({ "name": "only", "when": { "path": { "prefix": "/only" } }, "require": { "token": "idp" } });
    policy["rules"].as_array_mut().expect("a list").insert(1, only);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    gate.allows("the other issuer", bearer(&draft().claim("iss", other).sign(&theirs))).await;
    gate.refuses("ours by the other's key", "signature", bearer(&draft().sign(&theirs))).await;
    let crossed = draft().claim("iss", other).sign(&issuer.es);
    gate.refuses("the other's by our key", "signature", bearer(&crossed)).await;
    let token = draft().claim("iss", other).sign(&theirs);
    let only = e2e::Request::get("/only").header("authorization", format!("Bearer {token}"));
    gate.refuses("an issuer that the rule does not name", "issuer", only).await;
    let mut rows = Vec::new();
    for iss in [
        json!("https://issuer.example/"),
        json!("https://ISSUER.example"),
        json!("http://issuer.example"),
        json!("https://issuer.example "),
        json!("https://issuer.exampl"),
        json!("https://issuer.example.evil"),
        json!("https://issuer.example\0"),
        json!("issuer.example"),
        json!(""),
        json!(1),
        json!(true),
        json!([ISSUER]),
        json!([ISSUER, other]),
        json!({ "iss": ISSUER }),
    ] {
        let token = draft().claim("iss", iss.clone()).sign(&issuer.es);
        rows.push((format!("iss {iss}"), "issuer|claim_type", token));
    }
    let null = draft().without("iss").claims_json().replacen('{', "{\"iss\":null,", 1);
    rows.push((
        "iss null".to_owned(),
        "issuer|claim_type|claim_missing",
        draft().claims_text(null).sign(&issuer.es),
    ));
    rows.push(("no iss".to_owned(), "claim_missing|issuer", draft().without("iss").sign(&issuer.es)));
    gate.refuses_tokens(&rows).await;
    gate.end().await;
}

async fn audiences() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    let mut rows = Vec::new();
    for aud in [
        json!([]),
        json!(""),
        json!("order"),
        json!("orders2"),
        json!("Orders"),
        json!("orders "),
        json!("orders payments"),
        json!("orders,payments"),
        json!("*"),
        json!(["order", "orders/"]),
        json!([["orders"]]),
        json!([{ "aud": "orders" }]),
        json!({ "orders": true }),
        json!({ "0": "orders" }),
        json!(5),
        json!(true),
        json!(["orders", 5]),
        json!([5, "orders"]),
        json!(["orders", null]),
        json!([null]),
        json!(["orders", ["orders"]]),
    ] {
        let token = draft().claim("aud", aud.clone()).sign(&issuer.es);
        rows.push((format!("aud {aud}"), "audience|claim_type|claim_missing", token));
    }
    let null = draft().without("aud").claims_json().replacen('{', "{\"aud\":null,", 1);
    rows.push((
        "aud null".to_owned(),
        "audience|claim_type|claim_missing",
        draft().claims_text(null).sign(&issuer.es),
    ));
    rows.push(("no aud".to_owned(), "claim_missing|audience", draft().without("aud").sign(&issuer.es)));
    gate.refuses_tokens(&rows).await;
    let many: Vec<String> = (0..1000).map(|n| format!("a{n}")).chain(["payments".to_owned()]).collect();
    for aud in [
        json!("payments"),
        json!(["orders"]),
        json!(["x", "orders"]),
        json!(["orders", "orders"]),
        json!(many),
    ] {
        gate.allows("aud", bearer(&draft().claim("aud", aud).sign(&issuer.es))).await;
    }
    gate.end().await;
}

async fn types_of_tokens() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["providers"][0]["type"] = json!("at+jwt");
    let typed = |typ: &str| draft().header("typ", typ).sign(&issuer.es);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), bearer(&typed("at+jwt"))).await;
    gate.refuses("an ID token", "typ", bearer(&typed("JWT"))).await;
    gate.refuses("none", "typ", issuer.good()).await;
    for typ in
        ["", "at+jw", "at+jwtx", "at jwt", "logout+jwt", "dpop+jwt", "application/jwt", "jwt", "at+jwt;x=1"]
    {
        gate.refuses(typ, "typ", bearer(&typed(typ))).await;
    }
    // RFC 9068 section 4 and RFC 7515 section 4.1.9: the same media type, written otherwise. Strict or not, it is one verdict.
    for typ in ["application/at+jwt", "AT+JWT", "at+JWT"] {
        let answer = gate.stack.send(bearer(&typed(typ))).await;
        assert!([200, 401].contains(&answer.status), "{typ}: {}", answer.status);
        gate.recount().await;
    }
    gate.end().await;
    // A wrong type of sub, whatever the policy asks for.
    let gate = issuer.gate().await;
    for sub in [json!(1), json!(["user-1"]), json!({ "a": 1 }), json!(true)] {
        let token = draft().claim("sub", sub.clone()).sign(&issuer.es);
        gate.refuses(&format!("sub {sub}"), "claim_type", bearer(&token)).await;
    }
    gate.end().await;
}

async fn required_claims() {
    let issuer = Issuer::new();
    let mut policy = inline(issuer.set());
    policy["rules"] = json!([
        { "name": "scope", "when": { "path": { "prefix": "/scope" } },
          "require": { "token": "idp", "claims": [{ "name": "scope", "contains": "orders.read" }] } },
        { "name": "tenant", "when": { "path": { "prefix": "/tenant" } },
          "require": { "token": "idp", "claims": [{ "name": "tenant", "in": ["acme", "globex"] }] } },
        { "name": "roles", "when": { "path": { "prefix": "/roles" } },
          "require": { "token": "idp", "claims": [{ "name": "realm_access.roles", "contains": "admin" }] } },
        { "name": "absent", "when": { "path": { "prefix": "/absent" } },
          "require": { "token": "idp", "claims": [{ "name": "act", "present": false }] } },
        { "name": "all", "when": { "path": { "prefix": "/orders" } }, "require": { "token": "idp" } },
    ]);
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let at = |path: &str, draft: e2e::Draft| {
        e2e::Request::get(path).header("authorization", format!("Bearer {}", draft.sign(&issuer.es)))
    };
    for (path, name, value, served) in &asked_for() {
        let (request, what) =
            (at(path, draft().claim(name, value.clone())), format!("{path} {name} {value}"));
        if *served {
            gate.allows(&what, request).await;
        } else {
            gate.refuses(&what, if *path == "/scope" { "scope" } else { "claims" }, request).await;
        }
    }
    for path in ["/scope", "/tenant", "/roles"] {
        gate.refuses("without it", if path == "/scope" { "scope" } else { "claims" }, at(path, draft()))
            .await;
    }
    gate.refuses("no rule", "no_rule", at("/elsewhere", draft())).await;
    gate.refuses("no rule, no token", "no_rule", e2e::Request::get("/elsewhere")).await;
    gate.end().await;
}

/// Path, claim, value, and whether that is enough.
fn asked_for() -> Vec<(&'static str, &'static str, Value, bool)> {
    vec![
        ("/scope", "scope", json!("orders.read"), true),
        ("/scope", "scope", json!("a orders.read b"), true),
        ("/scope", "scope", json!(["orders.read", "x"]), true),
        ("/scope", "scope", json!("orders.reader"), false),
        ("/scope", "scope", json!("orders.read,x"), false),
        ("/scope", "scope", json!("ORDERS.READ"), false),
        ("/scope", "scope", json!(""), false),
        ("/scope", "scope", json!([["orders.read"]]), false),
        ("/scope", "scope", json!({ "orders.read": true }), false),
        ("/scope", "scope", json!(true), false),
        ("/tenant", "tenant", json!("acme"), true),
        ("/tenant", "tenant", json!("globex"), true),
        ("/tenant", "tenant", json!("acme "), false),
        ("/tenant", "tenant", json!("Acme"), false),
        ("/tenant", "tenant", json!(["acme"]), false),
        ("/tenant", "tenant", json!({ "acme": 1 }), false),
        ("/roles", "realm_access", json!({ "roles": ["user", "admin"] }), true),
        ("/roles", "realm_access.roles", json!(["admin"]), true),
        ("/roles", "realm_access", json!({ "roles": ["administrator"] }), false),
        ("/roles", "realm_access", json!(["roles", "admin"]), false),
        ("/roles", "realm_access", json!("admin"), false),
        ("/absent", "other", json!(1), true),
        ("/absent", "act", json!({ "sub": "x" }), false),
    ]
}

async fn revoked_tokens() {
    let issuer = Issuer::new();
    let (gate, list) = issuer.revoking_gate().await;
    let revoked = json!({ "revoked": [
        { "iss": ISSUER, "jti": "stolen" }, { "sub": "leaver" }, { "iss": ISSUER, "sub": "mover" },
        { "iss": "https://other.example", "jti": "elsewhere" },
    ] });
    list.serve(revoked.to_string()).await;
    gate.warm().await;
    let stolen = bearer(&draft().claim("jti", "stolen").sign(&issuer.es));
    everybody(&gate.stack, &stolen, 401).await;
    gate.recount().await;
    gate.refuses("a token", "revoked", stolen).await;
    gate.refuses("a subject", "revoked", bearer(&draft().claim("sub", "leaver").sign(&issuer.es))).await;
    gate.refuses(
        "a subject of an issuer",
        "revoked",
        bearer(&draft().claim("sub", "mover").sign(&issuer.es)),
    )
    .await;
    for (name, draft) in [
        ("another token", draft().claim("jti", "stole")),
        ("a token of another issuer", draft().claim("jti", "elsewhere")),
        ("no jti", draft()),
        ("the name of a token as a subject", draft().claim("sub", "stolen")),
    ] {
        gate.allows(name, bearer(&draft.sign(&issuer.es))).await;
    }
    gate.end().await;
}
