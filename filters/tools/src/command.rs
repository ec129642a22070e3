//! The command line of `sluice`.

#[cfg(test)]
mod tests;

use crate::filter::Filter;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Help, or the version.
    Print(String),
    /// `sluice validate`.
    Validate {
        /// Whose policies these are.
        filter: Filter,
        /// At least one.
        files: Vec<PathBuf>,
    },
}

/// A command line that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// Neither a command nor `--help`.
    #[error("a command is missing")]
    NoCommand,
    /// A command that is not there.
    #[error("there is no command `{0}`")]
    UnknownCommand(String),
    /// An option that the command does not have.
    #[error("there is no option `{0}`")]
    UnknownOption(String),
    /// `--filter` at the end.
    #[error("--filter wants the name of a filter: {names}", names = Filter::names())]
    NoFilter,
    /// `--filter` with something else.
    #[error("there is no filter `{0}`, known here: {names}", names = Filter::names())]
    UnknownFilter(String),
    /// No file.
    #[error("a file is missing")]
    NoFile,
}

/// Reads the arguments behind the program's name.
///
/// # Errors
/// What is wrong with them.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut arguments = arguments.into_iter();
    let first = arguments.next().ok_or(UsageError::NoCommand)?;
    match first.to_string_lossy().as_ref() {
        "-h" | "--help" | "help" => Ok(Command::Print(HELP.to_owned())),
        "-V" | "--version" => Ok(Command::Print(format!("sluice {}\n", env!("CARGO_PKG_VERSION")))),
        "validate" => validate(arguments),
        option if option.starts_with('-') => Err(UsageError::UnknownOption(option.to_owned())),
        other => Err(UsageError::UnknownCommand(other.to_owned())),
    }
}

fn validate(mut arguments: impl Iterator<Item = OsString>) -> Result<Command, UsageError> {
    let (mut filter, mut files, mut options) = (Filter::Canary, Vec::new(), true);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.as_ref() {
            "--" if options => options = false,
            "-h" | "--help" if options => return Ok(Command::Print(HELP_VALIDATE.to_owned())),
            "--filter" if options => {
                filter = read_filter(&arguments.next().ok_or(UsageError::NoFilter)?)?;
            }
            option if options && option.starts_with('-') => match option.strip_prefix("--filter=") {
                Some(name) => filter = read_filter(name.as_ref())?,
                None => return Err(UsageError::UnknownOption(option.to_owned())),
            },
            _ => files.push(PathBuf::from(argument)),
        }
    }
    if files.is_empty() { Err(UsageError::NoFile) } else { Ok(Command::Validate { filter, files }) }
}

fn read_filter(name: &OsStr) -> Result<Filter, UsageError> {
    let name = name.to_string_lossy();
    Filter::named(&name).ok_or_else(|| UsageError::UnknownFilter(name.into_owned()))
}

const HELP: &str = "\
Tools for the policies of Sluice's filters.

Usage: sluice COMMAND

Commands:
  validate    check policy files, and say everything that is wrong with them

Options:
  -h, --help       show this; `sluice COMMAND --help` says more about a command
  -V, --version    show the version
";

const HELP_VALIDATE: &str = "\
Checks policy files as the filter itself does when Envoy hands it a policy.

Usage: sluice validate [--filter FILTER] FILE...

A FILE holds one policy and nothing else: what stands below `configuration: value:` in plain Envoy, below
`pluginConfig:` in Istio, below `sluice.<filter>:` in the metadata of a route. A name that ends in .json is read
as JSON, any other as YAML.

For each file prints `FILE: ok`, or each problem on a line of its own: `FILE: path: message`.

Options:
  --filter FILTER    whose policies these are: auth, canary (default)
  -h, --help         show this

Exit status: 0 if all policies are good, 1 if one is not, 2 if the command line is wrong.
";
