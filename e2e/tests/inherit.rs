//! Inheriting a decision: from authenticated peers, and from nobody else.

use e2e::{Authority, Bootstrap, Client, Identity, Request, Stack};

e2e::tests![
    an_authenticated_peer_of_the_policy_is_believed,
    nobody_else_is_believed,
    a_subset_that_is_not_ours_is_not_inherited,
    without_inherit_even_a_good_peer_is_not_believed,
];

/// A decision of our own is always stable; only an inherited one is canary.
const POLICY: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
sticky: [{ header: x-user-id }]
rules: [{ name: pinned, when: { header: { name: x-env, exact: stable } }, subset: stable }]
inherit: { peers: ['spiffe://example.org/ns/edge/*'] }
output: { header: x-sluice-subset, baggage: true }
";
const GATEWAY: &str = "spiffe://example.org/ns/edge/gateway";

/// A stack with mTLS, and one client for each kind of peer.
struct Peers {
    stack: Stack,
    authority: Authority,
}

impl Peers {
    async fn start(policy: &str, verify: bool) -> Self {
        let authority = Authority::new("test authority").expect("an authority");
        let bootstrap =
            Bootstrap::canary().policy(policy).https(&authority, verify).expect("a server certificate");
        Self { stack: Stack::start(bootstrap).await, authority }
    }

    fn svid(&self, ids: &[&str]) -> Identity {
        self.authority.svid(ids).expect("a certificate")
    }

    fn client(&self, identity: Option<&Identity>) -> Client {
        Client::tls(self.stack.envoy.addr("https"), self.authority.client(identity).expect("a client"))
    }
}

/// What a proxy before this one would send.
fn decided(subset: &str) -> Request {
    Request::get("/")
        .header("x-sluice-subset", subset)
        .header("baggage", format!("a=1,sluice-subset={subset}"))
}

async fn an_authenticated_peer_of_the_policy_is_believed() {
    let peers = Peers::start(POLICY, true).await;
    let client = peers.client(Some(&peers.svid(&[GATEWAY])));
    for (name, request) in [
        ("header and baggage", decided("canary")),
        ("header", Request::get("/").header("x-sluice-subset", "canary")),
        ("baggage", Request::get("/").header("baggage", "a=1, sluice-subset=canary;p=q")),
        ("before any rule", decided("canary").header("x-env", "stable")),
        ("before the draw", decided("canary").header("x-user-id", "ada")),
    ] {
        let report = client.send(request).await.report();
        assert_eq!(
            (report.lines("x-sluice-subset"), report.version.as_str()),
            (vec!["canary"], "v2"),
            "{name}"
        );
    }
    let stats = peers.stack.stats().await;
    assert_eq!(stats.of("sluice.canary.decisions", &[("reason", "inherited"), ("subset", "canary")]), 5);
    let nothing_to_inherit = client.send(Request::get("/")).await.report();
    assert_eq!(nothing_to_inherit.subset(), Some("stable"));
}

async fn nobody_else_is_believed() {
    let peers = Peers::start(POLICY, true).await;
    let strangers: [(&str, &[&str]); 6] = [
        ("deeper than the pattern", &["spiffe://example.org/ns/edge/sa/gateway"]),
        ("another namespace", &["spiffe://example.org/ns/shop/sa/gateway"]),
        ("another trust domain", &["spiffe://example.com/ns/edge/sa/gateway"]),
        ("a namespace that begins like ours", &["spiffe://example.org/ns/edge-2/gateway"]),
        ("two SPIFFE IDs", &[GATEWAY, "spiffe://example.org/ns/shop/sa/web"]),
        ("two SPIFFE IDs, ours second", &["spiffe://example.org/ns/shop/sa/web", GATEWAY]),
    ];
    for (name, ids) in strangers {
        let client = peers.client(Some(&peers.svid(ids)));
        assert_eq!(
            client.send(decided("canary")).await.report().lines("x-sluice-subset"),
            ["stable"],
            "{name}"
        );
    }
    let without_certificate = peers.client(None);
    assert_eq!(
        without_certificate.send(decided("canary")).await.report().lines("x-sluice-subset"),
        ["stable"]
    );
    assert_eq!(peers.stack.subset(decided("canary")).await, "stable", "no TLS at all");
    let named = decided("canary").header("x-forwarded-client-cert", format!("URI={GATEWAY}"));
    assert_eq!(peers.stack.subset(named).await, "stable", "a header that names a peer");

    // Presented is not verified: this listener lets a certificate of anybody through.
    let peers = Peers::start(POLICY, false).await;
    let stranger = Authority::new("stranger").expect("an authority").svid(&[GATEWAY]).expect("a certificate");
    let report = peers.client(Some(&stranger)).send(decided("canary")).await.report();
    assert_eq!(report.lines("x-sluice-subset"), ["stable"], "a certificate that nobody verified");
    assert_eq!(peers.stack.stats().await.of("sluice.canary.decisions", &[("reason", "inherited")]), 0);
}

async fn a_subset_that_is_not_ours_is_not_inherited() {
    let peers = Peers::start(POLICY, true).await;
    let client = peers.client(Some(&peers.svid(&[GATEWAY])));
    for foreign in ["nowhere", "", "Canary", "\u{ff}"] {
        let report = client.send(decided(foreign)).await.report();
        assert_eq!(report.lines("x-sluice-subset"), ["stable"], "{foreign:?}");
        let ours = report.lines("baggage").join(",");
        assert_eq!(ours.matches("sluice-subset=").count(), 1, "{ours}");
    }
}

async fn without_inherit_even_a_good_peer_is_not_believed() {
    let policy: Vec<&str> = POLICY.lines().filter(|line| !line.starts_with("inherit")).collect();
    let peers = Peers::start(&policy.join("\n"), true).await;
    let client = peers.client(Some(&peers.svid(&[GATEWAY])));
    assert_eq!(client.send(decided("canary")).await.report().lines("x-sluice-subset"), ["stable"]);
}
