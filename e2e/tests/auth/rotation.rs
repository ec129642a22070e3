//! Certificates, keys and bundles that change under load (threat S32): nobody gets a verdict of before or after.

use std::collections::BTreeMap;

use e2e::{Connection, Key, Load, Protocol, Request, Tls};
use serde_json::{Value, json};

use super::memory::everybody;
use super::mesh::{BATCH, Mesh};
use super::setting::bearer;
use super::svid::{US, authority, svid};

e2e::tests![workloads_and_bundles_change_under_load];

const ROUNDS: u32 = 12;

fn policy() -> Value {
    let bundle = json!({ "http": { "cluster": "spire", "authority": "spire.example", "path": "/bundle", "refresh": "200ms" } });
    json!({
        "spiffe": { "trust_domains": [{ "name": "example.org", "bundle": bundle }], "audiences": [US] },
        "rules": [
            { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
            { "name": "batch", "when": { "path": { "prefix": "/batch" } },
              "require": { "tls": { "mutual": true }, "peer": [BATCH] } },
            { "name": "tokens", "require": { "token": "jwt_svid" } },
        ],
    })
}

fn token(key: &Key) -> Request {
    bearer(&svid(BATCH).sign(key))
}

/// A bundle with these keys, the later the higher `sequence` is.
fn bundle(sequence: u32, keys: &[&Key]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| authority(key)).collect();
    json!({ "keys": keys, "spiffe_sequence": sequence }).to_string()
}

async fn workloads_and_bundles_change_under_load() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    let stack = &mesh.gate.stack;
    let source = stack.records.at("/bundle");
    let lasting = Key::p256("lasting");
    let mut keys = vec![Key::p256("key-0"), Key::p256("key-1")];
    source.serve(bundle(1, &[&lasting, &keys[0], &keys[1]])).await;
    for key in [&lasting, &keys[0], &keys[1]] {
        everybody(stack, &token(key), 200).await;
    }
    let load = Load { client: stack.client(Protocol::Http1), connections: 4, streams: 1 };
    // In every bundle; and in none, by the name of one that is.
    let (good, forged) = (token(&lasting), token(&Key::p256("lasting")));
    let good = load.stream(200, move |_| good.clone()).await.expect("a stream");
    let forged = load.stream(200, move |_| forged.clone()).await.expect("a stream");
    let mut open = Vec::new();
    for round in 2..2 + ROUNDS {
        keys.push(Key::p256(&format!("key-{round}")));
        let [.., old, kept, new] = keys.as_slice() else { unreachable!("two keys before this one") };
        source.serve(bundle(round, &[&lasting, kept, new])).await;
        open.extend(workloads(&mesh).await);
        for connection in &mut open {
            assert_eq!(status(connection, "/batch").await, 200, "round {round}: it is who it was");
        }
        everybody(stack, &token(new), 200).await;
        for _ in 0..8 {
            assert_eq!(stack.send(token(kept)).await.status, 200, "round {round}: in both bundles");
        }
        everybody(stack, &token(old), 401).await;
    }
    for (name, stream, status) in [("good", good, 200), ("forged", forged, 401)] {
        let tally = stream.stop().await;
        assert!(tally.sent() > 100, "{name}: {tally:?}");
        assert_eq!(tally.statuses, BTreeMap::from([(status, tally.sent())]), "{name}: {tally:?}");
    }
    mesh.gate.recount().await;
    mesh.gate.end().await;
}

/// Connections of workloads with certificates of today, of which only these get in; those of others are tried, too.
async fn workloads(mesh: &Mesh) -> Vec<Connection> {
    let mut open = Vec::new();
    for protocol in [Protocol::Http1, Protocol::Http2] {
        for (id, wanted) in [(BATCH, 200), (US, 403)] {
            let identity = mesh.authority.svid(&[id]).expect("a certificate");
            let client = mesh.client("https", Some(&identity), Tls::Any).over(protocol);
            let mut connection = client.connect().await.expect("a connection");
            assert_eq!(status(&mut connection, "/batch").await, wanted, "{id} by {protocol:?}");
            open.extend((wanted == 200).then_some(connection));
        }
    }
    open
}

async fn status(connection: &mut Connection, path: &str) -> u16 {
    connection.send(&Request::get(path)).await.expect("an answer").status
}
