use crate::{choice, fuzz};
use filter_api::fake::{FakeProxy, FakeRequest};
use filter_api::{Answer, Decision, Effects, Patience, Value};
use ratelimit_core::Policy;
use std::time::Duration;

const ANSWERS: [&[u8]; 20] = [
    b"\x08\x01",
    b"\x08\x02",
    b"\x08\x00",
    b"\x08",
    b"\x12",
    b"\x12\x00",
    b"\x12\x02\x08\x01",
    b"\x12\x02\x08\x02",
    b"\x12\x0E\x08\x01\x12\x04\x08\x0A\x10\x01\x18\x07\x22\x02\x08\x01",
    b"\x22\x02\x08\x01",
    b"\x22\x0B\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
    b"\x10\xFF\x93\xEB\xDC\x03",
    b"\x1A",
    b"\x1A\x16\x0A\x11x-ratelimit-reset\x12\x0145",
    b"\x0A\x11x-ratelimit-reset",
    b"\x12\x0299999999999999999999",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
    b"\x0B",
    b"\x32\x00",
    b"<html>",
];

/// An answer lets a request pass only if it says OK, and what else it says is told in numbers that a client can use.
#[test]
fn rate_limit_service() {
    let each = policy(
        r#"{"headers": "both", "limits": [
            {"name": "a", "global": {"cluster": "c", "domain": "d", "descriptor": "a", "on_failure": "deny"}},
            {"name": "b", "global": {"cluster": "c", "domain": "d", "descriptor": "b", "on_failure": "deny"}}]}"#,
    );
    let lent = policy(
        r#"{"limits": [{"name": "a", "global": {"cluster": "c", "domain": "d", "descriptor": "a", "lease": 10,
            "on_failure": "deny"}}]}"#,
    );
    let request = FakeRequest::get("/");
    fuzz("rate_limit_service", &ANSWERS, |bytes| {
        let answer = || Answer::Message(bytes.to_vec());
        let Decision::Call(call) = each.decide(&request, &FakeProxy::new(), true) else { panic!("no call") };
        let passed = match call.0.on(answer(), &request, &FakeProxy::new()) {
            Decision::Continue(_) => true,
            Decision::Reply(reply) => {
                assert!(matches!(reply.status, 429 | 503), "{}", reply.details);
                let wait =
                    reply.fields.iter().find(|(name, _)| *name == "retry-after").map(|(_, value)| value);
                let wait: u64 = std::str::from_utf8(wait.unwrap()).unwrap().parse().unwrap();
                assert!((1..=87_600 * 3_600).contains(&wait), "{wait}");
                false
            }
            other => panic!("{other:?}"),
        };
        assert!(!passed || bytes.windows(2).any(|pair| pair == b"\x08\x01"), "{}", bytes.escape_ascii());
        let proxy = FakeProxy::new();
        let Decision::Wait(Patience { ask: Some(ask), .. }) = lent.decide(&request, &proxy, true) else {
            panic!("no question")
        };
        ask.0.on(answer(), &proxy);
        let granted = passing(&lent, &request, &proxy);
        assert!(granted == 0 || passed && granted == 10, "{granted} credits, passed: {passed}");
    });
}

const RECORDS: [&[u8]; 12] = [
    b"\0\0\0\0\0\0\0\0",
    b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
    b"\xFF\xFF\xFF\x7F",
    b"\x0A\0\0\0",
    b"\0\xA0\xB8\x30\x46\x03\0\0",
    b"\0\xA0\xB8\x30\x46\x03\0\0\0\0\0\0\0\0\0\0",
    b"\x01",
    b"\x02",
    b"\x03",
    b"\0\0\0\0",
    b"\x08\0\0\0\0\0\0\0",
    b"\x40\0\0\0",
];

/// Whatever stands in a record, nobody gets more than the largest that was ever there to have.
#[test]
fn rate_limit_records() {
    let policy = |limit: &str| {
        policy(&format!(
            r#"{{"max_keys": 3, "limits": [{{"name": "a", "key": [{{"header": "x-user"}}], {limit}}}]}}"#
        ))
    };
    let limits = [
        (policy(r#""rate": {"requests": 7, "per": "1h"}"#), 7),
        (policy(r#""concurrency": {"max": 5}"#), 5),
        (
            policy(
                r#""global": {"cluster": "c", "domain": "d", "descriptor": "a", "lease": 10, "on_failure": "deny"}"#,
            ),
            20,
        ),
    ];
    let user = |id: &str| FakeRequest::get("/").field("x-user", id);
    fuzz("rate_limit_records", &RECORDS, |bytes| {
        let (place, bytes) = choice(bytes, limits.len());
        let (at, bytes) = choice(bytes, 256);
        let is_page = at < 224;
        let (policy, most) = &limits[place];
        let proxy = FakeProxy::new();
        for id in ["1", "2", "3"] {
            decided(policy, &user(id), &proxy);
        }
        for key in proxy.keys() {
            let (mut record, _) = filter_api::SharedData::shared(&proxy, key).unwrap();
            // Some bytes of a page that is otherwise whole, or none of ours.
            match is_page {
                true => record.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new),
                false => record = bytes.to_vec(),
            }
            proxy.overwrite(key, &record);
        }
        for id in ["1", "4"] {
            assert!(passing(policy, &user(id), &proxy) <= *most);
        }
        proxy.pass(Duration::from_secs(7200));
        decided(policy, &user("2"), &proxy);
    });
}

fn policy(json: &str) -> Policy {
    Policy::compile(&Value::from_json(json.as_bytes()).unwrap()).unwrap()
}

/// Decides, and answers a question that comes of it with OK.
fn decided(policy: &Policy, request: &FakeRequest, proxy: &FakeProxy) {
    let ask = match policy.decide(request, proxy, true) {
        Decision::Continue(Effects { ask, .. }) => ask,
        Decision::Wait(Patience { ask, .. }) => ask,
        Decision::Reply(_) | Decision::Call(_) => None,
    };
    if let Some(ask) = ask {
        ask.0.on(Answer::Message(b"\x08\x01".to_vec()), proxy);
    }
}

/// How many requests pass in a row at this moment, while no question is answered.
fn passing(policy: &Policy, request: &FakeRequest, proxy: &FakeProxy) -> usize {
    let passes = |_: &usize| matches!(policy.decide(request, proxy, true), Decision::Continue(_));
    (0..1000).take_while(passes).count()
}
