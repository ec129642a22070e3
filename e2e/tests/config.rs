//! The files that users run, and what Envoy does with a configuration that it should not take.

use std::path::{Path, PathBuf};

use e2e::suite::needs_local;
use e2e::{Bootstrap, Request, Stack, Update, eventually};
use serde_json::json;

e2e::tests![
    every_envoy_file_is_valid,
    the_static_file_and_the_watched_files_say_the_same,
    a_policy_as_json_text_is_the_same_policy,
    envoy_refuses_to_start_with_a_policy_that_is_wrong,
    what_is_wrong_with_a_policy_is_said_with_its_path,
    a_shipped_file_serves_as_it_stands,
];

async fn every_envoy_file_is_valid() {
    needs_local("the files are the same; the pinned binary has checked them");
    let module = e2e::artifact("canary.wasm").expect("make build");
    assert!(module.ends_with("target/sluice/canary.wasm"), "the shipped files name it: {}", module.display());
    let mut files = Vec::new();
    bootstraps(&e2e::repository().join("envoy-config"), &mut files);
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        e2e::validated(&file);
        // Validation reads no watched file: the other tests run those.
    }
}

/// All files of that name, but those of other control planes.
fn bootstraps(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            bootstraps(&entry, found);
        } else if entry.file_name().is_some_and(|name| name == "envoy.yaml") {
            found.push(entry);
        }
    }
}

async fn the_static_file_and_the_watched_files_say_the_same() {
    let (mut all_in_one, mut watched) = (Bootstrap::canary(), Bootstrap::canary_over_xds());
    assert_eq!(all_in_one.filter_config(), watched.filter_config());
    assert_eq!(all_in_one.route_table(), watched.route_table());
}

async fn a_policy_as_json_text_is_the_same_policy() {
    let policy = json!({
        "subsets": [{ "name": "stable", "weight": 0 }, { "name": "canary", "weight": 10000 }],
        "output": { "header": "x-version" },
    });
    let any =
        json!({ "@type": "type.googleapis.com/google.protobuf.StringValue", "value": policy.to_string() });
    for bootstrap in [Bootstrap::canary().configuration(any), Bootstrap::canary().policy_value(policy)] {
        let stack = Stack::start(bootstrap).await;
        assert_eq!(stack.send(Request::get("/")).await.report().header("x-version"), Some("canary"));
    }
}

async fn envoy_refuses_to_start_with_a_policy_that_is_wrong() {
    let wrong = "subsets: [{ name: a, weight: 12000 }]\nweihgt: 1";
    let Err(error) = Stack::try_start(Bootstrap::canary().policy(wrong)).await else {
        panic!("Envoy took {wrong}")
    };
    for said in ["subsets[0].weight: 12000 is above 10000", "weihgt"] {
        assert!(error.log.contains(said), "{said} in\n{}", error.log);
    }
}

async fn what_is_wrong_with_a_policy_is_said_with_its_path() {
    let mut stack = Stack::start(Bootstrap::canary_over_xds()).await;
    for (name, policy, said) in REFUSED {
        let before = stack.envoy.log().len();
        assert_eq!(stack.update_policy(policy).await, Update::Rejected, "{name}: {policy}");
        for said in *said {
            // A container's log comes a little later than its stats.
            let is_logged = async || stack.envoy.log().split_off(before).contains(said);
            eventually(&format!("{name}: a line that says {said}"), is_logged).await;
        }
    }
}

async fn a_shipped_file_serves_as_it_stands() {
    for bootstrap in [Bootstrap::canary(), Bootstrap::canary_over_xds()] {
        let stack = Stack::start(bootstrap).await;
        for (name, request, subset) in [
            ("dyed", Request::get("/").header("x-env", "canary"), Some("canary")),
            ("listed", Request::get("/").header("x-user-id", "grace"), Some("canary")),
            ("listed, but not on this route", Request::get("/checkout").header("x-user-id", "grace"), None),
            ("spoofed", Request::get("/assets/x").header("x-env", "canary"), None),
        ] {
            let answer = stack.send(request).await;
            assert_eq!(answer.status, 200, "{name}");
            if let Some(subset) = subset {
                assert_eq!(answer.lines("x-sluice-subset"), [subset], "{name}");
                assert_eq!(answer.report().header("baggage"), Some("sluice-subset=canary"), "{name}");
            }
        }
        let checkout = stack.send(Request::get("/checkout").header("x-user-id", "ada")).await;
        assert_eq!(checkout.report().header("baggage"), None, "the policy of /checkout names no baggage");
        assert_eq!(checkout.lines("x-sluice-subset").len(), 1);
    }
}

/// What is wrong, the policy, and what Envoy's log says about it.
const REFUSED: &[(&str, &str, &[&str])] = &[
    ("nothing", "{}", &["subsets"]),
    ("no subsets", "subsets: []", &["subsets"]),
    ("a sum below", "subsets: [{ name: a, weight: 9999 }]", &["subsets", "9999"]),
    ("a sum above", "subsets: [{ name: a, weight: 5000 }, { name: b, weight: 5001 }]", &["subsets", "10001"]),
    ("a weight above", "subsets: [{ name: a, weight: 12000 }]", &["subsets[0].weight: 12000 is above 10000"]),
    (
        "half a part",
        "subsets: [{ name: a, weight: 0.5 }, { name: b, weight: 9999.5 }]",
        &["subsets[0].weight"],
    ),
    (
        "twice the same",
        "subsets: [{ name: a, weight: 5000 }, { name: a, weight: 5000 }]",
        &["subsets[1].name"],
    ),
    ("an unknown field", "subsets: [{ name: a, weight: 10000 }]\nweihgt: 1", &["weihgt"]),
    (
        "an unknown list",
        "subsets: [{ name: a, weight: 10000 }]
rules: [{ name: r, when: { list: { name: nope, key: { header: x } } }, subset: a }]",
        &["rules[0].when.list", "nope"],
    ),
    (
        "an unknown subset",
        "subsets: [{ name: a, weight: 10000 }]\nrules: [{ name: r, when: { path: { exact: / } }, subset: nope }]",
        &["rules[0].subset", "nope"],
    ),
    (
        "a time without meaning",
        "subsets: [{ name: a, weight: 10000 }]
ramp: { start: yesterday, steps: [{ after: 0s, weights: { a: 10000 } }] }",
        &["ramp.start"],
    ),
    (
        "several at once",
        "subsets: [{ name: a, weight: 12000 }]\nsticky: [{ header: 'no header' }]\ndry_run: maybe",
        &["subsets[0].weight", "sticky[0].header", "dry_run"],
    ),
];
