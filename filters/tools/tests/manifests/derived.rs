//! Files of `envoy-config/` that are made of others: those with filters and routes in files of their own (`xds/`), and the
//! chain for Istio and Envoy Gateway. `SLUICE_MANIFESTS=write` (that is `make manifests`) writes them.

mod chain; // policies of the static file, in manifests
mod watched; // the static file, in parts

use std::collections::BTreeMap;
use std::{env, fs};

use filter_api::Value;

use crate::manifest::{Manifest, file};
use crate::support::root;
use crate::tree::{at, field, items, named, text};

/// The files that are made, by their names seen from `envoy-config/`.
fn derived() -> BTreeMap<String, String> {
    watched::STATIC
        .iter()
        .flat_map(|name| watched::files(name, &source(name)))
        .chain(chain::files())
        .collect()
}

/// `envoy.yaml` of a folder.
fn source(name: &str) -> String {
    let path = root().join("envoy-config").join(name).join("envoy.yaml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn made_files_are_what_their_sources_make() {
    let folder = root().join("envoy-config");
    let write = env::var_os("SLUICE_MANIFESTS").is_some_and(|mode| mode == "write");
    for (name, want) in derived() {
        let path = folder.join(&name);
        if write {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, want).expect("a file");
            continue;
        }
        let got = fs::read_to_string(&path).unwrap_or_default();
        let differing = want.lines().zip(got.lines()).position(|(want, got)| want != got);
        let line = differing.unwrap_or(want.lines().count().min(got.lines().count()));
        let (is, should) = (got.lines().nth(line), want.lines().nth(line));
        assert!(got == want, "{name}:{}: `make manifests` writes {should:?} instead of {is:?}", line + 1);
    }
}

/// What the parts say together is what the one file says: those of `canary`, which are written by hand, too.
#[test]
fn parts_say_what_the_whole_says() {
    for name in watched::STATIC.iter().copied().chain(["canary"]) {
        let whole = manager(&file(&format!("{name}/envoy.yaml"))[0].document);
        let parts = manager(&file(&format!("xds/{name}/envoy.yaml"))[0].document);
        let (ours, theirs) = (filters(&whole), filters(&parts));
        assert_eq!(ours.len(), theirs.len(), "{name}");
        for (whole, part) in ours.iter().zip(theirs) {
            let Some(discovery) = field(part, "config_discovery") else {
                assert_eq!(part.digest(), whole.digest(), "{name}: {part:?}");
                continue;
            };
            let resource = resource(discovery);
            for field_of in ["name", "typed_config"] {
                let both = [&resource, *whole].map(|of| field(of, field_of).map(Value::digest));
                assert_eq!(both[0], both[1], "{name}: {field_of}");
            }
            assert_eq!(field(part, "name"), field(whole, "name"), "{name}");
        }
        let rds = field(&parts, "rds").expect("rds");
        let routes = resource(rds);
        let routes = sluice::tree::without(&routes, &["@type"]);
        assert_eq!(routes.digest(), field(&whole, "route_config").expect("routes").digest(), "{name}");
        assert_eq!(field(rds, "route_config_name"), field(&routes, "name"), "{name}");
        // All else of the listener's is the same.
        let rest = |manager: &Value| {
            let parts = ["http_filters", "route_config", "rds"];
            sluice::tree::without(manager, &parts).digest()
        };
        assert_eq!(rest(&parts), rest(&whole), "{name}");
    }
}

/// In the order in which they run: by phase in Istio, in that of the list elsewhere. The cluster with the keys is the platform's own.
#[test]
fn every_platform_has_the_chain_of_plain_envoy() {
    let policies = |name: &str| -> Vec<(String, u64)> {
        let documents = file(name);
        let all = documents.iter().flat_map(Manifest::policies).map(|(filter, policy)| {
            let mut policy = policy.clone();
            if filter == "auth" {
                let cluster = ["providers", "0", "keys", "http", "cluster"];
                crate::set(&mut policy, &cluster, Value::Text("keys".to_owned()));
            }
            (filter.to_owned(), policy.digest())
        });
        all.collect()
    };
    let want = policies("chain/envoy.yaml");
    assert_eq!(
        want.iter().map(|(filter, _)| filter.as_str()).collect::<Vec<_>>(),
        ["auth", "ratelimit", "canary"]
    );
    for (name, phase) in [
        ("istio/chain/wasmplugin.yaml", true),
        ("istio/chain/trafficextension.yaml", true),
        ("gateway/chain/extensionpolicy.yaml", false),
    ] {
        assert_eq!(policies(name), want, "{name}");
        let documents = file(name);
        let phases = documents.iter().flat_map(|manifest| named(&manifest.document, "phase")).map(text);
        let wanted: &[&str] = if phase { &["AUTHN", "AUTHZ", "STATS"] } else { &[] };
        assert_eq!(phases.collect::<Vec<_>>(), wanted, "{name}");
    }
}

/// The connection manager.
fn manager(document: &Value) -> Value {
    let filters =
        ["static_resources", "listeners", "0", "filter_chains", "0", "filters", "0", "typed_config"];
    at(document, &filters).expect("a connection manager").clone()
}

fn filters(manager: &Value) -> Vec<&Value> {
    items(field(manager, "http_filters").expect("filters")).iter().collect()
}

/// The only resource of the file that a source names.
fn resource(source: &Value) -> Value {
    let paths = named(source, "path_config_source");
    let path = text(field(paths[0], "path").expect("a path"));
    let watched = text(at(paths[0], &["watched_directory", "path"]).expect("a folder"));
    assert!(path.starts_with(&format!("{watched}/")), "{path} is not in {watched}");
    let documents = file(path.strip_prefix("envoy-config/").expect("a file of ours"));
    let resources = items(at(&documents[0].document, &["resources"]).expect("resources"));
    assert_eq!(resources.len(), 1, "{path}");
    resources[0].clone()
}
