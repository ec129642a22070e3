//! The places that a request has taken among those in flight.

#[cfg(test)]
mod tests;

use crate::in_flight::Stay;
use crate::update::{Edit, update};
use filter_api::{Held, Holding, SharedData};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// A place that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    stay: Stay,
    /// Where it counts; `None` once it was given back.
    bin: Cell<Option<u64>>,
}

impl Taken {
    pub(crate) fn new(stay: Stay, bin: u64) -> Self {
        Self { stay, bin: Cell::new(Some(bin)) }
    }

    /// Gives it back, once. If other workers are faster too many times, the lease does it.
    pub(crate) fn give_back(&self, shared: &dyn SharedData) {
        let Some(bin) = self.bin.take() else { return };
        let now = shared.monotonic();
        let _ =
            update(shared, self.stay.place.record, None, |record| match self.stay.leave(record, now, bin) {
                true => Edit::Write(()),
                false => Edit::Leave(()),
            });
    }

    fn renew(&self, shared: &dyn SharedData) {
        let Some(bin) = self.bin.get() else { return };
        let now = shared.monotonic();
        let renewed =
            update(shared, self.stay.place.record, None, |record| match self.stay.renew(record, now, bin) {
                Some(bin) => Edit::Write(Some(bin)),
                None => Edit::Leave(None),
            });
        // Otherwise it stays where it was until the next time.
        if let Ok(Some(bin)) = renewed {
            self.bin.set(Some(bin));
        }
    }
}

/// All places of a request.
#[derive(Debug)]
struct Places(Vec<Taken>);

impl Holding for Places {
    fn give_back(&self, shared: &dyn SharedData) {
        for taken in &self.0 {
            taken.give_back(shared);
        }
    }

    fn renew(&self, shared: &dyn SharedData) {
        for taken in &self.0 {
            taken.renew(shared);
        }
    }

    fn renewal(&self) -> Duration {
        self.0.iter().map(|taken| taken.stay.renewal()).min().unwrap_or(Duration::MAX)
    }
}

/// As a decision carries it; `None` if nothing was taken.
pub(crate) fn held(places: Vec<Taken>) -> Option<Held> {
    (!places.is_empty()).then(|| Held(Rc::new(Places(places))))
}
