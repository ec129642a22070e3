//! What is legal, but dangerous: the shipped configurations with one mistake each, and the warning that it gets.

mod support;

use sluice::filter::Filter;
use sluice::located::Located;
use sluice::validate::finding::{Finding, Warning};
use sluice::validate::{kind, site::Document, warnings};
use sluice::{document, validate};
use std::fs;
use std::path::Path;

use support::root;

const CHAIN: &str = "envoy-config/chain/envoy.yaml";
const CANARY: &str = "envoy-config/canary/envoy.yaml";
const PLUGIN: &str = "envoy-config/istio/auth/wasmplugin.yaml";
const GATEWAY: &str = "envoy-config/gateway/auth/extensionpolicy.yaml";

/// Each: a name, the shipped file, what is replaced by what (everywhere), and the warnings that it gets, as often as
/// they stand here.
#[rustfmt::skip] // a table
const MISTAKES: &[(&str, &str, &str, &str, &[&str])] = &[
    ("open in plain Envoy", CHAIN, "root_id: auth\n                        failure_policy: FAIL_RELOAD", "root_id: auth\n                        failure_policy: FAIL_OPEN", &["fail-open"]),
    ("open, as older Envoys write it", CHAIN, "root_id: auth\n                        failure_policy: FAIL_RELOAD", "root_id: auth\n                        fail_open: true", &["fail-open"]),
    ("open in Istio", PLUGIN, "failStrategy: FAIL_RELOAD", "failStrategy: FAIL_OPEN", &["fail-open"]),
    ("open in Envoy Gateway", GATEWAY, "failOpen: false", "failOpen: true", &["fail-open"]),
    ("canary may be open", CHAIN, "root_id: canary\n                        failure_policy: FAIL_RELOAD", "root_id: canary\n                        failure_policy: FAIL_OPEN", &[]),
    ("no failure policy", CHAIN, "                        failure_policy: FAIL_RELOAD\n", "", &["failure-policy-unset", "failure-policy-unset", "failure-policy-unset"]),
    ("no strategy", PLUGIN, "  failStrategy: FAIL_RELOAD\n", "", &["failure-policy-unset"]),
    ("no idle timeout", CHAIN, "                stream_idle_timeout: 15s\n", "", &["stream-idle-timeout"]),
    ("idle timeout off", CHAIN, "stream_idle_timeout: 15s", "stream_idle_timeout: 0s", &["stream-idle-timeout"]),
    ("no vm_id", CANARY, "                          vm_id: sluice-canary\n", "", &["vm-id-missing"]),
    ("an empty vm_id", CANARY, "vm_id: sluice-canary\n", "vm_id: \"\"\n", &["vm-id-missing"]),
    ("one vm_id for two", CHAIN, "vm_id: sluice-canary", "vm_id: sluice-auth", &["vm-id-shared"]),
    ("another module than the name says", CHAIN, "root_id: canary", "root_id: canary_", &[]),
    ("the module of another filter", CANARY, "root_id: canary", "root_id: auth", &["filter-unclear"]),
    ("sessions resumed by ticket", CHAIN, "disable_stateless_session_resumption: true", "disable_stateless_session_resumption: false", &["session-resumption"]),
    ("sessions resumed by id", CHAIN, "              disable_stateful_session_resumption: true\n", "", &["session-resumption"]),
    ("certificates of anybody", CHAIN, "                validation_context_sds_secret_config: { name: ALL, sds_config: *spire }", "                validation_context: { trust_chain_verification: ACCEPT_UNTRUSTED }", &["untrusted-accepted"]),
    ("a believed header that Envoy removes", CHAIN, "                            providers:", "                            spiffe: { xfcc: { from: [\"spiffe://example.org/edge\"] } }\n                            providers:", &["xfcc-removed"]),
    ("a callback withheld", CANARY, "root_id: canary", "root_id: canary\n                        capability_restriction_config: { allowed_capabilities: { proxy_log: {} } }", &["capability-withheld"]),
    ("a callback withheld, in 1.40", CANARY, "vm_id: sluice-canary", "vm_id: sluice-canary\n                          capability_restriction_config: { allowed_capabilities: { proxy_log: {} } }", &["capability-withheld"]),
    ("nothing withheld", CANARY, "root_id: canary", "root_id: canary\n                        capability_restriction_config: { allowed_capabilities: {} }", &[]),
    ("keys from a cluster that is not there", CHAIN, "cluster: idp", "cluster: idq", &["cluster-unknown"]),
    ("a path with a reserved character", CHAIN, "exact: /healthz", "exact: /@healthz", &["path-spelling"]),
    ("an encoded one", CHAIN, "exact: /healthz", "exact: /%40healthz", &["path-spelling"]),
    ("an open prefix", CHAIN, "exact: /healthz", "prefix: /healthz", &["open-prefix"]),
    ("an open prefix of a whole folder", CHAIN, "exact: /healthz", "prefix: /public/", &[]),
    ("open for whoever says so", CHAIN, "when: { path: { exact: /healthz } }", "when: { header: { name: x-probe, present: true } }", &["open-by-client"]),
    ("open for a preflight", CHAIN, "when: { path: { exact: /healthz } }", "when: { all: [{ method: { exact: OPTIONS } }, { header: { name: access-control-request-method, present: true } }] }", &[]),
    ("nothing refused", PLUGIN, "  pluginConfig:\n", "  pluginConfig:\n    dry_run: true\n", &["dry-run"]),
    ("off on a route", CHAIN, "match: { prefix: / }", "match: { prefix: / }\n                          typed_per_filter_config: { sluice.auth: { \"@type\": x, disabled: true } }", &["route-chosen-by-client", "off-on-route"]),
    ("a policy on one of two", CANARY, "                          metadata: *checkout\n", "", &["route-chosen-by-client"]),
    ("a limit that clients walk around", CHAIN, "key: [{ claim: tenant }]\n", "key: [{ header: x-tenant }]\n", &["key-chosen-by-client"]),
];

