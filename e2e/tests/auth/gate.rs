//! One Envoy with `auth` in front of an upstream, and the judgement of what it refuses.

use std::cell::Cell;

use e2e::{Answer, Bootstrap, Client, Protocol, Report, Request, Stack, eventually, exchange};
use serde_json::Value;

/// A stack whose refusals are looked at from all sides.
pub(crate) struct Gate {
    pub(crate) stack: Stack,
    /// Always served.
    good: Request,
    /// What the upstream should have got so far.
    hits: Cell<u64>,
    sent: Cell<u32>,
    /// Requests that were refused: their ids, what the test calls them, why they may have been.
    refused: Cell<Vec<Refused>>,
}

struct Refused {
    id: String,
    name: String,
    reasons: String,
    status: u16,
}

impl Gate {
    /// Starts, and waits until the good request is served: keys may have to come first.
    pub(crate) async fn start(bootstrap: Bootstrap, good: Request) -> Self {
        let gate = Self::start_cold(bootstrap, good).await;
        gate.warm().await;
        gate
    }

    /// Starts without waiting for anything.
    pub(crate) async fn start_cold(bootstrap: Bootstrap, good: Request) -> Self {
        let stack = Stack::start(bootstrap).await;
        Self { stack, good, hits: Cell::new(0), sent: Cell::new(0), refused: Cell::default() }
    }

    /// Waits until every worker serves the good request.
    pub(crate) async fn warm(&self) {
        eventually("the good request served", async || {
            for _ in 0..8 {
                if self.stack.send(self.good.clone()).await.status != 200 {
                    return false;
                }
            }
            true
        })
        .await;
        self.recount().await;
    }

    /// Another request that is always served.
    pub(crate) fn good_is(&mut self, good: Request) {
        self.good = good;
    }

    /// Takes what the upstream has got by now for right.
    pub(crate) async fn recount(&self) {
        self.hits.set(self.upstream().await);
    }

