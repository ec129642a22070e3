//! End to end: the shipped files, a real Envoy, a real client. One file per noun.

use std::process::ExitCode;

mod smoke;

fn main() -> ExitCode {
    e2e::suite::main(&[smoke::TESTS])
}
