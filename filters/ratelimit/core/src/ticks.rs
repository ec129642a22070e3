//! Time in units of 2^-32 ns: fine enough that no rate of up to four thousand million a second is off by more than 10^-9
//! of itself.

use filter_api::MonotonicTime;
use std::time::Duration;

/// A point on the host's monotonic clock, or a span. 96 bits hold 584 years; the others are room for sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticks(pub(crate) u128);

impl Ticks {
    pub(crate) const SECOND: Self = Self(1_000_000_000 << 32);

    /// Saturates.
    pub(crate) fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long after `earlier` this is; zero if it is not.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// Saturates.
    pub(crate) fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(u128::from(count)))
    }

    /// Whole seconds, rounded up.
    pub(crate) fn secs_up(self) -> u64 {
        let nanos = self.0.saturating_add(u128::from(u32::MAX)) >> 32;
        u64::try_from(nanos).unwrap_or(u64::MAX).div_ceil(1_000_000_000)
    }
}

impl From<MonotonicTime> for Ticks {
    fn from(time: MonotonicTime) -> Self {
        Self(u128::from(time.nanos) << 32)
    }
}

impl From<Duration> for Ticks {
    fn from(span: Duration) -> Self {
        Self(u128::from(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)) << 32)
    }
}