#[test]
fn each_mistake_gets_its_warning() {
    for (name, file, from, to, want) in MISTAKES {
        let text = read(file);
        let changed = text.replace(from, to);
        let all = warnings_of(&changed, file);
        let mut got: Vec<&str> = all.iter().filter_map(|finding| Some(finding.warning?.code())).collect();
        let mut want = want.to_vec();
        got.sort_unstable();
        want.sort_unstable();
        assert_eq!(got, want, "{name}: {all:#?}");
    }
}

/// One that no row shows may never be given.
#[test]
fn each_warning_is_shown() {
    let rows: Vec<&str> = MISTAKES.iter().flat_map(|(.., codes)| codes.iter().copied()).collect();
    let elsewhere = ["filter-order", "keys-without-tls", "no-identity", "secret-inline"]; // tests of their own, below
    for warning in Warning::ALL {
        let code = warning.code();
        assert!(rows.contains(&code) || elsewhere.contains(&code), "{code}");
    }
}

#[test]
fn a_limit_before_auth_is_seen() {
    let text = read(CHAIN);
    let (before, rest) = text.split_once("                  - name: sluice.auth").expect("auth");
    let (auth, rest) = rest.split_once("                  - name: sluice.ratelimit").expect("ratelimit");
    let (ratelimit, rest) = rest.split_once("                  - name: sluice.canary").expect("canary");
    let swapped = format!(
        "{before}                  - name: sluice.ratelimit{ratelimit}                  - name: sluice.auth{auth}                  - name: sluice.canary{rest}"
    );
    let found = warnings_of(&swapped, CHAIN);
    let codes: Vec<&str> = found.iter().filter_map(|finding| Some(finding.warning?.code())).collect();
    assert_eq!(codes, ["filter-order"], "{found:#?}");
    let line = usize::try_from(found[0].line).expect("a line");
    assert!(swapped.lines().nth(line - 1).expect("it").contains("sluice.ratelimit"), "{found:#?}");
}

/// Manifests whose routes get their policies from other ones: as we ship them, and with the policy taken from one of two routes
/// that only the client's header tells apart.
#[test]
fn routes_of_manifests_that_clients_choose_are_seen() {
    let istio =
        ["wasmplugin", "routes", "route-policy"].map(|name| format!("envoy-config/istio/canary/{name}.yaml"));
    let gateway =
        ["extensionpolicy", "routes"].map(|name| format!("envoy-config/gateway/canary/{name}.yaml"));
    for (name, files, from, to, want) in [
        ("Istio", &istio[..], "route: { name: checkout }", "route: { name: checkout }", None),
        (
            "Istio, one of two",
            &istio,
            "route: { name: checkout }",
            "route: { name: another }",
            Some("- name: checkout\n"),
        ),
        ("Envoy Gateway", &gateway, "sectionName: checkout }", "sectionName: checkout }", None),
        (
            "Envoy Gateway, one of two",
            &gateway,
            "sectionName: checkout }",
            "sectionName: another }",
            Some("- name: checkout\n"),
        ),
    ] {
        let whole: Vec<String> = files.iter().map(|file| read(file)).collect();
        let whole = whole.join("---\n");
        assert!(whole.contains(from), "{name}");
        let changed = whole.replace(from, to);
        let found = warnings_of(&changed, &files[0]);
        let codes: Vec<&str> = found.iter().filter_map(|finding| Some(finding.warning?.code())).collect();
        assert_eq!(
            codes,
            want.map(|_| "route-chosen-by-client").into_iter().collect::<Vec<_>>(),
            "{name}: {found:#?}"
        );
        for (finding, want) in found.iter().zip(want) {
            let line = usize::try_from(finding.line).expect("a line");
            let line = changed.lines().nth(line - 1).expect("it").to_owned() + "\n";
            assert!(line.trim_start().starts_with(want), "{name}: {line:?}");
        }
    }
}

