//! What `sluice` prints, and the status with which it ends, word for word: transcripts in `golden/`, and those that are shown
//! in the README. `SLUICE_GOLDEN=write` writes them anew; read the difference before you commit it.
//!
//! A line that begins with `$ sluice` is run in `golden/`; what follows, up to the next one or an empty line behind which
//! there is one, is what it prints. `? 1` at the end is the status, if it is not 0.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use support::root;

#[test]
fn transcripts() {
    let mut files = files(&folder(), "console");
    assert!(files.len() >= 2, "{files:?}");
    files.push(root().join("filters/tools/README.md"));
    let write = env::var("SLUICE_GOLDEN").is_ok_and(|value| value == "write");
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let replayed = if file.extension().is_some_and(|ending| ending == "md") {
            replay_blocks(&text)
        } else {
            replay(&text)
        };
        if write {
            fs::write(&file, replayed).expect("a transcript");
        } else if replayed != text {
            wrong.push(format!("{}:\n{}", file.display(), difference(&text, &replayed)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The mechanism itself: it sees what a command prints, and with which status it ends.
#[test]
fn a_transcript_with_other_output_is_seen() {
    let text = "$ sluice validate no-such-file.yaml\nno-such-file.yaml: ok\n";
    let replayed = replay(text);
    assert!(replayed.contains("no-such-file.yaml: cannot be read: No such file"), "{replayed}");
    assert!(replayed.ends_with("\n? 1\n"), "{replayed}");
    assert!(difference(text, &replayed).contains("- no-such-file.yaml: ok"));
}

fn folder() -> PathBuf {
    root().join("filters/tools/tests/golden")
}

/// The transcript as it would be now. Comments (`# ..`) and empty lines before a command stay.
fn replay(text: &str) -> String {
    let mut now = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            now += &format!("{line}\n{}", run(command));
        } else if line.starts_with("# ") {
            now += &format!("\n{line}\n");
        }
    }
    now.trim_start().to_owned()
}

/// The blocks of a page that are marked as `console`.
fn replay_blocks(page: &str) -> String {
    let mut parts = page.split("```console\n");
    let mut now = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (block, rest) = part.split_once("```").expect("a block that ends");
        now += &format!("```console\n{}```{rest}", replay(block));
    }
    now
}

/// Output, error output and status of one command line; arguments may stand in single quotes.
fn run(command: &str) -> String {
    let mut arguments = Vec::new();
    for (place, part) in command.split('\'').enumerate() {
        if place % 2 == 1 {
            arguments.push(part.to_owned());
        } else {
            arguments.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    assert_eq!(arguments.first().map(String::as_str), Some("sluice"), "{command}");
    let output = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(&arguments[1..])
        .current_dir(folder())
        .env("COLUMNS", "120")
        .output()
        .expect("sluice runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let mut printed = text(output.stdout) + &text(output.stderr);
    // Only its ends: what stands in between is what is tested.
    printed.truncate(printed.trim_end().len());
    if !printed.is_empty() {
        printed.push('\n');
    }
    match output.status.code() {
        Some(0) => printed,
        status => format!("{printed}? {}\n", status.map_or("killed".to_owned(), |code| code.to_string())),
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the transcripts").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        entries.filter(|file| file.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// The lines of one that the other does not have.
fn difference(want: &str, have: &str) -> String {
    let missing = want.lines().filter(|line| !have.lines().any(|other| other == *line));
    let added = have.lines().filter(|line| !want.lines().any(|other| other == *line));
    missing.map(|line| format!("- {line}\n")).chain(added.map(|line| format!("+ {line}\n"))).collect()
}
