//! What the workers of a plugin share, and what nobody else does.

use super::*;
use crate::shared::{Plugin, Records};
use filter_api::{MonotonicTime, Outdated, RecordKey, SharedData as _, Version};
use std::collections::BTreeSet;

const KEY: RecordKey = RecordKey(*b"sixteen bytes ..");

fn plugin(name: &str) -> Plugin {
    Plugin::new(format!("sluice.probe/{name}"))
}

fn host_calls<T>(act: impl FnOnce() -> T) -> (T, usize) {
    let before = host::with(|host| host.calls);
    let result = act();
    (result, host::with(|host| host.calls) - before)
}

#[test]
fn workers_of_one_plugin_meet_and_other_plugins_do_not() {
    let (one, same, other) = (plugin("one"), plugin("one"), plugin("other"));
    let write = |plugin, record: &[u8]| Records::of_plugin(plugin).write_shared(KEY, record, None);
    assert_eq!(write(&one, b"first"), Ok(()));
    assert_eq!(write(&other, b"of another"), Ok(()), "the same key, but not the same plugin");
    let (found, calls) = host_calls(|| Records::of_plugin(&same).shared(KEY));
    assert_eq!((found.unwrap().0, calls), (b"first".to_vec(), 1));
    assert!(host::with(|host| host.shared.keys().all(|key| key.len() == 24 && key.ends_with(&KEY.0))));
    assert_eq!(Records::of_plugin(&one).shared(RecordKey([0; 16])), None);
}

#[test]
fn a_record_is_created_once() {
    let plugin = plugin("one");
    let records = Records::of_plugin(&plugin);
    // Both saw nothing; another worker creates it in the same instant.
    assert_eq!(records.shared(KEY), None);
    host::with(|host| {
        host.meddling.push_back(|| {
            let plugin = Plugin::new("sluice.probe/one".to_owned());
            assert_eq!(Records::of_plugin(&plugin).write_shared(KEY, b"theirs", None), Ok(()));
        });
    });
    assert_eq!(records.write_shared(KEY, b"ours", None), Err(Outdated));
    assert_eq!(records.shared(KEY).unwrap().0, b"theirs");
}

#[test]
fn a_record_is_overwritten_by_those_who_saw_it() {
    let plugin = plugin("one");
    let records = Records::of_plugin(&plugin);
    records.write_shared(KEY, b"first", None).unwrap();
    let (_, seen) = records.shared(KEY).unwrap();
    assert_ne!(seen, Version(0));
    assert_eq!(records.write_shared(KEY, b"second", Some(seen)), Ok(()));
    assert_eq!(records.write_shared(KEY, b"third", Some(seen)), Err(Outdated), "another version");
    let (record, now) = records.shared(KEY).unwrap();
    assert_eq!((record.as_slice(), now == seen), (b"second".as_slice(), false));
    // Whatever else the host says: nothing was written.
    host::with(|host| host.withholds_shared = true);
    assert_eq!(records.write_shared(KEY, b"fourth", Some(now)), Err(Outdated));
    assert_eq!(records.write_shared(RecordKey([1; 16]), b"new", None), Err(Outdated));
    assert_eq!(records.shared(KEY), None);
}

#[test]
fn time_stands_still_during_a_callback() {
    let plugin = plugin("one");
    let records = Records::of_plugin(&plugin);
    host::with(|host| host.monotonic = MonotonicTime { nanos: 7 });
    assert_eq!(host_calls(|| records.monotonic()), (MonotonicTime { nanos: 7 }, 1));
    host::with(|host| host.monotonic = MonotonicTime { nanos: 8 });
    assert_eq!(host_calls(|| records.monotonic()), (MonotonicTime { nanos: 7 }, 0));
    assert_eq!(Records::of_plugin(&plugin).monotonic(), MonotonicTime { nanos: 8 });
    let told = Records::at(&plugin, MonotonicTime { nanos: 9 });
    assert_eq!(host_calls(|| told.monotonic()), (MonotonicTime { nanos: 9 }, 0));
}

#[test]
fn routes_have_scopes() {
    let plugin = plugin("one");
    assert_eq!(host_calls(|| Records::of_request(&plugin, false).scope()), (0, 0));
    let mut seen = BTreeSet::new();
    for (virtual_host, route) in
        [("shop", "orders"), ("shop", "cart"), ("blog", "orders"), ("sho", "porders"), ("", "shoporders")]
    {
        host::with(|host| {
            host.properties.insert("xds.virtual_host_name".to_owned(), virtual_host.into());
            host.properties.insert("xds.route_name".to_owned(), route.into());
        });
        let records = Records::of_request(&plugin, true);
        let (scope, calls) = host_calls(|| records.scope());
        assert_eq!(calls, 2, "{virtual_host}/{route}");
        assert_eq!(host_calls(|| records.scope()), (scope, 0), "{virtual_host}/{route}");
        assert_eq!(Records::of_request(&plugin, true).scope(), scope, "{virtual_host}/{route}");
        assert!(scope != 0 && seen.insert(scope), "{virtual_host}/{route}");
    }
}

#[test]
fn workers_agree_on_a_secret() {
    let plugins = [plugin("one"), plugin("one"), plugin("other")];
    let [first, second, other] = plugins.each_ref().map(|plugin| Records::of_plugin(plugin).secret());
    assert_eq!(first, second);
    assert_ne!(first, other);
    assert_eq!(host_calls(|| Records::of_plugin(&plugins[0]).secret()), (first, 0), "it is kept");
}

#[test]
fn a_secret_is_agreed_upon_in_every_case() {
    const SECRET: &[u8] = b"sluice.probe/one/secret";
    for (name, there, meddle, withheld) in [
        ("another worker makes one up in the same instant", None, true, false),
        ("no randomness", None, false, true),
        ("a record that is none", Some(b"short".as_slice()), false, false),
        ("a record that is none, and a race", Some(b"short".as_slice()), true, false),
    ] {
        host::with(|host| {
            *host = Host::default();
            host.withholds_random = withheld;
            if let Some(there) = there {
                host.shared.insert(SECRET.to_vec(), (there.to_vec(), 1));
            }
            if meddle {
                host.meddling.push_back(|| {
                    host::with(|host| host.shared.insert(SECRET.to_vec(), (vec![5; 16], 9)));
                });
            }
        });
        let plugins = [plugin("one"), plugin("one")];
        let [first, second] = plugins.each_ref().map(|plugin| Records::of_plugin(plugin).secret());
        assert_eq!(first, second, "{name}");
        let kept = host::with(|host| host.shared.get(SECRET).cloned()).unwrap().0;
        assert_eq!(kept, first.to_le_bytes(), "{name}");
        assert_eq!(first == u128::from_le_bytes([5; 16]), meddle, "{name}");
    }
    host::with(|host| host.withholds_shared = true);
    let (one, same) = (plugin("one"), plugin("one"));
    assert_eq!(Records::of_plugin(&one).secret(), Records::of_plugin(&same).secret(), "nothing is shared");
}
