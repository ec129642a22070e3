//! A request and a proxy in memory, for the tests of all cores. They count what would be host calls.

mod proxy;
mod request;

use crate::{ConfigError, Value};

pub use proxy::FakeProxy;
pub use request::FakeRequest;

/// What a user reads about a whole policy in JSON; empty if it is accepted.
pub fn problems<P>(json: &str, compile: impl FnOnce(&Value) -> Result<P, ConfigError>) -> Vec<String> {
    match Value::from_json(json.as_bytes()).and_then(|value| compile(&value)) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.iter().map(ToString::to_string).collect(),
    }
}
