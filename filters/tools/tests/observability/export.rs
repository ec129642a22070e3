//! What is exported, with its labels: by the filters, as the tables of their READMEs say (`readme.rs` holds those to the
//! code), and by Envoy, as far as anybody here asks for it (an end-to-end test scrapes one).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::root;

/// Of Envoy's own stats those that are asked for.
const ENVOY: [(&str, &[&str]); 9] = [
    ("envoy_extension_config_discovery_http_filter_update_rejected", &["ecds_filter"]),
    ("envoy_extension_config_discovery_http_filter_update_success", &["ecds_filter"]),
    ("envoy_http_downstream_rq_total", &["envoy_http_conn_manager_prefix"]),
    ("envoy_http_downstream_rq_xx", &["envoy_http_conn_manager_prefix", "envoy_response_code_class"]),
    ("envoy_server_memory_physical_size", &[]),
    ("envoy_wasm_envoy_wasm_runtime_v8_active", &[]),
    ("envoy_wasm_vm_reload_backoff", &["wasm_plugin"]),
    ("envoy_wasm_vm_reload_failure", &["wasm_plugin"]),
    ("envoy_wasm_vm_reload_success", &["wasm_plugin"]),
];

/// Metrics by name, with their labels.
pub(crate) fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
    let mut all: BTreeMap<_, _> =
        ENVOY.iter().map(|(name, of_it)| ((*name).to_owned(), labels(of_it))).collect();
    for filter in ["auth", "canary", "ratelimit"] {
        let ours = of_filter(filter);
        assert!(ours.len() >= 6, "{filter}: {ours:?}");
        all.extend(ours);
    }
    all
}

fn of_filter(filter: &str) -> BTreeMap<String, BTreeSet<String>> {
    let path = format!("filters/{filter}/README.md");
    let readme = fs::read_to_string(root().join(&path)).expect(&path);
    let table = readme.split("| in Prometheus |").nth(1).expect("a table of stats");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(2)?.trim().strip_prefix('`')?.strip_suffix('`'));
    let mut metrics: BTreeMap<String, BTreeSet<String>> = cells.map(metric).collect();
    // The same for both kinds of decision, says the table.
    if let Some(decisions) = metrics.get("sluice_canary_decisions").cloned() {
        metrics.insert("sluice_canary_dry_run_decisions".to_owned(), decisions);
    }
    // What has an age is a document, and each has the other two.
    for (name, labels) in metrics.clone() {
        if let Some(document) = name.strip_suffix("_age_seconds") {
            let outcome = labels.iter().cloned().chain(["outcome".to_owned()]);
            metrics.insert(format!("{document}_fetches"), outcome.collect());
            metrics.insert(format!("{document}_entries"), labels);
        }
    }
    metrics
}

/// `sluice_auth_denied{reason}`.
fn metric(cell: &str) -> (String, BTreeSet<String>) {
    let (name, labels) = cell.split_once('{').unwrap_or((cell, ""));
    let labels = labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty() && *label != "..");
    (name.to_owned(), labels.map(str::to_owned).collect())
}
