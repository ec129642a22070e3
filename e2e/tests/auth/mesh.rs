//! X509-SVIDs on the connection (threats S19 to S25, S31): who the peer is, and whether that was checked.

use super::gate::Gate;
use e2e::{Authority, Bootstrap, Client, Identity, KeyUsagePurpose, Leaf, Protocol, Request, Socket, Tls};
use serde_json::{Value, json};

e2e::tests![only_a_validated_svid_counts, patterns_match_by_segments, peers_without_tls,];

pub(super) const BATCH: &str = "spiffe://example.org/ns/prod/sa/batch";

/// Authorities and an Envoy with a listener for each way to look at certificates.
pub(super) struct Mesh {
    pub(super) authority: Authority,
    pub(super) gate: Gate,
    pub(super) good: Identity,
}

pub(super) fn policy() -> Value {
    json!({
        "rules": [
            { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
            { "name": "batch", "when": { "path": { "prefix": "/batch" } },
              "require": { "tls": { "mutual": true }, "peer": [BATCH] } },
            { "name": "services", "when": { "path": { "prefix": "/services" } },
              "require": { "tls": { "mutual": true }, "peer": ["spiffe://example.org/ns/prod/sa/*"] } },
            { "name": "deep", "when": { "path": { "prefix": "/deep" } }, "require": { "peer": ["spiffe://example.org/ns/**"] } },
            { "name": "mutual", "when": { "path": { "prefix": "/mutual" } }, "require": { "tls": { "mutual": true } } },
            { "name": "new", "when": { "path": { "prefix": "/new" } }, "require": { "tls": { "min_version": "1.3" } } },
            { "name": "old", "when": { "path": { "prefix": "/old" } }, "require": { "tls": { "min_version": "1.2" } } },
        ],
        "log": ["rule", "peer"],
    })
}

impl Mesh {
    pub(super) async fn start(
        policy: Value,
        change: impl FnOnce(Bootstrap, &Authority) -> Bootstrap,
    ) -> Self {
        e2e::suite::needs_local("containers publish two listeners only");
        let authority = Authority::new("mesh").expect("an authority");
        let socket = || Socket::new(&[&authority]).expect("a server certificate");
        let bootstrap = Bootstrap::auth()
            .policy_value(policy)
            .listener("https", socket())
            .listener("mutual", socket().require())
            .listener("untrusted", socket().accept_untrusted());
        let bootstrap = change(bootstrap, &authority);
        let good = authority.svid(&[BATCH]).expect("a certificate");
        let gate = Gate::start(bootstrap, Request::get("/open")).await;
        Self { authority, gate, good }
    }

    pub(super) fn client(&self, listener: &str, identity: Option<&Identity>, tls: Tls) -> Client {
        let config = self.authority.client_with(identity, tls).expect("a client");
        Client::tls(self.gate.stack.envoy.addr(listener), config)
    }
}

/// Leaves that are not what they should be.
fn bad_leaves() -> Vec<(&'static str, Leaf)> {
    let svid = || Leaf::svid(BATCH);
    vec![
        ("two URIs, the good one first", svid().uri("spiffe://example.org/ns/prod/sa/admin")),
        ("two URIs, the good one last", Leaf::svid("spiffe://example.org/ns/dev/sa/x").uri(BATCH)),
        ("twice the same", svid().uri(BATCH)),
        ("a URI of another scheme beside it", svid().uri("https://example.org/")),
        ("no name at all", Leaf::default()),
        ("a DNS name", Leaf::default().dns("batch.example.org")),
        ("a DNS name that looks like an ID", Leaf::default().dns(BATCH)),
        ("a common name that looks like an ID", Leaf::default().common_name(BATCH)),
        ("no path", Leaf::svid("spiffe://example.org")),
        ("an empty path", Leaf::svid("spiffe://example.org/")),
        ("a slash behind", Leaf::svid(&format!("{BATCH}/"))),
        ("an empty segment", Leaf::svid("spiffe://example.org/ns//prod/sa/batch")),
        ("a dot segment", Leaf::svid("spiffe://example.org/ns/prod/sa/../sa/batch")),
        ("a percent", Leaf::svid("spiffe://example.org/ns/prod/sa/b%61tch")),
        ("a query", Leaf::svid(&format!("{BATCH}?a"))),
        ("a fragment", Leaf::svid(&format!("{BATCH}#a"))),
        ("a port", Leaf::svid("spiffe://example.org:443/ns/prod/sa/batch")),
        ("userinfo", Leaf::svid("spiffe://a@example.org/ns/prod/sa/batch")),
        ("a scheme in capitals", Leaf::svid("SPIFFE://example.org/ns/prod/sa/batch")),
        ("a trust domain in capitals", Leaf::svid("spiffe://Example.org/ns/prod/sa/batch")),
        ("another scheme", Leaf::svid("https://example.org/ns/prod/sa/batch")),
        ("NUL", Leaf::svid(&format!("{BATCH}\0.evil"))),
        ("NUL at the end", Leaf::svid(&format!("{BATCH}\0"))),
        ("a space", Leaf::svid(&format!("{BATCH} "))),
        ("a comma", Leaf::svid(&format!("{BATCH},{BATCH}"))),
        ("a CA", svid().ca()),
        (
            "a CA that may sign certificates",
            svid().ca().usages(&[KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature]),
        ),
        (
            "signs certificates",
            svid().usages(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign]),
        ),
        ("signs revocations", svid().usages(&[KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign])),
        ("no digital signature", svid().usages(&[KeyUsagePurpose::KeyAgreement])),
    ]
}

