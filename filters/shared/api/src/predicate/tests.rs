//! The predicate language: what is refused, what holds, what it costs.

mod hold;
mod refuse;

use super::Predicate;
use crate::config::Node;
use crate::fake::FakeRequest;
use crate::testing::read;
use crate::{NamedList, RequestHead};
use std::rc::Rc;

/// The lists that predicates of these tests may name; `pending` was never fetched.
fn lists() -> Vec<Rc<NamedList>> {
    let json = r#"{
        "beta": {"inline": ["u-1", "u-2"]},
        "empty": {"inline": []},
        "pending": {"http": {"cluster": "lists", "path": "/pending"}}
    }"#;
    read(json, |node| NamedList::read_all(&node)).unwrap()
}

fn predicate(node: Node<'_>) -> Option<Predicate> {
    Predicate::read(&node, &lists())
}

fn of(json: &str) -> Predicate {
    read(json, predicate).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn holds(json: &str, request: &FakeRequest) -> bool {
    of(json).matches(request)
}

/// As [`FakeRequest::get`], without a path.
fn connect() -> FakeRequest {
    let request = FakeRequest::default().field(":method", "CONNECT").field(":authority", "shop.example:443");
    assert!(request.fields().first(":path").is_none());
    request
}
