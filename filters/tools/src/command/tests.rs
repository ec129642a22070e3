//! The command line as a whole; what it prints stands in `tests/golden`.

use super::CommandLine;
use clap::{CommandFactory as _, Parser as _};

#[test]
fn is_well_formed() {
    CommandLine::command().debug_assert();
}

#[test]
fn refuses() {
    for (line, want) in [
        ("sluice", "Usage: sluice <COMMAND>"),
        ("sluice policy.yaml", "unrecognized subcommand 'policy.yaml'"),
        ("sluice --filter canary", "unexpected argument '--filter'"),
        ("sluice validate", "<FILE>..."),
        ("sluice validate --filter canary", "<FILE>..."),
        ("sluice validate --strict policy.yaml", "unexpected argument '--strict'"),
        ("sluice validate --filter", "a value is required for '--filter <FILTER>'"),
        ("sluice validate --filter gateway policy.yaml", "[possible values: auth, canary, ratelimit]"),
        ("sluice validate --filter=Canary policy.yaml", "invalid value 'Canary'"),
        ("sluice completions tcsh", "invalid value 'tcsh'"),
    ] {
        let error = CommandLine::try_parse_from(line.split(' ')).expect_err(line);
        assert!(error.to_string().contains(want), "{line}: {error}");
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn reads() {
    for line in [
        "sluice validate a.yaml",
        "sluice validate a.yaml b.json -",
        "sluice validate --filter canary a.yaml",
        "sluice validate a.yaml --filter=ratelimit --deny-warnings",
        "sluice validate -- --filter",
        "sluice completions bash",
    ] {
        assert!(CommandLine::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
}
