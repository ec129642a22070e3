//! The rules and the dashboard of `envoy-config/observability`: promtool takes them, each alert is shown silent and firing, and
//! no expression names what nobody exports.

mod export; // what Envoy and the filters export
mod expression; // what a PromQL expression names
mod promtool; // where it is at hand
#[path = "../support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};

use expression::Named;
use support::root;

#[test]
fn the_rules_do_what_their_tests_want() {
    promtool::run("rules", &["check", "rules", "rules.yaml"], &folder());
    promtool::run("tests of rules", &["test", "rules", "rules_test.yaml"], &folder());
}

/// By the labels that tell rules of one name apart.
#[test]
fn every_alert_is_shown_silent_and_firing() {
    let tests = yaml("rules_test.yaml");
    let shown: Vec<&Value> =
        list(&tests["tests"]).iter().flat_map(|test| list(&test["alert_rule_test"])).collect();
    let alerts: Vec<Value> = rules().into_iter().filter(|rule| !rule["alert"].is_null()).collect();
    assert!(alerts.len() >= 20, "{}", alerts.len());
    for alert in alerts {
        let (name, labels) = (&alert["alert"], alert["labels"].as_object().expect("labels"));
        let of_it = || shown.iter().filter(|test| test["alertname"] == *name);
        assert!(of_it().any(|test| test["exp_alerts"].is_null()), "{name} is never silent");
        let fires = |test: &&&Value| {
            let fired = list(&test["exp_alerts"]).iter();
            fired
                .into_iter()
                .any(|alert| labels.iter().all(|(label, value)| alert["exp_labels"][label] == *value))
        };
        assert!(of_it().any(|test| fires(&test)), "{name} {labels:?} never fires");
    }
}

#[test]
fn every_alert_says_how_bad_it_is_and_what_to_do() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("a README");
    for alert in rules().iter().filter(|rule| !rule["alert"].is_null()) {
        let name = alert["alert"].as_str().expect("a name");
        assert!(["page", "ticket"].map(|s| json!(s)).contains(&alert["labels"]["severity"]), "{name}");
        for text in ["summary", "description"] {
            assert!(
                alert["annotations"][text].as_str().is_some_and(|text| text.len() > 10),
                "{name}: {text}"
            );
        }
        // A label that the rule adds is not among `$labels` yet.
        for added in alert["labels"].as_object().expect("labels").keys() {
            let used = alert["annotations"].to_string().contains(&format!("$labels.{added} "));
            assert!(!used, "{name}: `$labels.{added}` is empty");
        }
        assert!(readme.contains(&format!("| `{name}`")), "{name} is not in the README");
    }
}

/// promtool knows no single expressions, but the rules made of them.
#[test]
fn every_expression_of_the_dashboard_parses() {
    let rules: Vec<Value> = dashboard()
        .iter()
        .enumerate()
        .map(
            |(number, (_, expression))| json!({ "record": format!("e{number}"), "expr": filled(expression) }),
        )
        .collect();
    let text = json!({ "groups": [{ "name": "dashboard", "rules": rules }] }).to_string();
    let work = tempfile(&text);
    promtool::run("expressions of the dashboard", &["check", "rules", "dashboard-rules.yaml"], &work);
    fs::remove_dir_all(work).expect("remove it");
}

#[test]
fn every_expression_names_what_is_exported() {
    let mut exported = export::metrics();
    for rule in rules().iter().filter(|rule| !rule["record"].is_null()) {
        let name = rule["record"].as_str().expect("a name");
        let labels = name.split(':').next().expect("labels").split('_').map(str::to_owned).collect();
        exported.insert(name.to_owned(), labels);
    }
    let rules = rules().into_iter().map(|rule| {
        let name = rule["record"].as_str().or(rule["alert"].as_str()).expect("a name").to_owned();
        (name, rule["expr"].as_str().expect("an expression").to_owned())
    });
    let mut used = BTreeSet::new();
    for (place, expression) in dashboard().into_iter().chain(rules) {
        let named = Named::in_expression(&filled(&expression));
        assert!(!named.metrics.is_empty(), "{place}: {expression}");
        assert_eq!(problems(&named, &exported), "", "{place}: {expression}");
        used.extend(named.metrics.into_keys());
    }
    let ours = exported.keys().filter(|name| name.starts_with("sluice_"));
    let unseen: Vec<&String> = ours.filter(|name| !used.contains(*name)).collect();
    // Those are seen beside the age, which says more.
    let known = ["auth_keys_entries", "auth_bundle_entries", "auth_revocations_entries"]
        .map(|name| format!("sluice_{name}"));
    assert_eq!(
        unseen,
        known.iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
        "nobody looks at these"
    );
}

