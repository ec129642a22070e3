//! Powers modulo an odd public number, by Montgomery's multiplication (P. Montgomery, 1985; the loop is FIOS of Koc,
//! Acar and Kaliski, 1996).
//!
//! For RSA public keys only: all numbers here are public, so time may depend on them. `rsa` and `crypto-bigint` would do it,
//! too, each for 60 KiB of module or more, in 580 and 340 us for a signature of 2048 bits (V8). This takes 2 KiB and 85 us:
//! wasm has no product of more than 64 bits, so limbs have 32. The tests compare it with `num-bigint`.

use std::cell::Cell;

/// A modulus and what depends on it only. Numbers are little endian limbs, as many as the modulus has.
#[derive(Debug)]
pub(super) struct Montgomery {
    modulus: Vec<u32>,
    /// -1 / modulus, modulo 2^32.
    inverse: u32,
    /// R^2 modulo the modulus, where R = 2^32 to the number of limbs.
    square: Vec<u32>,
}

impl Montgomery {
    /// `modulus`: big endian, odd, without leading zeros. About 15 multiplications.
    pub(super) fn new(modulus: &[u8]) -> Self {
        let modulus = limbs(modulus);
        let lowest = modulus.first().copied().unwrap_or(1);
        // Newton: an odd number is its own inverse modulo 8, and each step doubles the bits.
        let inverse = (0..4)
            .fold(lowest, |x, _| x.wrapping_mul(2_u32.wrapping_sub(lowest.wrapping_mul(x))))
            .wrapping_neg();
        let mut this = Self { modulus, inverse, square: Vec::new() };
        this.square = this.r_squared();
        this
    }

    /// `base` to the power of `exponent`, as many bytes as `base` has.
    ///
    /// * `base`: big endian, below the modulus.
    /// * `exponent`: not 0.
    pub(super) fn pow(&self, base: &[u8], exponent: u32) -> Vec<u8> {
        let factor = self.multiply(&limbs(base), &self.square);
        let mut power = factor.clone();
        for bit in (0..exponent.checked_ilog2().unwrap_or(0)).rev() {
            power = self.multiply(&power, &power);
            if (exponent >> bit) & 1 == 1 {
                power = self.multiply(&power, &factor);
            }
        }
        let power = self.multiply(&power, &[1]);
        let mut bytes: Vec<u8> = power.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        bytes.resize(base.len(), 0);
        bytes.reverse();
        bytes
    }

    /// `a` times `b` divided by R.
    fn multiply(&self, a: &[u32], b: &[u32]) -> Vec<u32> {
        let mut product = vec![0_u32; self.modulus.len()];
        let mut top = 0;
        let padded = b.iter().chain(std::iter::repeat(&0)).take(self.modulus.len());
        for factor in padded {
            top = self.add_and_shift(&mut product, top, a, *factor);
        }
        self.reduce(&mut product, top != 0);
        product
    }

    /// One step: adds `a` times `factor`, adds what makes the lowest limb zero, drops that limb. Returns the new top.
    fn add_and_shift(&self, product: &mut [u32], top: u32, a: &[u32], factor: u32) -> u32 {
        let cells = Cell::from_mut(product).as_slice_of_cells();
        let (Some(first), Some((a0, a)), Some((n0, modulus))) =
            (cells.first(), a.split_first(), self.modulus.split_first())
        else {
            return top;
        };
        let sum = multiply_add(*a0, factor, first.get(), 0);
        let quotient = low(sum).wrapping_mul(self.inverse);
        let zero = multiply_add(*n0, quotient, low(sum), 0);
        let (mut carry, mut carry_zero) = (high(sum), high(zero));
        for (((into, from), a), n) in cells.iter().zip(cells.iter().skip(1)).zip(a).zip(modulus) {
            let sum = multiply_add(*a, factor, from.get(), carry);
            let zero = multiply_add(*n, quotient, low(sum), carry_zero);
            into.set(low(zero));
            (carry, carry_zero) = (high(sum), high(zero));
        }
        let sum = u64::from(top).wrapping_add(u64::from(carry)).wrapping_add(u64::from(carry_zero));
        if let Some(last) = cells.last() {
            last.set(low(sum));
        }
        high(sum)
    }

    /// Below the modulus again, from below twice that. `carried`: one more bit than there are limbs for.
    fn reduce(&self, number: &mut [u32], carried: bool) {
        if !carried && number.iter().rev().lt(self.modulus.iter().rev()) {
            return;
        }
        let mut borrow = false;
        for (limb, n) in number.iter_mut().zip(&self.modulus) {
            let (less, first) = limb.overflowing_sub(*n);
            let (less, second) = less.overflowing_sub(u32::from(borrow));
            *limb = less;
            borrow = first || second;
        }
    }

    fn double(&self, number: &mut [u32]) {
        let mut carry = 0;
        for limb in number.iter_mut() {
            let doubled = u64::from(*limb) << 1 | u64::from(carry);
            *limb = low(doubled);
            carry = high(doubled);
        }
        self.reduce(number, carry != 0);
    }

    /// R^2, as 2^(bits of R) times R: R by doubling the highest power of two below the modulus, the rest by squaring.
    fn r_squared(&self) -> Vec<u32> {
        let unused = self.modulus.last().map_or(0, |limb| limb.leading_zeros());
        let mut power = vec![0; self.modulus.len()];
        if let Some(last) = power.last_mut() {
            *last = (1_u32 << 31) >> unused;
        }
        (0..=unused).for_each(|_| self.double(&mut power));
        let bits_of_r = self.modulus.len().saturating_mul(32);
        for bit in (0..=bits_of_r.checked_ilog2().unwrap_or(0)).rev() {
            power = self.multiply(&power, &power);
            if (bits_of_r >> bit) & 1 == 1 {
                self.double(&mut power);
            }
        }
        power
    }
}

fn limbs(big_endian: &[u8]) -> Vec<u32> {
    let limb = |bytes: &[u8]| bytes.iter().fold(0_u32, |limb, byte| limb << 8 | u32::from(*byte));
    big_endian.rchunks(4).map(limb).collect()
}

/// Cannot overflow: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> u64 {
    u64::from(a).wrapping_mul(u64::from(b)).wrapping_add(u64::from(c)).wrapping_add(u64::from(d))
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn low(number: u64) -> u32 {
    number as u32
}

fn high(number: u64) -> u32 {
    low(number >> 32)
}
