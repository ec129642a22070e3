//! What the filters behind learn: `canary` decides by verified claims and peers. And dry runs, which decide and change
//! nothing.

use e2e::{Authority, Bootstrap, Client, Request, Socket, Tls};
use serde_json::json;

use super::gate::Gate;
use super::mesh::BATCH;
use super::setting::{Issuer, bearer, draft};

e2e::tests![canary_matches_claims, canary_matches_peers, a_dry_run_refuses_nobody, a_rule_may_be_a_dry_run,];

const CANARY: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules:
  - { name: staff, when: { claim: { name: groups, contains: staff } }, subset: canary }
  - { name: tenant, when: { claim: { name: org.tenant, exact: acme } }, subset: canary }
  - { name: user, when: { claim: { name: sub, exact: user-7 } }, subset: canary }
  - { name: batch, when: { peer: { exact: spiffe://example.org/ns/prod/sa/batch } }, subset: canary }
output: { header: x-sluice-subset }
";

async fn canary_matches_claims() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["rules"].as_array_mut().expect("rules").insert(
        0,
        json!(
            { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" }
        ),
    );
    let bootstrap = Bootstrap::auth().policy_value(policy).behind("canary", CANARY);
    let gate = Gate::start(bootstrap, issuer.good()).await;
    let mut wrong = Vec::new();
    for (name, draft, subset) in [
        ("nobody special", draft(), "stable"),
        ("staff", draft().claim("groups", json!(["dev", "staff"])), "canary"),
        ("staff as a word", draft().claim("groups", "dev staff"), "canary"),
        ("almost staff", draft().claim("groups", json!(["staffer"])), "stable"),
        ("nested", draft().claim("org", json!({ "tenant": "acme" })), "canary"),
        ("nested, another", draft().claim("org", json!({ "tenant": "globex" })), "stable"),
        ("subject", draft().claim("sub", "user-7"), "canary"),
    ] {
        let token = draft.sign(&issuer.es);
        for _ in 0..2 {
            // The first time verified, the second time remembered.
            let report = gate.allows(name, bearer(&token)).await;
            let version = if subset == "canary" { "v2" } else { "v1" };
            if (report.subset(), report.version.as_str()) != (Some(subset), version) {
                wrong.push(format!("{name}: {:?} by {}", report.subset(), report.version));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Nobody's claims where nobody was verified, whatever the client sends.
    let staff = draft().claim("groups", json!(["staff"])).sign(&issuer.es);
    for request in [
        Request::get("/open"),
        Request::get("/open").header("authorization", format!("Bearer {staff}")),
        Request::get("/open").header("x-sluice-identity", "groups=staff").header("x-sluice-subset", "canary"),
    ] {
        let report = gate.allows("open", request).await;
        assert_eq!(report.subset(), Some("stable"));
    }
    gate.end().await;
}

async fn canary_matches_peers() {
    e2e::suite::needs_local("a listener more");
    let mut policy = Issuer::new().policy_for_peers();
    policy["spiffe"] = json!({ "xfcc": { "from": ["spiffe://example.org/ns/edge/sa/*"] } });
    let authority = Authority::new("mesh").expect("an authority");
    let bootstrap = Bootstrap::auth()
        .policy_value(policy)
        .behind("canary", CANARY)
        .listener("https", Socket::new(&[&authority]).expect("a server certificate"));
    let gate = Gate::start(bootstrap, Request::get("/")).await;
    for (id, subset) in [
        ("spiffe://example.org/ns/prod/sa/batch", "canary"),
        ("spiffe://example.org/ns/prod/sa/batch2", "stable"),
    ] {
        let identity = authority.svid(&[id]).expect("a certificate");
        let config = authority.client_with(Some(&identity), Tls::Any).expect("a client");
        let client = Client::tls(gate.stack.envoy.addr("https"), config);
        let report = gate.allows_by(&client, id, Request::get("/peers")).await;
        assert_eq!(report.subset(), Some(subset), "{id}");
    }
    // Behind a gateway the peer is whom the gateway names: `canary` learns it from `auth`, not from the connection.
    let edge = authority.svid(&["spiffe://example.org/ns/edge/sa/gw"]).expect("a certificate");
    let config = authority.client_with(Some(&edge), Tls::Any).expect("a client");
    let client = Client::tls(gate.stack.envoy.addr("https"), config);
    for (id, subset) in [(BATCH, "canary"), ("spiffe://example.org/ns/prod/sa/web", "stable")] {
        let request = Request::get("/peers").header("x-forwarded-client-cert", format!("URI={id}"));
        let report = gate.allows_by(&client, id, request).await;
        assert_eq!(report.subset(), Some(subset), "{id} behind a gateway");
    }
    gate.end().await;
}

async fn a_dry_run_refuses_nobody() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["dry_run"] = json!(true);
    policy["providers"][0]["forward"] =
        json!({ "token": "strip", "claims": [{ "claim": "sub", "header": "x-jwt-sub" }] });
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let forged = |request: Request| request.header("x-jwt-sub", "forged");
    for (name, reason, request) in [
        ("no token", "no_token", Request::get("/orders")),
        ("a bad one", "malformed", bearer("a.b.c")),
        ("another audience", "audience", bearer(&draft().claim("aud", "x").sign(&issuer.es))),
        ("a path", "ambiguous_path", Request::get("/a;b")),
        ("two", "malformed_credentials", bearer("a.b.c").header("authorization", "Bearer d.e.f")),
    ] {
        let report = gate.allows(name, forged(request)).await;
        assert_eq!(report.lines("x-jwt-sub"), [""; 0], "{name}: nothing unverified is forwarded");
        let stats = gate.stack.stats().await;
        assert_eq!(stats.of("sluice.auth.would_deny", &[("reason", reason)]), 1, "{name}");
    }
    let report = gate.allows("a good one", forged(issuer.good())).await;
    assert_eq!(report.lines("x-jwt-sub"), ["user-1"]);
    assert_eq!(gate.stack.stats().await.of("sluice.auth.denied", &[]), 0);
    gate.end().await;
}

async fn a_rule_may_be_a_dry_run() {
    let issuer = Issuer::new();
    let mut policy = issuer.policy();
    policy["rules"].as_array_mut().expect("rules").insert(
        1,
        json!({
            "name": "stricter", "dry_run": true,
            "require": { "token": "idp", "claims": [{ "name": "scope", "contains": "orders.read" }] },
        }),
    );
    let gate = Gate::start(Bootstrap::auth().policy_value(policy), issuer.good()).await;
    let before = gate.stack.stats().await;
    let would = |stats: &e2e::Stats| stats.of("sluice.auth.would_deny", &[("reason", "scope")]);
    gate.allows("without the scope", issuer.good()).await;
    gate.allows("with it", bearer(&draft().claim("scope", "orders.read").sign(&issuer.es))).await;
    gate.refuses("the rule behind it decides", "no_token", Request::get("/orders")).await;
    let after = gate.stack.stats().await;
    // One by the row, one by the good request after the refusal.
    assert_eq!(would(&after) - would(&before), 2);
    gate.end().await;
}
