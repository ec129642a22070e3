//! One counter for each way to decide: `sluice.canary.decisions` by subset, reason and rule.

#[cfg(test)]
mod tests;

use crate::policy::{Reason, Rule, Subset, Verdict};
use filter_api::{Counter, StatName};

/// The counters of one policy, named at configuration time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    names: Vec<StatName>,
    /// By subset, in the order of [`FREE`].
    free: Vec<[Counter; 3]>,
    /// By rule, then by subset; a fixed rule has one.
    by_rule: Vec<Vec<Counter>>,
}

/// The reasons that no rule gave.
const FREE: [Reason; 3] = [Reason::Draw, Reason::Random, Reason::Inherited];

impl Counters {
    pub(crate) fn new(subsets: &[Subset], rules: &[Rule], dry_run: bool) -> Self {
        let mut counters = Self::default();
        for subset in subsets {
            let free = FREE.map(|reason| counters.define(subset, reason, "-", dry_run));
            counters.free.push(free);
        }
        for rule in rules {
            let dry_run = dry_run || rule.dry_run;
            let chosen = match &rule.verdict {
                Verdict::Fixed(subset) => subsets.get(*subset).map_or(&[][..], std::slice::from_ref),
                Verdict::Cohort(_) => subsets,
            };
            let of_rule = chosen
                .iter()
                .map(|subset| counters.define(subset, rule.verdict.reason(), rule.name.as_str(), dry_run))
                .collect();
            counters.by_rule.push(of_rule);
        }
        counters
    }

    pub(crate) fn names(&self) -> &[StatName] {
        &self.names
    }

    pub(crate) fn free(&self, subset: usize, reason: Reason) -> Option<Counter> {
        let place = FREE.iter().position(|free| *free == reason)?;
        self.free.get(subset)?.get(place).copied()
    }

    pub(crate) fn of_rule(&self, rule: usize, verdict: &Verdict, subset: usize) -> Option<Counter> {
        let place = if matches!(verdict, Verdict::Fixed(_)) { 0 } else { subset };
        self.by_rule.get(rule)?.get(place).copied()
    }

    fn define(&mut self, subset: &Subset, reason: Reason, rule: &str, dry_run: bool) -> Counter {
        let base = if dry_run { "sluice.canary.dry_run_decisions" } else { "sluice.canary.decisions" };
        let name =
            StatName::new(base).tag("subset", &subset.name).tag("reason", reason.as_str()).tag("rule", rule);
        let place = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name);
        Counter(place)
    }
}
