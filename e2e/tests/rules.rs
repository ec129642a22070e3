//! Rules: every predicate, and their order.

use e2e::{Backend, Bootstrap, Request, Stack};

e2e::tests![
    each_string_matcher_matches_what_it_says_and_nothing_near_it,
    each_part_of_a_request_is_matched_by_itself,
    predicates_are_combined,
    the_first_rule_that_matches_decides,
    a_rule_with_weights_draws_inside_its_cohort_and_stays,
    source_ip_is_the_address_of_the_connection,
    identity_is_nothing_that_a_client_can_say,
];

/// Without a rule, everything is stable: a subset of `canary` is the rule's doing.
const HEAD: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules:
";

/// A predicate, a request that it matches, and one right beside it.
type Row = (&'static str, Request, Request);

fn get(path: &str) -> Request {
    Request::get(path)
}

async fn each_string_matcher_matches_what_it_says_and_nothing_near_it() {
    let with = |name: &str, value: &str| get("/").header(name, value);
    decide(vec![
        ("header: { name: x-exact, exact: v }", with("x-exact", "v"), with("x-exact", "V")),
        ("header: { name: x-prefix, prefix: ios }", with("X-Prefix", "ios-17"), with("x-prefix", "nios")),
        ("header: { name: x-suffix, suffix: .de }", with("x-suffix", "a.de"), with("x-suffix", "a.def")),
        ("header: { name: x-regex, regex: 'v[0-9]+' }", with("x-regex", "v42"), with("x-regex", "v42x")),
        ("header: { name: x-in, in: [a, b] }", with("x-in", "b"), with("x-in", "c")),
        (
            "header: { name: x-contains, contains: beta }",
            with("x-contains", "a, beta"),
            with("x-contains", "betas"),
        ),
        ("header: { name: x-present, present: true }", with("x-present", ""), with("x-presen", "")),
        (
            "header: { name: x-second-line, exact: v }",
            with("x-second-line", "u").header("x-second-line", "v"),
            with("x-second-line", "u").header("x-second-line", "w"),
        ),
    ])
    .await;
}

async fn each_part_of_a_request_is_matched_by_itself() {
    let cookie = |value: &str| get("/").header("cookie", value);
    decide(vec![
        ("cookie: { name: group, exact: beta }", cookie("a=b; group=beta"), cookie("xgroup=beta")),
        ("query: { name: canary, exact: '1' }", get("/x?a=b&canary=1"), get("/x?a=b&canary=10")),
        ("query: { name: note, exact: 'a b&c' }", get("/x?note=a%20b%26c"), get("/x?note=a")),
        ("path: { exact: /exact }", get("/exact?any=query"), get("/exact/")),
        ("path: { prefix: /prefix/ }", get("/prefix/x"), get("/prefix")),
        ("path: { regex: '/users/[0-9]+' }", get("/users/7?x=y"), get("/users/7/cart")),
        ("method: { exact: DELETE }", get("/").method("DELETE"), get("/").method("POST")),
        (
            "authority: { exact: beta.example }",
            get("/").authority("beta.example"),
            get("/").authority("beta.example.org"),
        ),
        (
            "list: { name: members, key: { header: x-member } }",
            get("/").header("x-member", "m-2"),
            get("/").header("x-member", "m-22"),
        ),
    ])
    .await;
}

async fn predicates_are_combined() {
    let with = |path: &str, name: &str, value: &str| get(path).header(name, value);
    decide(vec![
        (
            "all: [{ header: { name: x-all, exact: v } }, { path: { prefix: /all } }]",
            with("/all", "x-all", "v"),
            with("/al", "x-all", "v"),
        ),
        (
            "any: [{ header: { name: x-any, exact: v } }, { path: { exact: /any } }]",
            get("/any"),
            with("/anyone", "x-any", "u"),
        ),
        (
            "all: [{ header: { name: x-not, present: true } }, { not: { header: { name: x-not, exact: v } } }]",
            with("/", "x-not", "w"),
            with("/", "x-not", "v"),
        ),
        (
            "all: [{ any: [{ path: { exact: /a } }, { path: { exact: /b } }] }, { not: { any: [{ method: { exact: PUT } }, { method: { exact: POST } }] } }]",
            get("/b"),
            get("/b").method("PUT"),
        ),
    ])
    .await;
}

/// Puts all rows into one policy and sees each of them decide for its own request, alone.
async fn decide(rows: Vec<Row>) {
    let rules = rows
        .iter()
        .enumerate()
        .map(|(n, (when, ..))| format!("  - {{ name: row-{n}, when: {{ {when} }}, subset: canary }}\n"));
    let policy =
        format!("{HEAD}{}lists: {{ members: {{ inline: [m-1, m-2] }} }}\n", rules.collect::<String>());
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    for (n, (when, hit, miss)) in rows.into_iter().enumerate() {
        let row = format!("row-{n}");
        let decided =
            async || stack.stats().await.of("sluice.canary.decisions", &[("reason", "rule"), ("rule", &row)]);
        assert_eq!(stack.subset(miss.clone()).await, "stable", "{when}: {miss:?}");
        assert_eq!(decided().await, 0, "{when}: {miss:?}");
        let answer = stack.send(hit.clone()).await.report();
        assert_eq!((answer.subset(), answer.version.as_str()), (Some("canary"), "v2"), "{when}: {hit:?}");
        assert_eq!(decided().await, 1, "{when}: {hit:?}");
    }
}

async fn the_first_rule_that_matches_decides() {
    let a = "{ name: a, when: { header: { name: x-a, present: true } }, subset: canary }";
    let b = "{ name: b, when: { path: { prefix: / } }, subset: stable }";
    for (order, with_header) in [([a, b], "canary"), ([b, a], "stable")] {
        let [first, second] = order;
        let policy = format!("{HEAD}  - {first}\n  - {second}\n");
        let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
        assert_eq!(stack.subset(Request::get("/").header("x-a", "1")).await, with_header, "{policy}");
        assert_eq!(stack.subset(Request::get("/")).await, "stable", "{policy}");
    }
}

async fn a_rule_with_weights_draws_inside_its_cohort_and_stays() {
    let policy = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
sticky: [{ header: x-user-id }]
rules:
  - name: cohort
    when: { header: { name: x-device, prefix: ios } }
    weights: { stable: 5000, canary: 5000 }
";
    let stack = Stack::start(Bootstrap::canary().policy(policy)).await;
    let mut canary = 0;
    for user in 0..100 {
        let request = || Request::get("/").header("x-user-id", format!("user-{user}"));
        let inside = stack.subset(request().header("x-device", "ios-17")).await;
        let again = stack.subset(request().header("x-device", "ios-18")).await;
        assert_eq!(inside, again, "user-{user}");
        assert_eq!(stack.subset(request()).await, "stable", "outside the cohort: user-{user}");
        canary += usize::from(inside == "canary");
    }
    // Fixed keys, so the number is fixed too: it does not vary from run to run.
    assert!((30..=70).contains(&canary), "{canary} of 100 in the half");
    let stats = stack.stats().await;
    let cohort = &[("reason", "cohort"), ("rule", "cohort")];
    assert_eq!(stats.of("sluice.canary.decisions", cohort), 200);
    assert_eq!(stats.of("sluice.canary.decisions", &[("reason", "draw"), ("rule", "-")]), 100);
}

async fn source_ip_is_the_address_of_the_connection() {
    let here = Backend::chosen().client_networks().join(", ");
    let rule = |name: &str, networks: &str| {
        format!("  - {{ name: {name}, when: {{ source_ip: {{ in: [{networks}] }} }}, subset: canary }}\n")
    };
    let elsewhere = "203.0.113.0/24, 2001:db8::/32";
    let stack =
        Stack::start(Bootstrap::canary().policy(&(HEAD.to_owned() + &rule("elsewhere", elsewhere)))).await;
    assert_eq!(stack.subset(Request::get("/")).await, "stable");
    // What a client says about itself counts for nothing (envoy.yaml: use_remote_address).
    for forged in ["x-forwarded-for", "x-real-ip", "forwarded", "x-envoy-external-address"] {
        assert_eq!(stack.subset(Request::get("/").header(forged, "203.0.113.9")).await, "stable", "{forged}");
    }
    let stack = Stack::start(Bootstrap::canary().policy(&(HEAD.to_owned() + &rule("here", &here)))).await;
    assert_eq!(stack.subset(Request::get("/")).await, "canary");
}

async fn identity_is_nothing_that_a_client_can_say() {
    let policy = format!(
        "{HEAD}  - {{ name: staff, when: {{ claim: {{ name: roles, contains: staff }} }}, subset: canary }}
  - {{ name: gateway, when: {{ peer: {{ in: ['spiffe://example.org/ns/edge/sa/gateway'] }} }}, subset: canary }}
"
    );
    let stack = Stack::start(Bootstrap::canary().policy(&policy)).await;
    let forged = [
        ("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJzdGFmZiJdfQ."),
        ("roles", "staff"),
        ("x-jwt-roles", "staff"),
        ("x-spiffe-id", "spiffe://example.org/ns/edge/sa/gateway"),
        ("x-forwarded-client-cert", "URI=spiffe://example.org/ns/edge/sa/gateway"),
    ];
    for (name, value) in forged {
        assert_eq!(stack.subset(Request::get("/").header(name, value)).await, "stable", "{name}");
    }
}
