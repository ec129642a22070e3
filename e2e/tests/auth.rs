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
mod handshake;
mod hostile;
mod http3;
mod json;
mod key_id;
mod keys;
mod memory;
mod mesh;
mod mutation;
mod older;
mod oracle;
mod outage;
mod padding;
mod path;
mod request_line;
mod rotation;
mod routes;
mod secret;
pub(crate) mod setting;
mod signature;
mod svid;
mod times;
mod vectors;
mod withheld;
mod xfcc;

use e2e::suite::Test;

/// The long ones first.
pub(crate) const TESTS: &[&[Test]] = &[
    outage::TESTS,
    memory::TESTS,
    backend::TESTS,
    death::TESTS,
    differential::TESTS,
    vectors::TESTS,
    withheld::TESTS,
    padding::TESTS,
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
    handshake::TESTS,
    hostile::TESTS,
    http3::TESTS,
    json::TESTS,
    key_id::TESTS,
    keys::TESTS,
    mesh::TESTS,
    older::TESTS,
    oracle::TESTS,
    request_line::TESTS,
    rotation::TESTS,
    routes::TESTS,
    secret::TESTS,
    signature::TESTS,
    svid::TESTS,
    times::TESTS,
    xfcc::TESTS,
];
