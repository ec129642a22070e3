//! Asks a rate limit service in the background: for the credits of a lease, or on behalf of a dry run.

use crate::demand::{Demand, Question};
use crate::descriptor::Entries;
use crate::global::Global;
use crate::lease::page;
use crate::limit::Limit;
use crate::reason::Reason;
use crate::rls::{self, Status};
use crate::service;
use crate::update::{Contended, Edit, update};
use filter_api::{Answer, Ask, Background, Counter, GrpcCall, SharedData};
use std::rc::Rc;

/// Asks for credits of one key. While the question is under way the key's lease says so, and nobody else of this proxy
/// asks.
struct Loan {
    limit: Rc<Limit>,
    global: Rc<Global>,
    question: Question,
    message: Vec<u8>,
}

/// Asks what a limit of a dry run would have said.
struct Trial {
    limit: Rc<Limit>,
    global: Rc<Global>,
    message: Vec<u8>,
}

/// The question about a lease that a request leads to, if it does.
///
/// * `entries`: the request, as the service knows it; built only if there is a question.
pub(crate) fn loan(demand: &Demand, entries: impl FnOnce() -> Entries) -> Option<Ask> {
    let (global, question) = demand.question()?;
    let message = rls::question(&global.domain, &[entries()], question.asked.hits);
    let (limit, global) = (Rc::clone(&demand.limit), Rc::clone(global));
    Some(Ask(Rc::new(Loan { limit, global, question, message })))
}

/// The question of a dry run about a limit that is asked for every request.
pub(crate) fn trial(limit: &Rc<Limit>, global: &Rc<Global>, entries: Entries) -> Ask {
    let message = rls::question(&global.domain, &[entries], 1);
    Ask(Rc::new(Trial { limit: Rc::clone(limit), global: Rc::clone(global), message }))
}

impl Background for Loan {
    fn call(&self) -> GrpcCall<'_> {
        service::call(&self.global, self.global.timeout, &self.message)
    }

    /// Two host calls.
    fn on(&self, answer: Answer, shared: &dyn SharedData) -> Vec<Counter> {
        let of_limit = &self.limit.counters;
        let heard = service::hear(&answer).map(|answer| answer.status(0, 1));
        let counter = of_limit.service.map(|service| match &heard {
            Ok(status) if status.is_over => service.refused,
            Ok(_) => service.granted,
            Err(cause) => service.failure(*cause),
        });
        let unsettled = match self.settle(heard.ok(), shared) {
            Ok(evicts) => (evicts || self.question.evicts).then_some(of_limit.table_full),
            // The question is forgotten after a while.
            Err(_) => Some(of_limit.contended),
        };
        counter.into_iter().chain(unsettled).collect()
    }
}

impl Loan {
    /// Writes down what was said; `None`: nothing. Whether another key had to give way.
    fn settle(&self, heard: Option<Status>, shared: &dyn SharedData) -> Result<bool, Contended> {
        let Question { asked, place, terms, .. } = &self.question;
        let now = shared.monotonic();
        update(shared, place.record, None, |record| {
            let seat = page::seek(record, place, now, terms);
            let lease = match heard {
                Some(Status { is_over: false, reset, .. }) => seat.lease.grant(*asked, reset, now, terms),
                Some(Status { is_over: true, reset, .. }) => seat.lease.deny(*asked, reset, now, terms),
                None => seat.lease.fail(*asked, now, terms),
            };
            page::put(record, place, seat, lease);
            Edit::Write(seat.evicts)
        })
    }
}

impl Background for Trial {
    fn call(&self) -> GrpcCall<'_> {
        service::call(&self.global, self.global.timeout, &self.message)
    }

    fn on(&self, answer: Answer, _: &dyn SharedData) -> Vec<Counter> {
        let of_limit = &self.limit.counters;
        match service::hear(&answer) {
            Ok(answer) if answer.is_over => of_limit.refused(Reason::OverLimit, true).collect(),
            Ok(_) => vec![of_limit.admitted],
            Err(cause) => of_limit.service.map(|service| service.failure(cause)).into_iter().collect(),
        }
    }
}
