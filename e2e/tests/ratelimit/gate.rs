//! One Envoy with `ratelimit` in front of an upstream, and the judgement of what it refuses.

use std::cell::Cell;

use e2e::{Answer, Bootstrap, Client, Protocol, Request, Stack};
use serde_json::Value;

use super::setting::PLANTED;

/// A stack whose admissions and refusals are looked at from all sides.
pub(crate) struct Gate {
    pub(crate) stack: Stack,
    /// What the upstream should have got so far.
    hits: Cell<u64>,
    sent: Cell<u32>,
    /// The ids of refused requests, what the test calls them, and why they were refused.
    refused: Cell<Vec<(String, String, &'static str)>>,
}

impl Gate {
    pub(crate) async fn start(bootstrap: Bootstrap) -> Self {
        let stack = Stack::start(bootstrap).await;
        Self { stack, hits: Cell::new(0), sent: Cell::new(0), refused: Cell::default() }
    }

    /// The same for a policy in the usual bootstrap.
    pub(crate) async fn with(policy: &str) -> Self {
        Self::start(Bootstrap::ratelimit().policy(policy)).await
    }

    /// The request must reach the upstream.
    pub(crate) async fn admits(&self, name: &str, request: Request) -> Answer {
        self.admits_by(&self.stack.client(Protocol::Http1), name, request).await
    }

    /// The same for any client.
    pub(crate) async fn admits_by(&self, client: &Client, name: &str, request: Request) -> Answer {
        let id = self.id();
        let answer = client.send(request.header("x-test-id", &id)).await;
        if answer.status != 200 {
            let entry = self.stack.access_log(std::slice::from_ref(&id)).await.remove(&id);
            panic!("{name}: refused: {entry:?} {answer:?}");
        }
        self.hits.set(self.hits.get() + 1);
        assert!(!tells(&format!("{:?}", answer.headers)), "{name}: a key in {:?}", answer.headers);
        answer
    }

    /// The request must be refused for this reason, and the upstream must not see it.
    pub(crate) async fn refuses(&self, name: &str, reason: &'static str, request: Request) -> Answer {
        self.refuses_by(&self.stack.client(Protocol::Http1), name, reason, request).await
    }

    /// The same for any client.
    pub(crate) async fn refuses_by(
        &self,
        client: &Client,
        name: &str,
        reason: &'static str,
        request: Request,
    ) -> Answer {
        let id = self.id();
        let answer = client.send(request.header("x-test-id", &id)).await;
        judge(name, reason, &answer);
        let mut refused = self.refused.take();
        refused.push((id, name.to_owned(), reason));
        self.refused.set(refused);
        self.untouched(name).await;
        answer
    }

    /// The upstream has got what it should have, and nothing more.
    pub(crate) async fn untouched(&self, name: &str) {
        assert_eq!(self.upstream().await, self.hits.get(), "the upstream was asked: {name}");
    }

    /// How many requests the upstreams got.
    pub(crate) async fn upstream(&self) -> u64 {
        self.stack.hits().await
    }

    /// Takes what the upstream has got by now for right.
    pub(crate) async fn recount(&self) {
        self.hits.set(self.upstream().await);
    }

    /// The sum of a counter of the filter, over the tags that agree.
    pub(crate) async fn counted(&self, name: &str, tags: &[(&str, &str)]) -> i128 {
        self.stack.stats().await.of(&format!("sluice.ratelimit.{name}"), tags)
    }

    /// The last word.
    pub(crate) async fn end(self) {
        let refused = self.refused.take();
        let ids: Vec<String> = refused.iter().map(|(id, ..)| id.clone()).collect();
        let log = self.stack.access_log(&ids).await;
        for (id, name, reason) in refused {
            assert_eq!(log[&id]["details"], format!("sluice_ratelimit{{{reason}}}"), "{name}");
        }
        alive(&self.stack).await;
    }

    fn id(&self) -> String {
        self.sent.set(self.sent.get() + 1);
        format!("request-{}", self.sent.get())
    }
}

/// No VM was lost, and no key is anywhere that others read.
pub(crate) async fn alive(stack: &Stack) {
    stack.lost_no_vm().await;
    for (place, text) in [("log", stack.envoy.log()), ("stats", stack.envoy.admin("/stats").await)] {
        let told = text.lines().find(|line| tells(line));
        assert_eq!(told, None, "a key in the {place}");
    }
}

/// Judges what can be seen from outside at once; the rest is in the access log.
pub(crate) fn judge(name: &str, reason: &str, answer: &Answer) {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    let failed = ["table_full", "contended", "service_unavailable"].contains(&reason);
    let status = answer.status;
    assert!(if failed { status == 503 } else { (400..600).contains(&status) }, "{name}: {status}: {body}");
    let problem: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{name}: {e}: {answer:?}"));
    let kind = if status == 503 { "temporary-reduced-capacity" } else { "quota-exceeded" };
    let kind = format!("https://iana.org/assignments/http-problem-types#{kind}");
    assert_eq!((&problem["type"], &problem["status"]), (&kind.into(), &status.into()), "{name}: {body}");
    assert_eq!(problem["reason"], reason, "{name}: {body}");
    assert!(problem["title"].is_string() && problem["violated-policies"].is_array(), "{name}: {body}");
    assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"), "{name}");
    assert!(!tells(&format!("{:?} {body}", answer.headers)), "{name}: a key in {answer:?}");
    if reason == "over_limit" || reason == "in_flight" {
        let wait = answer.header("retry-after").unwrap_or_else(|| panic!("{name}: no Retry-After"));
        assert!(wait.parse::<u64>().is_ok_and(|wait| wait >= 1), "{name}: {wait}");
    }
}

/// Everything that tests use as a key says so.
fn tells(text: &str) -> bool {
    text.contains(PLANTED)
}
