//! A request as a rate limit service knows it: a list of entries, key and value.

#[cfg(test)]
mod tests;

use crate::global::Global;
use filter_api::{Key, RequestHead};
use std::borrow::Cow;

/// Pairs of key and value.
pub(crate) type Entries = Vec<(String, String)>;

/// The entries of a limit's descriptor, in the order of the policy.
///
/// * `keys`: the limit's key; without one there is the one entry `generic_key`, as Envoy's own filter names it.
pub(crate) fn entries(global: &Global, keys: Option<&[Key]>, request: &impl RequestHead) -> Entries {
    let names = global.descriptor.iter().cloned();
    let Some(keys) = keys else {
        return names.map(|value| (GENERIC_KEY.to_owned(), value)).collect();
    };
    let parts: Vec<Option<Cow<'_, [u8]>>> = keys.iter().map(|key| key.extract(request)).collect();
    // All that lack a part share one limit, whatever else they have.
    let is_whole = parts.iter().all(Option::is_some);
    let value = |part: Option<Cow<'_, [u8]>>| part.filter(|_| is_whole).map_or(MISSING.to_owned(), text);
    names.zip(parts.into_iter().map(value)).collect()
}

/// A protobuf string is UTF-8: bytes that are none are escaped. A client that writes the escape itself gets the same
/// text; it is the client's own key all the same.
fn text(part: Cow<'_, [u8]>) -> String {
    let mut text = String::with_capacity(part.len());
    for chunk in part.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

const GENERIC_KEY: &str = "generic_key";

/// The protocol wants values that are not empty. A client with this very key shares their limit.
const MISSING: &str = "-";
