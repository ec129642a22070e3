//! promtool, as `make setup` brought it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::root;

/// Runs it in `folder`; says SKIPPED where there is none.
pub(crate) fn run(what: &str, arguments: &[&str], folder: &Path) {
    let brought = root().join(".tools/bin/promtool");
    let program = if brought.exists() { brought } else { PathBuf::from("promtool") };
    let Ok(said) = Command::new(program).args(arguments).current_dir(folder).output() else {
        // Not by `eprintln!`, which the test runner shows for failed tests only.
        writeln!(
            std::io::stderr(),
            "\nSKIPPED: {what}: promtool is missing: make setup, or apt-get install prometheus"
        )
        .expect("stderr");
        return;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(said.status.success(), "{arguments:?}:\n{}{}", text(&said.stdout), text(&said.stderr));
}
