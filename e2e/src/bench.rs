//! What the bench needs beyond the tests: edits of everything, and a rename whose moment is known.

use std::path::PathBuf;
use std::{fs, io};

use serde_json::{Value, json};

use crate::bootstrap::Bootstrap;
use crate::place::{FILTER, ROUTES};
use crate::stack::Stack;

impl Bootstrap {
    /// Any other change of Envoy's bootstrap.
    #[must_use]
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.envoy);
        self
    }

    /// Any other change of the route table that comes over RDS.
    ///
    /// # Panics
    /// When none does.
    #[must_use]
    pub fn edit_routes(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.routes.as_mut().expect("routes over RDS")["resources"][0]);
        self
    }
}

/// The next version of a watched file, written but not yet in force.
#[derive(Debug)]
pub struct Staged {
    next: PathBuf,
    file: PathBuf,
}

impl Staged {
    /// Renames it: from now on Envoy may see it.
    ///
    /// # Errors
    /// When the file cannot be renamed.
    pub fn release(self) -> io::Result<()> {
        fs::rename(self.next, self.file)
    }
}

impl Stack {
    /// Writes the filter (ECDS) of another bootstrap.
    ///
    /// # Errors
    /// When the file cannot be written, or that bootstrap has no ECDS.
    pub fn stage_filter(&mut self, next: &Bootstrap) -> io::Result<Staged> {
        self.stage(FILTER, next.filter.as_ref())
    }

    /// Writes the routes (RDS) of another bootstrap.
    ///
    /// # Errors
    /// When the file cannot be written, or that bootstrap has no RDS.
    pub fn stage_routes(&mut self, next: &Bootstrap) -> io::Result<Staged> {
        self.stage(ROUTES, next.routes.as_ref())
    }

    /// What was started, as it runs.
    pub fn bootstrap(&self) -> Bootstrap {
        self.bootstrap.clone()
    }

    fn stage(&mut self, file: &str, content: Option<&Value>) -> io::Result<Staged> {
        let mut content = content.cloned().ok_or_else(|| io::Error::other("nothing here comes over xDS"))?;
        self.updates += 1;
        content["version_info"] = json!(self.updates.to_string());
        let work = &self.envoy.work;
        Ok(Staged { next: work.write("next", content.to_string())?, file: work.path().join(file) })
    }
}
