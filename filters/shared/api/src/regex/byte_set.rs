//! A set of bytes.
//!
//! What is not inlined is called from many places; the module is smaller by a quarter for it.

/// Which of the 256 bytes; also used for sets of byte classes, of which there are never more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The bytes of some ranges, both ends included.
    #[inline(never)]
    pub(super) fn of(ranges: &[(u8, u8)]) -> Self {
        let mut set = Self::default();
        for &(low, high) in ranges {
            (low..=high).for_each(|byte| set.insert(byte));
        }
        set
    }

    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= bit(byte);
        }
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word & bit(byte) != 0)
    }

    pub(super) fn union(self, other: Self) -> Self {
        self.zip(other, |one, two| one | two)
    }

    pub(super) fn intersection(self, other: Self) -> Self {
        self.zip(other, |one, two| one & two)
    }

    /// All other bytes.
    pub(super) fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// With both cases of every ASCII letter of which one is in the set.
    pub(super) fn fold_case(self) -> Self {
        let (mut set, mut letters) = (self, self.intersection(Self::of(&[(b'A', b'Z'), (b'a', b'z')])));
        while let Some(letter) = letters.pop() {
            // In ASCII the cases differ in this bit.
            set.insert(letter ^ 0x20);
        }
        set
    }

    /// Takes the lowest byte out.
    #[inline(never)]
    pub(super) fn pop(&mut self) -> Option<u8> {
        let (word, base) = self.0.iter_mut().zip([0_u8, 64, 128, 192]).find(|(word, _)| **word != 0)?;
        let lowest = u8::try_from(word.trailing_zeros()).ok()?;
        *word &= word.wrapping_sub(1);
        Some(base | lowest)
    }

    fn zip(self, other: Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let Self([a, b, c, d]) = self;
        let Self([e, f, g, h]) = other;
        Self([combine(a, e), combine(b, f), combine(c, g), combine(d, h)])
    }
}

/// The byte's place in its word: the shift takes the byte's lowest six bits.
fn bit(byte: u8) -> u64 {
    1_u64.wrapping_shl(u32::from(byte))
}

/// ASCII's letters and digits and `_`.
pub(super) const WORD: &[(u8, u8)] = &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')];
