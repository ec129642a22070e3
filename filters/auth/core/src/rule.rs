//! A rule: which requests, and what of them.

use crate::require::Require;
use filter_api::{Name, Predicate, RequestHead};

/// One of `rules:`.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Name,
    /// `None`: every request.
    pub(crate) when: Option<Predicate>,
    pub(crate) verdict: Verdict,
    pub(crate) dry_run: bool,
}

/// What a rule says about the requests that it is about.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// `allow: anyone`.
    Anyone,
    /// `require:`.
    Require(Require),
}

impl Rule {
    pub(crate) fn is_about(&self, request: &impl RequestHead) -> bool {
        self.when.as_ref().is_none_or(|when| when.matches(request))
    }
}
