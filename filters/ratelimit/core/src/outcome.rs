//! A verdict becomes effects or a reply.

use crate::demand::{Demand, Refusal};
use crate::descriptor::Entries;
use crate::explain;
use crate::headers::{Headers, Standing};
use crate::held::held;
use crate::limit::Limit;
use crate::loan::{loan, trial};
use crate::reply::reply;
use filter_api::{Ask, Counter, Decision, Effects, Mutation, SharedData, Telling};

/// How a policy says what it decided.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) headers: Headers,
    pub(crate) dry_run: bool,
    /// `explain:`
    pub(crate) telling: Option<Telling>,
}

/// What comes along with a request that was decided about.
#[derive(Default)]
pub(crate) struct Company {
    /// Limits that only count.
    pub(crate) dry: Vec<Dry>,
    pub(crate) ask: Option<Ask>,
    pub(crate) counters: Vec<Counter>,
}

/// A limit that only counts.
pub(crate) struct Dry {
    pub(crate) demand: Demand,
    /// The request, as a service knows it; empty unless one keeps the limit.
    pub(crate) entries: Entries,
}

impl Style {
    /// The request goes on.
    pub(crate) fn admit(
        &self,
        mut demands: Vec<Demand>,
        company: Company,
        shared: &dyn SharedData,
    ) -> Decision<'static> {
        let Company { mut dry, mut ask, mut counters } = company;
        let mut effects = Effects::default();
        for demand in &demands {
            counters.push(demand.limit.counters.admitted);
            counters.extend(demand.fallback());
        }
        // Each by itself: what one would refuse is no reason not to count it under the others.
        for Dry { demand, entries } in &mut dry {
            let entries = std::mem::take(entries);
            if let Some(global) = demand.open() {
                // Counted when it is answered. One decision carries one question.
                ask = ask.or_else(|| Some(trial(&demand.limit, global, entries)));
                continue;
            }
            demand.take(ask.is_none(), shared, &mut counters);
            ask = ask.or_else(|| loan(demand, || entries));
            counters.extend(demand.fallback());
            match demand.refusal() {
                None => counters.push(demand.limit.counters.admitted),
                Some(refusal) => {
                    counters.extend(demand.limit.counters.refused(refusal.reason, true));
                    effects.log = Some(would_refuse(&demand.limit, refusal));
                }
            }
        }
        effects.response = self
            .fields(&demands, shared)
            .into_iter()
            .map(|(name, value)| Mutation::Set(name, value.into_bytes().into()))
            .collect();
        effects.response.extend(self.told(demands.iter().chain(dry.iter().map(|dry| &dry.demand)), shared));
        let dry = dry.iter_mut().map(|dry| &mut dry.demand);
        effects.held = held(demands.iter_mut().chain(dry).filter_map(Demand::take_place).collect());
        effects.ask = ask;
        effects.counters = counters;
        Decision::Continue(effects)
    }

    /// The request does not go on, unless the policy only counts.
    ///
    /// * `place`: of the limit that answers.
    pub(crate) fn refuse(
        &self,
        demands: &[Demand],
        (place, refusal): (usize, Refusal),
        mut counters: Vec<Counter>,
        shared: &dyn SharedData,
    ) -> Decision<'static> {
        counters.extend(demands.iter().filter_map(Demand::fallback));
        let Some(Demand { limit, .. }) = demands.get(place) else {
            return Decision::Continue(Effects::default());
        };
        counters.extend(limit.counters.refused(refusal.reason, self.dry_run));
        if self.dry_run {
            let log = Some(would_refuse(limit, refusal));
            let response = self.told(demands.iter(), shared).into_iter().collect();
            return Decision::Continue(Effects { response, counters, log, ..Effects::default() });
        }
        let mut fields = self.fields(demands, shared);
        fields.extend(self.tell(demands.iter(), shared).and_then(Telling::into_field));
        let violated =
            demands.iter().filter(|demand| demand.refusal().is_some()).map(|demand| &demand.limit.name);
        Decision::Reply(reply(limit, refusal, violated, fields, counters))
    }

    /// What `explain` tells about limits.
    fn tell<'d>(
        &self,
        demands: impl Iterator<Item = &'d Demand>,
        shared: &dyn SharedData,
    ) -> Option<Telling> {
        let mut telling = self.telling.clone()?;
        if let Some(account) = telling.account() {
            for demand in demands {
                account.add(explain::item(demand, self.dry_run, shared));
            }
        }
        Some(telling)
    }

    /// The same, of an answer that comes from behind.
    fn told<'d>(
        &self,
        demands: impl Iterator<Item = &'d Demand>,
        shared: &dyn SharedData,
    ) -> Option<Mutation<'static>> {
        self.tell(demands, shared).map(Mutation::from)
    }

    /// What the answer says about limits; a dry run says nothing.
    fn fields(&self, demands: &[Demand], shared: &dyn SharedData) -> Vec<(&'static str, String)> {
        if self.headers == Headers::None || self.dry_run {
            return Vec::new();
        }
        let standings: Vec<Standing<'_>> =
            demands.iter().filter_map(|demand| demand.standing(shared)).collect();
        self.headers.fields(&standings)
    }
}

fn would_refuse(limit: &Limit, refusal: Refusal) -> String {
    format!("sluice.ratelimit: dry run: {} would refuse ({})", limit.name, refusal.reason.code())
}
