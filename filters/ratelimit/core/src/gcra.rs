//! Admits or refuses one request by the generic cell rate algorithm (ITU-T I.371).

#[cfg(test)]
mod tests;

use crate::place::SKEW;
use crate::rate::Rate;
use crate::ticks::Ticks;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Admitted {
        /// The theoretical arrival time of the next one; to be stored.
        tat: Ticks,
    },
    /// There is no room.
    Refused {
        /// Until there is.
        wait: Ticks,
        /// What counts from now on; to be stored if it is not what was.
        tat: Ticks,
    },
}

/// Decides, in O(1), without division; saturates.
///
/// * `tat`: the theoretical arrival time of this request; zero for a key not seen before.
/// * `now`: may lie before the time of the decision before this one: workers read the clock a moment before they
///   write, which must not grant extra requests.
pub(crate) fn admit(rate: &Rate, tat: Ticks, now: Ticks) -> Verdict {
    let tat = bounded(rate, tat, now);
    let latest = now.plus(rate.tolerance);
    match tat <= latest && !rate.is_zero() {
        true => Verdict::Admitted { tat: tat.max(now).plus(rate.interval) },
        false => Verdict::Refused { wait: tat.since(latest), tat },
    }
}

/// No bucket is emptier than empty. If this one seems to be, the clock was set back: it is empty then, not frozen.
fn bounded(rate: &Rate, tat: Ticks, now: Ticks) -> Ticks {
    let empty = now.plus(rate.period());
    if tat > empty.plus(SKEW) { empty } else { tat }
}

/// Takes back what was spent to reach `reached`, as far as time has not brought it back already.
///
/// * `tat`: what is stored now; others may have added to it.
///
/// Never more than that: if the bucket had stood still meanwhile, time would have filled it, and a whole interval would
/// be one request too many.
pub(crate) fn give_back(rate: &Rate, tat: Ticks, reached: Ticks, now: Ticks) -> Ticks {
    tat.since(rate.interval.min(reached.since(now)))
}

/// How many requests would be admitted now.
pub(crate) fn remaining(rate: &Rate, tat: Ticks, now: Ticks) -> u64 {
    if rate.is_zero() {
        return 0;
    }
    let room = now.plus(rate.period()).since(tat.max(now));
    let whole = room.0.checked_div(rate.interval.0).unwrap_or_default();
    u64::try_from(whole).unwrap_or(u64::MAX)
}
