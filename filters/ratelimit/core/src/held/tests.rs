//! Places are given back once, whoever else is at the page.

use super::{Taken, held};
use crate::fingerprint::Fingerprint;
use crate::in_flight::{Entry, SLOTS, Stay};
use crate::limit::Concurrency;
use crate::place::Table;
use crate::update::{Edit, update};
use filter_api::fake::FakeProxy;
use filter_api::{Held, SharedData};
use std::time::Duration;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn stay(key: u64) -> Stay {
    let place = Table::new("test", 1_000, SLOTS).place(0, Fingerprint { page: 0, slot: key });
    Stay::new(place, &Concurrency { max: 0, lease: Duration::from_secs(8), single: 0 })
}

/// Takes a place, whatever the maximum.
fn take(proxy: &FakeProxy, stay: Stay) -> Taken {
    let now = proxy.monotonic();
    let entered = update(proxy, stay.place.record, None, |page| match stay.enter(page, now, u32::MAX) {
        Entry::Taken { bin, .. } => Edit::Write(bin),
        other => panic!("{other:?}"),
    });
    Taken::new(stay, entered.unwrap())
}

fn count(proxy: &FakeProxy, stay: &Stay) -> u32 {
    let (page, _) = proxy.shared(stay.place.record).unwrap();
    stay.count(&page, proxy.monotonic()).unwrap()
}

#[test]
fn nothing_taken_is_nothing_held() {
    assert_eq!(held(Vec::new()), None);
}

#[test]
fn each_place_is_given_back_once() {
    let proxy = FakeProxy::new();
    let Held(first) = held(vec![take(&proxy, stay(1)), take(&proxy, stay(2))]).unwrap();
    let Held(second) = held(vec![take(&proxy, stay(1))]).unwrap();
    assert_eq!((count(&proxy, &stay(1)), count(&proxy, &stay(2))), (2, 1));
    first.give_back(&proxy);
    first.give_back(&proxy);
    assert_eq!((count(&proxy, &stay(1)), count(&proxy, &stay(2))), (1, 0));
    first.renew(&proxy);
    assert_eq!(count(&proxy, &stay(1)), 1, "what was given back is not renewed");
    second.give_back(&proxy);
    assert_eq!(count(&proxy, &stay(1)), 0);
}

#[test]
fn giving_back_takes_two_host_calls() {
    let proxy = FakeProxy::new();
    let Held(place) = held(vec![take(&proxy, stay(1))]).unwrap();
    let before = proxy.calls();
    place.give_back(&proxy);
    assert_eq!(proxy.calls() - before, 2);
}

#[test]
fn a_place_lives_as_long_as_it_is_renewed() {
    let proxy = FakeProxy::new();
    let Held(place) = held(vec![take(&proxy, stay(1))]).unwrap();
    assert_eq!(place.renewal(), Duration::from_secs(2));
    for _ in 0..20 {
        proxy.pass(place.renewal());
        place.renew(&proxy);
    }
    assert_eq!(count(&proxy, &stay(1)), 1);
    place.give_back(&proxy);
    assert_eq!(count(&proxy, &stay(1)), 0);
    let Held(forgotten) = held(vec![take(&proxy, stay(1))]).unwrap();
    proxy.pass(Duration::from_secs(9));
    assert_eq!(count(&proxy, &stay(1)), 0);
    forgotten.give_back(&proxy);
    assert_eq!(count(&proxy, &stay(1)), 0);
}

#[test]
fn a_worker_that_was_faster_loses_nothing() {
    let proxy = FakeProxy::new();
    let Held(place) = held(vec![take(&proxy, stay(1))]).unwrap();
    for _ in 0..10 {
        proxy.meddle(|proxy| {
            take(proxy, stay(1));
        });
    }
    place.renew(&proxy);
    place.give_back(&proxy);
    assert_eq!(count(&proxy, &stay(1)), 10);
}
