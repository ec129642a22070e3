//! What a caller is told who may know: the subset, and how it was chosen.

use crate::policy::{Outcome, Policy, Rule, Verdict};
use filter_api::{Item, Mutation, Name, RequestHead};

impl Policy {
    /// What becomes of the field of the response; `None`: nothing.
    pub(crate) fn told(
        &self,
        outcome: &Outcome<'_>,
        request: &impl RequestHead,
    ) -> Option<Mutation<'static>> {
        let mut telling = self.explain.as_ref()?.telling(request);
        if let Some(account) = telling.account() {
            account.add(self.item(outcome, request));
        }
        Some(telling.into())
    }

    /// `"canary";reason=cohort;rule="ios";bucket=371;share=5000`, all buckets and shares out of 10 000.
    fn item(&self, outcome: &Outcome<'_>, request: &impl RequestHead) -> Item {
        let mut item = Item::new(outcome.name.as_str()).bare("reason", outcome.reason.as_str());
        if let Some(rule) = outcome.rule {
            item = item.text("rule", rule.as_str());
        }
        if let Some(bucket) = outcome.bucket {
            item = item.bare("bucket", bucket).bare("share", self.share(outcome, request));
        }
        if self.dry_run { item.flag("dry-run") } else { item }
    }

    /// The share of the subset in the weights that hold now.
    fn share(&self, outcome: &Outcome<'_>, request: &impl RequestHead) -> u16 {
        let rule = |name: &Name| self.rules.iter().find(|rule| rule.name == *name);
        let weights = match outcome.rule.and_then(rule) {
            Some(Rule { verdict: Verdict::Cohort(weights), .. }) => weights,
            _ => self.weights_at(request),
        };
        weights.share(outcome.subset)
    }
}

/// The field of the response.
pub(crate) const EXPLAIN: &str = "x-sluice-explain-canary";
