//! Changes while Envoy serves: a file is replaced in one step, and Envoy says what it made of it.

use serde_json::{Value, json};

use crate::Error;
use crate::bootstrap::Bootstrap;
use crate::place::{FILTER, ROUTES};
use crate::poll;
use crate::stack::Stack;
use crate::stats::Stats;

/// What Envoy's main thread made of a new resource. Workers take an accepted one a moment later, so a test that needs it
/// in force everywhere waits for what it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// It is coming into force.
    Accepted,
    /// The last good one keeps serving.
    Rejected,
}

impl Stack {
    /// Puts another plugin-wide policy (YAML) in force through ECDS.
    ///
    /// # Panics
    /// When this stack has no ECDS, or Envoy does not react.
    pub async fn update_policy(&mut self, yaml: &str) -> Update {
        self.try_update_policy(yaml).await.unwrap_or_else(|e| panic!("{e}\n{yaml}"))
    }

    /// The same for a text that somebody else wrote.
    ///
    /// # Errors
    /// When the text is no YAML; nothing was changed then.
    pub async fn try_update_policy(&mut self, yaml: &str) -> Result<Update, Error> {
        let next = self.bootstrap.clone().try_policy(yaml)?;
        Ok(self.update(next, FILTER).await)
    }

    /// Changes the bootstrap's routes, and puts them in force through RDS.
    ///
    /// # Panics
    /// When this stack has no RDS, or Envoy does not react.
    pub async fn update_routes(&mut self, change: impl FnOnce(Bootstrap) -> Bootstrap) -> Update {
        let next = change(self.bootstrap.clone());
        self.update(next, ROUTES).await
    }

    /// Puts another module in force through ECDS, in a file of its own, as an upgrade does it.
    ///
    /// # Panics
    /// When this stack has no ECDS, or Envoy does not react.
    pub async fn update_module(&mut self, module: &[u8]) -> Update {
        let file = self
            .envoy
            .work
            .write(&format!("module-{}.wasm", self.updates), module)
            .expect("write the module");
        let mut next = self.bootstrap.clone();
        next.plugin()["vm_config"]["code"] = json!({ "local": { "filename": file } });
        self.update(next, FILTER).await
    }

    async fn update(&mut self, mut next: Bootstrap, file: &str) -> Update {
        let name = next.filter_name;
        let (content, stats) = match file {
            ROUTES => (&mut next.routes, "http.http.rds.shop".to_owned()),
            _ => (&mut next.filter, format!("extension_config_discovery.http_filter.{name}")),
        };
        let content: &mut Value = content.as_mut().expect("a stack over xDS");
        // Envoy takes a file with the content of the last one for the same version, and says nothing.
        self.updates += 1;
        content["version_info"] = json!(self.updates.to_string());
        let accepted = |s: &Stats| s.value(&format!("{stats}.update_success"));
        let rejected = |s: &Stats| s.value(&format!("{stats}.update_rejected"));
        let before = self.stats().await;
        self.envoy.work.replace(file, content.to_string()).expect("write the resource");
        let update = poll::until(&format!("{stats} to move"), async || {
            let now = self.stats().await;
            if accepted(&now) > accepted(&before) {
                return Some(Update::Accepted);
            }
            (rejected(&now) > rejected(&before)).then_some(Update::Rejected)
        })
        .await;
        if update == Update::Accepted {
            self.bootstrap = next;
        }
        update
    }
}