#[test]
fn claims_that_nobody_verifies_are_seen() {
    let text = read(CHAIN);
    let (before, rest) = text.split_once("                  - name: sluice.auth").expect("auth");
    let (_, rest) = rest.split_once("                  - name: sluice.ratelimit").expect("ratelimit");
    let found = warnings_of(&format!("{before}                  - name: sluice.ratelimit{rest}"), CHAIN);
    let codes: Vec<&str> = found.iter().filter_map(|finding| Some(finding.warning?.code())).collect();
    assert_eq!(codes, ["no-identity", "no-identity"], "{found:#?}");
}

#[test]
fn keys_in_the_clear_are_seen() {
    let text = read(CHAIN);
    let (before, cluster) = text.split_once("    - name: idp\n").expect("the cluster");
    let (cluster, _) = cluster.split_once("      transport_socket:").expect("its TLS");
    let found = warnings_of(&format!("{before}    - name: idp\n{cluster}"), CHAIN);
    let codes: Vec<&str> = found.iter().filter_map(|finding| Some(finding.warning?.code())).collect();
    assert_eq!(codes, ["keys-without-tls"], "{found:#?}");
}

#[test]
fn secrets_in_a_policy_are_seen() {
    let policy = "providers:\n- name: p\n  issuer: i\n  audiences: [a]\n  keys: { inline: { keys: [{ kty: oct, k: AAAA }] } }\n";
    let documents = document::all(Path::new("policy.yaml"), policy.as_bytes()).expect("YAML");
    let document = Document::of_policy(Filter::Auth, &documents[0]);
    let found = warnings::of(&document, &[&document]);
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "5: warning[secret-inline]: providers[0].keys.inline.keys[0].k: a secret; whoever sees Envoy's /config_dump can issue tokens"
        ]
    );
}

/// What we ship is not dangerous, but for one limit by a header, where the file says so itself.
#[test]
fn shipped_configurations_give_no_warnings() {
    let files = yaml(&root().join("envoy-config"));
    assert!(files.len() > 20, "{files:?}");
    // What other programs read.
    let others = ["ratelimit/service/", "compose.yaml", "observability/"];
    for file in files.iter().filter(|file| others.iter().all(|other| !file.contains(other))) {
        let text = read(file);
        let found: Vec<Finding> = warnings_of(&text, file)
            .into_iter()
            .filter(|finding| {
                finding.warning != Some(Warning::KeyChosenByClient) || !file.contains("ratelimit")
            })
            .collect();
        assert_eq!(found, [], "{file}");
    }
}

#[test]
fn the_readme_explains_each_warning() {
    let readme = read("filters/tools/README.md");
    let rows: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for warning in Warning::ALL {
        assert!(rows.contains(&warning.code()), "{}", warning.code());
    }
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Of all documents of a file that has no problems.
fn warnings_of(text: &str, file: &str) -> Vec<Finding> {
    let source: Vec<&str> = text.lines().collect();
    let roots: Vec<Located> =
        document::all(Path::new(file), text.as_bytes()).unwrap_or_else(|error| panic!("{file}: {error}"));
    let documents: Vec<Document<'_>> = roots.iter().map(|root| kind::document(None, root, &source)).collect();
    let all: Vec<&Document<'_>> = documents.iter().collect();
    let mut found = Vec::new();
    for document in &all {
        found.extend(validate::problems(document));
        found.extend(warnings::of(document, &all));
    }
    found
}

fn yaml(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { yaml(&path) } else { vec![path.to_string_lossy().into_owned()] })
        .filter(|path| path.ends_with(".yaml"))
        .map(|path| path.strip_prefix(&format!("{}/", root().display())).map(str::to_owned).unwrap_or(path))
        .collect()
}
