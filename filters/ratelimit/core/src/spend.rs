//! All limits of a request: what one refuses costs none of the others anything.

use crate::demand::{Demand, Refusal};
use filter_api::{Counter, SharedData};
use std::time::Duration;

/// Why a request does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The place of the limit that answers, and its refusal.
    Refused(usize, Refusal),
    /// A service is being asked, and has so long to answer.
    Lacking(Duration),
}

/// Takes what a request wants of all its limits, or nothing of any.
///
/// Each is looked at before the first is taken. If another worker takes the last of one in between, what was taken
/// of those before it is given back.
///
/// # Errors
/// What stops it.
pub(crate) fn spend(
    demands: &mut [Demand],
    shared: &dyn SharedData,
    counters: &mut Vec<Counter>,
) -> Result<(), Stop> {
    let mut first = None;
    if demands.len() > 1 {
        for demand in &mut *demands {
            demand.look(shared);
        }
        if let Some((place, refusal)) = worst(demands) {
            return Err(Stop::Refused(place, refusal));
        }
        // It says that it asks before anything is taken of the others, or finds that somebody else has.
        first = demands.iter().position(|demand| demand.lacks().is_some());
    }
    let others = (0..demands.len()).filter(|place| Some(*place) != first);
    let mut taken = Vec::new();
    for place in first.into_iter().chain(others) {
        // One decision carries one question.
        let may_ask = !demands.iter().any(|demand| demand.question().is_some());
        let Some(demand) = demands.get_mut(place) else { continue };
        demand.take(may_ask, shared, counters);
        let stop = match (demand.refusal(), demand.lacks()) {
            (Some(refusal), _) => Stop::Refused(place, refusal),
            (None, Some(timeout)) => Stop::Lacking(timeout),
            (None, None) => {
                // Most requests have one limit, and nothing comes after it.
                if demands.len() > 1 {
                    taken.push(place);
                }
                continue;
            }
        };
        give_back(demands, &taken, shared);
        return Err(stop);
    }
    Ok(())
}

/// Gives back what was taken of the limits at these places.
pub(crate) fn give_back(demands: &mut [Demand], taken: &[usize], shared: &dyn SharedData) {
    for place in taken {
        if let Some(demand) = demands.get_mut(*place) {
            demand.give_back(shared);
        }
    }
}

/// The refusal that lasts longest.
pub(crate) fn worst(demands: &[Demand]) -> Option<(usize, Refusal)> {
    let refusals = demands.iter().enumerate().filter_map(|(index, demand)| Some((index, demand.refusal()?)));
    refusals.reduce(|worst, next| if next.1.outlasts(worst.1) { next } else { worst })
}
