//! The example policies, as they stand: the files of a checkout that has them beside it, else copies of the same shape.

use std::fs;

use e2e::rls::{Answers, Storage};
use e2e::{Answer, Bootstrap, Draft, Load, Protocol, RateLimitService, Redis, Request, Stack, eventually};
use serde_json::{Value, json};

use super::gate::{Gate, alive};
use super::setting::{PLANTED, per_tenant, user};
use crate::auth::setting::{Issuer, draft};

e2e::tests![the_shortest_policy_works, every_field_at_once_works];

/// The text of an example.
fn example(name: &str, copy: &str) -> String {
    let file = e2e::examples().map(|folder| folder.join(name));
    file.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_else(|| copy.to_owned())
}

async fn the_shortest_policy_works() {
    let policy = example("ratelimit.min.yaml", include_str!("../policies/ratelimit.min.yaml"));
    let gate = Gate::with(&policy).await;
    // A hundred a second: of as many as a slow machine takes a second for, a hundred and one for each 10 ms.
    let load = Load { client: gate.stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let mut refused = 0;
    let begun = std::time::Instant::now();
    load.run(400, |_| user("ada"), |_, answer| refused += u32::from(answer.status == 429))
        .await
        .expect("answers");
    let most = 100 + begun.elapsed().as_millis() / 10;
    assert!(
        400 - refused >= 100 && u128::from(400 - refused) <= most,
        "{refused} of 400 refused, at most {most} admitted"
    );
    gate.recount().await;
    gate.admits("another user", user("bob")).await;
    gate.admits("nobody", Request::get("/")).await;
    gate.end().await;
}

struct Example {
    stack: Stack,
    issuer: Issuer,
}

impl Example {
    fn draft(&self, tenant: &str, user: &str) -> Draft {
        draft().claim("tenant", format!("{PLANTED}-{tenant}")).claim("sub", user).claim("plan", "gold")
    }

    fn request(&self, path: &str, draft: &Draft) -> Request {
        Request::get(path).header("authorization", format!("Bearer {}", draft.sign(&self.issuer.es)))
    }

    async fn send(&self, path: &str, tenant: &str, user: &str) -> Answer {
        self.stack.send(self.request(path, &self.draft(tenant, user))).await
    }

    async fn counted(&self, name: &str, tags: &[(&str, &str)]) -> i128 {
        self.stack.stats().await.of(&format!("sluice.ratelimit.{name}"), tags)
    }
}

fn violated(answer: &Answer) -> Value {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|e| panic!("{e}: {answer:?}"));
    problem["violated-policies"].clone()
}

async fn every_field_at_once_works() {
    let policy = example("ratelimit.yaml", include_str!("../policies/ratelimit.yaml"));
    let redis = Redis::start().await;
    let limits = per_tenant(300, 3600);
    let mut service = RateLimitService::start(&limits, Storage::Redis(redis.addr()), Answers::Plain).await;
    let issuer = Issuer::new();
    let mut auth = issuer.policy();
    auth["rules"] = json!([
        { "name": "open", "when": { "path": { "prefix": "/open" } }, "allow": "anyone" },
        { "name": "all", "require": { "token": "idp" } },
    ]);
    let bootstrap = Bootstrap::auth().policy_value(auth).behind("ratelimit", &policy).service(&service);
    let example = Example { stack: Stack::start(bootstrap).await, issuer };
    fields(&example).await;
    users_and_plans(&example).await;
    one_checkout(&example).await;
    // The service's own limit for this tenant is spent after so many.
    let (mut statuses, mut last) = (Vec::new(), None);
    while statuses.len() < 320 {
        let answer = example.send("/elsewhere", "initech", &format!("user-{}", statuses.len())).await;
        statuses.push(answer.status);
        last = Some(answer);
    }
    let last = last.expect("an answer");
    assert_eq!((last.status, violated(&last)), (429, json!(["tenants"])), "{last:?}");
    let admitted = statuses.iter().filter(|status| **status == 200).count();
    // Calls that took longer than its twenty milliseconds were answered by the local rate.
    let fell_back = example.counted("fallbacks", &[("limit", "tenants"), ("mode", "local")]).await;
    assert!(admitted <= 300 + usize::try_from(fell_back).expect("a small number"), "{admitted}, {fell_back}");
    service.kill();
    let answer = example.send("/elsewhere", "initech", "ada").await;
    assert_eq!(answer.status, 200, "the local rate has room: {answer:?}");
    assert!(example.counted("fallbacks", &[("limit", "tenants")]).await > fell_back);
    alive(&example.stack).await;
}

