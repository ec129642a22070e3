//! A file becomes the trees that a filter, Envoy or Kubernetes would get.
//!
//! Envoy and Kubernetes turn YAML into JSON before a filter sees it, each in its own way. Where they differ, this
//! reads as the stricter one does: what is accepted here means the same everywhere.

use crate::located::Located;
use filter_api::{ConfigError, Value};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Options, UserMessageFormatter};
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

/// Why a file is not even a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unreadable {
    /// Counted from 1; 0 if there is no text at all.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Reads a file with one document: JSON if its name ends in `.json`, else YAML.
///
/// # Errors
/// One problem of the whole document: it cannot be read, or it is no such text.
pub fn read(path: &Path) -> Result<Value, ConfigError> {
    let bytes = fs::read(path).map_err(|error| ConfigError::one("", format!("cannot be read: {error}")))?;
    if is_json(path) { Value::from_json(&bytes) } else { from_yaml(&bytes) }
}

/// The bytes of a file; `-` is the standard input.
///
/// # Errors
/// It cannot be read.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    let read = match path.to_str() {
        Some("-") => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        _ => fs::read(path),
    };
    read.map_err(|error| Unreadable { line: 0, message: format!("cannot be read: {error}") })
}

/// Reads a file's bytes, any number of documents, empty ones left out. JSON if its name ends in `.json`, else YAML.
///
/// # Errors
/// It is no such text.
pub fn all(path: &Path, bytes: &[u8]) -> Result<Vec<Located>, Unreadable> {
    if is_json(path) { from_json(bytes).map(|document| vec![document]) } else { all_from_yaml(bytes) }
}

/// Reads one JSON document.
///
/// # Errors
/// What is wrong, with line and column.
pub fn from_json(bytes: &[u8]) -> Result<Located, Unreadable> {
    let value = serde_json::from_slice::<Value>(bytes).map_err(|error| Unreadable {
        line: u64::try_from(error.line()).unwrap_or(1).max(1),
        message: format!("not valid JSON: {error}"),
    })?;
    // JSON is YAML, and only the reader of YAML says where things stand. It has limits of its own: then all is on line 1.
    let located = serde_saphyr::from_slice_with_options(bytes, options()).ok();
    let located = located.filter(|located: &Located| located.value() == value);
    Ok(located.unwrap_or_else(|| Located::all_on(1, value)))
}

/// Reads one YAML document.
///
/// # Errors
/// What is wrong, with line and column.
pub fn from_yaml(bytes: &[u8]) -> Result<Value, ConfigError> {
    serde_saphyr::from_slice_with_options(bytes, options())
        .map_err(|error| ConfigError::one("", unreadable(&error).message))
}

fn all_from_yaml(bytes: &[u8]) -> Result<Vec<Located>, Unreadable> {
    serde_saphyr::from_slice_multiple_with_options(bytes, options()).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_saphyr::Error) -> Unreadable {
    let error = error.without_snippet();
    let line = error.location().map_or(1, |location| location.line().max(1));
    Unreadable {
        line,
        message: format!("not valid YAML: {}", error.render_with_formatter(&UserMessageFormatter)),
    }
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn options() -> Options {
    serde_saphyr::options! {
        // The reader of policies reports them, with their paths and together with all else.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // Envoy's parser does not know them.
        merge_keys: MergeKeyPolicy::Error,
        // A list may have 100 000 entries; nobody repeats as many by aliases.
        budget: serde_saphyr::budget! {
            max_nodes: 4_000_000,
            max_events: 8_000_000,
            max_recorded_anchor_events: 100_000,
        },
    }
}
