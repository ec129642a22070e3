//! Limits by verified identity, with the real `auth` in front (threat L12): who is asking decides, nobody can say so for
//! another, and who is not let in spends nothing.

use e2e::{Authority, Bootstrap, Client, Draft, Request, Socket, Stack, Tls};
use serde_json::json;

use super::gate::alive;
use super::setting::PLANTED;
use crate::auth::setting::{Issuer, bearer, draft};

e2e::tests![
    a_tenant_has_its_limit_whoever_asks_for_it,
    a_plan_is_chosen_by_a_verified_claim,
    who_is_not_let_in_spends_nothing,
    what_a_client_says_of_itself_is_no_claim,
    a_peer_is_a_key,
];

const BY_TENANT: &str = "
limits: [{ name: tenants, key: [{ claim: tenant }], missing: skip, rate: { requests: 3, per: 87600h } }]
headers: ietf
";

async fn start(issuer: &Issuer, limits: &str) -> Stack {
    let mut policy = issuer.policy();
    let rules = policy["rules"].as_array_mut().expect("rules");
    rules.insert(0, json!({ "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" }));
    Stack::start(Bootstrap::auth().policy_value(policy).behind("ratelimit", limits)).await
}

fn of(tenant: &str, user: &str) -> Draft {
    draft().claim("tenant", format!("{PLANTED}-{tenant}")).claim("sub", user)
}

