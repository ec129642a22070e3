//! The sticky cookie: who brings no key gets one, and the first response already agrees with it.

use e2e::{Bootstrap, Protocol, Request, Stack, Update, until};

e2e::tests![
    the_first_response_agrees_with_the_second_request,
    the_cookie_has_the_attributes_of_the_policy,
    the_cookie_counts_although_sticky_does_not_name_it,
    who_has_a_key_gets_no_cookie,
    an_answer_of_the_upstream_keeps_its_own_cookies,
    a_forged_cookie_is_a_key_like_any_other,
];

const POLICY: &str = "
experiment: cookie
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }, { cookie: sluice-id }]
sticky_cookie: { name: sluice-id, path: /shop, max_age: 24h, secure: true, http_only: true, same_site: lax }
";

async fn the_first_response_agrees_with_the_second_request() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let mut ids = Vec::new();
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let client = stack.client(protocol);
        for visitor in 0..20 {
            let first = client.send(Request::get("/")).await;
            let (id, _) = first.set_cookie("sluice-id").expect("a cookie on the first response");
            let want = first.report().subset().map(str::to_owned);
            let second =
                client.send(Request::get("/").header("cookie", format!("a=b; sluice-id={id}"))).await;
            assert_eq!(
                second.report().subset().map(str::to_owned),
                want,
                "visitor {visitor} {protocol:?} with {id}"
            );
            assert_eq!(second.set_cookie("sluice-id"), None, "the second response sets none");
            assert_eq!(first.report().version, second.report().version);
            ids.push(id);
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40, "every visitor has an id of their own");
    let stats = stack.stats().await;
    assert_eq!(stats.of("sluice.canary.decisions", &[("reason", "random")]), 40);
    assert_eq!(stats.of("sluice.canary.decisions", &[("reason", "draw")]), 40);
}

async fn the_cookie_has_the_attributes_of_the_policy() {
    let rows: [(&str, &str, &[&str]); 3] = [
        (
            "first",
            "path: /shop, max_age: 24h, secure: true, http_only: true, same_site: lax",
            &["httponly", "max-age=86400", "path=/shop", "samesite=lax", "secure"],
        ),
        (
            "second",
            "path: /, max_age: 10m, secure: true, http_only: false, same_site: none",
            &["max-age=600", "path=/", "samesite=none", "secure"],
        ),
        (
            "third",
            "path: /, max_age: 30s, secure: false, http_only: true, same_site: strict",
            &["httponly", "max-age=30", "path=/", "samesite=strict"],
        ),
    ];
    let mut stack = Stack::start(Bootstrap::canary_over_xds()).await;
    for (name, fields, want) in rows {
        let policy = format!(
            "subsets: [{{ name: stable, weight: 10000 }}]\nsticky_cookie: {{ name: {name}, {fields} }}\n"
        );
        assert_eq!(stack.update_policy(&policy).await, Update::Accepted, "{name}");
        // Its name tells under which policy it was set.
        let (id, attributes) =
            until("a cookie", async || stack.send(Request::get("/")).await.set_cookie(name)).await;
        let mut attributes: Vec<String> = attributes.iter().map(|a| a.to_lowercase()).collect();
        attributes.sort();
        assert_eq!(attributes, want, "{name}");
        assert!(
            id.len() >= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{id}"
        );
    }
}

async fn the_cookie_counts_although_sticky_does_not_name_it() {
    let policy = POLICY.replace(", { cookie: sluice-id }", ", { cookie: sid }");
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    for visitor in 0..20 {
        let first = stack.send(Request::get("/")).await;
        let (id, _) = first.set_cookie("sluice-id").expect("a cookie on the first response");
        let second = stack.send(Request::get("/").header("cookie", format!("sluice-id={id}"))).await;
        assert_eq!(second.report().subset(), first.report().subset(), "visitor {visitor}");
        assert_eq!(second.set_cookie("sluice-id"), None);
    }
}

async fn who_has_a_key_gets_no_cookie() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    for (name, request) in [
        ("header", Request::get("/").header("x-user-id", "ada")),
        ("cookie", Request::get("/").header("cookie", "sluice-id=0123456789abcdef")),
    ] {
        let answer = stack.send(request).await;
        assert!(answer.report().subset().is_some(), "{name}: decided");
        assert_eq!(answer.lines("set-cookie"), [""; 0], "{name}");
    }
    let without =
        POLICY.lines().filter(|line| !line.starts_with("sticky_cookie")).collect::<Vec<_>>().join("\n");
    let stack = Stack::start(Bootstrap::canary().policy(&without)).await;
    let answer = stack.send(Request::get("/")).await;
    assert!(answer.report().subset().is_some(), "decided");
    assert_eq!(answer.lines("set-cookie"), [""; 0], "not configured");
}

async fn an_answer_of_the_upstream_keeps_its_own_cookies() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let request = Request::get("/")
        .header("x-upstream-header", "set-cookie: session=1; Path=/")
        .header("x-upstream-header", "set-cookie: theme=dark")
        .header("x-upstream-status", "503");
    let answer = stack.send(request).await;
    assert_eq!(answer.status, 503);
    let lines = answer.lines("set-cookie");
    assert_eq!(lines.len(), 3, "{lines:?}");
    for own in ["session=1; Path=/", "theme=dark"] {
        assert!(lines.iter().any(|line| line == own), "{own} in {lines:?}");
    }
    assert!(answer.set_cookie("sluice-id").is_some(), "an error of the upstream is a first response, too");
}

async fn a_forged_cookie_is_a_key_like_any_other() {
    let stack = Stack::start(Bootstrap::canary().policy(POLICY)).await;
    let long = "x".repeat(4000);
    for forged in ["1", "\"quoted\"", "a=b=c", "../../etc", long.as_str(), "%00"] {
        let request = || Request::get("/").header("cookie", format!("sluice-id={forged}"));
        let first = stack.subset(request()).await;
        assert_eq!(stack.subset(request()).await, first, "{forged}");
    }
}
