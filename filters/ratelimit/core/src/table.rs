//! Pages of theoretical arrival times (TATs) by key, in a memory that does not grow.
//!
//! A record holds one page: the *floor*, then for each slot the fingerprint's slot half, then for each slot a TAT.
//! Everything about a key is in one page, so one compare-and-swap decides about it.
//!
//! A new key takes a slot that is idle: its TAT is not after now, and a key with such a TAT is the same as one that was never
//! seen. If no slot is idle, the one with the smallest TAT gives way. Whichever it is, the floor rises to the TAT that is
//! lost, so that at any time
//!
//! > the TAT of a key without a slot is at most the floor,
//!
//! and a key that gets a slot begins with the floor. So no key is ever thought to have more room than it has: a key that
//! is over its limit stays over it when it comes back, however many others pushed it out. What a full page costs is the
//! reverse: keys that have room may be refused, as if they had spent what the key before them had.
//!
//! With a slot for every live key the floor is never after now, and a table decides as an unbounded one would. (The
//! idea is Space-Saving's, Metwally, Agrawal, El Abbadi, 2005, with one floor for a page instead of one for each slot:
//! limits of different periods share pages.)

#[cfg(test)]
mod tests;

use crate::place::{Place, SKEW};
use crate::ticks::Ticks;

/// Where a key stands in its page, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    index: usize,
    /// The key's, or the floor.
    pub(crate) tat: Ticks,
    /// `None` if the seat is the key's already.
    loss: Option<Loss>,
}

/// What must give way for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Loss {
    tat: Ticks,
    /// From then on.
    floor: Ticks,
}

impl Seat {
    /// Whether another key, which is not idle, gives way.
    pub(crate) fn evicts(&self, now: Ticks) -> bool {
        self.loss.is_some_and(|loss| loss.tat > now)
    }
}

/// Finds the seat of a key.
///
/// * `horizon`: the longest time that a bucket of this table takes to become whole. TATs farther ahead are none of
///   ours (the clock was set back, a policy has gone), and give way first.
pub(crate) fn seek(record: &[u8], place: &Place, now: Ticks, horizon: Ticks) -> Seat {
    let Some(Page { floor, keys, tats }) = Page::view(record, place.slots) else {
        let nothing = Ticks::default();
        return Seat { index: 0, tat: nothing, loss: Some(Loss { tat: nothing, floor: nothing }) };
    };
    let wanted = place.slot.to_le_bytes();
    let held = keys.iter().position(|key| *key == wanted);
    if let Some((index, tat)) = held.and_then(|index| Some((index, tats.get(index)?))) {
        return Seat { index, tat: read(tat), loss: None };
    }
    let possible = now.plus(horizon).plus(SKEW);
    // Behind those that are idle.
    let rank = |tat: Ticks| if tat > possible { now.plus(Ticks(1)) } else { tat };
    let victim = tats.iter().map(read).enumerate().min_by_key(|(_, tat)| rank(*tat));
    let (index, tat) = victim.unwrap_or_default();
    let floor = read(floor);
    Seat { index, tat: floor, loss: Some(Loss { tat, floor: floor.max(tat).min(possible) }) }
}

/// Stores a key's TAT in its seat, which [`seek`] found in this very record.
pub(crate) fn put(record: &mut Vec<u8>, place: &Place, seat: Seat, tat: Ticks) {
    if record.len() != length(place.slots) {
        record.clear();
        record.resize(length(place.slots), 0);
    }
    let Some((floor, rest)) = record.split_first_chunk_mut() else { return };
    let Some((keys, tats)) = rest.split_at_mut_checked(place.slots.saturating_mul(KEY)) else { return };
    if let Some(loss) = seat.loss {
        *floor = loss.floor.0.to_le_bytes();
        if let Some(key) = keys.as_chunks_mut().0.get_mut(seat.index) {
            *key = place.slot.to_le_bytes();
        }
    }
    if let Some(stored) = tats.as_chunks_mut().0.get_mut(seat.index) {
        *stored = tat.0.to_le_bytes();
    }
}

/// The TAT of a key that has a seat.
pub(crate) fn held(record: &[u8], place: &Place) -> Option<Seat> {
    let seat = seek(record, place, Ticks::default(), Ticks::default());
    seat.loss.is_none().then_some(seat)
}

struct Page<'r> {
    floor: &'r [u8; TAT],
    keys: &'r [[u8; KEY]],
    tats: &'r [[u8; TAT]],
}

impl<'r> Page<'r> {
    /// `None` if it was never written, or is none of ours.
    fn view(record: &'r [u8], slots: usize) -> Option<Self> {
        if record.len() != length(slots) {
            return None;
        }
        let (floor, rest) = record.split_first_chunk()?;
        let (keys, tats) = rest.split_at_checked(slots.saturating_mul(KEY))?;
        Some(Self { floor, keys: keys.as_chunks().0, tats: tats.as_chunks().0 })
    }
}

fn read(bytes: &[u8; TAT]) -> Ticks {
    Ticks(u128::from_le_bytes(*bytes))
}

const fn length(slots: usize) -> usize {
    slots.saturating_mul(KEY.saturating_add(TAT)).saturating_add(TAT)
}

/// Slots of a page: small enough that copying it costs little, large enough that keys spread evenly.
pub(crate) const SLOTS: u32 = 32;
const KEY: usize = size_of::<u64>();
const TAT: usize = size_of::<u128>();
