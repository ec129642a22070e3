//! Numbers the states of a DFA while it is built.

use super::budget::{Budget, MAX_DFA_STATES, TooLarge};
use super::look::Neighbor;

/// The kernels found so far. A kernel is what a byte led to: NFA states before those that need no byte are added,
/// since which of these can be reached may depend on the next byte.
///
/// A small hash table, because the standard one asks the host for random numbers, which a core must not.
#[derive(Debug)]
pub(super) struct Kernels {
    /// All kernels one after the other.
    members: Vec<u16>,
    /// Where each kernel ends, and what stands before it; number 0 is the empty one.
    found: Vec<(usize, Neighbor)>,
    /// Numbers by hash; 0 is a free slot.
    slots: Vec<u16>,
}

impl Kernels {
    pub(super) fn new() -> Self {
        Self { members: Vec::new(), found: vec![(0, Neighbor::Other)], slots: vec![0; SLOTS] }
    }

    pub(super) fn get(&self, number: u16) -> Option<(&[u16], Neighbor)> {
        let number = usize::from(number);
        let (start, _) = self.found.get(number.checked_sub(1)?)?;
        let (end, before) = self.found.get(number)?;
        Some((self.members.get(*start..*end)?, *before))
    }

    /// The number of a kernel, a new one if it was not found before; 0 if it is empty.
    pub(super) fn number(
        &mut self,
        kernel: &[u16],
        before: Neighbor,
        budget: &mut Budget,
    ) -> Result<u16, TooLarge> {
        if kernel.is_empty() {
            return Ok(0);
        }
        let hash = hash(kernel);
        for distance in 0..SLOTS {
            budget.spend(1_usize.saturating_add(kernel.len() / COMPARED_A_STEP))?;
            let slot = hash.wrapping_add(distance) % SLOTS;
            match self.slots.get(slot) {
                Some(0) => return self.add(slot, kernel, before),
                Some(number) if self.get(*number) == Some((kernel, before)) => return Ok(*number),
                _ => {}
            }
        }
        Err(TooLarge)
    }

    fn add(&mut self, slot: usize, kernel: &[u16], before: Neighbor) -> Result<u16, TooLarge> {
        if self.found.len() >= MAX_DFA_STATES {
            return Err(TooLarge);
        }
        let number = u16::try_from(self.found.len()).map_err(|_| TooLarge)?;
        self.members.extend_from_slice(kernel);
        self.found.push((self.members.len(), before));
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = number;
        }
        Ok(number)
    }
}

/// FNV-1a over whole numbers, its upper half mixed into the lower one that is used.
fn hash(kernel: &[u16]) -> usize {
    let mix = |hash: u32, state: &u16| (hash ^ u32::from(*state)).wrapping_mul(0x0100_0193);
    let hash = kernel.iter().fold(0x811c_9dc5, mix);
    usize::try_from(hash ^ (hash >> 16)).unwrap_or_default()
}

const SLOTS: usize = 2 * MAX_DFA_STATES;
/// Hashing and comparing go through memory in order: cheaper than visits.
const COMPARED_A_STEP: usize = 8;
