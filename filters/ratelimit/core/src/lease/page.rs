//! Pages of leases by key, in a memory that does not grow.
//!
//! A slot holds the fingerprint's slot half and a [`Lease`]. A new key takes the slot of the lease that ends first, best
//! of one that has ended. If it has not, its credits are lost: the service counted them, and nobody spends them. So a page
//! that is full costs questions and requests that could have been admitted; it never admits one too many.

#[cfg(test)]
mod tests;

use super::{Lease, Terms};
use crate::place::Place;
use filter_api::MonotonicTime;

/// Where a key's lease stands in its page, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    index: usize,
    pub(crate) lease: Lease,
    /// Whether the lease of another key, which has not ended, gives way.
    pub(crate) evicts: bool,
}

/// Finds the seat of a key.
pub(crate) fn seek(record: &[u8], place: &Place, now: MonotonicTime, terms: &Terms) -> Seat {
    let fresh = Seat { index: 0, lease: Lease::new(terms), evicts: false };
    if record.len() != length(place.slots) {
        return fresh;
    }
    let wanted = place.slot.to_le_bytes();
    let slots: &[[u8; SLOT]] = record.as_chunks().0;
    if let Some(index) = slots.iter().position(|slot| slot.starts_with(&wanted)) {
        let lease = slots.get(index).and_then(read).unwrap_or(fresh.lease);
        return Seat { index, lease, ..fresh };
    }
    let ends =
        |slot: &[u8; SLOT]| read(slot).map_or(MonotonicTime::default(), |lease| lease.at(now, terms).ends());
    let victim = slots.iter().map(ends).enumerate().min_by_key(|(_, ends)| *ends);
    let (index, ends) = victim.unwrap_or_default();
    Seat { index, evicts: ends > now, ..fresh }
}

/// Stores a lease in its seat, which [`seek`] found in this very record.
pub(crate) fn put(record: &mut Vec<u8>, place: &Place, seat: Seat, lease: Lease) {
    if record.len() != length(place.slots) {
        record.clear();
        record.resize(length(place.slots), 0);
    }
    if let Some(slot) = record.as_chunks_mut::<SLOT>().0.get_mut(seat.index) {
        let stored = place.slot.to_le_bytes().into_iter().chain(lease.to_bytes());
        slot.iter_mut().zip(stored).for_each(|(byte, value)| *byte = value);
    }
}

/// `None`: none of ours.
fn read(slot: &[u8; SLOT]) -> Option<Lease> {
    slot.last_chunk().and_then(Lease::from_bytes)
}

const fn length(slots: usize) -> usize {
    slots.saturating_mul(SLOT)
}

/// Slots of a page: copying it costs little, and few pages are full before the table is.
pub(crate) const SLOTS: u32 = 8;
/// Bytes of a slot.
const SLOT: usize = size_of::<u64>().saturating_add(Lease::BYTES);
