//! The schemas against the readers, in both directions, judged by a JSON Schema validator that is not ours.

mod paths; // places in policies and schemas
#[path = "../support/mod.rs"]
mod support;

use filter_api::{ConfigError, Value};
use jsonschema::Validator;
use sluice::filter::Filter;
use sluice::tree::{entries, field, items, string, text};
use sluice::{document, json, schema};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use paths::{Step, everywhere, mappings, objects, places, references, replaced};
use support::root;

#[test]
fn they_are_schemas() {
    for filter in Filter::ALL {
        let schema = of(filter);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{}", filter.name());
        let text = json::pretty(&schema::of(filter));
        for name in references(&schema::of(filter)) {
            assert!(
                text.contains(&format!("\n    \"{name}\": {{")),
                "{}: no definition of {name}",
                filter.name()
            );
        }
    }
}

/// Reader -> schema and back: at each mapping of a policy with every field, the fields that the reader knows.
#[test]
fn they_know_the_fields_that_the_readers_know() {
    for filter in Filter::ALL {
        let (whole, schema) = (everything(filter), schema::of(filter));
        let mut seen = BTreeSet::new();
        for path in mappings(&whole, &mut Vec::new()) {
            let Some(known) = known_at(filter, &whole, &path) else {
                // Names are the user's there: every name is one.
                let open = places(&schema, &schema, &path).iter().any(|at| {
                    field(at, "additionalProperties").is_some_and(|more| *more != Value::Bool(false))
                        || text(at, "type") == Some("object") && field(at, "additionalProperties").is_none()
                });
                assert!(open, "{}: {path:?} takes any name", filter.name());
                seen.extend(places(&schema, &schema, &path).iter().map(|at| at.digest()));
                continue;
            };
            let at = places(&schema, &schema, &path);
            let described: BTreeSet<String> = at
                .iter()
                .flat_map(|at| entries(field(at, "properties")))
                .map(|(name, _)| name.clone())
                .collect();
            assert_eq!(described, known, "{}: {path:?}", filter.name());
            for at in at.iter().filter(|at| field(at, "properties").is_some()) {
                assert_eq!(field(at, "additionalProperties"), Some(&Value::Bool(false)), "{path:?}");
            }
            seen.extend(at.iter().map(|at| at.digest()));
        }
        // Every mapping that the schema describes was one of these.
        for object in objects(&schema) {
            let is_seen = seen.contains(&object.digest());
            assert!(is_seen, "{}: no policy of the test has {}", filter.name(), json::flow(&object));
        }
    }
}

/// What one of them refuses: each part of every good policy in turn, replaced by everything that it could be.
#[test]
fn they_refuse_what_the_readers_refuse_and_no_more() {
    let values: Vec<Value> = [
        "null",
        "true",
        "0",
        "0.5",
        "99999999999",
        r#""""#,
        r#""a b""#,
        r#""5s""#,
        r#""/a""#,
        "[]",
        r#"["a","a"]"#,
        "[1]",
        "{}",
        r#"{"zz":0}"#,
    ]
    .iter()
    .map(|text| Value::from_json(text.as_bytes()).expect("JSON"))
    .collect();
    let (mut tried, mut both) = (0_u32, 0_u32);
    for filter in Filter::ALL {
        let validator = validator(filter);
        let whole = everything(filter);
        assert_eq!(problems(&validator, &whole), [""; 0], "{}", filter.name());
        for path in everywhere(&whole, &mut Vec::new()) {
            for value in &values {
                let changed = replaced(&whole, &path, &|_| Some(value.clone()));
                let (by_reader, by_schema) = (filter.check(&changed), problems(&validator, &changed));
                tried += 1;
                judge(filter, &path, &json::compact(value), by_reader, &by_schema);
                both += u32::from(!by_schema.is_empty());
            }
            // Left out.
            let changed = replaced(&whole, &path, &|_| None);
            judge(filter, &path, "nothing", filter.check(&changed), &problems(&validator, &changed));
        }
    }
    assert!(tried > 3_000 && both * 2 > tried, "{tried} {both}");
}

fn judge(
    filter: Filter,
    path: &[Step],
    value: &str,
    by_reader: Result<(), ConfigError>,
    by_schema: &[String],
) {
    let at = format!("{}: {path:?} is {value}", filter.name());
    match by_reader {
        Ok(()) => assert_eq!(by_schema, [""; 0], "{at}: the reader takes it"),
        Err(error) => {
            let structural = error.problems.iter().find(|problem| is_structural(&problem.message));
            if let Some(problem) = structural {
                assert!(!by_schema.is_empty(), "{at}: the reader says {problem}");
            }
        }
    }
}

/// What a schema can tell: kinds, names of fields, bounds. The rest is about several fields at once, or about meaning.
fn is_structural(message: &str) -> bool {
    ["wants ", "unknown field", "missing", "is above ", "is below ", "is not a whole number", "needs one of ", "has both "]
        .iter()
        .any(|beginning| message.starts_with(beginning) || message.contains(&format!(" {beginning}")))
        && !message.contains("missing or of the wrong type") // of a key in a JWK Set
        || message.ends_with("is not a duration such as 200ms, 5s, 10m or 1h")
        || message.contains("is none of ")
        || message.contains(" is unknown, known here: ")
}