    /// How many requests the upstreams should have got.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.get()
    }

    /// How many requests the upstreams got.
    pub(crate) async fn upstream(&self) -> u64 {
        self.stack.hits().await
    }

    /// The request must be refused for one of these reasons (`a|b`).
    pub(crate) async fn refuses(&self, name: &str, reasons: &str, request: Request) {
        self.refuses_by(&self.stack.client(Protocol::Http1), name, reasons, request).await;
    }

    /// The same for any client.
    pub(crate) async fn refuses_by(&self, client: &Client, name: &str, reasons: &str, request: Request) {
        let id = self.id();
        let answer = client.send(request.header("x-test-id", &id)).await;
        self.judge(id, name, reasons, answer.status, &answer.body, Some(&answer));
        self.untouched(name).await;
    }

    /// The same for a request as bytes; `@id` in it becomes the `x-test-id` line.
    pub(crate) async fn refuses_bytes(&self, name: &str, reasons: &str, request: &[u8]) {
        let id = self.id();
        let line = format!("x-test-id: {id}\r\n");
        let at = request.windows(5).position(|w| w == b"@id\r\n").expect("a place for the id");
        let request = [&request[..at], line.as_bytes(), &request[at + 5..]].concat();
        let answer = exchange(self.stack.envoy.addr("http"), &request).await.expect("an answer");
        self.judge(id, name, reasons, answer.status, &answer.body, None);
        self.untouched(name).await;
    }

    /// Refuses all of these tokens. Quicker for many: the upstream is looked at once.
    pub(crate) async fn refuses_tokens(&self, rows: &[(String, &str, String)]) {
        let mut connection = self.stack.client(Protocol::Http1).connect().await.expect("a connection");
        for (number, (name, reasons, token)) in rows.iter().enumerate() {
            let id = self.id();
            let request = super::setting::bearer(token).header("x-test-id", &id);
            let answer = connection.send(&request).await.unwrap_or_else(|e| panic!("{name}: {e}"));
            self.judge(id, name, reasons, answer.status, &answer.body, Some(&answer));
            if number % 25 == 0 {
                self.lives(name).await;
            }
        }
        self.untouched("the last one").await;
    }

    /// The request must reach the upstream.
    pub(crate) async fn allows(&self, name: &str, request: Request) -> Report {
        self.allows_by(&self.stack.client(Protocol::Http1), name, request).await
    }

    /// The same for any client.
    pub(crate) async fn allows_by(&self, client: &Client, name: &str, request: Request) -> Report {
        let id = self.id();
        let answer = client.send(request.header("x-test-id", &id)).await;
        if answer.status != 200 {
            let entry = self.stack.access_log(std::slice::from_ref(&id)).await.remove(&id);
            panic!("{name}: refused: {entry:?} {answer:?}");
        }
        self.hits.set(self.hits.get() + 1);
        answer.report()
    }

    /// What the access log says of one more request, which is let through or not.
    pub(crate) async fn logged(&self, client: &Client, request: Request) -> Value {
        let id = self.id();
        let status = client.send(request.header("x-test-id", &id)).await.status;
        if status == 200 {
            self.hits.set(self.hits.get() + 1);
        }
        self.stack.access_log(std::slice::from_ref(&id)).await.remove(&id).expect("its line")
    }

    /// The last word.
    pub(crate) async fn end(self) {
        self.reasons().await;
        self.stack.lost_no_vm().await;
        self.keeps_secrets().await;
    }

    /// Why requests were refused, so far; waits for the access log.
    pub(crate) async fn reasons(&self) {
        let refused = self.refused.take();
        let ids: Vec<String> = refused.iter().map(|refused| refused.id.clone()).collect();
        let log = self.stack.access_log(&ids).await;
        let mut wrong = Vec::new();
        for Refused { id, name, reasons, status } in refused {
            let details = log[&id]["details"].as_str().unwrap_or_default();
            let reason = details.strip_prefix("sluice_auth{").and_then(|rest| rest.strip_suffix('}'));
            let right = reason.is_some_and(|reason| {
                reasons.split('|').any(|wanted| wanted == reason) && status == status_of(reason)
            });
            if !right {
                wrong.push(format!("{name}: {status} {details}, not {reasons}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// No token, claim or key anywhere that others read.
    pub(crate) async fn keeps_secrets(&self) {
        for (place, text) in
            [("log", self.stack.envoy.log()), ("stats", self.stack.envoy.admin("/stats").await)]
        {
            let told = text.lines().find(|line| tells(line));
            assert_eq!(told, None, "a secret in the {place}");
        }
    }

    /// The good request is served by whichever worker takes it.
    pub(crate) async fn lives(&self, after: &str) {
        let answer = self.stack.send(self.good.clone()).await;
        assert_eq!(answer.status, 200, "the good request after {after}: {answer:?}");
        self.hits.set(self.hits.get() + 1);
    }

    async fn untouched(&self, name: &str) {
        self.lives(name).await;
        assert_eq!(self.upstream().await, self.hits.get(), "the upstream was asked: {name}");
    }

    fn id(&self) -> String {
        self.sent.set(self.sent.get() + 1);
        format!("request-{}", self.sent.get())
    }

    /// Judges what can be seen from outside at once; the rest is in the access log.
    fn judge(
        &self,
        id: String,
        name: &str,
        reasons: &str,
        status: u16,
        body: &[u8],
        answer: Option<&Answer>,
    ) {
        let body = String::from_utf8_lossy(body).into_owned();
        assert!(
            reasons.split('|').any(|reason| status == status_of(reason)),
            "{name}: {status} instead of {reasons}: {body}"
        );
        let problem: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{name}: {e}: {body}"));
        assert_eq!(problem["status"], status, "{name}: {body}");
        assert!(problem["reason"].is_string() && problem["title"].is_string(), "{name}: {body}");
        assert!(!tells(&body), "{name}: a secret in {body}");
        if let Some(answer) = answer {
            assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"), "{name}");
            let challenge = answer.header("www-authenticate");
            assert_eq!(challenge.is_some(), status == 401 || challenge_of(&problem), "{name}: {challenge:?}");
            // Who waits for keys may come again; a policy does not mend itself.
            let again = status == 503 && !reasons.contains("policy_invalid");
            assert_eq!(answer.header("retry-after").is_some(), again, "{name}");
            assert_eq!(answer.lines("x-jwt-payload"), [""; 0], "{name}");
        }
        let (name, reasons) = (name.to_owned(), reasons.to_owned());
        let mut refused = self.refused.take();
        refused.push(Refused { id, name, reasons, status });
        self.refused.set(refused);
    }
}

/// RFC 6750 section 3.1 has a challenge for these, too.
fn challenge_of(problem: &Value) -> bool {
    ["invalid_request", "insufficient_scope"].iter().any(|reason| problem["reason"] == *reason)
}

/// Tokens begin so, and all that tests plant says so.
fn tells(text: &str) -> bool {
    text.contains("eyJ") || text.contains(super::setting::PLANTED)
}

/// The status of a refusal for this reason.
pub(crate) fn status_of(reason: &str) -> u16 {
    match reason {
        "two_tokens" | "malformed_credentials" | "ambiguous_path" => 400,
        "no_rule"
        | "claims"
        | "scope"
        | "tls_version"
        | "no_certificate"
        | "certificate_unvalidated"
        | "not_an_svid"
        | "xfcc"
        | "peer" => 403,
        "keys_missing" | "keys_stale" | "revocations_missing" | "policy_invalid" => 503,
        _ => 401,
    }
}
