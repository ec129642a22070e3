//! What operators see: the shipped dashboard, asked of a real Prometheus; and traces.

mod dashboard;
mod picture;
mod trace;

use e2e::suite::Test;

pub(crate) const TESTS: &[&[Test]] = &[dashboard::TESTS, trace::TESTS];
