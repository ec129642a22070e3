//! Handshakes (threats S26, S28, S29): sessions that are resumed, certificates that run out, trust domains that are bound to
//! authorities.

use super::mesh::{BATCH, Mesh, policy};
use e2e::{Authority, Leaf, Protocol, Request, Socket, Tls};
use serde_json::json;

e2e::tests![
    resumed_sessions_get_the_same_verdict_or_a_stricter_one,
    a_certificate_runs_out_on_an_open_connection,
    trust_domains_bound_to_authorities,
];

async fn resumed_sessions_get_the_same_verdict_or_a_stricter_one() {
    let mesh = Mesh::start(policy(), |bootstrap, authority| {
        let socket = || Socket::new(&[authority]).expect("a server certificate").resuming();
        bootstrap.listener("resuming", socket()).listener("resuming-untrusted", socket().accept_untrusted())
    })
    .await;
    let stranger = Authority::new("stranger").expect("an authority").svid(&[BATCH]).expect("a certificate");
    let other = mesh.authority.svid(&["spiffe://example.org/ns/dev/sa/x"]).expect("a certificate");
    for tls in [Tls::Resuming1_2, Tls::Resuming1_3] {
        for listener in ["https", "resuming", "resuming-untrusted"] {
            // What the first handshake was refused for, the second is refused for, too.
            let mut refused = vec![("another peer", &other, "peer")];
            if listener == "resuming-untrusted" {
                refused.push(("a stranger", &stranger, "certificate_unvalidated"));
            }
            for (name, identity, reasons) in refused {
                let client = mesh.client(listener, Some(identity), tls);
                for round in 0..4 {
                    let name = format!("{listener} {tls:?} {name}, connection {round}");
                    let reasons = format!("{reasons}|certificate_unvalidated");
                    mesh.gate.refuses_by(&client, &name, &reasons, Request::get("/batch")).await;
                }
            }
            let client = mesh.client(listener, Some(&mesh.good), tls);
            let mut resumed = 0;
            for round in 0..4 {
                let mut connection = client.connect().await.expect("a connection");
                let status = connection.send(&Request::get("/batch")).await.expect("an answer").status;
                let name = format!("{listener} {tls:?} connection {round}");
                if connection.resumed() {
                    resumed += 1;
                    // DESIGN 8.3: Envoy says of no resumed connection that its certificate is valid.
                    assert!([200, 403].contains(&status), "{name}: {status}");
                } else {
                    assert_eq!(status, 200, "{name}");
                }
            }
            if listener == "https" {
                assert_eq!(resumed, 0, "as shipped, nothing is resumed: {tls:?}");
            } else {
                assert!(resumed > 0, "{listener} resumes: {tls:?}");
            }
            mesh.gate.recount().await;
        }
    }
    mesh.gate.end().await;
}

async fn a_certificate_runs_out_on_an_open_connection() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    let ends = e2e::now() + 4;
    let short = Leaf::svid(BATCH).valid(-60, 4).issue(&mesh.authority).expect("a certificate");
    let client = mesh.client("https", Some(&short), Tls::Any);
    for mut connection in [
        client.connect().await.expect("a connection"),
        client.clone().over(Protocol::Http2).connect().await.expect("a connection"),
    ] {
        loop {
            let asked = e2e::now();
            let status = connection.send(&Request::get("/batch")).await.expect("an answer").status;
            if status != 200 {
                assert!(status == 403 && e2e::now() >= ends, "{status} before {ends}");
                break;
            }
            assert!(asked <= ends + 1, "asked at {asked} and served, ended at {ends}");
        }
    }
    mesh.gate.recount().await;
    mesh.gate.end().await;
}

/// One list of authorities does not say who may speak for which trust domain; Envoy's SPIFFE validator does.
async fn trust_domains_bound_to_authorities() {
    let other = Authority::new("other").expect("an authority");
    let mut policy = policy();
    policy["rules"].as_array_mut().expect("a list").push(json!(
        { "name": "other", "when": { "path": { "prefix": "/other" } }, "require": { "peer": ["spiffe://other.org/**"] } }
    ));
    let mesh = Mesh::start(policy, |bootstrap, authority| {
        let socket = Socket::new(&[authority, &other]).expect("a server certificate");
        let domains = [("example.org", authority), ("other.org", &other)];
        bootstrap.listener("domains", socket.spiffe_domains(&domains))
    })
    .await;
    let good = mesh.client("domains", Some(&mesh.good), Tls::Any);
    mesh.gate.allows_by(&good, "ours", Request::get("/batch")).await;
    let theirs = other.svid(&["spiffe://other.org/a"]).expect("a certificate");
    mesh.gate
        .allows_by(&mesh.client("domains", Some(&theirs), Tls::Any), "theirs", Request::get("/other"))
        .await;
    for (name, identity) in [
        ("ours by their authority", other.svid(&[BATCH])),
        ("a third domain", mesh.authority.svid(&["spiffe://third.org/ns/prod/sa/batch"])),
    ] {
        let client = mesh.client("domains", Some(&identity.expect("a certificate")), Tls::V1_2);
        assert!(client.connect().await.is_err(), "{name}: the handshake fails");
    }
    mesh.gate.end().await;
}
