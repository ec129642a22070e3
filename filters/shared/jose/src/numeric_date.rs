//! `NumericDate` (RFC 7519 section 2): seconds since 1970, fractions allowed.

#[cfg(test)]
mod tests;

use crate::json::Json;
use filter_api::UnixTime;

/// Exact to the nanosecond, which what is finer is cut to. `None` if it is no number, negative, or after the year 9999.
///
/// [`UnixTime`] ends in 2554; a later date, which issuers write for "never", counts as that.
pub(crate) fn parse(value: &Json<'_>) -> Option<UnixTime> {
    let Json::Number(text) = value else {
        return None;
    };
    // Nearly all dates are: ten digits.
    if text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().map(UnixTime::from_secs);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // A sign is no digit: -0 is refused like every negative number.
    let digits = || whole.bytes().chain(fraction.bytes());
    if !digits().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if digits().all(|byte| byte == b'0') {
        return Some(UnixTime { nanos: 0 });
    }
    // How many of the digits are nanoseconds or more.
    let exponent = exponent.parse::<i32>().ok().filter(|exponent| exponent.unsigned_abs() < MAX_EXPONENT)?;
    let whole_digits = i32::try_from(whole.len()).ok()?;
    let counting = whole_digits.checked_add(exponent)?.checked_add(9)?;
    let counting = usize::try_from(counting).unwrap_or(0);
    let mut nanos = 0_u128;
    for digit in digits().chain(std::iter::repeat(b'0')).take(counting) {
        let digit = digit.wrapping_sub(b'0');
        nanos = nanos.checked_mul(10)?.checked_add(u128::from(digit))?;
    }
    if nanos >= AFTER_9999 {
        return None;
    }
    Some(UnixTime { nanos: u64::try_from(nanos).unwrap_or(u64::MAX) })
}

/// 10000-01-01T00:00:00Z in nanoseconds.
const AFTER_9999: u128 = 253_402_300_800 * 1_000_000_000;
/// Well above all that a date needs, and far from overflow.
const MAX_EXPONENT: u32 = 1_000;
