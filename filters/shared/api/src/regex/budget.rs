//! What the construction of one table may cost.

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Steps that the construction may still take: about one visit of one NFA state each.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_STEPS)
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooLarge> {
        self.0 = self.0.checked_sub(steps).ok_or(TooLarge)?;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn spent(&self) -> usize {
        MAX_STEPS.saturating_sub(self.0)
    }
}

/// A few milliseconds. What people write takes thousands; one of a hundred words anywhere in a value some 250 000.
pub(super) const MAX_STEPS: usize = 300_000;
/// Counted repetitions multiply their content.
pub(super) const MAX_NFA_STATES: usize = 10_000;
/// Half of the slots of the hash table that finds them, a power of two.
pub(super) const MAX_DFA_STATES: usize = 8_192;
