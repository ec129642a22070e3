//! What answers say (threats L14, L15): fields right to the second, a problem that names limits and no key, gRPC in gRPC.

use std::time::{Duration, Instant};

use e2e::{Answer, Protocol, Request, eventually};

use super::gate::Gate;
use super::setting::{PLANTED, on_routes, user, user_at};

e2e::tests![
    fields_are_right_to_the_second,
    a_policy_chooses_its_fields,
    places_have_fields_of_their_own,
    an_upstream_cannot_say_otherwise,
    statuses_are_the_policys,
    a_grpc_request_gets_a_grpc_status,
];

/// An answer, and when its request was decided about.
struct Timed {
    answer: Answer,
    sent: Instant,
    answered: Instant,
}

impl Timed {
    /// What `seconds` after the first decision is from here, rounded up; the clock of the test gives a range.
    fn until(&self, first: &Self, seconds: u64) -> std::ops::RangeInclusive<u64> {
        let whole = Duration::from_secs(seconds);
        let latest = self.answered.duration_since(first.sent);
        let earliest = self.sent.saturating_duration_since(first.answered);
        let up = |left: Duration| left.as_secs() + u64::from(left.subsec_nanos() > 0);
        up(whole.saturating_sub(latest))..=up(whole.saturating_sub(earliest))
    }

    fn says(&self, name: &str, field: &str, form: &str, range: std::ops::RangeInclusive<u64>) {
        let value = self.answer.header(field).unwrap_or_else(|| panic!("{name}: no {field}"));
        let (before, after) = form.split_once('@').expect("a place for the seconds");
        let seconds = value.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        let seconds = seconds.and_then(|seconds| seconds.parse().ok());
        assert!(
            seconds.is_some_and(|seconds| range.contains(&seconds)),
            "{name}: {field}: {value}, not {form}, {range:?}"
        );
    }
}

async fn fields_are_right_to_the_second() {
    // One a minute, three at once.
    let policy = "
limits: [{ name: steady, key: [{ header: x-user-id }], rate: { requests: 60, per: 1h, burst: 3 } }]
headers: both
";
    let gate = Gate::with(policy).await;
    let mut timed = Vec::new();
    for number in 0..5 {
        let sent = Instant::now();
        let answer = match number {
            0..3 => gate.admits("one of three", user("ada")).await,
            _ => gate.refuses("the rest", "over_limit", user("ada")).await,
        };
        timed.push(Timed { answer, sent, answered: Instant::now() });
    }
    for (number, this) in (1_u64..).zip(&timed) {
        let name = format!("answer {number}");
        let left = 3_u64.saturating_sub(number);
        // Whole again after a minute for each that was taken; if nothing is left: until the next one.
        let range = this.until(&timed[0], if left > 0 { 60 * number } else { 60 });
        let fixed = |field: &str| this.answer.header(field);
        assert_eq!(fixed("ratelimit-policy").as_deref(), Some("\"steady\";q=60;w=3600"), "{name}");
        this.says(&name, "ratelimit", &format!("\"steady\";r={left};t=@"), range.clone());
        assert_eq!(fixed("x-ratelimit-limit").as_deref(), Some("60, 60;w=3600;name=\"steady\""), "{name}");
        assert_eq!(fixed("x-ratelimit-remaining"), Some(left.to_string()), "{name}");
        this.says(&name, "x-ratelimit-reset", "@", range.clone());
        match number {
            0..=3 => assert_eq!(fixed("retry-after"), None, "{name}"),
            _ => this.says(&name, "retry-after", "@", range),
        }
    }
    let fresh = gate.admits("another one", user("bob")).await;
    assert_eq!(fresh.header("ratelimit").as_deref(), Some("\"steady\";r=2;t=60"));
    gate.end().await;
}

const FIELDS: [&str; 5] =
    ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

async fn a_policy_chooses_its_fields() {
    let rows = [
        ("default", "", false, false),
        ("none", "headers: none", false, false),
        ("ietf", "headers: ietf", true, false),
        ("draft", "headers: x-ratelimit", false, true),
        ("both", "headers: both", true, true),
    ];
    let policy = |headers: &str| {
        format!(
            "
limits:
  - {{ name: tight, key: [{{ header: x-user-id }}], rate: {{ requests: 1, per: 1h }} }}
  - {{ name: wide, rate: {{ requests: 100, per: 1m }} }}
  - {{ name: elsewhere, when: {{ path: {{ prefix: /x }} }}, rate: {{ requests: 1, per: 1s }} }}
{headers}
"
        )
    };
    let gate = Gate::start(on_routes(&rows.map(|(route, headers, ..)| (route, policy(headers))))).await;
    for (route, _, ietf, draft_03) in rows {
        let admitted = gate.admits(route, user_at(route, "ada")).await;
        let refused = gate.refuses(route, "over_limit", user_at(route, "ada")).await;
        for answer in [&admitted, &refused] {
            let has = FIELDS.map(|field| answer.header(field).is_some());
            assert_eq!(has, [ietf, ietf, draft_03, draft_03, draft_03], "{route}: {answer:?}");
        }
        let said = |field: &str| refused.header(field).unwrap_or_default();
        if ietf {
            assert_eq!(said("ratelimit-policy"), "\"tight\";q=1;w=3600, \"wide\";q=100;w=60");
            assert!(said("ratelimit").starts_with("\"tight\";r=0;t="), "{}", said("ratelimit"));
        }
        if draft_03 {
            assert_eq!(said("x-ratelimit-limit"), "1, 1;w=3600;name=\"tight\", 100;w=60;name=\"wide\"");
            assert_eq!(said("x-ratelimit-remaining"), "0");
            assert_eq!(said("x-ratelimit-reset"), said("retry-after"));
        }
    }
    gate.end().await;
}

