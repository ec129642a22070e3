//! The example policies, as they stand: the files of a checkout that has them beside it, else copies of the same shape.

use std::fs;

use e2e::{Authority, Bootstrap, Client, Identity, Key, Request, Socket, Stack, Tls, eventually};
use serde_json::{Value, json};

use super::gate::Gate;
use super::memory::everybody;
use super::setting::{ISSUER, Issuer, JWKS, bearer, draft, set};

e2e::tests![the_shortest_policy_works, every_field_at_once_works, the_shipped_files_serve_as_they_stand];

/// The text of an example.
fn example(name: &str, copy: &str) -> String {
    let file = e2e::examples().map(|folder| folder.join(name));
    file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_else(|| copy.to_owned())
}

async fn the_shortest_policy_works() {
    let issuer = Issuer::new();
    let policy = example("auth.min.yaml", include_str!("../policies/auth.min.yaml"));
    let gate = Gate::start_cold(Bootstrap::auth().policy(&policy), issuer.good()).await;
    gate.stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
    gate.warm().await;
    for key in issuer.all() {
        gate.allows(key.kid(), bearer(&draft().sign(key))).await;
    }
    gate.refuses("no token", "no_token", Request::get("/orders")).await;
    gate.refuses("anywhere", "no_token", Request::get("/healthz")).await;
    gate.refuses("another audience", "audience", bearer(&draft().claim("aud", "payments").sign(&issuer.es)))
        .await;
    gate.refuses("another key", "signature", bearer(&draft().sign(&Key::p256("es")))).await;
    gate.end().await;
}

/// What the example asks for.
struct Example {
    gate: Gate,
    authority: Authority,
    issuer: Issuer,
    web: Identity,
}

impl Example {
    async fn start() -> Self {
        e2e::suite::needs_local("a listener more");
        let policy = example("auth.yaml", include_str!("../policies/auth.yaml"));
        let (authority, issuer) = (Authority::new("mesh").expect("an authority"), Issuer::new());
        let socket = Socket::new(&[&authority]).expect("a server certificate");
        let bootstrap = Bootstrap::auth().policy(&policy).listener("https", socket);
        let web = authority.svid(&["spiffe://example.org/ns/prod/sa/web"]).expect("a certificate");
        let gate = Gate::start_cold(bootstrap, Request::get("/healthz")).await;
        gate.stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
        gate.stack.records.at("/bundle").serve(json!({ "keys": [] }).to_string()).await;
        let revoked = json!({ "revoked": [{ "iss": ISSUER, "jti": "stolen" }] });
        gate.stack.records.at("/revoked").serve(revoked.to_string()).await;
        let example = Self { gate, authority, issuer, web };
        everybody(&example.gate.stack, &example.write(&example.token()), 200).await;
        let stolen = example.write(&example.draft().claim("jti", "stolen").sign(&example.issuer.es));
        everybody(&example.gate.stack, &stolen, 401).await;
        example.gate.recount().await;
        example
    }

    fn draft(&self) -> e2e::Draft {
        draft()
            .header("typ", "at+jwt")
            .claim("scope", "orders.read orders.write")
            .claim("tenant", "acme")
            .claim("realm_access", json!({ "roles": ["buyer", "admin"] }))
    }

    fn token(&self) -> String {
        self.draft().sign(&self.issuer.es)
    }

    fn bound(&self) -> e2e::Draft {
        self.draft().claim("cnf", json!({ "x5t#S256": self.web.thumbprint() }))
    }

    fn write(&self, token: &str) -> Request {
        Request::get("/orders").method("POST").header("authorization", format!("Bearer {token}"))
    }

    fn read(&self, token: &str) -> Request {
        Request::get("/orders").header("authorization", format!("Bearer {token}"))
    }

    fn client(&self, identity: Option<&Identity>, tls: Tls) -> Client {
        let config = self.authority.client_with(identity, tls).expect("a client");
        Client::tls(self.gate.stack.envoy.addr("https"), config)
    }
}