async fn only_a_validated_svid_counts() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    let gate = &mesh.gate;
    for (listener, tls) in
        [("https", Tls::V1_2), ("https", Tls::V1_3), ("mutual", Tls::Any), ("untrusted", Tls::Any)]
    {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let client = mesh.client(listener, Some(&mesh.good), tls).over(protocol);
            let name = format!("{listener} {tls:?} {protocol:?}");
            gate.allows_by(&client, &name, Request::get("/batch")).await;
            gate.allows_by(&client, &name, Request::get("/mutual")).await;
        }
    }
    let nobody = mesh.client("https", None, Tls::Any);
    for path in ["/batch", "/services", "/deep", "/mutual"] {
        gate.refuses_by(&nobody, path, "no_certificate|certificate_unvalidated", Request::get(path)).await;
    }
    let mutual = mesh.client("mutual", None, Tls::V1_2);
    assert!(mutual.connect().await.is_err(), "this listener wants a certificate");
    for (name, leaf) in bad_leaves() {
        let identity = leaf.issue(&mesh.authority).unwrap_or_else(|e| panic!("{name}: {e}"));
        for listener in ["https", "untrusted"] {
            let client = mesh.client(listener, Some(&identity), Tls::Any);
            // Some are refused by Envoy's own handshake already.
            let Ok(mut connection) = client.connect().await else { continue };
            if connection.send(&Request::get("/open")).await.is_err() {
                continue;
            }
            gate.recount().await;
            let reasons = "not_an_svid|certificate_unvalidated|no_certificate|peer";
            gate.refuses_by(&client, &format!("{listener}: {name}"), reasons, Request::get("/batch")).await;
        }
    }
    // Presented is not validated.
    let stranger = Authority::new("stranger").expect("an authority");
    for (name, identity) in [
        ("by a stranger", stranger.svid(&[BATCH])),
        ("by itself", Leaf::svid(BATCH).self_signed()),
        ("expired", Leaf::svid(BATCH).valid(-1000, -10).issue(&mesh.authority)),
        ("not yet valid", Leaf::svid(BATCH).valid(1000, 2000).issue(&mesh.authority)),
    ] {
        let identity = identity.expect("a certificate");
        let client = mesh.client("untrusted", Some(&identity), Tls::Any);
        let reasons = "certificate_unvalidated|not_an_svid";
        for path in ["/batch", "/mutual"] {
            gate.refuses_by(&client, name, reasons, Request::get(path)).await;
        }
        let strict = mesh.client("https", Some(&identity), Tls::V1_2);
        assert!(strict.connect().await.is_err(), "{name}: the handshake fails");
    }
    mesh.gate.end().await;
}

async fn patterns_match_by_segments() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    for (id, path, served) in [
        (BATCH, "/batch", true),
        (BATCH, "/services", true),
        (BATCH, "/deep", true),
        ("spiffe://example.org/ns/prod/sa/batc", "/batch", false),
        ("spiffe://example.org/ns/prod/sa/batch2", "/batch", false),
        ("spiffe://example.org/ns/prod/sa/Batch", "/batch", false),
        ("spiffe://example.org/ns/prod/sa/batch/x", "/batch", false),
        ("spiffe://example.org.evil/ns/prod/sa/batch", "/batch", false),
        ("spiffe://xexample.org/ns/prod/sa/batch", "/batch", false),
        ("spiffe://evil.org/ns/prod/sa/batch", "/batch", false),
        ("spiffe://example.org/ns/prod/sa", "/services", false),
        ("spiffe://example.org/ns/prod/sa/a/b", "/services", false),
        ("spiffe://example.org/ns/production/sa/a", "/services", false),
        ("spiffe://example.org/ns/prod/sax/a", "/services", false),
        ("spiffe://example.org/x/ns/prod/sa/a", "/services", false),
        ("spiffe://example.org/ns/a/b/c/d/e", "/deep", true),
        ("spiffe://example.org/nsx/a", "/deep", false),
        ("spiffe://evil.org/ns/a", "/deep", false),
    ] {
        let identity = mesh.authority.svid(&[id]).expect("a certificate");
        let client = mesh.client("https", Some(&identity), Tls::Any);
        let name = format!("{id} at {path}");
        if served {
            mesh.gate.allows_by(&client, &name, Request::get(path)).await;
        } else {
            mesh.gate.refuses_by(&client, &name, "peer", Request::get(path)).await;
        }
    }
    let entry =
        mesh.gate.logged(&mesh.client("https", Some(&mesh.good), Tls::Any), Request::get("/batch")).await;
    assert_eq!((entry["peer"].as_str(), entry["rule"].as_str()), (Some(BATCH), Some("batch")), "{entry}");
    mesh.gate.end().await;
}

async fn peers_without_tls() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    for path in ["/batch", "/services", "/deep", "/mutual", "/new", "/old"] {
        mesh.gate.refuses(path, "no_certificate|tls_version", Request::get(path)).await;
    }
    // Versions are ordered, whoever shows a certificate or not.
    for (tls, path, served) in [
        (Tls::V1_2, "/old", true),
        (Tls::V1_3, "/old", true),
        (Tls::V1_3, "/new", true),
        (Tls::V1_2, "/new", false),
    ] {
        for identity in [None, Some(&mesh.good)] {
            let client = mesh.client("https", identity, tls);
            let name = format!("{tls:?} at {path}");
            if served {
                mesh.gate.allows_by(&client, &name, Request::get(path)).await;
            } else {
                mesh.gate.refuses_by(&client, &name, "tls_version", Request::get(path)).await;
            }
        }
    }
    mesh.gate.end().await;
}
