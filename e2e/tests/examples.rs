//! The example policies, as they stand: the files of a checkout that has them beside it, else copies of the same shape.

use std::fs;

use e2e::{Bootstrap, Request, Stack, eventually};

use crate::bucket::bucket;

e2e::tests![the_shortest_policy_works, every_field_at_once_works, the_fetched_form_of_the_list_works];

/// The text of an example.
fn example(name: &str, copy: &str) -> String {
    let file = e2e::examples().map(|folder| folder.join(name));
    file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_else(|| copy.to_owned())
}

fn shortest() -> String {
    example("canary.min.yaml", include_str!("policies/canary.min.yaml"))
}

fn every_field() -> String {
    example("canary.yaml", include_str!("policies/canary.yaml"))
}

fn user(id: &str) -> Request {
    Request::get("/").header("x-user-id", id)
}

async fn the_shortest_policy_works() {
    let stack = Stack::start(Bootstrap::canary().policy(&shortest())).await;
    for id in (0..40).map(|n| format!("user-{n}")) {
        let want = if bucket("", &id) < 9500 { ("stable", "v1") } else { ("canary", "v2") };
        let report = stack.send(user(&id)).await.report();
        assert_eq!((report.subset().unwrap_or_default(), report.version.as_str()), want, "{id}");
    }
}

async fn every_field_at_once_works() {
    let stack = Stack::start(Bootstrap::canary().policy(&every_field())).await;
    for (name, request, want) in [
        ("dyed", user("ada").header("x-env", "canary"), "canary"),
        ("on the list", user("u-2"), "canary"),
        ("dyed before listed", user("u-2").header("x-env", "canary"), "canary"),
    ] {
        let answer = stack.send(request).await;
        let report = answer.report();
        assert_eq!((report.subset(), report.version.as_str()), (Some(want), "v2"), "{name}");
        assert_eq!(report.header("baggage"), Some("sluice-subset=canary"), "{name}");
        assert_eq!(answer.lines("x-sluice-subset"), [want], "{name}");
    }
    let ios = |path: &str, id: &str| Request::get(path).header("x-user-id", id).header("x-device", "ios-17");
    for id in (0..20).map(|n| format!("user-{n}")) {
        let first = stack.subset(ios("/", &id)).await;
        assert!(["stable", "canary"].contains(&first.as_str()), "{id}: {first}");
        assert_eq!(stack.subset(ios("/", &id)).await, first, "{id}");
    }
    let first = stack.send(Request::get("/")).await;
    let (id, attributes) = first.set_cookie("sluice-id").expect("a cookie for who brings no key");
    assert!(attributes.iter().any(|a| a.eq_ignore_ascii_case("max-age=86400")), "{attributes:?}");
    let second = stack.send(Request::get("/").header("cookie", format!("sluice-id={id}"))).await;
    assert_eq!(second.report().subset(), first.report().subset());
    let stats = stack.stats().await;
    for (rule, reason, want) in [("dyed", "rule", 2), ("allow-list", "rule", 1), ("ios-cohort", "cohort", 40)]
    {
        assert_eq!(
            stats.of("sluice.canary.decisions", &[("rule", rule), ("reason", reason)]),
            want,
            "{rule}"
        );
    }
}

async fn the_fetched_form_of_the_list_works() {
    let text = every_field();
    let fetched = "beta-users: { http: { cluster: lists, authority: lists.internal, path: /beta-users, refresh: 1s, timeout: 500ms } }";
    assert!(text.contains(&format!("# {fetched}")), "the example shows this form in a comment");
    // As its comment says: this line instead of the two above it.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("  beta-users:") && !line.trim_start().starts_with("inline:"));
    let policy: Vec<&str> =
        lines.map(|line| line.strip_prefix("  # beta").map_or(line, |_| fetched)).collect();
    let policy = policy.join("\n").replace(fetched, &format!("  {fetched}"));
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    stack.lists.serve("fetched-1\nfetched-2\n").await;
    let listed = async || stack.stats().await.of("sluice.canary.decisions", &[("rule", "allow-list")]) > 0;
    eventually("a user of the fetched list", async || {
        stack.send(user("fetched-2")).await;
        listed().await
    })
    .await;
}
