//! RFC 3339 section 5.6, without leap seconds.

use super::UnixTime;

/// Why a text is not a timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimestamp {
    /// Not `YYYY-MM-DDThh:mm:ss[.fraction](Z|+hh:mm|-hh:mm)`.
    #[error("`{0}` is not a timestamp such as 2026-11-22T00:00:00Z")]
    Shape(String),
    /// A month 13, a 30th of February, an hour 24, a second 60.
    #[error("`{0}` is no point in time")]
    OutOfRange(String),
}

pub(super) fn parse(text: &str) -> Result<UnixTime, InvalidTimestamp> {
    let mut rest = Scanner(text.as_bytes());
    let parts = rest.timestamp().ok_or_else(|| InvalidTimestamp::Shape(text.to_owned()))?;
    parts.unix().ok_or_else(|| InvalidTimestamp::OutOfRange(text.to_owned()))
}

struct Parts {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanos: u32,
    offset_minutes: i64,
}

impl Parts {
    fn unix(&self) -> Option<UnixTime> {
        let Self { year, month, day, hour, minute, second, nanos, offset_minutes } = *self;
        let valid = (1..=days_in(year, month)).contains(&day) && hour < 24 && minute < 60 && second < 60;
        if !valid {
            return None;
        }
        let days = (1970..year).map(days_in_year).sum::<u32>();
        let days = (1..month).map(|month| days_in(year, month)).fold(days, u32::saturating_add);
        let days = i64::from(days.saturating_add(day).checked_sub(1)?);
        let minutes = days.checked_mul(1440)?.checked_add(i64::from(hour).checked_mul(60)?)?;
        let minutes = minutes.checked_add(i64::from(minute))?.checked_sub(offset_minutes)?;
        let secs = u64::try_from(minutes.checked_mul(60)?.checked_add(i64::from(second))?).ok()?;
        let nanos = secs.checked_mul(1_000_000_000)?.checked_add(u64::from(nanos))?;
        (year >= 1970).then_some(UnixTime { nanos })
    }
}

fn days_in_year(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn timestamp(&mut self) -> Option<Parts> {
        let year = self.number(4)?;
        self.one_of(b"-")?;
        let month = self.number(2)?;
        self.one_of(b"-")?;
        let day = self.number(2)?;
        self.one_of(b"Tt ")?;
        let hour = self.number(2)?;
        self.one_of(b":")?;
        let minute = self.number(2)?;
        self.one_of(b":")?;
        let second = self.number(2)?;
        let nanos = self.fraction()?;
        let offset_minutes = self.offset()?;
        self.0.is_empty().then_some(Parts { year, month, day, hour, minute, second, nanos, offset_minutes })
    }

    fn fraction(&mut self) -> Option<u32> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        self.one_of(b".")?;
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        let padded = head.iter().copied().chain(std::iter::repeat(b'0')).take(9);
        (digits > 0).then(|| padded.fold(0_u32, push_digit))
    }

    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number(2).filter(|hours| *hours < 24)?;
        self.one_of(b":")?;
        let minutes = self.number(2).filter(|minutes| *minutes < 60)?;
        i64::from(hours.saturating_mul(60).saturating_add(minutes)).checked_mul(sign)
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        head.iter().all(u8::is_ascii_digit).then(|| head.iter().copied().fold(0, push_digit))
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        allowed.contains(first).then_some(*first)
    }
}

fn push_digit(sum: u32, digit: u8) -> u32 {
    sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
}
