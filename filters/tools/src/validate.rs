//! `sluice validate`: is this policy one that the filter would accept?

use crate::document;
use crate::filter::Filter;
use std::io::{self, Write};
use std::path::PathBuf;

/// Checks each file and prints `FILE: ok`, or `FILE: path: message` for each problem. True if all are good.
///
/// # Errors
/// What `out` says.
pub fn run(filter: Filter, files: &[PathBuf], out: &mut impl Write) -> io::Result<bool> {
    let mut good = true;
    for file in files {
        let checked = document::read(file).and_then(|policy| filter.check(&policy));
        let file = file.display();
        match checked {
            Ok(()) => writeln!(out, "{file}: ok")?,
            Err(error) => {
                good = false;
                for problem in &error.problems {
                    writeln!(out, "{file}: {problem}")?;
                }
            }
        }
    }
    Ok(good)
}
