//! `rate:`, so many requests in so much time.

#[cfg(test)]
mod tests;

use crate::ticks::Ticks;
use filter_api::config::Node;
use filter_api::parse_duration;
use std::time::Duration;

/// `requests` each `per`, of which `burst` may come at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// 0: none at all.
    pub(crate) requests: u32,
    /// 1 ms to 3650 days.
    pub(crate) per: Duration,
    /// At least 1, but for a rate of 0.
    pub(crate) burst: u32,
    /// Between two requests at the rate, rounded up so that there is never one too many.
    pub(crate) interval: Ticks,
    /// How far ahead of the clock the theoretical arrival time of the next request may be: `interval * (burst - 1)`.
    pub(crate) tolerance: Ticks,
}

impl Rate {
    pub(crate) fn new(requests: u32, per: Duration, burst: u32) -> Self {
        let interval = Ticks(Ticks::from(per).0.div_ceil(u128::from(requests.max(1))));
        let tolerance = interval.times(burst.saturating_sub(1));
        Self { requests, per, burst, interval, tolerance }
    }

    /// Reads `{ requests, per, burst }`.
    pub(crate) fn read(node: &Node<'_>) -> Option<Self> {
        let mut map = node.map()?;
        let requests = map.required("requests", |node| count(&node, 0));
        let per = map.required("per", |node| {
            let per = node.parse(parse_duration)?;
            if per < Duration::from_millis(1) { node.refuse("is shorter than 1ms") } else { Some(per) }
        });
        let burst = map.field("burst").map(|node| match requests {
            Some(0) => node.refuse("goes with requests of at least 1"),
            _ => count(&node, 1),
        });
        map.finish();
        let requests = requests?;
        Some(Self::new(requests, per?, burst.unwrap_or(Some(requests))?))
    }

    /// How long an empty bucket takes to become whole.
    pub(crate) fn period(&self) -> Ticks {
        self.interval.times(self.burst)
    }

    /// Whether it lets nobody pass.
    pub(crate) fn is_zero(&self) -> bool {
        self.requests == 0
    }
}

fn count(node: &Node<'_>, min: u64) -> Option<u32> {
    u32::try_from(node.whole(min, u64::from(u32::MAX))?).ok()
}
