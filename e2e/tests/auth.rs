//! `auth`, end to end: who is asking, and may they? One file per group of threats.
//!
//! Every refusal is judged alike ([`gate::Gate`]): its status and body, its reason in the access log, the upstream not
//! asked, a good request right after it served; and at the end no VM lost and no secret in log, stats or bodies.

mod algorithm;
mod backend;
mod binding;
mod carriage;
mod chain;
mod claims;
mod config;
mod death;
mod differential;
mod examples;
mod form;
mod forward;
mod gate;
mod hostile;
mod keys;
mod memory;
mod mesh;
mod mutation;
mod oracle;
mod path;
mod routes;
mod setting;
mod signature;
mod svid;

use e2e::suite::Test;

/// The long ones first.
pub(crate) const TESTS: &[&[Test]] = &[
    backend::TESTS,
    memory::TESTS,
    differential::TESTS,
    death::TESTS,
    signature::TESTS,
    path::TESTS,
    algorithm::TESTS,
    binding::TESTS,
    carriage::TESTS,
    chain::TESTS,
    claims::TESTS,
    config::TESTS,
    examples::TESTS,
    form::TESTS,
    forward::TESTS,
    hostile::TESTS,
    keys::TESTS,
    mesh::TESTS,
    oracle::TESTS,
    routes::TESTS,
    svid::TESTS,
];
