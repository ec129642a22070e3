//! What guides show. Migration (`envoy-config/migration`): what is to be replaced is there, what replaces it is valid, and no
//! more dangerous than is said. Operations (`filters/OPERATIONS.md`): each test that it names is there.

mod support;

use std::fs;

use serde_json::Value;
use sluice::validate::{self, Check};
use support::root;

/// Folder, what is in `before.yaml`, and the warnings that `after.yaml` gets.
const GUIDES: [(&str, &str, &[&str]); 4] = [
    ("jwt_authn", "envoy.filters.http.jwt_authn", &[]),
    // As before: a header is what the client says it is.
    ("local_ratelimit", "envoy.filters.http.local_ratelimit", &["key-chosen-by-client"]),
    ("requestauthentication", "RequestAuthentication", &[]),
    ("virtualservice", "VirtualService", &[]),
];

#[test]
fn what_comes_after_is_valid() {
    for (guide, _, warnings) in GUIDES {
        let file = root().join("envoy-config/migration").join(guide).join("after.yaml");
        let mut said = Vec::new();
        let check = Check { filter: None, deny_warnings: false, json: false, files: vec![file] };
        let good = validate::run(&check, &mut said).expect("a buffer");
        let said = String::from_utf8(said).expect("text");
        assert!(good, "{guide}: {said}");
        let found: Vec<&str> =
            said.split("warning[").skip(1).filter_map(|rest| Some(rest.split_once(']')?.0)).collect();
        assert_eq!(found, warnings, "{guide}: {said}");
        assert!(said.contains("a policy of"), "{guide}: {said}");
    }
}

#[test]
fn what_was_before_is_what_the_guide_is_about() {
    let readme = fs::read_to_string(root().join("envoy-config/migration/README.md")).expect("the guide");
    let mut folders = 0;
    for entry in fs::read_dir(root().join("envoy-config/migration")).expect("a folder") {
        folders += usize::from(entry.expect("an entry").path().is_dir());
    }
    assert_eq!(folders, GUIDES.len());
    for (guide, wanted, _) in GUIDES {
        let name = format!("envoy-config/migration/{guide}/before.yaml");
        let text = fs::read_to_string(root().join(&name)).expect(&name);
        let documents: Vec<Value> =
            text.split("\n---\n").map(|one| serde_saphyr::from_str(one).expect(&name)).collect();
        let is_it =
            |document: &Value| document["kind"] == wanted || document["http_filters"][0]["name"] == wanted;
        assert!(documents.iter().any(is_it), "{name} has no {wanted}");
        for file in ["before", "after"] {
            assert!(
                readme.contains(&format!("({guide}/{file}.yaml)")),
                "{guide}/{file}.yaml is not in the guide"
            );
        }
    }
}

/// `auth::death::a_trap` is `a_trap` in `e2e/tests/auth/death.rs`.
#[test]
fn tests_that_the_guide_to_operations_names_are_there() {
    let guide = fs::read_to_string(root().join("filters/OPERATIONS.md")).expect("the guide");
    let named: Vec<&str> = guide.split('`').skip(1).step_by(2).filter(|code| code.contains("::")).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        let (module, function) = name.rsplit_once("::").expect("a path");
        let file = format!("e2e/tests/{}.rs", module.replace("::", "/"));
        let source = fs::read_to_string(root().join(&file)).unwrap_or_else(|e| panic!("{name}: {file}: {e}"));
        assert!(source.contains(&format!("async fn {function}()")), "{name}: no such test in {file}");
    }
}
