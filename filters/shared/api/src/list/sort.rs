//! Sorting a million fingerprints without stalling a worker: collect, place by their first bits, sort each
//! place.

use super::table::{Slot, Table, number, slots_mut, unsealed};

/// Fingerprints in the order of the document.
pub(super) struct Collected {
    /// Full but for the last: one vector that grows would copy megabytes at a time.
    blocks: Vec<Vec<u64>>,
    /// How many there are for each bucket.
    sizes: Vec<usize>,
    len: usize,
}

impl Collected {
    pub(super) fn new() -> Self {
        Self { blocks: Vec::new(), sizes: vec![0; BUCKETS], len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, fingerprint: u64) {
        if let Some(size) = self.sizes.get_mut(bucket(fingerprint)) {
            *size = size.saturating_add(1);
        }
        self.len = self.len.saturating_add(1);
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(fingerprint),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(fingerprint);
                self.blocks.push(block);
            }
        }
    }

    /// Allocates the table; from here on a fingerprint takes 8 bytes here and 8 there until its block is
    /// placed.
    pub(super) fn into_placing(self) -> Placing {
        let mut start = 0_usize;
        let mut cursors = self.sizes;
        for cursor in &mut cursors {
            let size = *cursor;
            *cursor = start;
            start = start.saturating_add(size);
        }
        Placing { blocks: self.blocks, cursors, bytes: unsealed(self.len) }
    }
}

/// Fingerprints on their way into the bucket that each belongs to.
pub(super) struct Placing {
    blocks: Vec<Vec<u64>>,
    /// Where the next one of each bucket goes; the end of the bucket when all are placed.
    cursors: Vec<usize>,
    bytes: Vec<u8>,
}

impl Placing {
    /// Places about `budget` fingerprints, at least one block. True when all are placed.
    pub(super) fn step(&mut self, budget: usize) -> bool {
        let slots = slots_mut(&mut self.bytes);
        let mut done = 0_usize;
        while let Some(block) = self.blocks.pop() {
            done = done.saturating_add(block.len());
            for fingerprint in block {
                let Some(cursor) = self.cursors.get_mut(bucket(fingerprint)) else { continue };
                if let Some(slot) = slots.get_mut(*cursor) {
                    *slot = fingerprint.to_le_bytes();
                }
                *cursor = cursor.saturating_add(1);
            }
            if done >= budget {
                break;
            }
        }
        self.blocks.is_empty()
    }

    pub(super) fn into_sorting(self) -> Sorting {
        Sorting { ends: self.cursors.into_iter(), bytes: self.bytes, read: 0, kept: 0 }
    }
}

/// Buckets in order, sorted one after the other, repeated fingerprints dropped on the way.
pub(super) struct Sorting {
    /// Ends of the buckets that are not sorted yet.
    ends: std::vec::IntoIter<usize>,
    bytes: Vec<u8>,
    /// Start of the first bucket that is not sorted yet.
    read: usize,
    /// Sorted, different fingerprints at the start.
    kept: usize,
}

impl Sorting {
    /// Sorts about `budget` fingerprints, at least one bucket. True when all are sorted.
    pub(super) fn step(&mut self, budget: usize) -> bool {
        let slots = slots_mut(&mut self.bytes);
        let stop = self.read.saturating_add(budget);
        for end in self.ends.by_ref() {
            slots.get_mut(self.read..end).unwrap_or_default().sort_unstable_by_key(number);
            for at in self.read..end {
                let Some(slot) = slots.get(at).copied() else { continue };
                if self.kept > 0 && slots.get(self.kept.saturating_sub(1)) == Some(&slot) {
                    continue;
                }
                if let Some(place) = slots.get_mut(self.kept) {
                    *place = slot;
                }
                self.kept = self.kept.saturating_add(1);
            }
            self.read = end;
            if self.read >= stop {
                return false;
            }
        }
        true
    }

    pub(super) fn into_table(mut self, seed: u64) -> Table {
        let spare = slots_mut(&mut self.bytes).len().saturating_sub(self.kept);
        let len = self.bytes.len().saturating_sub(spare.saturating_mul(size_of::<Slot>()));
        self.bytes.truncate(len);
        self.bytes.shrink_to_fit();
        Table::seal(self.bytes, seed)
    }
}

/// The bucket of a fingerprint: its first bits, so that buckets follow each other as the fingerprints do.
fn bucket(fingerprint: u64) -> usize {
    usize::try_from(fingerprint >> BUCKET_SHIFT).unwrap_or_default()
}

/// A bucket of a million fingerprints holds about 1000: sorted in one go, in some 30 us.
const BUCKETS: usize = 1 << 10;
const BUCKET_SHIFT: u32 = u64::BITS - BUCKETS.ilog2();
const BLOCK: usize = 4096;
