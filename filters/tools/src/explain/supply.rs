//! What the proxy would fetch, from files.

use filter_api::{Built, Document, UnixTime};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The bodies of documents, by their names in the policy.
#[derive(Clone, Debug, Default)]
pub struct Supply(BTreeMap<(&'static str, String), Vec<u8>>);

impl Supply {
    /// Adds a body.
    ///
    /// * `kind`: as its stats call it: `list`, `keys`, `bundle`, `revocations`.
    pub fn add(&mut self, kind: &'static str, name: &str, body: Vec<u8>) {
        self.0.insert((kind, name.to_owned()), body);
    }

    /// Gives documents what there is for them, as the shell does after a fetch. Returns those that got nothing.
    ///
    /// # Errors
    /// A body that is no such document.
    pub fn install(
        &self,
        documents: &[Rc<dyn Document>],
        now: UnixTime,
    ) -> Result<Vec<(&'static str, String)>, String> {
        let mut missing = Vec::new();
        for document in documents {
            let key = (document.kind(), document.name().as_str().to_owned());
            let Some(body) = self.0.get(&key) else {
                missing.push(key);
                continue;
            };
            let refused = |why: String| format!("{} {}: {why}", key.0, key.1);
            let mut build = document.build(body.clone(), 0);
            let published = loop {
                match build.step() {
                    Built::More(more) => build = more,
                    Built::Done(published) => break published,
                    Built::Refused(why) => return Err(refused(why)),
                }
            };
            document.install(published).map_err(refused)?;
            document.checked(now);
        }
        Ok(missing)
    }

    /// The first body that no document of the policy asks for.
    pub fn stranger(&self, documents: &[Rc<dyn Document>]) -> Option<String> {
        let known = |(kind, name): &(&str, String)| {
            documents.iter().any(|one| one.kind() == *kind && one.name().as_str() == name)
        };
        self.0
            .keys()
            .find(|key| !known(key))
            .map(|(kind, name)| format!("the policy fetches no {kind} {name}"))
    }
}
