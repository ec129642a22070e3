//! The schemas of the kinds that the manifests are of, where they are at hand.
//!
//! They are large and not ours, so they are not part of this repository: `../shared/reference/crds/` beside it has them.

use std::io::Write as _;
use std::sync::OnceLock;

use filter_api::Value;

use crate::manifest::Manifest;
use crate::schema;
use crate::support::root;
use crate::tree::{at, documents, field, items, text};

/// Custom resource definitions, by what manifests say of themselves.
pub(crate) struct Kinds(Vec<Kind>);

struct Kind {
    api_version: String,
    name: String,
    schema: Value,
}

impl Kinds {
    /// `None`, loudly, where the schemas are not at hand.
    pub(crate) fn at_hand() -> Option<&'static Self> {
        static KINDS: OnceLock<Option<Kinds>> = OnceLock::new();
        KINDS
            .get_or_init(|| {
                let folder = root().join("../shared/reference/crds");
                if !folder.is_dir() {
                    skipped("manifests against the schemas of their kinds: no ../shared/reference/crds here");
                    return None;
                }
                let files = ["istio.yaml", "eg.yaml", "higress.yaml"].map(|name| folder.join(name));
                Some(Self(
                    files.iter().flat_map(|file| documents(file)).flat_map(|crd| versions(&crd)).collect(),
                ))
            })
            .as_ref()
    }

    /// All that is wrong with the manifest.
    pub(crate) fn problems(&self, manifest: &Manifest) -> Vec<String> {
        let (api_version, kind) = (manifest.api_version(), manifest.kind());
        match self.0.iter().find(|known| known.api_version == api_version && known.name == kind) {
            Some(known) => schema::problems(&known.schema, &manifest.document, kind),
            None => vec![format!("there is no kind {kind} in {api_version}")],
        }
    }
}

/// Says what was not checked. Not by `eprintln!`, which the test runner shows for failed tests only; on a line of its own
/// even where the runner has begun one.
pub(crate) fn skipped(what: &str) {
    writeln!(std::io::stderr(), "\nSKIPPED: {what}").expect("stderr");
}

/// The served versions of a custom resource definition.
fn versions(crd: &Value) -> Vec<Kind> {
    let of_crd = |path: &[&str]| text(at(crd, path).expect("a field of every definition"));
    let served = |version: &&Value| field(version, "served") == Some(&Value::Bool(true));
    items(at(crd, &["spec", "versions"]).expect("versions"))
        .iter()
        .filter(served)
        .map(|version| Kind {
            api_version: format!(
                "{}/{}",
                of_crd(&["spec", "group"]),
                text(field(version, "name").expect("a name"))
            ),
            name: of_crd(&["spec", "names", "kind"]).to_owned(),
            schema: of_object(at(version, &["schema", "openAPIV3Schema"]).expect("a schema")),
        })
        .collect()
}

/// A schema of a kind with the fields that the API server adds to each of them.
fn of_object(schema: &Value) -> Value {
    let of_every_object = Value::from_json(OF_EVERY_OBJECT.as_bytes()).expect("JSON");
    let mut schema = schema.clone();
    let Value::Map(keywords) = &mut schema else { panic!("a schema that is no mapping") };
    let properties =
        keywords.iter_mut().find_map(|(keyword, value)| (keyword == "properties").then_some(value));
    let (Some(Value::Map(own)), Value::Map(added)) = (properties, of_every_object) else {
        panic!("no properties")
    };
    own.retain(|(name, _)| added.iter().all(|(other, _)| other != name));
    own.extend(added);
    schema
}

/// Of ObjectMeta that part which belongs into a file; the rest is the API server's to fill.
const OF_EVERY_OBJECT: &str = r#"{
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {
        "type": "object",
        "required": ["name", "namespace"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"},
            "namespace": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}}
        }
    }
}"#;
