//! The policies of each filter's `config/` folder: good ones compile, bad ones say exactly what stands beside them.

mod support;

use sluice::{document, filter::Filter};
use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use support::root;

#[test]
fn good_policies_are_accepted() {
    for filter in Filter::ALL {
        let files = files(&config(filter).join("valid"), "yaml");
        assert!(files.len() >= 5, "{}: {files:?}", filter.name());
        for file in files {
            assert_eq!(problems(filter, &file), "", "{}", file.display());
        }
    }
}

#[test]
fn bad_policies_are_refused_in_exactly_these_words() {
    for filter in Filter::ALL {
        let files = files(&config(filter).join("invalid"), "yaml");
        assert!(files.len() >= 5, "{}: {files:?}", filter.name());
        for file in files {
            let want = fs::read_to_string(file.with_extension("error"))
                .unwrap_or_else(|error| panic!("the error beside {}: {error}", file.display()));
            assert!(!want.trim().is_empty(), "{}", file.display());
            assert_eq!(problems(filter, &file), want, "{}", file.display());
        }
    }
}

#[test]
fn every_file_belongs_to_a_policy() {
    for filter in Filter::ALL {
        let (valid, invalid) = (config(filter).join("valid"), config(filter).join("invalid"));
        let all = |folder: &Path| fs::read_dir(folder).expect("a folder").count();
        assert_eq!(all(&valid), files(&valid, "yaml").len(), "{}", valid.display());
        let policies = files(&invalid, "yaml");
        let errors: Vec<_> = policies.iter().map(|policy| policy.with_extension("error")).collect();
        assert_eq!(files(&invalid, "error"), errors);
        assert_eq!(all(&invalid), policies.len() + errors.len(), "{}", invalid.display());
    }
}

/// The contract: example policies work as they stand. A clone of the repository alone does not have them;
/// `SLUICE_EXAMPLES` names another folder.
#[test]
fn example_policies_are_accepted() {
    let folder =
        env::var_os("SLUICE_EXAMPLES").map_or_else(|| root().join("../shared/examples"), PathBuf::from);
    if !folder.is_dir() {
        // Not `eprintln!`: the test runner keeps to itself what passing tests print.
        writeln!(std::io::stderr(), "\nSKIPPED: example policies: no ../shared/examples here")
            .expect("stderr");
        return;
    }
    for filter in Filter::ALL {
        let examples = files(&folder, "yaml").into_iter().filter(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            name.split('.').next() == Some(filter.name())
        });
        let examples: Vec<_> = examples.collect();
        assert!(!examples.is_empty(), "{}", filter.name());
        for file in examples {
            assert_eq!(problems(filter, &file), "", "{}", file.display());
        }
    }
}

fn config(filter: Filter) -> PathBuf {
    root().join("filters").join(filter.name()).join("config")
}

/// The files of a folder that end so, sorted.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let files = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// Everything that is wrong with a policy, a line each.
fn problems(filter: Filter, file: &Path) -> String {
    match document::read(file).and_then(|policy| filter.check(&policy)) {
        Ok(()) => String::new(),
        Err(error) => error.problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}
