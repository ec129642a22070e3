//! A request before a lease: one credit, and a question if few are left.

use super::remote::Lack;
use crate::lease::page::{self, Seat};
use crate::lease::{Asked, Balance, Lease, Terms};
use crate::place::Place;
use crate::update::{Contended, Edit, Seen, update};
use filter_api::SharedData;

/// Where credits are, and what became of them.
pub(crate) struct Credit {
    place: Place,
    terms: Terms,
    is_taken: bool,
    /// To be sent: nobody else will.
    pub(super) question: Option<Question>,
    /// How the lease stood last.
    pub(super) balance: Balance,
    /// The record as it was looked up.
    seen: Option<Seen>,
}

/// A question to a service about a lease, and where the answer belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) asked: Asked,
    pub(crate) place: Place,
    pub(crate) terms: Terms,
    /// Whether the lease of another key had to give way.
    pub(crate) evicts: bool,
}

impl Credit {
    pub(super) fn new(place: Place, terms: Terms) -> Self {
        let balance = Balance::Empty { in_tail: false };
        Self { place, terms, is_taken: false, question: None, balance, seen: None }
    }

    /// How the lease stands. One host call.
    pub(super) fn look(&mut self, shared: &dyn SharedData) -> Balance {
        let now = shared.monotonic();
        let seen = self.seen.insert(Seen::read(shared, self.place.record));
        let seat = page::seek(&seen.record, &self.place, now, &self.terms);
        self.balance = seat.lease.balance(now, &self.terms);
        self.balance
    }

    /// Takes a credit, and asks for more when few are left: at most one host call beyond the look.
    ///
    /// * `may_ask`: whether the decision has room for a question.
    ///
    /// Returns how the lease stood.
    pub(super) fn take(
        &mut self,
        lack: Lack,
        may_ask: bool,
        shared: &dyn SharedData,
    ) -> Result<Balance, Contended> {
        let Self { place, terms, .. } = self;
        let now = shared.monotonic();
        let taken = update(shared, place.record, self.seen.take(), |record| {
            let seat = page::seek(record, place, now, terms);
            let balance = seat.lease.balance(now, terms);
            let (lease, is_taken) = match seat.lease.take(now, terms) {
                Some(left) => (left, true),
                None => (seat.lease, false),
            };
            // Whoever does not wait for the answer leaves the question to those who do.
            let may_ask = may_ask && (is_taken || lack != Lack::Fall);
            let (lease, asked) = match lease.ask(now, terms).filter(|_| may_ask) {
                Some((lease, asked)) => (lease, Some(asked)),
                None => (lease, None),
            };
            let outcome = (balance, is_taken, asked, seat.evicts);
            if is_taken || asked.is_some() {
                page::put(record, place, seat, lease);
                return Edit::Write(outcome);
            }
            Edit::Leave(outcome)
        });
        let (balance, is_taken, asked, evicts) = taken?;
        self.is_taken = is_taken;
        self.question = asked.map(|asked| Question { asked, place: *place, terms: *terms, evicts });
        self.balance = match balance {
            Balance::Credits(count) => Balance::Credits(count.saturating_sub(1)),
            other => other,
        };
        Ok(balance)
    }

    /// Undoes [`Self::take`]; a question that was not sent is none.
    pub(super) fn give_back(&mut self, shared: &dyn SharedData) {
        let (is_taken, question) = (std::mem::take(&mut self.is_taken), self.question.take());
        if !is_taken && question.is_none() {
            return;
        }
        let Self { place, terms, .. } = self;
        let now = shared.monotonic();
        let undone = |lease: Lease| {
            let lease = question.map_or(lease, |question| lease.withdraw(question.asked, now, terms));
            if is_taken { lease.give_back(now, terms) } else { lease }
        };
        // What cannot be given back is lost: a credit that nobody spends, a question that nobody answers.
        let _ = update(shared, place.record, None, |record| {
            let seat @ Seat { lease, evicts: false, .. } = page::seek(record, place, now, terms) else {
                return Edit::Leave(());
            };
            page::put(record, place, seat, undone(lease));
            Edit::Write(())
        });
    }
}
