//! The command `sluice`.

use clap::{CommandFactory as _, Parser as _};
use sluice::command::{Command, CommandLine};
use sluice::{explain, json, render, schema, validate};
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let done = match CommandLine::parse().command {
        Command::Validate(given) => validate::run(&given.into(), &mut out),
        Command::Explain(given) => explain::run(&given, &mut out, &mut io::stderr().lock()),
        Command::Render(given) => render::run(&given, &mut out, &mut io::stderr().lock()),
        Command::Schema(given) => {
            out.write_all(json::pretty(&schema::of(given.filter)).as_bytes()).map(|()| true)
        }
        Command::Completions(given) => {
            clap_complete::generate(given.shell, &mut CommandLine::command(), "sluice", &mut out);
            Ok(true)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // Whoever reads the output may have read enough (`| head`): nothing to say then, and nobody to say it to.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}
