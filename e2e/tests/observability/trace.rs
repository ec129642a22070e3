//! W3C trace context: what a client sends goes through all filters as it is, and spans tell what the filters decided.

use std::fs;

use e2e::{Bootstrap, Collector, Request, Stack, parse_yaml, suite, until};
use serde_json::json;

use crate::auth::setting::{Issuer, bearer, draft};

e2e::tests![trace_context_passes_untouched, a_span_says_what_was_decided];

const LIMITS: &str = "
limits: [{ name: per-user, key: [{ claim: sub }], missing: skip, rate: { requests: 2, per: 87600h } }]
";
const CANARY: &str = "
subsets: [{ name: stable, weight: 10000 }, { name: canary, weight: 0 }]
rules: [{ name: dyed, when: { header: { name: x-env, exact: canary } }, subset: canary }]
output: { baggage: true }
";
const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

fn chain(issuer: &Issuer) -> Bootstrap {
    Bootstrap::auth().policy_value(issuer.policy()).behind("ratelimit", LIMITS).behind("canary", CANARY)
}

fn traced(request: Request) -> Request {
    request
        .header("traceparent", format!("00-{TRACE_ID}-{PARENT_ID}-01"))
        .header("tracestate", "rojo=1,congo=t61rcWkgMzE")
}

async fn trace_context_passes_untouched() {
    let issuer = Issuer::new();
    let stack = Stack::start(chain(&issuer)).await;
    for (name, parent, state) in [
        ("sampled", format!("00-{TRACE_ID}-{PARENT_ID}-01"), "rojo=1,congo=t61rcWkgMzE"),
        ("not sampled", format!("00-{TRACE_ID}-{PARENT_ID}-00"), ""),
        ("a version to come", format!("cc-{TRACE_ID}-{PARENT_ID}-01-more"), "a=b"),
        ("no trace context at all", "garbage".to_owned(), "\u{e9}"),
    ] {
        let token = bearer(&draft().claim("sub", name).sign(&issuer.es));
        let request = token
            .header("traceparent", parent.clone())
            .header("tracestate", state)
            .header("baggage", "a=1,b=2;c");
        let report = stack.send(request).await.report();
        assert_eq!(report.lines("traceparent"), [parent.as_str()], "{name}");
        let came: Vec<&[u8]> = report
            .headers
            .iter()
            .filter(|(field, _)| field == "tracestate")
            .map(|(_, value)| value.as_slice())
            .collect();
        assert_eq!(came, [state.as_bytes()], "{name}");
        // Baggage is what the policy says it writes, behind what was there.
        assert_eq!(report.header("baggage"), Some("a=1,b=2;c,sluice-subset=stable"), "{name}");
    }
}

async fn a_span_says_what_was_decided() {
    suite::needs_local("the collector runs in this process");
    let issuer = Issuer::new();
    let collector = Collector::start();
    let fragment = e2e::repository().join("envoy-config/observability/tracing.yaml");
    let fragment = parse_yaml(&fs::read_to_string(fragment).expect("the shipped fragment")).expect("YAML");
    let bootstrap = chain(&issuer)
        .connection_manager(|manager| manager["tracing"] = fragment["tracing"].clone())
        .edit(|envoy| {
            // Each span at once; otherwise five together, or what there is after five seconds.
            let layer = json!({ "tracing.opentelemetry.min_flush_spans": 1 });
            envoy["layered_runtime"] = json!({ "layers": [{ "name": "test", "static_layer": layer }] });
        })
        .cluster("collector", collector.addr());
    let stack = Stack::start(bootstrap).await;
    let user = |name: &str| bearer(&draft().claim("sub", name).sign(&issuer.es));
    for (name, request, status, attributes) in [
        ("drawn", user("ada"), 200, [Some("stable"), Some("all"), Some("via_upstream")]),
        (
            "dyed",
            user("ada").header("x-env", "canary"),
            200,
            [Some("canary"), Some("all"), Some("via_upstream")],
        ),
        ("over the limit", user("ada"), 429, [None, Some("all"), Some("sluice_ratelimit{over_limit}")]),
        ("no token", Request::get("/orders"), 401, [None, None, Some("sluice_auth{no_token}")]),
        ("open", Request::get("/healthz"), 200, [Some("stable"), Some("health"), Some("via_upstream")]),
    ] {
        let before = collector.spans().len();
        let answer = stack.send(traced(request)).await;
        assert_eq!(answer.status, status, "{name}");
        let span = until(&format!("{name}: a span"), async || collector.spans().get(before).cloned()).await;
        assert_eq!(
            (span.trace_id.as_str(), span.parent_id.as_str()),
            (TRACE_ID, PARENT_ID),
            "{name}: {span:?}"
        );
        let got = ["sluice.subset", "sluice.auth.rule", "response_code_details"]
            .map(|tag| span.attributes.get(tag).map(String::as_str));
        // What is not there has no tag, or an empty one.
        assert_eq!(got.map(|value| value.filter(|value| !value.is_empty())), attributes, "{name}: {span:?}");
        if status == 200 {
            let parent = answer.report();
            let parent = parent.header("traceparent").expect("a trace goes on").to_owned();
            assert!(parent.starts_with(&format!("00-{TRACE_ID}-")), "{name}: {parent}");
            assert_eq!(answer.report().header("tracestate"), Some("rojo=1,congo=t61rcWkgMzE"), "{name}");
        }
    }
}
