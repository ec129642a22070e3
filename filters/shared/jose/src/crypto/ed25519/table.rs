//! Multiples of a point that stays the same, so that a signature costs about 86 additions and 36 doublings instead of 70 and
//! 253 (40 us instead of 70 in V8; with `curve25519-dalek`'s limbs of 32 bits, which it chooses for wasm by itself).
//!
//! A scalar is written in signed digits of 6 bits. Digit i stands for 2^(6 i), and i = 6 w + s: the table has the multiples
//! 1 to 32 of 2^(36 w) times the point, one row for each w, and all rows and points share the doublings between the six
//! steps s. All that goes in is public (a signature, a message, a key), so time may depend on it.

#![expect(clippy::arithmetic_side_effects, reason = "points of a group: they do not overflow")]

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;

/// 40 KiB in the module.
#[derive(Debug)]
pub(in crate::crypto) struct Table(Vec<Vec<EdwardsPoint>>);

impl Table {
    /// About as much work as three signatures.
    pub(in crate::crypto) fn new(point: &EdwardsPoint) -> Self {
        let row_of = |first: &EdwardsPoint| {
            let multiple = |last: &EdwardsPoint| Some(last + first);
            std::iter::successors(Some(*first), multiple).take(MULTIPLES).collect::<Vec<_>>()
        };
        let next = |first: &EdwardsPoint| Some((0..STEPS).fold(*first, |point, _| shift(&point)));
        let firsts = std::iter::successors(Some(*point), next);
        Self(firsts.take(ROWS).map(|first| row_of(&first)).collect())
    }

    /// The base point's, built at first use and kept. `None` while the thread ends.
    pub(in crate::crypto) fn with_base<T>(act: impl FnOnce(&Self) -> T) -> Option<T> {
        thread_local!(static BASE: Table = Table::new(&ED25519_BASEPOINT_POINT));
        BASE.try_with(act).ok()
    }

    /// Adds a digit times 2^(36 row) times the point.
    fn add(&self, sum: &mut EdwardsPoint, row: usize, digit: i8) {
        let Some(place) = usize::from(digit.unsigned_abs()).checked_sub(1) else {
            return;
        };
        match self.0.get(row).and_then(|row| row.get(place)) {
            Some(multiple) if digit < 0 => *sum -= multiple,
            Some(multiple) => *sum += multiple,
            None => {}
        }
    }
}

/// The sum of scalars times points.
pub(in crate::crypto) fn sum(terms: &[(&Table, &Scalar)]) -> EdwardsPoint {
    let terms: Vec<_> = terms.iter().map(|(table, scalar)| (table, digits(scalar))).collect();
    let mut sum = EdwardsPoint::identity();
    for step in (0..STEPS).rev() {
        sum = shift(&sum);
        for (table, digits) in &terms {
            for (row, digit) in digits.iter().skip(step).step_by(STEPS).enumerate() {
                table.add(&mut sum, row, *digit);
            }
        }
    }
    sum
}

/// 2^6 times the point.
fn shift(point: &EdwardsPoint) -> EdwardsPoint {
    point.mul_by_cofactor().mul_by_cofactor()
}

/// Digits from -32 to 31, the lowest first. A scalar is below 2^253, so the last carry finds a digit.
fn digits(scalar: &Scalar) -> [i8; DIGITS] {
    let mut bytes = scalar.as_bytes().iter();
    let mut digits = [0; DIGITS];
    let (mut bits, mut bits_left, mut carry) = (0_u16, 0_u32, 0);
    for digit in &mut digits {
        if bits_left < DIGIT_BITS {
            bits |= u16::from(bytes.next().copied().unwrap_or(0)) << bits_left;
            bits_left = bits_left.wrapping_add(8);
        }
        let [low, _] = (bits & 63).to_le_bytes();
        let value = low.wrapping_add(carry).cast_signed();
        (*digit, carry) = if value > 31 { (value.wrapping_sub(64), 1) } else { (value, 0) };
        bits >>= DIGIT_BITS;
        bits_left = bits_left.wrapping_sub(DIGIT_BITS);
    }
    digits
}

const DIGIT_BITS: u32 = 6;
const MULTIPLES: usize = 32;
const STEPS: usize = 6;
const ROWS: usize = 8;
const DIGITS: usize = ROWS * STEPS;