async fn every_field_at_once_works() {
    let example = Example::start().await;
    let (gate, issuer) = (&example.gate, &example.issuer);
    gate.allows("health", Request::get("/healthz")).await;
    gate.refuses("nothing else is open", "no_rule", Request::get("/metrics")).await;
    writes(&example).await;
    reads(&example).await;
    // Others' tokens: nobody is trusted for the partner, and the set of the mesh is empty.
    let partner = example.draft().claim("iss", "https://partner.example").sign(&Key::p256("es"));
    gate.refuses("the partner", "unknown_key", example.write(&partner)).await;
    for name in ["x-jwt-sub", "x-jwt-roles", "x-jwt-payload"] {
        let report = gate.allows("forged", Request::get("/healthz").header(name, "forged")).await;
        assert_eq!(report.lines(name), [""; 0]);
    }
    // The part of the mesh.
    let batch = example.authority.svid(&["spiffe://example.org/ns/prod/sa/batch"]).expect("a certificate");
    for tls in [Tls::V1_2, Tls::V1_3] {
        gate.allows_by(&example.client(Some(&batch), tls), "batch", Request::get("/internal/x")).await;
        let web = example.client(Some(&example.web), tls);
        gate.refuses_by(&web, "web", "peer", Request::get("/internal/x")).await;
        gate.refuses_by(&example.client(None, tls), "nobody", "no_certificate", Request::get("/internal/x"))
            .await;
    }
    gate.refuses("plain", "no_certificate|tls_version", Request::get("/internal/x")).await;
    // The issuer takes its keys away: the example asks again after ten minutes, so they stay for now.
    gate.stack.lists.at(JWKS).serve(set(&[&issuer.rs]).to_string()).await;
    gate.allows("still", example.write(&example.token())).await;
    example.gate.end().await;
}

async fn writes(example: &Example) {
    let (gate, issuer) = (&example.gate, &example.issuer);
    let report = gate.allows("a write", example.write(&example.token())).await;
    assert_eq!(report.lines("authorization"), [""; 0], "the token is stripped");
    assert_eq!(report.lines("x-jwt-sub"), ["user-1"]);
    assert_eq!(report.lines("x-jwt-roles"), ["buyer,admin"]);
    let payload = report.header("x-jwt-payload").and_then(e2e::base64url_decode).expect("a payload");
    let payload: Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!((&payload["tenant"], &payload["iss"]), (&json!("acme"), &json!(ISSUER)));
    let post = || Request::get("/orders").method("POST");
    let cookie = post().header("cookie", format!("a=1; access_token={}", example.token()));
    let report = gate.allows("in a cookie", cookie).await;
    assert!(!report.lines("cookie").join("; ").contains("access_token"));
    let query = Request::get(format!("/orders?access_token={}&a=1", example.token())).method("POST");
    assert_eq!(gate.allows("in the query", query).await.path, "/orders?a=1");
    for (name, reasons, token) in [
        ("typ", "typ", example.draft().header("typ", "JWT").sign(&issuer.es)),
        ("an algorithm that is not listed", "algorithm", example.draft().sign_as(&issuer.rs, "PS256")),
        ("another one", "algorithm", example.draft().sign(&issuer.es384)),
        ("a long life", "lifetime", example.draft().claim("exp", e2e::now() + 90_000).sign(&issuer.es)),
        ("no scope", "scope", example.draft().claim("scope", "orders.read").sign(&issuer.es)),
        ("stolen", "revoked", example.draft().claim("jti", "stolen").sign(&issuer.es)),
        ("bound", "bound_elsewhere", example.bound().sign(&issuer.es)),
    ] {
        gate.refuses(name, reasons, example.write(&token)).await;
    }
    for key in [&issuer.rs, &issuer.es, &issuer.ed] {
        gate.allows(key.kid(), example.write(&example.draft().sign(key))).await;
    }
}

