//! A request before a limit of requests in flight: one more place.

use super::Refusal;
use crate::headers::Standing;
use crate::held::Taken;
use crate::in_flight::{Entry, Stay};
use crate::limit::Concurrency;
use crate::place::Place;
use crate::reason::Reason;
use crate::update::{Contended, Edit, Seen, update};
use filter_api::{Name, SharedData};

/// Where it counts, and the place once it is taken.
pub(crate) struct Visit {
    max: u32,
    stay: Stay,
    /// How many places are taken.
    count: u32,
    taken: Option<Taken>,
    /// The record as it was looked up.
    seen: Option<Seen>,
}

impl Visit {
    pub(super) fn new(concurrency: &Concurrency, place: Place) -> Self {
        let stay = Stay::new(place, concurrency);
        Self { max: concurrency.max, stay, count: 0, taken: None, seen: None }
    }

    /// Whether there is room, without taking it. One host call.
    pub(super) fn look(&mut self, shared: &dyn SharedData) -> Option<Refusal> {
        let seen = self.seen.insert(Seen::read(shared, self.stay.place.record));
        match self.stay.count(&seen.record, shared.monotonic()) {
            None => Some(Refusal::for_now(Reason::TableFull)),
            Some(taken) => {
                self.count = taken;
                (taken >= self.max).then(|| Refusal::for_now(Reason::InFlight))
            }
        }
    }

    /// Takes a place. Two host calls if it was not looked up before and nobody interferes.
    pub(super) fn take(&mut self, shared: &dyn SharedData) -> Result<Result<(), Refusal>, Contended> {
        let Self { max, stay, count, taken: place, seen } = self;
        let now = shared.monotonic();
        let entered =
            update(shared, stay.place.record, seen.take(), |record| match stay.enter(record, now, *max) {
                Entry::Taken { bin, count: taken } => {
                    *count = taken;
                    Edit::Write(Ok(bin))
                }
                Entry::Full { count: taken } => {
                    *count = taken;
                    Edit::Leave(Err(Refusal::for_now(Reason::InFlight)))
                }
                Entry::NoSlot => Edit::Leave(Err(Refusal::for_now(Reason::TableFull))),
            })?;
        Ok(entered.map(|bin| *place = Some(Taken::new(*stay, bin))))
    }

    /// Undoes [`Self::take`].
    pub(super) fn give_back(&mut self, shared: &dyn SharedData) {
        // Or it was taken out, and is given back by who has it.
        if let Some(taken) = self.taken.take() {
            taken.give_back(shared);
        }
        self.count = self.count.saturating_sub(1);
    }

    pub(super) fn take_place(&mut self) -> Option<Taken> {
        self.taken.take()
    }

    pub(super) fn standing<'n>(&self, name: &'n Name) -> Standing<'n> {
        Standing::of_places(name, self.max, self.count)
    }
}
