//! A stack that hostile requests are sent to, and that must survive all of them.

use e2e::{Bootstrap, RawAnswer, Request, Stack, eventually, exchange};

/// Every part of the filter that reads a request is busy: rules over all fields, all keys, baggage, cookie.
const POLICY: &str = "
experiment: hostile
subsets: [{ name: stable, weight: 5000 }, { name: canary, weight: 5000 }]
sticky: [{ header: x-user-id }, { cookie: sid }, { query: uid }, { path_segment: 9 }]
sticky_cookie: { name: sluice-id, path: /, max_age: 1h }
rules:
  - { name: header, when: { header: { name: x-env, regex: 'canary|beta' } }, subset: canary }
  - { name: contains, when: { header: { name: x-roles, contains: staff } }, subset: canary }
  - { name: cookie, when: { cookie: { name: group, prefix: beta } }, subset: canary }
  - { name: query, when: { query: { name: q, suffix: beta } }, subset: canary }
  - { name: path, when: { path: { prefix: /admin/ } }, subset: canary }
  - { name: authority, when: { authority: { exact: beta.example } }, subset: canary }
  - { name: method, when: { method: { exact: PURGE } }, subset: canary }
  - { name: list, when: { list: { name: l, key: { header: x-user-id } } }, subset: canary }
lists: { l: { inline: [listed] } }
inherit: { peers: ['spiffe://example.org/ns/edge/*'] }
output: { header: x-sluice-subset, baggage: true, response_header: x-sluice-subset }
";

/// A stack that must survive.
pub(crate) struct Target {
    pub(crate) stack: Stack,
}

impl Target {
    pub(crate) async fn start() -> Self {
        Self::start_with(Bootstrap::canary()).await
    }

    pub(crate) async fn start_with(bootstrap: Bootstrap) -> Self {
        Self { stack: Stack::start(bootstrap.policy(POLICY)).await }
    }

    /// Sends bytes, and then asks every worker for a sign of life.
    pub(crate) async fn survives(&self, name: &str, request: &[u8]) -> Option<RawAnswer> {
        let answer = exchange(self.stack.envoy.addr("http"), request).await.ok();
        if let Some(answer) = &answer {
            let text = String::from_utf8_lossy(&answer.head).into_owned();
            assert!(!(500..600).contains(&answer.status), "{name}: {text}");
        }
        self.lives(name).await;
        answer
    }

    pub(crate) async fn lives(&self, name: &str) {
        for _ in 0..4 {
            assert_eq!(self.sign_of_life().await, alive(), "after {name}");
        }
    }

    /// The same where the upstream leaves, and Envoy may send it one more request that nobody answers.
    pub(crate) async fn lives_again(&self, name: &str) {
        eventually(&format!("signs of life after {name}"), async || {
            for _ in 0..4 {
                if self.sign_of_life().await != alive() {
                    return false;
                }
            }
            true
        })
        .await;
    }

    async fn sign_of_life(&self) -> (u16, Vec<String>) {
        let answer = self.stack.send(Request::get("/").header("x-env", "canary")).await;
        (answer.status, answer.lines("x-sluice-subset"))
    }

    /// The last word: no VM died in the whole test.
    pub(crate) async fn end(self) {
        self.stack.lost_no_vm().await;
    }
}

/// A request with these header lines.
pub(crate) fn get(lines: &[u8]) -> Vec<u8> {
    [b"GET /x HTTP/1.1\r\nhost: shop.example\r\n", lines, b"\r\n"].concat()
}

/// What [`Target::sign_of_life`] is where the VM decides as it should.
fn alive() -> (u16, Vec<String>) {
    (200, vec!["canary".to_owned()])
}
