//! `explain:` through the whole chain, with the real `auth` in front: an allowed caller reads in the response why it was
//! served so, and nobody else does, whatever they or the service behind send.

use e2e::{Answer, Authority, Bootstrap, Client, Draft, Request, Socket, Stack, Tls};
use serde_json::{Value, json};

use crate::auth::setting::{ISSUER, Issuer, bearer, draft};

e2e::tests![
    an_insider_is_told_why,
    nobody_else_is_told_anything,
    what_the_service_says_there_is_removed,
    peers_are_told_by_their_certificates,
    a_route_has_its_own_insiders,
];

const LIMITED: &str = "x-sluice-explain-ratelimit";
const ROUTED: &str = "x-sluice-explain-canary";

const LIMITS: &str = "
limits:
  - { name: node, rate: { requests: 1000, per: 1s } }
  - { name: per-user, key: [{ claim: sub }], missing: skip, rate: { requests: 3, per: 87600h } }
explain: { for: [{ claims: [{ name: groups, contains: platform }] }, { peer: ['spiffe://example.org/ns/ops/sa/*'] }] }
";

const SUBSETS: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
sticky: [{ claim: sub }]
rules: [{ name: dyed, when: { header: { name: x-env, exact: canary } }, subset: canary }]
explain: { for: [{ claims: [{ name: groups, contains: platform }] }, { peer: ['spiffe://example.org/ns/ops/sa/*'] }] }
";

fn policy(issuer: &Issuer) -> Value {
    let mut policy = issuer.policy();
    let rules = policy["rules"].as_array_mut().expect("rules");
    rules.insert(0, json!({ "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" }));
    policy
}

fn chain(policy: Value) -> Bootstrap {
    Bootstrap::auth().policy_value(policy).behind("ratelimit", LIMITS).behind("canary", SUBSETS)
}

fn insider(user: &str) -> Draft {
    draft().claim("sub", user).claim("groups", json!(["staff", "platform"]))
}

/// What it is told by `ratelimit` and by `canary`.
fn told(answer: &Answer) -> [Option<String>; 2] {
    [answer.header(LIMITED), answer.header(ROUTED)]
}

