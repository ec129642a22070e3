//! Pages of places among the requests in flight, by key.
//!
//! A slot holds the fingerprint's slot half and the number of places in each of nine bins. A place is in the bin of the
//! time at which it was taken, or last renewed; a bin is an eighth of the lease wide, and expires when the youngest of its
//! places has had the whole lease. So a place that nobody vouches for any more is given back after one lease, and at most
//! an eighth of it later.
//!
//! If all slots of a page have places that are taken, a new key is refused: nobody's places are forgotten.

#[cfg(test)]
mod tests;

use crate::limit::Concurrency;
use crate::place::{Place, SKEW};
use filter_api::MonotonicTime;
use std::time::Duration;

/// The places of one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    key: u64,
    /// The number of the first bin, counted from the clock's beginning.
    latest: u64,
    /// How wide the bins are, in nanoseconds.
    width: u64,
    /// How many places, the latest bin first.
    bins: [u32; BINS],
}

/// What a request wants, or has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) place: Place,
    /// How wide a bin is, in nanoseconds; not 0.
    width: u64,
}

/// How a page received somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// There was room.
    Taken {
        /// The bin, which [`Stay::leave`] wants to hear.
        bin: u64,
        /// Places taken, this one included.
        count: u32,
    },
    /// As many as may be are taken.
    Full {
        /// Places taken.
        count: u32,
    },
    /// All slots of the page are other keys'.
    NoSlot,
}

impl Stay {
    pub(crate) fn new(place: Place, concurrency: &Concurrency) -> Self {
        let lease = u64::try_from(concurrency.lease.as_nanos()).unwrap_or(u64::MAX);
        Self { place, width: (lease / 8).max(1) }
    }

    /// How often a place is to be renewed: four times in a lease.
    pub(crate) fn renewal(&self) -> Duration {
        Duration::from_nanos(self.width.saturating_mul(2))
    }

    /// How many places are taken. `None`: there is no slot for this key.
    pub(crate) fn count(&self, record: &[u8], now: MonotonicTime) -> Option<u32> {
        self.seek(record, now).map(|(_, slot)| slot.count())
    }

    /// Takes a place if fewer than `max` are taken. Writes nothing else.
    pub(crate) fn enter(&self, record: &mut Vec<u8>, now: MonotonicTime, max: u32) -> Entry {
        let Some((index, mut slot)) = self.seek(record, now) else { return Entry::NoSlot };
        let count = slot.count();
        if count >= max {
            return Entry::Full { count };
        }
        slot.add();
        self.put(record, index, slot);
        Entry::Taken { bin: slot.latest, count: count.saturating_add(1) }
    }

    /// Gives a place back that was taken in `bin`. False if there is nothing to give back: its lease is over.
    pub(crate) fn leave(&self, record: &mut Vec<u8>, now: MonotonicTime, bin: u64) -> bool {
        let Some((index, mut slot)) = self.seek(record, now) else { return false };
        let left = slot.remove(bin);
        if left {
            self.put(record, index, slot);
        }
        left
    }

    /// Moves a place into the bin of this moment, which it returns. A place whose lease is over is taken anew, even
    /// beyond the maximum: the request is in flight, whatever was thought of it.
    pub(crate) fn renew(&self, record: &mut Vec<u8>, now: MonotonicTime, bin: u64) -> Option<u64> {
        let (index, mut slot) = self.seek(record, now)?;
        slot.remove(bin);
        slot.add();
        self.put(record, index, slot);
        Some(slot.latest)
    }

    /// The key's slot as of now, or one that is free. `None`: all are other keys'.
    fn seek(&self, record: &[u8], now: MonotonicTime) -> Option<(usize, Slot)> {
        let fresh =
            Slot { key: self.place.slot, latest: self.bin(now), width: self.width, ..Slot::default() };
        if record.len() != length(self.place.slots) {
            return Some((0, fresh));
        }
        let slots = || record.as_chunks().0.iter().map(Slot::read).enumerate();
        if let Some((index, slot)) = slots().find(|(_, slot)| slot.key == self.place.slot) {
            return Some((index, slot.at(now, self)));
        }
        let (index, _) = slots().find(|(_, slot)| slot.is_free(now))?;
        Some((index, fresh))
    }

