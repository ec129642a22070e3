//! The command `sluice`.

use sluice::command::{Command, parse};
use sluice::validate;
use std::io::{self, Write as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("sluice: {error}\n\nTry `sluice --help`.");
            return ExitCode::from(2);
        }
    };
    let mut out = io::stdout().lock();
    let done = match command {
        Command::Print(text) => out.write_all(text.as_bytes()).map(|()| true),
        Command::Validate { filter, files } => validate::run(filter, &files, &mut out),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // Whoever reads the output may have read enough (`| head`): nothing to say then, and nobody to say it to.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}
