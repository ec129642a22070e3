//! Where a limit keeps its counts in shared data.

use crate::fingerprint::{Fingerprint, name_of};
use crate::ticks::Ticks;
use filter_api::RecordKey;

/// The records of one kind: as many pages as the policy has room for, each a record of so many slots.
///
/// A policy with room for another number of keys has other pages, and begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    name: u128,
    pages: u64,
    slots: usize,
}

/// One slot of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) record: RecordKey,
    /// How many slots the page has.
    pub(crate) slots: usize,
    /// Which of them: the one that has this.
    pub(crate) slot: u64,
}

impl Table {
    /// Room for twice `max_keys`, so that few pages are full before the table is.
    ///
    /// * `kind`: tells tables of the same policy apart.
    /// * `slots`: of a page.
    pub(crate) fn new(kind: &str, max_keys: u32, slots: u32) -> Self {
        let (pages, slots) = match max_keys <= slots {
            true => (1, max_keys),
            false => (u64::from(max_keys).saturating_mul(2).div_ceil(u64::from(slots)), slots),
        };
        let name = name_of(&[kind.as_bytes(), &pages.to_le_bytes(), &slots.to_le_bytes(), &[FORMAT]]);
        Self { name, pages, slots: usize::try_from(slots).unwrap_or(usize::MAX) }
    }

    /// The place of a key.
    ///
    /// * `scope`: whose policy this is, see [`filter_api::SharedData::scope`].
    pub(crate) fn place(&self, scope: u64, key: Fingerprint) -> Place {
        let page = key.page.checked_rem(self.pages).unwrap_or_default();
        Place { record: record(self.name, scope, page), slots: self.slots, slot: key.slot }
    }
}

/// The place of a limit that knows no keys: a page with one slot. `name` is [`single`]'s.
pub(crate) fn single_place(name: u128, scope: u64) -> Place {
    Place { record: record(name, scope, 0), slots: 1, slot: 0 }
}

/// The name of a limit's only record; `plan` is empty unless the limit has several.
pub(crate) fn single(kind: &str, limit: &str, plan: &str) -> u128 {
    name_of(&[kind.as_bytes(), limit.as_bytes(), plan.as_bytes(), &[FORMAT]])
}

/// Distinct for distinct pages and scopes of a table.
fn record(name: u128, scope: u64, page: u64) -> RecordKey {
    let distinct = (u128::from(scope) << 64) | u128::from(page);
    RecordKey((name ^ distinct).to_le_bytes())
}

/// How far ahead of the clock nothing can be that was counted by it, beyond the longest period: workers read the clock
/// a moment before they write. More than that means that the clock was set back, or that the record is not ours.
pub(crate) const SKEW: Ticks = Ticks::SECOND;

/// Changes with the layout of records, so that a new version of this filter never reads those of an old one.
const FORMAT: u8 = 1;