    fn put(&self, record: &mut Vec<u8>, index: usize, slot: Slot) {
        if record.len() != length(self.place.slots) {
            record.clear();
            record.resize(length(self.place.slots), 0);
        }
        if let Some(stored) = record.as_chunks_mut().0.get_mut(index) {
            *stored = slot.write();
        }
    }

    fn bin(&self, now: MonotonicTime) -> u64 {
        now.nanos.checked_div(self.width).unwrap_or_default()
    }
}

impl Slot {
    fn count(&self) -> u32 {
        self.bins.iter().copied().fold(0, u32::saturating_add)
    }

    /// Whether another key may have it.
    fn is_free(&self, now: MonotonicTime) -> bool {
        self.count() == 0 || now.nanos >= self.expiry()
    }

    /// When the last place expires, in nanoseconds.
    fn expiry(&self) -> u64 {
        self.latest.saturating_add(LIVES).saturating_mul(self.width)
    }

    /// Lets bins expire up to now.
    fn at(self, now: MonotonicTime, stay: &Stay) -> Self {
        let current = stay.bin(now);
        let fresh = Self { latest: current, width: stay.width, bins: [0; BINS], ..self };
        if self.is_free(now) {
            return fresh;
        }
        let skew =
            u64::try_from(SKEW.0 >> 32).unwrap_or_default().checked_div(stay.width).unwrap_or_default();
        let possible = current.saturating_add(LIVES).saturating_add(skew);
        if self.width != stay.width || self.latest > possible {
            // Another lease, or the clock was set back: all count as if taken now.
            return Self { bins: first(self.count()), ..fresh };
        }
        let passed = usize::try_from(current.saturating_sub(self.latest)).unwrap_or(usize::MAX);
        let mut bins = [0; BINS];
        for (bin, count) in bins.iter_mut().skip(passed).zip(self.bins) {
            *bin = count;
        }
        Self { bins, latest: self.latest.max(current), ..self }
    }

    fn add(&mut self) {
        if let Some(bin) = self.bins.first_mut() {
            *bin = bin.saturating_add(1);
        }
    }

    /// Takes one out of a bin.
    fn remove(&mut self, bin: u64) -> bool {
        let of_bin = self.latest.checked_sub(bin).and_then(|age| usize::try_from(age).ok());
        let count = match of_bin {
            Some(age) => self.bins.get_mut(age),
            // The bins were thrown together since.
            None => self.bins.iter_mut().rev().find(|count| **count > 0),
        };
        match count {
            Some(count) if *count > 0 => {
                *count = count.saturating_sub(1);
                true
            }
            _ => false,
        }
    }

    fn read(bytes: &[u8; SLOT]) -> Self {
        let mut numbers = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let mut next = || numbers.next().unwrap_or_default();
        let (key, latest, width) = (next(), next(), next());
        let mut bins = [0; BINS];
        for (bin, count) in bins.iter_mut().zip(bytes.as_chunks().0.iter().skip(6)) {
            *bin = u32::from_le_bytes(*count);
        }
        Self { key, latest, width, bins }
    }

    fn write(&self) -> [u8; SLOT] {
        let numbers = [self.key, self.latest, self.width].into_iter().flat_map(u64::to_le_bytes);
        let bins = self.bins.into_iter().flat_map(u32::to_le_bytes);
        let mut bytes = [0; SLOT];
        for (byte, value) in bytes.iter_mut().zip(numbers.chain(bins)) {
            *byte = value;
        }
        bytes
    }
}

fn first(count: u32) -> [u32; BINS] {
    let mut bins = [0; BINS];
    if let Some(bin) = bins.first_mut() {
        *bin = count;
    }
    bins
}

const fn length(slots: usize) -> usize {
    slots.saturating_mul(SLOT)
}

/// Slots of a page.
pub(crate) const SLOTS: u32 = 8;
/// Bytes of a slot: three numbers of 64 bits, then the bins.
const SLOT: usize = 60;
/// One more than the lease has, because places are taken at the end of a bin, too.
const BINS: usize = 9;
/// How many bins after it was the latest one a bin expires.
const LIVES: u64 = 9;
