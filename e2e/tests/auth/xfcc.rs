//! `x-forwarded-client-cert` (threat S27): the word of a peer that the policy names, and of nobody else.

use super::mesh::{BATCH, Mesh, policy};
use e2e::{Authority, Protocol, Request, Tls};
use serde_json::json;

e2e::tests![the_header_of_others_is_not_believed, a_peer_of_the_policy_may_speak_for_others,];

fn xfcc(uri: &str) -> String {
    format!("By=spiffe://example.org/ns/edge/sa/gw;Hash={};URI={uri}", "0".repeat(64))
}

async fn the_header_of_others_is_not_believed() {
    let mesh = Mesh::start(policy(), |bootstrap, _| bootstrap).await;
    let other = mesh.authority.svid(&["spiffe://example.org/ns/prod/sa/web"]).expect("a certificate");
    let forged = |path: &str| Request::get(path).header("x-forwarded-client-cert", xfcc(BATCH));
    let plain = mesh.gate.stack.client(Protocol::Http1);
    let clients = [
        ("plain", plain, "no_certificate|tls_version"),
        ("without a certificate", mesh.client("https", None, Tls::Any), "no_certificate"),
        ("with another certificate", mesh.client("https", Some(&other), Tls::Any), "peer"),
    ];
    for (name, client, reasons) in clients {
        mesh.gate.refuses_by(&client, name, reasons, forged("/batch")).await;
        let twice = forged("/batch").header("x-forwarded-client-cert", xfcc(BATCH));
        mesh.gate.refuses_by(&client, name, reasons, twice).await;
        let report = mesh.gate.allows_by(&client, name, forged("/open")).await;
        assert_eq!(report.lines("x-forwarded-client-cert"), [""; 0], "{name}: not handed on either");
    }
    let report = mesh
        .gate
        .allows_by(&mesh.client("https", Some(&mesh.good), Tls::Any), "good", forged("/batch"))
        .await;
    assert_eq!(report.lines("x-forwarded-client-cert"), [""; 0]);
    mesh.gate.end().await;
}

async fn a_peer_of_the_policy_may_speak_for_others() {
    let mut policy = policy();
    policy["spiffe"] = json!({ "xfcc": { "from": ["spiffe://example.org/ns/edge/sa/*"] } });
    let mesh = Mesh::start(policy, |bootstrap, _| bootstrap).await;
    let edge = mesh.authority.svid(&["spiffe://example.org/ns/edge/sa/gw"]).expect("a certificate");
    let client = mesh.client("https", Some(&edge), Tls::Any);
    let says = |value: &str| Request::get("/batch").header("x-forwarded-client-cert", value);
    mesh.gate.allows_by(&client, "the nearest hop", says(&xfcc(BATCH))).await;
    let far = format!("{},{}", xfcc("spiffe://example.org/ns/dev/sa/x"), xfcc(BATCH));
    mesh.gate.allows_by(&client, "the last of two", says(&far)).await;
    for (name, value) in [
        ("the first of two", format!("{},{}", xfcc(BATCH), xfcc("spiffe://example.org/ns/dev/sa/x"))),
        ("another", xfcc("spiffe://example.org/ns/dev/sa/x")),
        ("no URI", format!("Hash={}", "0".repeat(64))),
        ("two URIs", format!("{};URI={BATCH}", xfcc("spiffe://example.org/ns/dev/sa/x"))),
        ("garbage", "URI=\"".to_owned()),
        ("only a subject", format!("Subject=\"CN={BATCH}\"")),
        ("a URI inside quotes of something else", format!("Subject=\"a;URI={BATCH}\"")),
        ("empty", String::new()),
    ] {
        mesh.gate.refuses_by(&client, name, "peer|xfcc", says(&value)).await;
    }
    mesh.gate.refuses_by(&client, "itself", "peer|xfcc", Request::get("/batch")).await;
    let other = mesh.client(
        "https",
        Some(&mesh.authority.svid(&["spiffe://example.org/ns/edge2/sa/gw"]).expect("one")),
        Tls::Any,
    );
    mesh.gate.refuses_by(&other, "not of the policy", "peer", says(&xfcc(BATCH))).await;
    // Somebody whom Envoy did not validate is nobody's peer, whatever their certificate says.
    let stranger = Authority::new("stranger").expect("an authority");
    let forged = stranger.svid(&["spiffe://example.org/ns/edge/sa/gw"]).expect("a certificate");
    let forged = mesh.client("untrusted", Some(&forged), Tls::Any);
    mesh.gate.refuses_by(&forged, "not validated", "certificate_unvalidated", says(&xfcc(BATCH))).await;
    mesh.gate.end().await;
}
