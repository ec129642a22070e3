//! HTTP/3 (threats S30, C13): the same verdicts as over TCP, and nothing that came before the handshake was done.

use e2e::{Authority, Bootstrap, Client, Identity, Protocol, Request, Socket, Tls};
use serde_json::{Value, json};

use super::binding::bound;
use super::mesh::{BATCH, Mesh};
use super::setting::{Issuer, at, draft, inline};

e2e::tests![http3_is_decided_like_http2, no_request_comes_early];

/// A rule for a workload, one for a bound token, one for any token.
fn policy(issuer: &Issuer) -> Value {
    let mut policy = inline(issuer.set());
    policy["rules"] = json!([
        { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
        { "name": "batch", "when": { "path": { "prefix": "/batch" } },
          "require": { "tls": { "mutual": true, "min_version": "1.3" }, "peer": [BATCH] } },
        { "name": "bound", "when": { "path": { "prefix": "/bound" } }, "require": { "token": "idp", "bound": "required" } },
        { "name": "default", "require": { "token": "idp" } },
    ]);
    policy
}

async fn start(issuer: &Issuer) -> Mesh {
    let listeners = |bootstrap: Bootstrap, authority: &Authority| {
        let socket = || Socket::new(&[authority]).expect("a server certificate").over_quic();
        bootstrap
            .listener("quic", socket())
            .listener("quic-mutual", socket().require())
            .listener("quic-untrusted", socket().accept_untrusted())
            .listener("quic-resuming", socket().resuming())
    };
    Mesh::start(policy(issuer), listeners).await
}

/// Over HTTP/3 where the listener is one for that, else over HTTP/2.
fn client(mesh: &Mesh, listener: &str, identity: Option<&Identity>, tls: Tls) -> Client {
    let protocol = if listener.starts_with("quic") { Protocol::Http3 } else { Protocol::Http2 };
    mesh.client(listener, identity, tls).over(protocol)
}

async fn http3_is_decided_like_http2() {
    let issuer = Issuer::new();
    let mesh = start(&issuer).await;
    let gate = &mesh.gate;
    let twin = mesh.authority.svid(&[BATCH]).expect("a certificate");
    let other = mesh.authority.svid(&["spiffe://example.org/ns/dev/sa/x"]).expect("a certificate");
    let stranger = Authority::new("stranger").expect("an authority").svid(&[BATCH]).expect("a certificate");
    let free = draft().sign(&issuer.es);
    let own = bound(mesh.good.thumbprint()).sign(&issuer.es);
    for listener in ["https", "quic", "mutual", "quic-mutual"] {
        let good = client(&mesh, listener, Some(&mesh.good), Tls::V1_3);
        gate.allows_by(&good, listener, Request::get("/batch")).await;
        gate.allows_by(&good, listener, at("/bound", &own)).await;
        gate.allows_by(&good, listener, at("/", &free)).await;
        gate.refuses_by(&good, listener, "no_token", Request::get("/bound")).await;
        gate.refuses_by(&good, listener, "signature", at("/", &format!("{}AAAA", &free[..free.len() - 4])))
            .await;
        let twin = client(&mesh, listener, Some(&twin), Tls::V1_3);
        gate.refuses_by(&twin, listener, "bound_elsewhere", at("/bound", &own)).await;
        let other = client(&mesh, listener, Some(&other), Tls::V1_3);
        gate.refuses_by(&other, listener, "peer", Request::get("/batch")).await;
    }
    for listener in ["https", "quic"] {
        let nobody = client(&mesh, listener, None, Tls::V1_3);
        gate.allows_by(&nobody, listener, at("/", &free)).await;
        gate.refuses_by(&nobody, listener, "no_certificate|certificate_unvalidated", Request::get("/batch"))
            .await;
        gate.refuses_by(&nobody, listener, "bound_elsewhere", at("/bound", &own)).await;
        // What another proxy would say of its client, said by nobody.
        let forged = Request::get("/batch").header("x-forwarded-client-cert", format!("By=a;URI={BATCH}"));
        gate.refuses_by(&nobody, listener, "no_certificate|certificate_unvalidated", forged).await;
        let untrusted = listener.replace("https", "untrusted").replace("quic", "quic-untrusted");
        let stranger = client(&mesh, &untrusted, Some(&stranger), Tls::V1_3);
        gate.refuses_by(&stranger, &untrusted, "certificate_unvalidated", Request::get("/batch")).await;
        gate.refuses_by(&stranger, &untrusted, "bound_elsewhere", at("/bound", &own)).await;
    }
    mesh.gate.end().await;
}

/// A request in early data can be sent again by whoever saw it (RFC 8446 section 8), with the certificate of the session
/// before. Envoy takes none, not even where sessions are resumed; were it to, no certificate would count.
async fn no_request_comes_early() {
    let issuer = Issuer::new();
    let mesh = start(&issuer).await;
    let own = bound(mesh.good.thumbprint()).sign(&issuer.es);
    for listener in ["quic", "quic-resuming"] {
        let mine = client(&mesh, listener, Some(&mesh.good), Tls::Early1_3);
        let twin = mesh.authority.svid(&[BATCH]).expect("a certificate");
        let thief = client(&mesh, listener, Some(&twin), Tls::Early1_3);
        for round in 0..4 {
            let name = format!("{listener}, connection {round}");
            let mut connection = mine.connect().await.expect("a connection");
            let status = connection.send(&at("/bound", &own)).await.expect("an answer").status;
            assert_eq!((status, connection.was_early().await), (200, None), "{name}");
            mesh.gate.recount().await;
            mesh.gate.refuses_by(&thief, &name, "bound_elsewhere", at("/bound", &own)).await;
        }
    }
    mesh.gate.end().await;
}
