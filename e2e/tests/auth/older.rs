//! An Envoy that does not say whether a certificate was validated (before 1.39): nobody gets in by one, and all else is as ever.

use e2e::{Authority, Bootstrap, Request, Tls};

use super::mesh::{Mesh, policy};

e2e::tests![no_certificate_is_believed];

async fn no_certificate_is_believed() {
    let mesh = Mesh::start(policy(), |bootstrap: Bootstrap, _: &Authority| bootstrap).await;
    for listener in ["https", "mutual", "untrusted"] {
        let client = mesh.client(listener, Some(&mesh.good), Tls::Any);
        for path in ["/batch", "/services", "/deep", "/mutual"] {
            let name = format!("{listener} {path}");
            mesh.gate.refuses_by(&client, &name, "certificate_unvalidated", Request::get(path)).await;
        }
        for path in ["/open", "/old", "/new"] {
            assert_eq!(
                client.send(Request::get(path)).await.status,
                200,
                "{listener} {path}: about no certificate"
            );
        }
        mesh.gate.recount().await;
    }
    mesh.gate.end().await;
}