/// What is wrong with the names, as a sentence each.
fn problems(named: &Named, exported: &BTreeMap<String, BTreeSet<String>>) -> String {
    let scraped = |label: &str| ["job", "instance"].contains(&label);
    let mut wrong = Vec::new();
    let mut all = BTreeSet::new();
    for (metric, labels) in &named.metrics {
        let Some(known) = exported.get(metric) else {
            wrong.push(format!("nobody exports {metric}"));
            continue;
        };
        wrong.extend(
            labels
                .iter()
                .filter(|l| !known.contains(*l) && !scraped(l))
                .map(|l| format!("{metric} has no {l}")),
        );
        all.extend(known);
    }
    let grouped = named.grouped.iter().filter(|label| !all.contains(label) && !scraped(label));
    wrong.extend(grouped.map(|label| format!("nothing here has {label}")));
    wrong.join(", ")
}

#[test]
fn finds_names_that_are_wrong() {
    let exported = export::metrics();
    for (expression, want) in [
        ("rate(sluice_canary_decision[5m])", "nobody exports sluice_canary_decision"),
        ("rate(sluice_canary_decisions{limit=\"a\"}[5m])", "sluice_canary_decisions has no limit"),
        ("sum by (user) (rate(sluice_canary_decisions[5m]))", "nothing here has user"),
        (
            "sum by (job, subset) (rate(sluice_canary_decisions{instance=\"sluice_x{\"}[5m] offset 1h)) > 0",
            "",
        ),
    ] {
        assert_eq!(problems(&Named::in_expression(expression), &exported), want, "{expression}");
    }
}

/// Without the tag a stat would have a name of its own for each value.
#[test]
fn every_label_is_a_tag_of_the_shipped_files() {
    let text = fs::read_to_string(root().join("envoy-config/chain/envoy.yaml")).expect("the chain");
    let chain: Value = serde_saphyr::from_str(&text).expect("YAML");
    let tags = list(&chain["stats_config"]["stats_tags"]);
    let tags: BTreeSet<&str> = tags.iter().filter_map(|tag| tag["tag_name"].as_str()).collect();
    for (metric, labels) in export::metrics().iter().filter(|(name, _)| name.starts_with("sluice_")) {
        for label in labels {
            assert!(tags.contains(label.as_str()), "{metric}: {label} is no tag");
        }
    }
}

#[test]
fn the_dashboard_is_laid_out_without_overlap() {
    let document = dashboard_document();
    let panels = list(&document["panels"]);
    let rows: Vec<&str> =
        panels.iter().filter(|p| p["type"] == "row").filter_map(|p| p["title"].as_str()).collect();
    assert_eq!(rows, ["Traffic", "canary", "auth", "ratelimit", "Modules and policies"]);
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each has an id of its own");
    let mut taken = BTreeSet::new();
    for panel in panels {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().expect("a place"));
        assert!(x + w <= 24, "{}", panel["title"]);
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{} overlaps another at {cell:?}", panel["title"]);
        }
    }
    let variables = list(&document["templating"]["list"]).iter().filter_map(|v| v["name"].as_str());
    assert_eq!(variables.collect::<Vec<_>>(), ["datasource", "job", "instance"]);
}

/// Place and expression of everything that the dashboard asks; each asks for the chosen jobs and instances only.
fn dashboard() -> Vec<(String, String)> {
    let document = dashboard_document();
    let text = |value: &Value| value.as_str().expect("an expression").to_owned();
    let mut found = Vec::new();
    for panel in list(&document["panels"]).iter().filter(|panel| panel["type"] != "row") {
        for target in list(&panel["targets"]) {
            found.push((text(&panel["title"]), text(&target["expr"])));
        }
    }
    for annotation in list(&document["annotations"]["list"]) {
        found.push((text(&annotation["name"]), text(&annotation["expr"])));
    }
    assert!(found.len() > 40, "{}", found.len());
    for (place, expression) in &found {
        let chosen = expression.matches("{job=~\"$job\",instance=~\"$instance\"").count();
        assert_eq!(chosen, expression.matches('{').count(), "{place}: {expression}");
    }
    found
}

/// As Grafana sends it.
fn filled(expression: &str) -> String {
    expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*")
}

fn dashboard_document() -> Value {
    let text = fs::read_to_string(folder().join("dashboard.json")).expect("the dashboard");
    serde_json::from_str(&text).expect("JSON")
}

fn rules() -> Vec<Value> {
    let groups = yaml("rules.yaml");
    list(&groups["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

fn yaml(name: &str) -> Value {
    let text = fs::read_to_string(folder().join(name)).expect(name);
    serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What is not there has no items.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn tempfile(rules: &str) -> std::path::PathBuf {
    let work = std::env::temp_dir().join(format!("sluice-dashboard-{}", std::process::id()));
    fs::create_dir_all(&work).expect("a folder");
    fs::write(work.join("dashboard-rules.yaml"), rules).expect("a file");
    work
}

fn folder() -> std::path::PathBuf {
    root().join("envoy-config/observability")
}
