//! Numbers that look random and are the same in every run with the same seed.

use std::time::{SystemTime, UNIX_EPOCH};

/// Marsaglia's xorshift: the same numbers from the same seed, everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From this seed on.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Dice of their own for one of many things, so that each can be made again without those before it.
    pub fn of(seed: u64, index: u64) -> Self {
        // Steele, Lea and Flood's splitmix64: neighbours have nothing in common.
        let mut mixed = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self::new(mixed ^ mixed >> 31)
    }

    /// A seed that no earlier run had, small enough to be typed again.
    pub fn fresh_seed() -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::of(since.as_secs(), u64::from(since.subsec_nanos())).0 % 1_000_000_000
    }

    /// Below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// So many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same() {
        let rolls = |mut dice: Dice| -> Vec<usize> { (0..8).map(|_| dice.roll(1000)).collect() };
        assert_eq!(rolls(Dice::of(1, 2)), rolls(Dice::of(1, 2)));
        assert_ne!(rolls(Dice::of(1, 2)), rolls(Dice::of(1, 3)));
        assert_ne!(rolls(Dice::of(1, 2)), rolls(Dice::of(2, 2)));
    }
}
