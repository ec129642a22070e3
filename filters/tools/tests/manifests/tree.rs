//! YAML documents as trees of values, and ways through them.

use std::fs;
use std::path::{Path, PathBuf};

use filter_api::Value;

/// All documents of a YAML file. A key that is given twice is an error, and so is a file that is not there.
pub(crate) fn documents(file: &Path) -> Vec<Value> {
    let yaml = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_saphyr::from_multiple(&yaml).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All YAML files in a folder and below it, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    files.sort();
    files
}

pub(crate) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    fields(value).iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// The entries of a mapping; of anything else none.
pub(crate) fn fields(value: &Value) -> &[(String, Value)] {
    if let Value::Map(entries) = value { entries } else { &[] }
}

/// The items of a list; of anything else none.
pub(crate) fn items(value: &Value) -> &[Value] {
    if let Value::List(items) = value { items } else { &[] }
}

pub(crate) fn text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { panic!("{value:?} is not a string") }
}

/// What stands at a path; a number is the place in a list. Names may hold dots, so a path is a slice.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::List(items) => items.get(step.parse::<usize>().ok()?),
        _ => field(value, step),
    })
}

/// The same, to change it.
pub(crate) fn at_mut<'v>(value: &'v mut Value, path: &[impl AsRef<str>]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::List(items) => items.get_mut(step.as_ref().parse::<usize>().ok()?),
        Value::Map(entries) => {
            entries.iter_mut().find_map(|(key, value)| (key == step.as_ref()).then_some(value))
        }
        _ => None,
    })
}

/// A value and all below it, in document order.
pub(crate) fn nodes(value: &Value) -> Vec<&Value> {
    let below = fields(value).iter().map(|(_, value)| value).chain(items(value));
    std::iter::once(value).chain(below.flat_map(nodes)).collect()
}

/// Every value that stands under a field of this name, in document order.
pub(crate) fn named<'v>(value: &'v Value, name: &str) -> Vec<&'v Value> {
    nodes(value).into_iter().filter_map(|node| field(node, name)).collect()
}

/// The paths of all fields.
pub(crate) fn paths(value: &Value) -> Vec<Vec<String>> {
    let fields = fields(value).iter().map(|(name, value)| (name.clone(), value, true));
    let places = items(value).iter().enumerate().map(|(place, value)| (place.to_string(), value, false));
    let mut all = Vec::new();
    for (step, value, is_field) in fields.chain(places) {
        if is_field {
            all.push(vec![step.clone()]);
        }
        all.extend(paths(value).into_iter().map(|rest| [vec![step.clone()], rest].concat()));
    }
    all
}
