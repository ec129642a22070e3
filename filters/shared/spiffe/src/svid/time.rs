//! Points in time in a certificate (RFC 5280 section 4.1.2.5).

use super::der::Reader;

/// Reads a UTCTime or a GeneralizedTime as seconds since 1970, which may be negative. Both only in the form
/// that RFC 5280 prescribes: seconds given, no fraction, `Z`.
pub(super) fn take_time(reader: &mut Reader<'_>) -> Option<i64> {
    let (tag, text) = reader.take_any()?;
    let (digits, []) = text.strip_suffix(b"Z")?.as_chunks() else { return None };
    match (tag, digits) {
        (UTC_TIME, [year, rest @ ..]) => {
            let year = number(year)?;
            seconds(year.saturating_add(if year < 50 { 2000 } else { 1900 }), rest)
        }
        (GENERALIZED_TIME, [century, year, rest @ ..]) => {
            seconds(number(century)?.saturating_mul(100).saturating_add(number(year)?), rest)
        }
        _ => None,
    }
}

/// Seconds from 1970 to the month, day, hour, minute and second in `rest`.
fn seconds(year: i64, rest: &[[u8; 2]]) -> Option<i64> {
    let [month, day, hour, minute, second] = rest else { return None };
    let (month, day) = (number(month)?, number(day)?);
    let days = days_before_year(year)
        .saturating_sub(days_before_year(1970))
        .saturating_add(day_of_year(year, month, day)?);
    [(hour, 24), (minute, 60), (second, 60)].into_iter().try_fold(days, |sum, (digits, units)| {
        let value = number(digits)?;
        (value < units).then(|| sum.saturating_mul(units).saturating_add(value))
    })
}

/// Days from the year 0 of the Gregorian calendar to the start of `year`.
fn days_before_year(year: i64) -> i64 {
    let past = year.saturating_sub(1);
    let leap_days =
        past.div_euclid(4).saturating_sub(past.div_euclid(100)).saturating_add(past.div_euclid(400));
    year.saturating_mul(365).saturating_add(leap_days)
}

/// Days from the start of the year; `None` for a day that the month does not have.
fn day_of_year(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = days_before_year(year.saturating_add(1)).saturating_sub(days_before_year(year)) == 366;
    let february = if is_leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let (past, [length, ..]) = lengths.split_at_checked(before)? else { return None };
    (1..=*length).contains(&day).then(|| past.iter().sum::<i64>().saturating_add(day).saturating_sub(1))
}

/// Two decimal digits.
fn number(digits: &[u8; 2]) -> Option<i64> {
    let [tens, ones] = digits.map(|digit| char::from(digit).to_digit(10).map(i64::from));
    Some(tens?.saturating_mul(10).saturating_add(ones?))
}

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
