//! The decision: is there room under every limit that is about a request?

use crate::config;
use crate::counters::Counters;
use crate::demand::{Demand, Lack};
use crate::descriptor::{self, Entries};
use crate::headers::Headers;
use crate::in_flight;
use crate::inquiry::inquire;
use crate::lease::page;
use crate::limit::{Bucket, Control, Limit};
use crate::loan::loan;
use crate::outcome::{Company, Dry, Style};
use crate::place::Table;
use crate::spend::{Stop, spend};
use crate::table;
use crate::ticks::Ticks;
use filter_api::{
    ConfigError, Decision, Document, Explain, FetchedList, Item, NamedList, Patience, RequestHead,
    SharedData, StatName, Telling, Value,
};
use std::rc::Rc;

/// A compiled policy. What it counts is in shared data.
#[derive(Debug)]
pub struct Policy {
    pub(crate) limits: Vec<Rc<Limit>>,
    pub(crate) lists: Vec<Rc<NamedList>>,
    pub(crate) headers: Headers,
    pub(crate) explain: Option<Explain>,
    pub(crate) tables: Tables,
    pub(crate) dry_run: bool,
    pub(crate) counters: Counters,
}

/// Where limits with keys keep their counts.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) rates: Table,
    pub(crate) stays: Table,
    pub(crate) leases: Table,
    /// The longest time that a bucket takes to become whole.
    pub(crate) horizon: Ticks,
}

impl Tables {
    pub(crate) fn new(max_keys: u32, limits: &[Rc<Limit>]) -> Self {
        let period = |bucket: &Bucket| bucket.rate.period();
        let longest = |limit: &Rc<Limit>| match &limit.control {
            Control::Rate(bucket) | Control::Global(_, Some(bucket)) => period(bucket),
            Control::RateBy(rate_by) => {
                let plans = rate_by.table.iter().map(|(_, bucket)| bucket);
                plans.map(period).fold(period(&rate_by.otherwise), Ticks::max)
            }
            Control::Concurrency(_) | Control::Global(_, None) => Ticks::default(),
        };
        Self {
            rates: Table::new("rates", max_keys, table::SLOTS),
            stays: Table::new("stays", max_keys, in_flight::SLOTS),
            leases: Table::new("leases", max_keys, page::SLOTS),
            horizon: limits.iter().map(longest).max().unwrap_or_default(),
        }
    }
}

impl Policy {
    /// Compiles a policy document.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn compile(value: &Value) -> Result<Self, ConfigError> {
        config::read_policy(value)
    }

    /// The counters that decisions name by their place in this list.
    #[must_use]
    pub fn counters(&self) -> &[StatName] {
        self.counters.names()
    }

    /// The lists that are to be fetched.
    #[must_use]
    pub fn documents(&self) -> Vec<Rc<dyn Document>> {
        FetchedList::documents(&self.lists)
    }

    /// Decides about a request, and counts it. Reads no more of it than predicates and keys take; two more host calls
    /// for each limit that is about it, and the clock.
    ///
    /// * `may_wait`: whether the request can stand still until somebody else's question is answered. Its own calls are
    ///   another matter.
    pub fn decide(
        &self,
        request: &impl RequestHead,
        shared: &impl SharedData,
        may_wait: bool,
    ) -> Decision<'static> {
        let (mut demands, mut company) = self.demands(request, shared, may_wait);
        let stop = spend(&mut demands, shared, &mut company.counters);
        company.ask = demands.iter().find_map(|demand| loan(demand, || entries(demand, request)));
        let style = match stop {
            // It is decided again from the beginning, and counted then.
            Err(Stop::Lacking(span)) => return Decision::Wait(Patience { span, ask: company.ask }),
            _ => self.style(&demands, &company.dry, request),
        };
        match stop {
            Err(Stop::Refused(place, refusal)) => {
                style.refuse(&demands, (place, refusal), company.counters, shared)
            }
            _ => match inquire(&style, demands, company, request) {
                Ok(call) => call,
                Err((demands, company)) => style.admit(demands, company, shared),
            },
        }
    }

    /// How the decision is said. Told are the limits that are about the request; those that it does not count for, here.
    fn style(&self, demands: &[Demand], dry: &[Dry], request: &impl RequestHead) -> Style {
        let mut telling = self.explain.as_ref().map(|explain| explain.telling(request));
        if let Some(account) = telling.as_mut().and_then(Telling::account) {
            let counts = |limit: &Rc<Limit>| {
                let dry = dry.iter().map(|dry| &dry.demand);
                demands.iter().chain(dry).any(|demand| Rc::ptr_eq(&demand.limit, limit))
            };
            let skipped = |limit: &&Rc<Limit>| !counts(limit) && limit.is_about(request);
            for limit in self.limits.iter().filter(skipped) {
                account.add(Item::new(limit.name.as_str()).flag("skipped"));
            }
        }
        Style { headers: self.headers, dry_run: self.dry_run, telling }
    }

    /// What a request wants of all limits that are about it.
    fn demands(
        &self,
        request: &impl RequestHead,
        shared: &impl SharedData,
        may_wait: bool,
    ) -> (Vec<Demand>, Company) {
        let mut company = Company { counters: Vec::with_capacity(self.limits.len()), ..Company::default() };
        let mut demands = Vec::new();
        for limit in self.limits.iter().filter(|limit| limit.is_about(request)) {
            // Nobody stands still for the sake of a dry run.
            let is_dry = limit.dry_run || self.dry_run && limit.global().is_some();
            let lack = match may_wait {
                _ if is_dry => Lack::Pass,
                true => Lack::Wait,
                false => Lack::Fall,
            };
            match Demand::new(limit, &self.tables, request, shared, lack) {
                None => company.counters.push(limit.counters.skipped),
                Some(demand) if is_dry => {
                    let entries = entries(&demand, request);
                    company.dry.push(Dry { demand, entries });
                }
                Some(demand) => demands.push(demand),
            }
        }
        (demands, company)
    }
}

/// The request, as the service knows it that keeps a limit.
fn entries(demand: &Demand, request: &impl RequestHead) -> Entries {
    let Demand { limit, .. } = demand;
    limit.global().map(|global| descriptor::entries(global, limit.keys(), request)).unwrap_or_default()
}
