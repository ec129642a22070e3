//! Points in time and spans of it, as policies write them.

mod rfc3339;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use rfc3339::InvalidTimestamp;

/// Nanoseconds since 1970-01-01T00:00:00Z by the host's wall clock, which may step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime {
    /// Up to the year 2554.
    pub nanos: u64,
}

impl UnixTime {
    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self { nanos: secs.saturating_mul(1_000_000_000) }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { nanos: millis.saturating_mul(1_000_000) }
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.nanos / 1_000_000_000
    }

    /// Milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.nanos / 1_000_000
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }

    /// This much later; stops at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self { nanos: later(self.nanos, span) }
    }

    /// An RFC 3339 timestamp: `2026-11-22T00:00:00Z`, fractions and numeric offsets included.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        rfc3339::parse(text)
    }
}

/// Nanoseconds on the host's monotonic clock. It counts from some point of the past and says nothing about the date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonotonicTime {
    /// 584 years fit.
    pub nanos: u64,
}

impl MonotonicTime {
    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }

    /// This much later; stops at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self { nanos: later(self.nanos, span) }
    }
}

fn later(nanos: u64, span: Duration) -> u64 {
    nanos.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

/// Why a text is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// No digits, or no unit, or something else.
    #[error("`{0}` is not a duration such as 200ms, 5s, 10m or 1h")]
    Shape(String),
    /// More than 3650 days.
    #[error("`{0}` is longer than 3650 days")]
    TooLong(String),
}

/// Parses `200ms`, `5s`, `10m`, `1h`: one whole number and one unit.
///
/// # Errors
/// [`InvalidDuration`].
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let shape = || InvalidDuration::Shape(text.to_owned());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(shape)?;
    let millis_per_unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(shape()),
    };
    if number.is_empty() {
        return Err(shape());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(millis_per_unit))
        .filter(|millis| *millis <= MAX_MILLIS)
        .map(Duration::from_millis)
        .ok_or_else(|| InvalidDuration::TooLong(text.to_owned()))
}

const MAX_MILLIS: u64 = 3_650 * 24 * 3_600 * 1_000;
