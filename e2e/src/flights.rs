//! How many requests for one path an upstream has at once, and had at most.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// By path: now, and at most so far.
#[derive(Default)]
pub(crate) struct Flights(Mutex<BTreeMap<String, (u64, u64)>>);

/// One request; it lands when this is dropped, also by a peer that hangs up.
pub(crate) struct Flight {
    flights: Arc<Flights>,
    path: String,
}

impl Flights {
    pub(crate) fn begin(self: &Arc<Self>, path: &str) -> Flight {
        let mut flights = self.lock();
        let (now, peak) = flights.entry(path.to_owned()).or_default();
        *now += 1;
        *peak = (*peak).max(*now);
        Flight { flights: Arc::clone(self), path: path.to_owned() }
    }

    pub(crate) fn now(&self, path: &str) -> u64 {
        self.lock().get(path).map_or(0, |(now, _)| *now)
    }

    pub(crate) fn peak(&self, path: &str) -> u64 {
        self.lock().get(path).map_or(0, |(_, peak)| *peak)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (u64, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if let Some((now, _)) = self.flights.lock().get_mut(&self.path) {
            *now -= 1;
        }
    }
}
