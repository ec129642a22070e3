//! `sluice validate`: would filters, and those who run them, accept this, and is it wise?

pub mod finding; // problems and warnings
pub mod kind; // what a document is
pub mod site; // where policies stand
mod visit; // paths
pub mod warnings; // what is legal, but dangerous

use crate::document;
use crate::filter::Filter;
use crate::json;
use crate::located::Located;
use crate::tree::{map, string};
use filter_api::Value;
use finding::Finding;
use site::Document;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What to check, and how strictly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// All files hold policies of this filter and nothing else; `None`: each is looked at.
    pub filter: Option<Filter>,
    /// A warning is a failure.
    pub deny_warnings: bool,
    /// For programs.
    pub json: bool,
    /// At least one; `-` is the standard input.
    pub files: Vec<PathBuf>,
}

/// Prints `FILE: ok ..` for each file, or a line for everything that is wrong; or all of it as one JSON document. True if
/// all is well.
///
/// # Errors
/// What `out` says.
pub fn run(check: &Check, out: &mut impl Write) -> io::Result<bool> {
    let files: Vec<File> = check.files.iter().map(|file| read(file)).collect();
    let sources: Vec<Vec<&str>> = files.iter().map(|file| file.source.lines().collect()).collect();
    let documents: Vec<Vec<Document<'_>>> = files
        .iter()
        .zip(&sources)
        .map(|(file, source)| {
            file.documents.iter().map(|root| kind::document(check.filter, root, source)).collect()
        })
        .collect();
    let all: Vec<&Document<'_>> = documents.iter().flatten().collect();
    let mut judged = Vec::new();
    for (file, documents) in files.iter().zip(&documents) {
        let mut findings = file.unreadable.clone();
        for document in documents {
            findings.extend(problems(document));
            findings.extend(warnings::of(document, &all));
        }
        // As they stand in the file; those of one line as they were found.
        findings.sort_by_key(|finding| finding.line);
        let filters = documents.iter().flat_map(Document::policies).map(|policy| policy.filter).collect();
        let good = findings.iter().all(|finding| finding.warning.is_some() && !check.deny_warnings);
        judged.push(Judged { name: &file.name, filters, findings, good });
    }
    if check.json {
        let files = Value::List(judged.iter().map(Judged::value).collect());
        out.write_all(json::pretty(&map([("files", files)])).as_bytes())?;
    } else {
        for judged in &judged {
            judged.print(out)?;
        }
    }
    Ok(judged.iter().all(|judged| judged.good))
}

/// A file, and all that is to be said about it.
struct Judged<'f> {
    name: &'f str,
    /// Whose policies are in it.
    filters: Vec<Filter>,
    /// In the order of their lines.
    findings: Vec<Finding>,
    good: bool,
}

impl Judged<'_> {
    fn value(&self) -> Value {
        let filters = self.filters.iter().map(|filter| string(filter.name()));
        map([
            ("file", string(self.name)),
            ("ok", Value::Bool(self.good)),
            ("policies", Value::List(filters.collect())),
            ("findings", Value::List(self.findings.iter().map(Finding::value).collect())),
        ])
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { name, filters, findings, good } = self;
        for finding in findings {
            writeln!(out, "{name}:{finding}")?;
        }
        if !good {
            return Ok(());
        }
        let filters: Vec<&str> = filters.iter().map(|filter| filter.name()).collect();
        let policies = match filters.len() {
            0 => "no policy in it".to_owned(),
            1 => format!("a policy of {}", filters.join("")),
            count => format!("{count} policies: {}", filters.join(", ")),
        };
        let warnings = match findings.len() {
            0 => String::new(),
            1 => ", 1 warning".to_owned(),
            count => format!(", {count} warnings"),
        };
        writeln!(out, "{name}: ok ({policies}{warnings})")
    }
}

/// All that would be refused.
#[must_use]
pub fn problems(document: &Document<'_>) -> Vec<Finding> {
    let mut found = document.findings.clone();
    for policy in document.policies() {
        let Err(error) = policy.filter.check(&policy.tree.value()) else { continue };
        found.extend(error.problems.into_iter().map(|problem| {
            let line = policy.tree.line_of(&problem.path, problem.message == "given twice");
            Finding::problem(line, visit::join(&policy.path, &problem.path), problem.message)
        }));
    }
    found
}

/// A file, as far as it can be read.
struct File {
    name: String,
    source: String,
    documents: Vec<Located>,
    unreadable: Vec<Finding>,
}

fn read(path: &Path) -> File {
    let name = path.display().to_string();
    let refused = |error: document::Unreadable| Finding::problem(error.line, "", error.message);
    let bytes = match document::bytes(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return File {
                name,
                source: String::new(),
                documents: Vec::new(),
                unreadable: vec![refused(error)],
            };
        }
    };
    let source = String::from_utf8_lossy(&bytes).into_owned();
    match document::all(path, &bytes) {
        Ok(documents) if documents.is_empty() => {
            let nothing = Finding::problem(1, "", "holds nothing");
            File { name, source, documents, unreadable: vec![nothing] }
        }
        Ok(documents) => File { name, source, documents, unreadable: Vec::new() },
        Err(error) => File { name, source, documents: Vec::new(), unreadable: vec![refused(error)] },
    }
}
