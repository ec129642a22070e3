//! What the filter leaves behind: headers, filter state, stats. And what it removes: what a client said in their place.

use e2e::{Bootstrap, Protocol, Request, Stack, exchange};

e2e::tests![
    a_spoofed_output_header_is_removed_and_chooses_no_route,
    the_header_of_the_policy_is_the_one_that_is_protected,
    the_response_header_is_ours_alone,
    the_access_log_knows_the_subset,
    prometheus_sees_tags,
    a_dry_run_decides_and_counts_but_changes_nothing,
    a_dry_run_rule_counts_and_lets_the_next_one_decide,
    http2_is_decided_like_http1,
];

const ALL_STABLE: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules: [{ name: dyed, when: { header: { name: x-env, exact: canary } }, subset: canary }]
output: { header: x-sluice-subset, response_header: x-sluice-subset }
";

async fn a_spoofed_output_header_is_removed_and_chooses_no_route() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_STABLE)).await;
    for (name, lines) in [
        ("once", "x-sluice-subset: canary\r\n"),
        ("twice", "x-sluice-subset: canary\r\nx-sluice-subset: canary\r\n"),
        ("another case", "X-Sluice-SUBSET: canary\r\n"),
        ("a list", "x-sluice-subset: stable, canary\r\n"),
        ("empty", "x-sluice-subset:\r\n"),
        ("the right one", "x-sluice-subset: stable\r\n"),
        ("an unknown one", "x-sluice-subset: nowhere\r\n"),
        ("bytes that are no text", "x-sluice-subset: \u{ff}canary\r\n"),
    ] {
        let latin1: Vec<u8> = lines.chars().map(|c| c as u8).collect();
        let head = [b"GET / HTTP/1.1\r\nhost: shop.example\r\n", latin1.as_slice(), b"\r\n"].concat();
        let answer = exchange(stack.envoy.addr("http"), &head).await.expect("an answer");
        assert_eq!(answer.status, 200, "{name}");
        let report = e2e::Report::parse(&answer.body).expect("from an upstream");
        assert_eq!(
            (report.lines("x-sluice-subset"), report.version.as_str()),
            (vec!["stable"], "v1"),
            "{name}"
        );
    }
    let dyed = Request::get("/").header("x-env", "canary").header("x-sluice-subset", "stable");
    let report = stack.send(dyed).await.report();
    assert_eq!((report.lines("x-sluice-subset"), report.version.as_str()), (vec!["canary"], "v2"));
}

async fn the_header_of_the_policy_is_the_one_that_is_protected() {
    let policy = ALL_STABLE.replace("header: x-sluice-subset, ", "header: x-version, ");
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    let report = stack.send(Request::get("/").header("x-version", "canary")).await.report();
    assert_eq!(report.lines("x-version"), ["stable"]);
    assert_eq!(report.version, "v1");
}

async fn the_response_header_is_ours_alone() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_STABLE)).await;
    let upstream_lies = "x-sluice-subset: canary";
    let request = Request::get("/")
        .header("x-upstream-header", upstream_lies)
        .header("x-upstream-header", upstream_lies);
    assert_eq!(stack.send(request).await.lines("x-sluice-subset"), ["stable"]);

    let silent = ALL_STABLE.replace(", response_header: x-sluice-subset", "");
    let stack = Stack::start(Bootstrap::canary().policy(&silent)).await;
    assert_eq!(stack.send(Request::get("/")).await.lines("x-sluice-subset"), [""; 0], "not configured");
}