async fn places_have_fields_of_their_own() {
    let policy = "
limits: [{ name: flights, key: [{ header: x-user-id }], concurrency: { max: 2 } }]
headers: both
";
    let gate = Gate::with(policy).await;
    let first = gate.admits("the first", user("ada")).await;
    assert_eq!(
        first.header("ratelimit-policy").as_deref(),
        Some("\"flights\";q=2;qu=\"concurrent-requests\"")
    );
    assert_eq!(first.header("ratelimit").as_deref(), Some("\"flights\";r=1"));
    assert_eq!(first.header("x-ratelimit-limit").as_deref(), Some("2, 2;name=\"flights\""));
    let holders: Vec<_> = (0..2)
        .map(|_| {
            let request = user("ada").header("x-upstream-delay-ms", "60000");
            tokio::spawn(super::in_flight::hold(gate.stack.client(Protocol::Http1), request))
        })
        .collect();
    eventually("both are in flight", async || gate.stack.v1.flying("/").await == 2).await;
    gate.recount().await;
    let refused = gate.refuses("the third", "in_flight", user("ada")).await;
    assert_eq!(refused.header("ratelimit").as_deref(), Some("\"flights\";r=0"));
    assert_eq!(refused.header("x-ratelimit-remaining").as_deref(), Some("0"));
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
    holders.iter().for_each(tokio::task::JoinHandle::abort);
    gate.end().await;
}

async fn an_upstream_cannot_say_otherwise() {
    let gate = Gate::with("limits: [{ name: node, rate: { requests: 9, per: 1h } }]\nheaders: both\n").await;
    let forged = FIELDS.iter().fold(Request::get("/"), |request, field| {
        request.header("x-upstream-header", format!("{field}: forged")).header(field, "forged")
    });
    let answer = gate.admits("forged", forged).await;
    for field in FIELDS {
        let lines = answer.lines(field);
        assert!(lines.len() == 1 && lines[0] != "forged", "{field}: {lines:?}");
    }
    gate.end().await;
}

async fn statuses_are_the_policys() {
    let rows = [
        ("default", "", 429),
        ("unavailable", ", reply: { status: 503 }", 503),
        ("first", ", reply: { status: 400 }", 400),
        ("last", ", reply: { status: 599 }", 599),
    ];
    let policy =
        |reply: &str| format!("limits: [{{ name: none, rate: {{ requests: 0, per: 1h }} {reply} }}]");
    let gate = Gate::start(on_routes(&rows.map(|(route, reply, _)| (route, policy(reply))))).await;
    for (route, _, status) in rows {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let client = gate.stack.client(protocol);
            let answer = gate.refuses_by(&client, route, "over_limit", user_at(route, "ada")).await;
            assert_eq!(answer.status, status, "{route}");
        }
    }
    gate.end().await;
}

async fn a_grpc_request_gets_a_grpc_status() {
    let policy = "
limits:
  - { name: per-user, key: [{ header: x-user-id }], rate: { requests: 1, per: 1h }, reply: { status: 503 } }
headers: ietf
";
    let gate = Gate::with(policy).await;
    let call = || {
        let request =
            Request::get("/shop.Orders/List").method("POST").header("content-type", "application/grpc");
        request.header("te", "trailers").header("x-user-id", format!("{PLANTED}-ada"))
    };
    let client = gate.stack.client(Protocol::Http2);
    gate.admits_by(&client, "the first", call()).await;
    for _ in 0..3 {
        let answer = client.send(call()).await;
        assert_eq!((answer.status, answer.header("grpc-status").as_deref()), (200, Some("8")), "{answer:?}");
        assert!(answer.header("retry-after").is_some() && answer.header("ratelimit").is_some(), "{answer:?}");
        assert!(!format!("{answer:?}").contains(PLANTED), "{answer:?}");
        gate.untouched("a call").await;
    }
    gate.end().await;
}
