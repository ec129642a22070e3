//! Bytes that no set of a pattern tells apart share one class, so that a row of the table is short.

use super::byte_set::ByteSet;

/// The class of every byte.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    of: [u8; 256],
    count: u16,
}

impl Classes {
    /// The coarsest classes such that each set consists of whole ones.
    pub(super) fn new(sets: impl Iterator<Item = ByteSet>) -> Self {
        let mut classes = Self { of: [0; 256], count: 1 };
        sets.for_each(|set| classes.refine(set));
        classes
    }

    pub(super) fn of(&self, byte: u8) -> u8 {
        self.of.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// 1 to 256.
    pub(super) fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// The classes that make up a set.
    pub(super) fn within(&self, mut set: ByteSet) -> ByteSet {
        let mut classes = ByteSet::default();
        while let Some(byte) = set.pop() {
            classes.insert(self.of(byte));
        }
        classes
    }

    /// Splits every class that is partly within the set, and numbers them all anew.
    fn refine(&mut self, set: ByteSet) {
        // By old number, inside the set and outside of it; 0 is none yet, others are one more than the number.
        let mut numbers = [0_u16; 512];
        self.count = 0;
        for (byte, class) in (0..=u8::MAX).zip(&mut self.of) {
            let at = usize::from(*class) << 1 | usize::from(set.contains(byte));
            let Some(number) = numbers.get_mut(at) else { continue };
            if *number == 0 {
                self.count = self.count.saturating_add(1);
                *number = self.count;
            }
            *class = u8::try_from(number.saturating_sub(1)).unwrap_or(u8::MAX);
        }
    }
}