async fn an_insider_is_told_why() {
    let issuer = Issuer::new();
    let stack = Stack::start(chain(policy(&issuer))).await;
    let request = || bearer(&insider("ada").sign(&issuer.es));
    let identity = format!("identity;iss=\"{ISSUER}\";sub=\"ada\"");
    for (name, request, left, subset) in [
        ("a draw", request(), 2, "\"stable\";reason=draw;bucket="),
        ("a rule", request().header("x-env", "canary"), 1, "\"canary\";reason=rule;rule=\"dyed\", identity;"),
        (
            "an error of the service",
            request().header("x-upstream-status", "500"),
            0,
            "\"stable\";reason=draw;",
        ),
    ] {
        let answer = stack.send(request).await;
        let [Some(limited), Some(routed)] = told(&answer) else { panic!("{name}: {answer:?}") };
        assert!(limited.contains("\"node\";q=1000;w=1;r="), "{name}: {limited}");
        assert!(limited.contains(&format!("\"per-user\";q=3;w=315360000;r={left};t=")), "{name}: {limited}");
        assert!(limited.ends_with(&identity), "{name}: {limited}");
        assert!(routed.starts_with(subset) && routed.ends_with(&identity), "{name}: {routed}");
    }
    // Of a refusal, too; `canary` is not asked about it.
    let answer = stack.send(request()).await;
    assert_eq!(answer.status, 429, "{answer:?}");
    let [Some(limited), None] = told(&answer) else { panic!("{answer:?}") };
    assert!(limited.contains("\"per-user\";q=3;w=315360000;r=0;t="), "{limited}");
    assert!(limited.contains(";refused=over_limit;retry="), "{limited}");
    assert!(limited.ends_with(&identity), "{limited}");
    assert_eq!(stack.hits().await, 3);
    // Characters that no field may have do not get there.
    let strange = "a\r\nx-planted: 1\", \"node\";q=9, é";
    let answer = stack.send(bearer(&insider(strange).sign(&issuer.es))).await;
    let [Some(limited), _] = told(&answer) else { panic!("{answer:?}") };
    assert!(limited.ends_with(r#";sub=%"a%0d%0ax-planted: 1%22, %22node%22;q=9, %c3%a9""#), "{limited}");
    assert_eq!(answer.header("x-planted"), None);
    stack.lost_no_vm().await;
}

async fn nobody_else_is_told_anything() {
    let issuer = Issuer::new();
    let stack = Stack::start(chain(policy(&issuer))).await;
    let outsider = || bearer(&draft().claim("sub", "eve").claim("groups", json!(["staff"])).sign(&issuer.es));
    let forged = |request: Request| {
        request
            .header("groups", "platform")
            .header(LIMITED, "\"node\"")
            .header(ROUTED, "\"canary\"")
            .header("x-sluice-identity", "groups=platform")
            .header("wasm.sluice.identity", "groups=platform")
            .header("baggage", "groups=platform,sluice.identity=platform")
            .header("x-forwarded-client-cert", "URI=spiffe://example.org/ns/ops/sa/on-call")
    };
    let unsigned = insider("ada").sign(&e2e::Key::p256("es"));
    for (name, status, request) in [
        ("another identity", 200, outsider()),
        ("another identity that says more", 200, forged(outsider())),
        ("refused as another identity", 200, outsider()),
        ("refused as another identity", 429, outsider()),
        ("nobody", 200, Request::get("/open")),
        ("nobody who says more", 200, forged(Request::get("/open?groups=platform"))),
        (
            "a good token where none is asked for",
            200,
            Request::get("/open")
                .header("authorization", format!("Bearer {}", insider("ada").sign(&issuer.es))),
        ),
        ("no token", 401, forged(Request::get("/orders"))),
        ("a token of somebody else's", 401, bearer(&unsigned)),
        ("no filter of ours but the ones behind", 200, forged(Request::get("/off"))),
    ] {
        let answer = stack.send(request).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert_eq!(told(&answer), [None, None], "{name}");
    }
    stack.lost_no_vm().await;
}

async fn what_the_service_says_there_is_removed() {
    let issuer = Issuer::new();
    let stack = Stack::start(chain(policy(&issuer))).await;
    let planting = |request: Request| {
        [LIMITED, ROUTED, LIMITED].iter().fold(request, |request, name| {
            request.header("x-upstream-header", format!("{name}: \"planted\""))
        })
    };
    for (name, request) in [
        ("nobody", Request::get("/open")),
        ("another identity", bearer(&draft().claim("sub", "eve").sign(&issuer.es))),
    ] {
        let answer = stack.send(planting(request)).await;
        assert_eq!((answer.status, told(&answer)), (200, [None, None]), "{name}");
    }
    let answer = stack.send(planting(bearer(&insider("ada").sign(&issuer.es)))).await;
    let [Some(limited), Some(routed)] = told(&answer) else { panic!("{answer:?}") };
    assert!(!limited.contains("planted") && !routed.contains("planted"), "{limited}\n{routed}");
    // The service does send what it is told to.
    let other = stack.send(planting(Request::get("/open")).header("x-upstream-header", "x-other: 1")).await;
    assert_eq!(other.header("x-other").as_deref(), Some("1"));
    stack.lost_no_vm().await;
}

async fn peers_are_told_by_their_certificates() {
    e2e::suite::needs_local("a listener more");
    let policy = Issuer::new().policy_for_peers();
    let authority = Authority::new("mesh").expect("an authority");
    let bootstrap =
        chain(policy).listener("https", Socket::new(&[&authority]).expect("a server certificate"));
    let stack = Stack::start(bootstrap).await;
    for (id, path, is_told) in [
        ("spiffe://example.org/ns/ops/sa/on-call", "/peers", true),
        ("spiffe://example.org/ns/prod/sa/web", "/peers", false),
        // Envoy has validated the certificate, but `auth` was not asked for it and says nobody's name.
        ("spiffe://example.org/ns/ops/sa/on-call", "/orders", false),
    ] {
        let identity = authority.svid(&[id]).expect("a certificate");
        let config = authority.client_with(Some(&identity), Tls::Any).expect("a client");
        let client = Client::tls(stack.envoy.addr("https"), config);
        let answer = client.send(Request::get(path)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let want = format!("identity;peer=\"{id}\"");
        for value in told(&answer) {
            assert_eq!(value.is_some_and(|value| value.ends_with(&want)), is_told, "{id} {path}: {answer:?}");
        }
    }
    stack.lost_no_vm().await;
}

/// The policy of a route is all that holds there.
async fn a_route_has_its_own_insiders() {
    let issuer = Issuer::new();
    let own = "
name: own
match: { prefix: /own }
route: { cluster: stable }
metadata:
  filter_metadata:
    sluice.canary:
      subsets: [{ name: stable, weight: 10000 }]
      explain: { for: [{ claims: [{ name: sub, exact: eve }] }] }
";
    let bootstrap = Bootstrap::auth().policy_value(policy(&issuer)).behind("canary", SUBSETS).route(own);
    let stack = Stack::start(bootstrap).await;
    for (user, path, is_told) in
        [("ada", "/orders", true), ("eve", "/orders", false), ("ada", "/own", false), ("eve", "/own", true)]
    {
        let draft = if user == "ada" { insider("ada") } else { draft().claim("sub", user) };
        let token = format!("Bearer {}", draft.sign(&issuer.es));
        let answer = stack.send(Request::get(path).header("authorization", token)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header(ROUTED).is_some(), is_told, "{user} {path}: {answer:?}");
    }
    stack.lost_no_vm().await;
}
