//! Command lines, wrong and right.

use super::{Command, HELP, HELP_VALIDATE, UsageError, parse};
use crate::filter::Filter;
use std::path::PathBuf;

fn read(line: &str) -> Result<Command, UsageError> {
    parse(line.split_whitespace().map(Into::into))
}

#[test]
fn refuses() {
    for (line, want) in [
        ("", "a command is missing"),
        ("explain policy.yaml", "there is no command `explain`"),
        ("policy.yaml", "there is no command `policy.yaml`"),
        ("--filter canary", "there is no option `--filter`"),
        ("validate", "a file is missing"),
        ("validate --", "a file is missing"),
        ("validate --filter canary", "a file is missing"),
        ("validate --strict policy.yaml", "there is no option `--strict`"),
        ("validate policy.yaml -v", "there is no option `-v`"),
        ("validate --filter", "--filter wants the name of a filter: auth, canary"),
        ("validate --filter gateway policy.yaml", "there is no filter `gateway`, known here: auth, canary"),
        ("validate --filter=Canary policy.yaml", "there is no filter `Canary`, known here: auth, canary"),
    ] {
        assert_eq!(read(line).map_err(|error| error.to_string()), Err(want.to_owned()), "{line}");
    }
}

#[test]
fn reads() {
    let validate = |files: &[&str]| Command::Validate {
        filter: Filter::Canary,
        files: files.iter().map(PathBuf::from).collect(),
    };
    for (line, want) in [
        ("validate a.yaml", validate(&["a.yaml"])),
        ("validate a.yaml b.json", validate(&["a.yaml", "b.json"])),
        ("validate --filter canary a.yaml", validate(&["a.yaml"])),
        ("validate a.yaml --filter=canary", validate(&["a.yaml"])),
        ("validate -- --filter -h", validate(&["--filter", "-h"])),
        ("--help", Command::Print(HELP.to_owned())),
        ("-h", Command::Print(HELP.to_owned())),
        ("validate --help", Command::Print(HELP_VALIDATE.to_owned())),
        ("validate a.yaml -h", Command::Print(HELP_VALIDATE.to_owned())),
    ] {
        assert_eq!(read(line), Ok(want), "{line}");
    }
}

#[test]
fn help_names_every_filter() {
    assert!(HELP_VALIDATE.contains(&format!("whose policies these are: {}", Filter::names())));
}