#[test]
fn good_policies_are_valid_and_bad_ones_are_not() {
    for filter in Filter::ALL {
        let validator = validator(filter);
        let config = root().join("filters").join(filter.name()).join("config");
        for file in yaml(&config.join("valid")) {
            let policy = document::read(&file).expect("YAML");
            assert_eq!(problems(&validator, &policy), [""; 0], "{}", file.display());
        }
        let mut refused = 0;
        for file in yaml(&config.join("invalid")) {
            let Ok(policy) = document::read(&file) else { continue };
            let error = filter.check(&policy).expect_err("a bad policy");
            let found = problems(&validator, &policy);
            if error.problems.iter().any(|problem| is_structural(&problem.message)) {
                assert!(!found.is_empty(), "{}: {error}", file.display());
                refused += 1;
            }
        }
        assert!(refused >= 4, "{}: {refused}", filter.name());
    }
}

#[test]
fn example_policies_are_valid() {
    let folder =
        env::var_os("SLUICE_EXAMPLES").map_or_else(|| root().join("../shared/examples"), PathBuf::from);
    if !folder.is_dir() {
        writeln!(
            std::io::stderr(),
            "\nSKIPPED: example policies against schemas: no ../shared/examples here"
        )
        .expect("stderr");
        return;
    }
    for file in yaml(&folder) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(filter) = name.split('.').next().and_then(Filter::named) else { continue };
        let policy = document::read(&file).expect("YAML");
        assert_eq!(problems(&validator(filter), &policy), [""; 0], "{name}");
    }
}

/// A policy with every field: the one of its core's own tests, and what that one cannot have beside the others.
fn everything(filter: Filter) -> Value {
    let file = root().join("filters").join(filter.name()).join("core/src/config/tests/every_field.json");
    let policy = Value::from_json(&fs::read(file).expect("a policy")).expect("JSON");
    let conditions = r#"{"any": [
        {"all": [{"path": {"exact": "/a"}}]}, {"not": {"method": {"exact": "GET"}}}, {"authority": {"exact": "a"}},
        {"header": {"name": "x-a", "exact": "a"}}, {"cookie": {"name": "a", "exact": "a"}}, {"query": {"name": "a", "exact": "a"}},
        {"peer": {"present": true}}, {"source_ip": {"in": ["10.0.0.0/8"]}}
    ]}"#;
    let more = match filter {
        Filter::Auth => format!(r#"{{"name": "more", "when": {conditions}, "allow": "anyone"}}"#),
        Filter::Canary => format!(r#"{{"name": "more", "when": {conditions}, "subset": "stable"}}"#),
        Filter::RateLimit => {
            format!(
                r#"{{"name": "more", "when": {conditions}, "key": [{{"route": {{}}}}], "rate": {{"requests": 1, "per": "1s"}}}}"#
            )
        }
    };
    let list = if filter == Filter::RateLimit { "limits" } else { "rules" };
    let mut all = items(field(&policy, list)).to_vec();
    all.push(Value::from_json(more.as_bytes()).expect("JSON"));
    if filter == Filter::RateLimit {
        let claim = r#"{"name": "claims", "when": {"any": [{"claim": {"name": "a", "exact": "a"}}, {"list": {"name": "staff", "key": {"header": "x-a"}}}]}, "rate": {"requests": 1, "per": "1s"}}"#;
        all.push(Value::from_json(claim.as_bytes()).expect("JSON"));
    }
    let policy = sluice::tree::with(&policy, list, Value::List(all));
    assert_eq!(filter.check(&policy), Ok(()), "{}", filter.name());
    policy
}

fn of(filter: Filter) -> serde_json::Value {
    serde_json::from_str(&json::pretty(&schema::of(filter))).expect("JSON")
}

fn validator(filter: Filter) -> Validator {
    jsonschema::draft202012::new(&of(filter)).expect("a schema")
}

fn problems(validator: &Validator, policy: &Value) -> Vec<String> {
    let policy: serde_json::Value = serde_json::from_str(&json::compact(policy)).expect("JSON");
    validator.iter_errors(&policy).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The fields that the reader knows in a mapping; `None` where any name is one.
fn known_at(filter: Filter, whole: &Value, path: &[Step]) -> Option<BTreeSet<String>> {
    let add = |value: &Value| {
        let Value::Map(fields) = value else { panic!("a mapping") };
        let mut fields = fields.clone();
        fields.push(("zz".to_owned(), string("zz")));
        Some(Value::Map(fields))
    };
    let changed = if path.is_empty() { add(whole).expect("it") } else { replaced(whole, path, &add) };
    let error = filter.check(&changed).err()?;
    let known = error.problems.iter().find_map(|problem| {
        let is_here = problem.path.ends_with("zz");
        is_here.then(|| problem.message.strip_prefix("unknown field, known here: ")).flatten()
    })?;
    Some(known.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

fn yaml(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|file| file.extension().is_some_and(|found| found == "yaml")).collect();
    files.sort();
    files
}
