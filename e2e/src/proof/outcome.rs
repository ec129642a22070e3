//! What a proof found: figures, and what is broken.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::Error;
use crate::paths::repository;

/// The result of one proof.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its name, as `--only` takes it.
    pub name: &'static str,
    /// All of its random numbers come from this.
    pub seed: u64,
    figures: Vec<(String, Value)>,
    broken: Vec<String>,
    /// How often something broke, also beyond those that are kept.
    failures: usize,
}

impl Outcome {
    pub(crate) fn new(name: &'static str, seed: u64) -> Self {
        println!("{name}: seed {seed}");
        Self { name, seed, figures: Vec::new(), broken: Vec::new(), failures: 0 }
    }

    /// One more figure.
    pub(crate) fn figure(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.figures.push((name.into(), value.into()));
    }

    /// An invariant does not hold.
    pub(crate) fn breaks(&mut self, what: impl Into<String>) {
        self.failures += 1;
        // The first ones say it; a thousand more would bury them.
        if self.broken.len() < KEPT {
            self.broken.push(what.into());
        }
    }

    /// The invariant `what` holds, or is broken.
    pub(crate) fn holds(&mut self, holds: bool, what: impl Into<String>) {
        if !holds {
            self.breaks(what);
        }
    }

    /// Whether every invariant held.
    pub fn held(&self) -> bool {
        self.failures == 0
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = format!("{}, seed {}\n", self.name, self.seed);
        for (name, value) in &self.figures {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "  {name:<40} {value}");
        }
        match self.failures {
            0 => text += "  every invariant held\n",
            broken => {
                let _ = writeln!(text, "  BROKEN: {broken}");
                for what in &self.broken {
                    let _ = writeln!(text, "    {what}");
                }
            }
        }
        text
    }

    fn json(&self) -> Value {
        let figures: Map<String, Value> = self.figures.iter().cloned().collect();
        json!({ "seed": self.seed, "figures": figures, "failures": self.failures, "broken": self.broken })
    }

    /// Writes all of these to `target/<name>/report.json`; returns where.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(name: &str, outcomes: &[Self]) -> Result<PathBuf, Error> {
        let document: Map<String, Value> =
            outcomes.iter().map(|outcome| (outcome.name.to_owned(), outcome.json())).collect();
        let path = folder(name)?.join("report.json");
        fs::write(&path, format!("{:#}\n", Value::from(document)))?;
        Ok(path)
    }
}

/// Where a program leaves its report, and requests to look at.
pub(crate) fn folder(name: &str) -> Result<PathBuf, Error> {
    let folder = repository().join("target").join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

const KEPT: usize = 40;