async fn a_tenant_has_its_limit_whoever_asks_for_it() {
    let issuer = Issuer::new();
    let stack = start(&issuer, BY_TENANT).await;
    for (name, tenant, user, status) in [
        ("the first", "acme", "ada", 200),
        ("another user", "acme", "bob", 200),
        ("another tenant", "initech", "ada", 200),
        ("the third", "acme", "eve", 200),
        ("the fourth", "acme", "ada", 429),
        ("another tenant", "initech", "ada", 200),
    ] {
        // With a remembered token as with a new one.
        let answer = stack.send(bearer(&of(tenant, user).sign(&issuer.es))).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    assert_eq!(stack.v1.hits().await, 5);
    let token = of("acme", "ada").sign(&issuer.rs);
    for _ in 0..5 {
        assert_eq!(stack.send(bearer(&token)).await.status, 429);
    }
    // Who has no tenant is not under the limit here.
    assert_eq!(stack.send(issuer.good()).await.status, 200);
    assert_eq!(stack.v1.hits().await, 6);
    alive(&stack).await;
}

async fn a_plan_is_chosen_by_a_verified_claim() {
    let limits = "
limits:
  - name: plan
    key: [{ claim: tenant }]
    rate_by:
      claim: plan
      table: { free: { requests: 2, per: 87600h }, gold: { requests: 5, per: 87600h } }
      otherwise: { requests: 1, per: 87600h }
headers: ietf
";
    let issuer = Issuer::new();
    let stack = start(&issuer, limits).await;
    for (name, draft, requests) in [
        ("free", of("acme", "ada").claim("plan", "free"), 2),
        ("gold, the same tenant", of("acme", "ada").claim("plan", "gold"), 5),
        ("another tenant", of("initech", "ada").claim("plan", "free"), 2),
        ("a plan that is none", of("hooli", "ada").claim("plan", "platinum"), 1),
        ("in other letters", of("umbrella", "ada").claim("plan", "Gold"), 1),
        ("no plan", of("globex", "ada"), 1),
        ("a list", of("soylent", "ada").claim("plan", json!(["gold"])), 1),
    ] {
        let token = draft.sign(&issuer.es);
        for number in 0..requests + 2 {
            let answer = stack.send(bearer(&token)).await;
            let status = if number < requests { 200 } else { 429 };
            assert_eq!(answer.status, status, "{name}: request {number}: {answer:?}");
            let policy = answer.header("ratelimit-policy").unwrap_or_default();
            assert_eq!(policy, format!("\"plan\";q={requests};w=315360000"), "{name}");
        }
    }
    assert_eq!(stack.v1.hits().await, 13);
    // A plan in a header, or in a token that nobody signed, is nobody's plan.
    let forged = of("acme", "ada").claim("plan", "gold").sign(&e2e::Key::p256("es"));
    assert_eq!(stack.send(bearer(&forged)).await.status, 401);
    let free = bearer(&of("acme", "ada").claim("plan", "free").sign(&issuer.es));
    assert_eq!(stack.send(free.header("plan", "gold").header("x-plan", "gold")).await.status, 429);
    assert_eq!(stack.v1.hits().await, 13);
    alive(&stack).await;
}

async fn who_is_not_let_in_spends_nothing() {
    let issuer = Issuer::new();
    let stack = start(&issuer, BY_TENANT).await;
    let good = of("acme", "ada").sign(&issuer.es);
    let (input, _) = good.rsplit_once('.').expect("a dot");
    let strangers = [
        Request::get("/orders"),
        Request::get("/orders").header("x-tenant", format!("{PLANTED}-acme")),
        bearer(&format!("{input}.{}", "A".repeat(86))),
        bearer(&of("acme", "ada").sign(&e2e::Key::p256("es"))),
        bearer(&of("acme", "ada").claim("exp", 1).sign(&issuer.es)),
        bearer(&of("acme", "ada").claim("aud", "others").sign(&issuer.es)),
    ];
    for number in 0..300 {
        let answer = stack.send(strangers[number % strangers.len()].clone()).await;
        assert_eq!(answer.status, 401, "{number}");
        assert_eq!(answer.header("ratelimit"), None, "{number}");
    }
    assert_eq!(stack.v1.hits().await, 0);
    assert_eq!(stack.stats().await.of("sluice.ratelimit.requests", &[]), 0, "nobody came that far");
    for status in [200, 200, 200, 429] {
        assert_eq!(stack.send(bearer(&good)).await.status, status, "the tenant has all of it");
    }
    assert_eq!(stack.v1.hits().await, 3);
    alive(&stack).await;
}

async fn what_a_client_says_of_itself_is_no_claim() {
    let issuer = Issuer::new();
    let limits = BY_TENANT.replace("missing: skip", "missing: deny");
    let stack = start(&issuer, &limits).await;
    let token = of("acme", "ada").sign(&issuer.es);
    // `/open` is for anyone: there nobody is verified, whatever they bring.
    for request in [
        Request::get("/open"),
        Request::get("/open").header("tenant", "acme").header("x-jwt-tenant", "acme"),
        Request::get("/open").header("authorization", format!("Bearer {token}")),
        Request::get("/open?tenant=acme").header("x-sluice-identity", "tenant=acme"),
    ] {
        let answer = stack.send(request).await;
        assert_eq!(answer.status, 429, "{answer:?}");
        assert!(String::from_utf8_lossy(&answer.body).contains("key_missing"), "{answer:?}");
    }
    assert_eq!(stack.v1.hits().await, 0);
    for status in [200, 200, 200, 429] {
        assert_eq!(stack.send(bearer(&token)).await.status, status, "and the tenant's own is untouched");
    }
    alive(&stack).await;
}

async fn a_peer_is_a_key() {
    e2e::suite::needs_local("a listener more");
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["rules"] = json!([{ "name": "peers", "require": { "peer": ["spiffe://example.org/**"] } }]);
    let limits = "
limits: [{ name: peers, key: [{ peer: spiffe_id }], missing: deny, rate: { requests: 2, per: 87600h } }]
";
    let authority = Authority::new("mesh").expect("an authority");
    let bootstrap = Bootstrap::auth()
        .policy_value(policy)
        .behind("ratelimit", limits)
        .listener("https", Socket::new(&[&authority]).expect("a server certificate"));
    let stack = Stack::start(bootstrap).await;
    for name in ["web", "batch"] {
        // Each certificate is another one of the same identity.
        for status in [200, 200, 429] {
            let id = format!("spiffe://example.org/ns/prod/sa/{name}");
            let identity = authority.svid(&[&id]).expect("a certificate");
            let config = authority.client_with(Some(&identity), Tls::Any).expect("a client");
            let client = Client::tls(stack.envoy.addr("https"), config);
            assert_eq!(client.send(Request::get("/orders")).await.status, status, "{name}");
        }
    }
    assert_eq!(stack.v1.hits().await, 4);
    alive(&stack).await;
}
