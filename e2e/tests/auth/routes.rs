//! Routes: the filter off, a policy of their own, a bad one (which refuses everything there).

use e2e::{Bootstrap, Key, Request, Update};
use serde_json::json;

use super::gate::Gate;
use super::memory::everybody;
use super::setting::{ISSUER, Issuer, at, bearer, draft, set};

e2e::tests![
    a_route_can_switch_the_filter_off,
    a_route_has_its_own_policy,
    a_bad_policy_refuses_everything_on_its_route,
    a_route_policy_changes_with_the_routes,
    many_policies_side_by_side,
];

fn route(name: &str) -> String {
    format!("{{ name: {name}, match: {{ prefix: /{name} }}, route: {{ cluster: stable }} }}")
}

async fn a_route_can_switch_the_filter_off() {
    let issuer = Issuer::new();
    let gate = issuer.gate().await;
    gate.allows("off", Request::get("/off")).await;
    gate.allows("off, a bad token", at("/off", "a.b.c")).await;
    gate.refuses("on", "no_token", Request::get("/on")).await;
    gate.refuses("almost", "no_token", Request::get("/of")).await;
    gate.end().await;
}

async fn a_route_has_its_own_policy() {
    let (issuer, partner) = (Issuer::new(), Key::p256("es"));
    let own = json!({
        "providers": [{ "name": "partner", "issuer": "https://partner.example", "audiences": ["partners"],
                        "keys": { "inline": set(&[&partner]) } }],
        "rules": [{ "require": { "token": "partner" } }],
    });
    let open = json!({ "rules": [{ "name": "open", "allow": "anyone" }] });
    let bootstrap = Bootstrap::auth()
        .policy_value(issuer.policy())
        .route(&route("partners"))
        .route_policy("partners", &own.to_string())
        .route(&route("open"))
        .route_policy("open", &open.to_string());
    let gate = Gate::start(bootstrap, issuer.good()).await;
    let theirs = draft().claim("iss", "https://partner.example").claim("aud", "partners").sign(&partner);
    gate.allows("theirs, there", at("/partners", &theirs)).await;
    gate.refuses("ours, there", "issuer", at("/partners", &issuer.token())).await;
    gate.refuses("theirs, here", "issuer", at("/orders", &theirs)).await;
    gate.refuses("none, there", "no_token", Request::get("/partners")).await;
    gate.allows("open", Request::get("/open")).await;
    // Nothing is merged: the plugin-wide rule for `/healthz` is not there.
    gate.refuses("a path with two readings, where anyone may", "ambiguous_path", Request::get("/open/;x"))
        .await;
    gate.end().await;
}

async fn a_bad_policy_refuses_everything_on_its_route() {
    let issuer = Issuer::new();
    let mut bootstrap = Bootstrap::auth().policy_value(issuer.policy());
    const BAD: &[(&str, &str)] = &[
        ("typo", "{ ruels: [{ allow: anyone }] }"),
        ("empty", "{}"),
        ("unknown", "{ rules: [{ require: { token: nobody } }] }"),
        ("open", "{ rules: [{ allow: anyone }], dry_run: perhaps }"),
        ("nothing", "{ rules: [{ require: {} }] }"),
        ("types", "{ rules: anyone }"),
        ("text", r#"{ json: "{\"ruels\": [{\"allow\": \"anyone\"}]}" }"#),
        ("yaml-text", r#"{ json: "{ rules: [{ allow: anyone }] }" }"#),
        ("mixed", r#"{ json: "{\"rules\": [{\"allow\": \"anyone\"}]}", dry_run: true }"#),
    ];
    for (name, policy) in BAD {
        let name = format!("bad-{name}");
        bootstrap = bootstrap.route(&route(&name)).route_policy(&name, policy);
    }
    let gate = Gate::start(bootstrap, issuer.good()).await;
    for (name, policy) in BAD {
        let path = format!("/bad-{name}");
        for request in [Request::get(&path), at(&path, &issuer.token()), at(&path, "a.b.c")] {
            gate.refuses(policy, "policy_invalid", request).await;
        }
    }
    let stats = gate.stack.stats().await;
    assert!(stats.of("sluice.auth.policy_refused", &[("scope", "route")]) >= BAD.len() as i128);
    gate.stack.envoy.log_line("ruels").await;
    gate.end().await;
}

async fn a_route_policy_changes_with_the_routes() {
    let (issuer, other) = (Issuer::new(), Key::p256("es"));
    let of = |key: &Key| super::setting::inline(set(&[key])).to_string();
    let bootstrap = Bootstrap::auth_over_xds()
        .policy_value(issuer.policy())
        .route(&route("own"))
        .route_policy("own", &of(&issuer.es));
    let mut gate = Gate::start(bootstrap, issuer.good()).await;
    let (first, second) = (at("/own", &issuer.token()), at("/own", &draft().sign(&other)));
    gate.allows("the first key", first.clone()).await;
    gate.refuses("the second key", "signature", second.clone()).await;
    let next = of(&other);
    assert_eq!(gate.stack.update_routes(|b| b.route_policy("own", &next)).await, Update::Accepted);
    everybody(&gate.stack, &second, 200).await;
    gate.recount().await;
    gate.refuses("the first key now", "signature", first.clone()).await;
    // And back, the policy as text: what is read in another way is followed in the same way.
    let text = |key: &Key| format!("{{ json: {:?} }}", of(key));
    for (key, allowed, refused) in [(&issuer.es, &first, &second), (&other, &second, &first)] {
        assert_eq!(gate.stack.update_routes(|b| b.route_policy("own", &text(key))).await, Update::Accepted);
        everybody(&gate.stack, allowed, 200).await;
        gate.recount().await;
        gate.refuses("the other key", "signature", refused.clone()).await;
    }
    assert_eq!(gate.stack.update_routes(|b| b.route_policy("own", "{ rules: 1 }")).await, Update::Accepted);
    everybody(&gate.stack, &second, 503).await;
    gate.recount().await;
    gate.refuses("a bad policy", "policy_invalid", second).await;
    let back = of(&issuer.es);
    assert_eq!(gate.stack.update_routes(|b| b.route_policy("own", &back)).await, Update::Accepted);
    everybody(&gate.stack, &first, 200).await;
    gate.recount().await;
    gate.end().await;
}

/// A token that one route's policy took is not one that the others' took.
async fn many_policies_side_by_side() {
    let issuer = Issuer::new();
    let mut bootstrap = Bootstrap::auth().policy_value(issuer.policy());
    for n in 0..20 {
        let mut policy = issuer.policy();
        policy["providers"][0]["audiences"] = json!([format!("a{n}")]);
        let name = format!("r{n}-x");
        bootstrap = bootstrap.route(&route(&name)).route_policy(&name, &policy.to_string());
    }
    let gate = Gate::start(bootstrap, issuer.good()).await;
    for n in 0..20 {
        let token = draft().claim("iss", ISSUER).claim("aud", format!("a{n}")).sign(&issuer.es);
        for _ in 0..2 {
            gate.allows("its own", at(&format!("/r{n}-x"), &token)).await;
        }
        gate.refuses("the next", "audience", at(&format!("/r{}-x", (n + 1) % 20), &token)).await;
        gate.refuses("none of them", "audience", bearer(&token)).await;
    }
    gate.end().await;
}
