//! Numbers in messages, without the standard library's printing of floats, which takes 20 KiB of a module.

use std::fmt;

/// Whole numbers below 10^30 and fractions to nine places; what is beyond says so.
pub(super) struct Decimal(pub(super) f64);

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        if number.is_nan() {
            return formatter.write_str("NaN");
        }
        if number.is_sign_negative() {
            formatter.write_str("-")?;
        }
        let number = number.abs();
        if number >= BEYOND {
            return formatter.write_str(if number.is_finite() { "10^30 or more" } else { "inf" });
        }
        write!(formatter, "{}", whole(number))?;
        let parts = whole((number.fract() * PARTS).round().min(PARTS - 1.0));
        if number.fract() == 0.0 {
            return Ok(());
        }
        let digits = format!("{parts:09}");
        let digits = digits.trim_end_matches('0');
        write!(formatter, ".{}", if digits.is_empty() { "000000000.." } else { digits })
    }
}

fn whole(number: f64) -> u128 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, below 10^30")]
    let whole = number as u128;
    whole
}

const BEYOND: f64 = 1e30;
const PARTS: f64 = 1e9;
