//! Shares of traffic.

#[cfg(test)]
mod tests;

use crate::config::Node;

/// A share in parts of 10 000: one part is 0.01 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u16);

impl Weight {
    /// All of it.
    pub const WHOLE: u16 = 10_000;

    /// Reads a whole number from 0 to 10 000.
    #[must_use]
    pub fn read(node: &Node<'_>) -> Option<Self> {
        u16::try_from(node.whole(0, u64::from(Self::WHOLE))?).ok().map(Self)
    }

    /// Parts of 10 000.
    #[must_use]
    pub const fn parts(self) -> u16 {
        self.0
    }
}
