//! `ratelimit`, end to end: is there room for one more? One file per group of threats.
//!
//! Every refusal is judged alike ([`gate::Gate`]): its status, fields and body, its reason in the access log, the upstream
//! not asked; and at the end no VM lost and no key in log, stats or bodies.

mod claims;
mod examples;
mod failure;
mod gate;
mod global;
mod in_flight;
mod keys;
mod lease;
mod memory;
mod outage;
mod rate;
mod reload;
mod reply;
mod routes;
mod service;
mod setting;
mod several;

use e2e::suite::Test;

/// The long ones first.
pub(crate) const TESTS: &[&[Test]] = &[
    rate::TESTS,
    memory::TESTS,
    in_flight::TESTS,
    examples::TESTS,
    outage::TESTS,
    lease::TESTS,
    failure::TESTS,
    global::TESTS,
    claims::TESTS,
    keys::TESTS,
    reload::TESTS,
    reply::TESTS,
    routes::TESTS,
    service::TESTS,
    several::TESTS,
];
