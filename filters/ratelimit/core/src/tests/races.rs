//! Workers that are faster.

use super::{counted, decide, limits, passing, user, verdict};
use filter_api::fake::FakeProxy;
use filter_api::{Decision, SharedData};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const KINDS: [(&str, &str); 4] = [
    ("rate", r#"{"name": "l", "rate": {"requests": 3, "per": "1h"}}"#),
    (
        "keyed rate",
        r#"{"name": "l", "key": [{"header": "x-user-id"}], "rate": {"requests": 3, "per": "1h"}}"#,
    ),
    ("places", r#"{"name": "l", "concurrency": {"max": 3}}"#),
    ("keyed places", r#"{"name": "l", "key": [{"header": "x-user-id"}], "concurrency": {"max": 3}}"#),
];

/// L02: several workers create the record of a key in the same instant.
#[test]
fn creation_races_lose_nothing() {
    for (name, limit) in KINDS {
        let (policy, proxy) = (limits(limit), FakeProxy::new());
        for _ in 0..2 {
            let other = limits(limit);
            proxy.meddle(move |proxy| assert_eq!(decide(&other, &user("u-1"), proxy), "pass"));
        }
        assert_eq!(decide(&policy, &user("u-1"), &proxy), "pass", "{name}: the third of three");
        assert_eq!(decide(&policy, &user("u-1"), &proxy).split(' ').next(), Some("429"), "{name}");
    }
}

#[test]
fn the_last_one_goes_to_whoever_is_first() {
    for (name, limit) in KINDS {
        let (policy, proxy, other) = (limits(limit), FakeProxy::new(), limits(limit));
        assert_eq!(passing(&policy, &user("u-1"), &proxy, 2), 2);
        proxy.meddle(move |proxy| assert_eq!(decide(&other, &user("u-1"), proxy), "pass"));
        assert_ne!(decide(&policy, &user("u-1"), &proxy), "pass", "{name}");
    }
}

/// Somebody writes between each read and write.
fn interfere(proxy: &FakeProxy, times: usize) {
    for _ in 0..times {
        proxy.meddle(|proxy| {
            for key in proxy.keys() {
                let (record, _) = proxy.shared(key).unwrap();
                proxy.overwrite(key, &record);
            }
        });
    }
}

/// L03: 64 tries, then the stated refusal.
#[test]
fn retries_are_bounded() {
    for (name, limit) in KINDS {
        let (policy, proxy) = (limits(limit), FakeProxy::new());
        decide(&policy, &user("u-1"), &proxy);
        interfere(&proxy, 63);
        assert_eq!(decide(&policy, &user("u-1"), &proxy), "pass", "{name}: at the last try");
        interfere(&proxy, 64);
        let decision = policy.decide(&user("u-1"), &proxy, true);
        assert_eq!(verdict(&decision), "503 contended", "{name}");
        let counters = [
            "contended.limit=.=l;.;",
            "requests.limit=.=l;.;outcome=.=refused;.;",
            "refused.limit=.=l;.;reason=.=contended;.;",
        ];
        assert_eq!(counted(&policy, &decision), counters, "{name}");
        let Decision::Reply(reply) = decision else { panic!() };
        assert!(reply.fields.contains(&("retry-after", b"1".into())), "{name}");
        assert_eq!(decide(&policy, &user("u-1"), &proxy), "pass", "{name}: nothing was taken");
    }
}

/// L20: whatever stands in the records of others, or in ours that are not ours.
#[test]
fn foreign_bytes_are_an_empty_record() {
    for (name, limit) in KINDS {
        for bytes in [&b""[..], b"x", &[0xFF; 24], &[7; 4096]] {
            let (policy, proxy) = (limits(limit), FakeProxy::new());
            passing(&policy, &user("u-1"), &proxy, 3);
            for key in proxy.keys() {
                proxy.overwrite(key, bytes);
            }
            assert_eq!(passing(&policy, &user("u-1"), &proxy, 5), 3, "{name}: {} bytes", bytes.len());
        }
    }
}