async fn reads(example: &Example) {
    let (gate, issuer) = (&example.gate, &example.issuer);
    let token = example.bound().sign(&issuer.es);
    let web = example.client(Some(&example.web), Tls::V1_3);
    gate.allows_by(&web, "a read", example.read(&token)).await;
    gate.allows_by(&web, "HEAD is as GET", example.read(&token)).await;
    let old = example.client(Some(&example.web), Tls::V1_2);
    gate.refuses_by(&old, "TLS 1.2", "tls_version", example.read(&token)).await;
    gate.refuses_by(
        &example.client(None, Tls::V1_3),
        "no certificate",
        "no_certificate",
        example.read(&token),
    )
    .await;
    gate.refuses("plain", "tls_version|no_certificate", example.read(&token)).await;
    let twin = example.authority.svid(&["spiffe://example.org/ns/prod/sa/web"]).expect("a certificate");
    let twin = example.client(Some(&twin), Tls::V1_3);
    gate.refuses_by(&twin, "another certificate", "bound_elsewhere", example.read(&token)).await;
    let dev = example.authority.svid(&["spiffe://example.org/ns/dev/sa/web"]).expect("a certificate");
    gate.refuses_by(&example.client(Some(&dev), Tls::V1_3), "dev", "peer", example.read(&token)).await;
    for (name, reasons, token) in [
        ("unbound", "unbound", example.token()),
        ("another tenant", "claims", example.bound().claim("tenant", "initech").sign(&issuer.es)),
        ("no tenant", "claims", example.bound().without("tenant").sign(&issuer.es)),
        ("no scope", "scope", example.bound().claim("scope", "orders.write").sign(&issuer.es)),
    ] {
        gate.refuses_by(&web, name, reasons, example.read(&token)).await;
    }
}

async fn the_shipped_files_serve_as_they_stand() {
    for name in ["auth/envoy.yaml", "chain/envoy.yaml", "auth/hardened.yaml", "chain/hardened.yaml"] {
        let (authority, issuer) = (Authority::new("mesh").expect("an authority"), Issuer::new());
        let stack = Stack::start(Bootstrap::shipped(name, &authority).expect("certificates")).await;
        stack.lists.at(JWKS).serve(issuer.set().to_string()).await;
        let web = authority.svid(&["spiffe://example.org/ns/prod/sa/web"]).expect("a certificate");
        let client = |identity: Option<&Identity>, tls| {
            Client::tls(stack.envoy.addr("https"), authority.client_with(identity, tls).expect("a client"))
        };
        let (nobody, somebody) = (client(None, Tls::V1_3), client(Some(&web), Tls::V1_3));
        let read = draft().claim("scope", "orders.read").claim("roles", json!(["staff"])).sign(&issuer.es);
        eventually("keys", async || nobody.send(bearer(&read)).await.status == 200).await;
        let write =
            draft().claim("scope", "orders.write").claim("cnf", json!({ "x5t#S256": web.thumbprint() }));
        let write = bearer(&write.sign(&issuer.es)).method("POST");
        let before = stack.hits().await;
        for (what, client, request, status) in [
            ("open", &nobody, Request::get("/healthz"), 200),
            ("a read", &nobody, bearer(&read), 200),
            ("a read without a token", &nobody, Request::get("/orders"), 401),
            ("a write with its certificate", &somebody, write.clone(), 200),
            ("a write without it", &nobody, write.clone(), 403),
            ("a write over TLS 1.2", &client(Some(&web), Tls::V1_2), write, 403),
            ("the mesh", &somebody, Request::get("/internal/x"), 200),
            ("the mesh, nobody", &nobody, Request::get("/internal/x"), 403),
            ("no rule", &somebody, Request::get("/elsewhere"), 403),
            ("an encoded slash", &nobody, Request::get("/orders%2fx"), 400),
            ("two slashes", &nobody, Request::get("//healthz"), 200),
        ] {
            let answer = client.send(request).await;
            assert_eq!(answer.status, status, "{name}: {what}: {answer:?}");
        }
        assert_eq!(stack.hits().await, before + 5, "{name}");
        never_resumed(&client(Some(&web), Tls::Resuming1_3)).await;
        let log = stack.envoy.log();
        assert!(log.contains("sluice_auth{no_token}") && !log.contains("eyJ"), "{name}");
        assert!(!log.contains("restricted proxy-wasm capability"), "{name}");
        if name.starts_with("chain/") {
            let report = nobody.send(bearer(&read)).await.report();
            assert_eq!((report.subset(), report.version.as_str()), (Some("canary"), "v2"), "staff");
        }
    }
}

/// Tickets are not given, so every handshake says who it is.
async fn never_resumed(client: &Client) {
    for _ in 0..3 {
        let mut connection = client.connect().await.expect("a connection");
        let answer = connection.send(&Request::get("/internal/x")).await.expect("an answer");
        assert_eq!((answer.status, connection.resumed()), (200, false));
    }
}
