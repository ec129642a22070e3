//! `sluice schema`: the JSON Schema (2020-12) of a policy, for editors.
//!
//! The readers of policies have no types that a schema could be derived from, so each filter has one description, here. Tests hold
//! it against the reader in both directions: every field that one knows, the other knows; what the schema refuses,
//! the reader refuses; every kind of value that the reader wants, the schema wants.

use crate::document;
use crate::filter::Filter;
use crate::tree::{entries, field, string, text};
use clap::Args;
use filter_api::Value;
use std::collections::BTreeSet;

/// Print the JSON Schema (2020-12) of a filter's policies, for editors
///
/// It knows every field, kinds, bounds and names of values. What concerns several fields at once (sums, names that refer
/// to each other, patterns that never match) only `sluice validate` knows.
///
/// In a policy: # yaml-language-server: $schema=canary.schema.json
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
pub struct Schema {
    /// Whose policies
    #[arg(value_name = "FILTER")]
    pub filter: Filter,
}

/// The schema of a filter's policies.
#[must_use]
pub fn of(filter: Filter) -> Value {
    let own = parse(match filter {
        Filter::Auth => include_str!("schema/auth.yaml"),
        Filter::Canary => include_str!("schema/canary.yaml"),
        Filter::RateLimit => include_str!("schema/ratelimit.yaml"),
    });
    let shared = parse(include_str!("schema/shared.yaml"));
    let definitions = entries(field(&own, "$defs"));
    // A filter's own ones stand for the shared ones of the same name.
    let others =
        entries(Some(&shared)).iter().filter(|(name, _)| definitions.iter().all(|(own, _)| own != name));
    let known: Vec<&(String, Value)> = definitions.iter().chain(others).collect();
    let mut used = BTreeSet::new();
    collect(&crate::tree::without(&own, &["$defs"]), &known, &mut used);
    let definitions = known.into_iter().filter(|(name, _)| used.contains(name.as_str())).cloned().collect();
    let mut fields = vec![("$schema".to_owned(), string("https://json-schema.org/draft/2020-12/schema"))];
    fields.extend(entries(Some(&own)).iter().filter(|(name, _)| name != "$defs").cloned());
    fields.push(("$defs".to_owned(), Value::Map(definitions)));
    Value::Map(fields)
}

/// The definitions that a schema names, and those that they name.
fn collect<'v>(schema: &Value, known: &[&'v (String, Value)], used: &mut BTreeSet<&'v str>) {
    if let Some(name) = text(schema, "$ref").and_then(|name| name.strip_prefix("#/$defs/"))
        && let Some((name, definition)) = known.iter().find(|(known, _)| known == name)
        && used.insert(name)
    {
        collect(definition, known, used);
    }
    match schema {
        Value::List(items) => items.iter().for_each(|item| collect(item, known, used)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, known, used)),
        _ => {}
    }
}

/// The descriptions are part of this program, and a test reads them all.
fn parse(yaml: &str) -> Value {
    document::from_yaml(yaml.as_bytes()).unwrap_or(Value::Null)
}
