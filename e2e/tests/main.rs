//! End to end: the shipped files, a real Envoy, a real client. One file per noun.

use std::process::ExitCode;

mod auth;
mod baggage;
mod bucket;
mod calls;
mod config;
mod draw;
mod examples;
mod hostile;
mod inherit;
mod limits;
mod lists;
mod output;
mod ramp;
mod reload;
mod routes;
mod rules;
mod settled;
mod sticky;
mod target;
mod xds;

fn main() -> ExitCode {
    let canary: &[&[e2e::suite::Test]] = &[
        // The long ones first, so that none of them is left alone at the end.
        lists::TESTS,
        draw::TESTS,
        hostile::TESTS,
        limits::TESTS,
        xds::TESTS,
        baggage::TESTS,
        calls::TESTS,
        config::TESTS,
        examples::TESTS,
        inherit::TESTS,
        output::TESTS,
        ramp::TESTS,
        reload::TESTS,
        routes::TESTS,
        rules::TESTS,
        sticky::TESTS,
    ];
    e2e::suite::main(&[auth::TESTS, canary].concat())
}