async fn the_access_log_knows_the_subset() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_STABLE)).await;
    stack.send(Request::get("/for-the-log").header("x-env", "canary")).await;
    let line = stack.envoy.log_line("/for-the-log").await;
    assert!(line.contains(r#""subset":"canary""#), "{line}");
    assert!(line.contains(r#""cluster":"canary""#), "{line}");
    stack.send(Request::get("/also-for-the-log")).await;
    let line = stack.envoy.log_line("/also-for-the-log").await;
    assert!(line.contains(r#""subset":"stable""#), "{line}");
}

async fn prometheus_sees_tags() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_STABLE)).await;
    stack.send(Request::get("/").header("x-env", "canary")).await;
    stack.send(Request::get("/")).await;
    let page = stack.envoy.admin("/stats/prometheus").await;
    let sample = |tags: &[&str]| {
        page.lines()
            .filter(|line| line.starts_with("sluice_canary_decisions{"))
            .find(|line| tags.iter().all(|tag| line.contains(tag)))
            .unwrap_or_else(|| panic!("no sample with {tags:?}"))
    };
    let dyed = sample(&[r#"subset="canary""#, r#"reason="rule""#, r#"rule="dyed""#]);
    assert!(dyed.ends_with(" 1"), "{dyed}");
    sample(&[r#"subset="stable""#, r#"reason="random""#, r#"rule="-""#]);
    let types: Vec<_> =
        page.lines().filter(|line| line.starts_with("# TYPE sluice_canary_decisions ")).collect();
    assert_eq!(types.len(), 1, "one type line a metric, or Prometheus refuses the page: {types:?}");
}

async fn a_dry_run_decides_and_counts_but_changes_nothing() {
    let policy = format!(
        "{}dry_run: true\nsticky_cookie: {{ name: sluice-id, path: / }}\n",
        ALL_STABLE.replace("output: {", "output: { baggage: true,")
    );
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    let answer = stack.send(Request::get("/").header("x-env", "canary").header("baggage", "a=1")).await;
    assert_eq!(answer.lines("x-sluice-subset"), [""; 0]);
    assert_eq!(answer.lines("set-cookie"), [""; 0]);
    let report = answer.report();
    assert_eq!((report.subset(), report.version.as_str()), (None, "v1"));
    assert_eq!(report.lines("baggage"), ["a=1"]);
    stack.send(Request::get("/")).await;
    let stats = stack.stats().await;
    let dry = |tags| stats.of("sluice.canary.dry_run_decisions", tags);
    assert_eq!(dry(&[("subset", "canary"), ("reason", "rule"), ("rule", "dyed")]), 1);
    assert_eq!(dry(&[("subset", "stable"), ("reason", "random")]), 1);
    assert_eq!(stats.of("sluice.canary.decisions", &[]), 0);
}

async fn a_dry_run_rule_counts_and_lets_the_next_one_decide() {
    let policy = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules:
  - { name: planned, when: { header: { name: x-env, exact: canary } }, subset: canary, dry_run: true }
  - { name: real, when: { header: { name: x-env, present: true } }, subset: stable }
";
    let stack = Stack::start(Bootstrap::canary().policy(policy)).await;
    assert_eq!(stack.subset(Request::get("/").header("x-env", "canary")).await, "stable");
    let stats = stack.stats().await;
    assert_eq!(stats.of("sluice.canary.dry_run_decisions", &[("subset", "canary"), ("rule", "planned")]), 1);
    assert_eq!(stats.of("sluice.canary.decisions", &[("subset", "stable"), ("rule", "real")]), 1);
    assert_eq!(stats.of("sluice.canary.decisions", &[]), 1);
}

async fn http2_is_decided_like_http1() {
    let stack = Stack::start(Bootstrap::canary().policy(ALL_STABLE)).await;
    let client = stack.client(Protocol::Http2);
    for (request, want) in [
        (Request::get("/a?b=c").header("x-env", "canary"), "canary"),
        (Request::get("/a?b=c").header("x-sluice-subset", "canary"), "stable"),
    ] {
        let answer = client.send(request).await;
        assert_eq!(answer.lines("x-sluice-subset"), [want]);
        assert_eq!(answer.report().lines("x-sluice-subset"), [want]);
        assert_eq!(answer.report().path, "/a?b=c");
    }
}