async fn fields(example: &Example) {
    let answer = example.send("/api/orders", "acme", "ada").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let policy = answer.header("ratelimit-policy").expect("a policy");
    let want = ["\"node\";q=800;w=1", "\"per-user\";q=1000;w=60", "\"plan\";q=1000;w=1"];
    for item in want {
        assert!(policy.contains(item), "{item} in {policy}");
    }
    assert!(!policy.contains("search") && !policy.contains("sku"), "{policy}");
    assert_eq!(answer.header("x-ratelimit-limit"), None);
    // Five a second for each address, as a dry run.
    for _ in 0..20 {
        let answer = example.send("/search", "acme", "ada").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.header("ratelimit-policy").unwrap_or_default().contains("search"));
    }
    let would = example.counted("requests", &[("limit", "search"), ("outcome", "would_refuse")]).await;
    assert!((1..=15).contains(&would), "{would}");
    // Nobody's plan and tenant, on the open path: one bucket for all, of one a second.
    let answer = example.stack.send(Request::get("/open")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

async fn users_and_plans(example: &Example) {
    // A burst of fifty for each user below /api, and one more each 60 ms.
    let load = Load { client: example.stack.client(Protocol::Http1), connections: 8, streams: 1 };
    let request = example.request("/api/orders", &example.draft("umbrella", "bob"));
    let begun = std::time::Instant::now();
    let (mut admitted, mut refusals) = (0_u128, Vec::new());
    load.run(
        120,
        move |_| request.clone(),
        |_, answer| match answer.status {
            200 => admitted += 1,
            _ => refusals.push(answer),
        },
    )
    .await
    .expect("answers");
    let most = 50 + begun.elapsed().as_millis() / 60 + 1;
    assert!((50..=most).contains(&admitted), "{admitted} admitted, at most {most}");
    for answer in &refusals {
        assert_eq!((answer.status, violated(answer)), (429, json!(["per-user"])), "{answer:?}");
    }
    assert_eq!(example.send("/api/orders", "umbrella", "carol").await.status, 200, "another user");
    // Ten a second is what `free` has, one what is no plan.
    for (plan, burst, spaced) in [("free", 10, 100), ("none", 1, 1000)] {
        let draft = example.draft(&format!("tenant-{plan}"), "dora").claim("plan", plan);
        let request = example.request("/elsewhere", &draft);
        let (mut admitted, begun) = (0_u128, std::time::Instant::now());
        let send = move |_| request.clone();
        load.run(40, send, |_, answer| admitted += u128::from(answer.status == 200)).await.expect("answers");
        let most = burst + begun.elapsed().as_millis() / spaced + 1;
        assert!((burst..=most).contains(&admitted), "{plan}: {admitted} admitted, at most {most}");
    }
}

async fn one_checkout(example: &Example) {
    let path = "/api/seckill/sku-7/buy";
    let slow = example.request(path, &example.draft("acme", "eve")).header("x-upstream-delay-ms", "60000");
    let client = example.stack.client(Protocol::Http1);
    let holder = tokio::spawn(async move { client.send(slow).await });
    eventually("it is in flight", async || example.stack.v1.flying(path).await == 1).await;
    let answer = example.send(path, "acme", "mallory").await;
    assert_eq!((answer.status, violated(&answer)), (429, json!(["one-checkout-per-sku"])), "{answer:?}");
    assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    assert_eq!(example.send("/api/seckill/sku-8/buy", "acme", "mallory").await.status, 200);
    holder.abort();
    eventually("it is free again", async || example.send(path, "acme", "mallory").await.status == 200).await;
}
