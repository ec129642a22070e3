//! End to end: the shipped files, a real Envoy, a real client. One file per noun.

use std::process::ExitCode;

mod auth;
mod baggage;
mod borrow;
mod bucket;
mod calls;
mod chaos;
mod config;
mod draw;
mod examples;
mod explain;
mod hardened;
mod held;
mod hostile;
mod inherit;
mod limits;
mod lists;
mod migration;
mod needs;
mod observability;
mod output;
mod packages;
mod ramp;
mod ratelimit;
mod reload;
mod routes;
mod rules;
mod settled;
mod soak;
mod sticky;
mod target;
mod upgrade;
mod xds;

fn main() -> ExitCode {
    let canary: &[&[e2e::suite::Test]] = &[
        // The long ones first, so that none of them is left alone at the end.
        chaos::TESTS,
        soak::TESTS,
        lists::TESTS,
        migration::TESTS,
        draw::TESTS,
        hostile::TESTS,
        limits::TESTS,
        packages::TESTS,
        hardened::TESTS,
        upgrade::TESTS,
        xds::TESTS,
        baggage::TESTS,
        calls::TESTS,
        held::TESTS,
        borrow::TESTS,
        config::TESTS,
        examples::TESTS,
        explain::TESTS,
        inherit::TESTS,
        output::TESTS,
        ramp::TESTS,
        reload::TESTS,
        routes::TESTS,
        rules::TESTS,
        sticky::TESTS,
    ];
    e2e::suite::main(&[ratelimit::TESTS, observability::TESTS, auth::TESTS, canary].concat(), needs::NEEDS)
}
