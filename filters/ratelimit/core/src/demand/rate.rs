//! A request before a rate: one more arrival.

use super::Refusal;
use crate::gcra::{self, Verdict};
use crate::headers::Standing;
use crate::place::Place;
use crate::rate::Rate;
use crate::reason::Reason;
use crate::table;
use crate::ticks::Ticks;
use crate::update::{Contended, Edit, Seen, update};
use filter_api::{Name, SharedData};

/// Where it counts, and what for.
pub(crate) struct Arrival {
    pub(super) rate: Rate,
    place: Place,
    horizon: Ticks,
    /// As it is stored.
    tat: Ticks,
    /// The record as it was looked up.
    seen: Option<Seen>,
}

impl Arrival {
    pub(super) fn new(rate: &Rate, place: Place, horizon: Ticks) -> Self {
        Self { rate: rate.clone(), place, horizon, tat: Ticks::default(), seen: None }
    }

    /// Whether there is room, without taking it. One host call.
    pub(super) fn look(&mut self, shared: &dyn SharedData) -> Option<Refusal> {
        let Self { rate, place, horizon, tat, seen } = self;
        if rate.is_zero() {
            return Some(never(rate));
        }
        let now = Ticks::from(shared.monotonic());
        let seen = seen.insert(Seen::read(shared, place.record));
        let seat = table::seek(&seen.record, place, now, *horizon);
        *tat = seat.tat;
        match gcra::admit(rate, seat.tat, now) {
            Verdict::Admitted { .. } => None,
            Verdict::Refused { wait, tat: bounded } => {
                *tat = bounded;
                if bounded != seat.tat {
                    table::put(&mut seen.record, place, seat, bounded);
                    // Whoever was faster has done the same.
                    let _ = seen.write(shared, place.record);
                }
                Some(Refusal { reason: Reason::OverLimit, wait: Some(wait) })
            }
        }
    }

    /// Takes room. Two host calls if it was not looked up before and nobody interferes.
    ///
    /// Returns whether another key had to give way.
    pub(super) fn take(&mut self, shared: &dyn SharedData) -> Result<Result<bool, Refusal>, Contended> {
        let Self { rate, place, horizon, tat, seen } = self;
        if rate.is_zero() {
            return Ok(Err(never(rate)));
        }
        let now = Ticks::from(shared.monotonic());
        update(shared, place.record, seen.take(), |record| {
            let seat = table::seek(record, place, now, *horizon);
            match gcra::admit(rate, seat.tat, now) {
                Verdict::Admitted { tat: next } => {
                    *tat = next;
                    table::put(record, place, seat, next);
                    Edit::Write(Ok(seat.evicts(now)))
                }
                Verdict::Refused { wait, tat: bounded } => {
                    *tat = bounded;
                    let refusal = Err(Refusal { reason: Reason::OverLimit, wait: Some(wait) });
                    if bounded == seat.tat {
                        return Edit::Leave(refusal);
                    }
                    table::put(record, place, seat, bounded);
                    Edit::Write(refusal)
                }
            }
        })
    }

    /// Undoes [`Self::take`].
    pub(super) fn give_back(&mut self, shared: &dyn SharedData) {
        let Self { rate, place, tat: reached, .. } = self;
        let now = Ticks::from(shared.monotonic());
        let left = update(shared, place.record, None, |record| match table::held(record, place) {
            // Pushed out in the meantime: the floor has it.
            None => Edit::Leave(None),
            Some(seat) => {
                let tat = gcra::give_back(rate, seat.tat, *reached, now);
                table::put(record, place, seat, tat);
                Edit::Write(Some(tat))
            }
        });
        if let Ok(Some(tat)) = left {
            *reached = tat;
        }
    }

    pub(super) fn standing<'n>(&self, name: &'n Name, shared: &dyn SharedData) -> Standing<'n> {
        Standing::of_rate(name, &self.rate, self.tat, shared.monotonic().into())
    }
}

fn never(rate: &Rate) -> Refusal {
    Refusal { reason: Reason::OverLimit, wait: Some(rate.per.into()) }
}
