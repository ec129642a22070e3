//! A policy file becomes the tree that a filter would get.
//!
//! Envoy and Kubernetes turn YAML into JSON before a filter sees it, each in its own way. Where they differ, this
//! reads as the stricter one does: what is accepted here means the same everywhere.

use filter_api::{ConfigError, Value};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{Options, UserMessageFormatter};
use std::fs;
use std::path::Path;

/// Reads a file: JSON if its name ends in `.json`, else YAML.
///
/// # Errors
/// One problem of the whole document: it cannot be read, or it is no such text.
pub fn read(path: &Path) -> Result<Value, ConfigError> {
    let bytes = fs::read(path).map_err(|error| ConfigError::one("", format!("cannot be read: {error}")))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json { Value::from_json(&bytes) } else { from_yaml(&bytes) }
}

/// Reads one YAML document.
///
/// # Errors
/// What is wrong, with line and column.
pub fn from_yaml(bytes: &[u8]) -> Result<Value, ConfigError> {
    serde_saphyr::from_slice_with_options(bytes, options()).map_err(|error| {
        let message = error.without_snippet().render_with_formatter(&UserMessageFormatter);
        ConfigError::one("", format!("not valid YAML: {message}"))
    })
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
