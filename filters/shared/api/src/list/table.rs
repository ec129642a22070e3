//! Sorted fingerprints in one run of bytes.

use super::sort::Collected;
use std::fmt;

use xxhash_rust::xxh64::xxh64;

/// A set of strings, as the sorted fingerprints of its entries.
///
/// Layout, in units of 8 bytes: `sluicel` and the format version 1; the seed; the number of fingerprints; the
/// fingerprints in ascending order, none twice. Numbers are little endian.
#[derive(Clone, PartialEq, Eq)]
pub struct Table {
    bytes: Vec<u8>,
    seed: u64,
}

impl Table {
    /// Takes over what [`as_bytes`](Self::as_bytes) gave, say from shared data. O(1): looks at the header and
    /// the length only.
    ///
    /// Fingerprints out of order are not noticed; then some entries are not found, and nothing worse.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, InvalidTable> {
        let (words, rest) = bytes.as_chunks::<8>();
        let ([kind, seed, count, fingerprints @ ..], []) = (words, rest) else {
            return Err(InvalidTable::Cut { bytes: bytes.len() });
        };
        let [magic @ .., format] = *kind;
        if magic != MAGIC {
            return Err(InvalidTable::Magic { found: magic });
        }
        if format != FORMAT {
            return Err(InvalidTable::Format { found: format });
        }
        let (count, seed) = (number(count), number(seed));
        if usize::try_from(count) != Ok(fingerprints.len()) {
            return Err(InvalidTable::Count { header: count, found: fingerprints.len() });
        }
        Ok(Self { bytes, seed })
    }

    /// Builds a table at once, for lists that stand in the configuration. O(n log n).
    ///
    /// * `entries`: taken as they are; see [`check_entry`](super::check_entry) for what a list should not hold.
    /// * `seed`: any number; the same entries and seed give the same bytes.
    pub fn from_entries<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>, seed: u64) -> Self {
        let mut collected = Collected::new();
        entries.into_iter().for_each(|entry| collected.push(fingerprint(entry.as_ref(), seed)));
        let mut placing = collected.into_placing();
        placing.step(usize::MAX);
        let mut sorting = placing.into_sorting();
        sorting.step(usize::MAX);
        sorting.into_table(seed)
    }

    /// Whether `entry` is in the set. True for every entry, and for a share of len / 2^64 of all other strings.
    ///
    /// One hash of `entry`, two probes and a binary search, as a rule over 128 neighbours, at worst over the
    /// whole table.
    #[must_use]
    pub fn contains(&self, entry: &[u8]) -> bool {
        search(self.slots(), fingerprint(entry, self.seed))
    }

    /// Number of different entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots().len()
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots().is_empty()
    }

    /// The whole table, 24 bytes and 8 an entry, for [`from_bytes`](Self::from_bytes) in another worker.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of [`as_bytes`](Self::as_bytes), without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Completes what [`unsealed`] began, when ascending fingerprints are in its slots.
    pub(super) fn seal(mut bytes: Vec<u8>, seed: u64) -> Self {
        let [a, b, c, d, e, f, g] = MAGIC;
        let (words, _) = bytes.as_chunks_mut();
        if let [kind, seed_word, count, fingerprints @ ..] = words {
            *kind = [a, b, c, d, e, f, g, FORMAT];
            *seed_word = seed.to_le_bytes();
            *count = u64::try_from(fingerprints.len()).unwrap_or_default().to_le_bytes();
        }
        Self { bytes, seed }
    }

    fn slots(&self) -> &[Slot] {
        self.bytes.as_chunks().0.get(HEADER_WORDS..).unwrap_or_default()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the seed: whoever knows it can search for strings that collide.
        f.debug_struct("Table").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Why bytes are not a table of this version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTable {
    /// Shorter than a header, or not a whole number of words.
    #[error("{bytes} bytes are no header and whole fingerprints")]
    Cut {
        /// Length of what was given.
        bytes: usize,
    },
    /// Something else than a table.
    #[error("starts with {found:?}, not with {MAGIC:?}")]
    Magic {
        /// The first bytes.
        found: [u8; 7],
    },
    /// Written by another version of the filter.
    #[error("format {found}, this filter reads {FORMAT}")]
    Format {
        /// The version in the header.
        found: u8,
    },
    /// Header and length disagree.
    #[error("the header counts {header} fingerprints, {found} are there")]
    Count {
        /// What the header says.
        header: u64,
        /// How many follow it.
        found: usize,
    },
}

/// One fingerprint, little endian.
pub(super) type Slot = [u8; 8];

/// What stands for `entry` in a table with this seed.
pub(super) fn fingerprint(entry: &[u8], seed: u64) -> u64 {
    xxh64(entry, seed)
}

/// The number in a slot.
pub(super) fn number(slot: &Slot) -> u64 {
    u64::from_le_bytes(*slot)
}

/// Room for a header and `count` fingerprints.
pub(super) fn unsealed(count: usize) -> Vec<u8> {
    vec![0; count.saturating_add(HEADER_WORDS).saturating_mul(size_of::<Slot>())]
}

/// The slots behind the header of bytes from [`unsealed`].
pub(super) fn slots_mut(bytes: &mut [u8]) -> &mut [Slot] {
    bytes.as_chunks_mut().0.get_mut(HEADER_WORDS..).unwrap_or_default()
}

/// Whether `wanted` is in the ascending `slots`.
///
/// Fingerprints are uniform, so `wanted` stands about where its size says: in a million, some 500 places off.
/// What stands there instead says how far, which leaves some 20 places to either side. If that is wrong too,
/// the rest is halved, so slots that are not uniform cost what a binary search costs. In wasm, a million
/// entries and ids drawn from all of them, this takes 240 ns where a binary search alone takes 310; the fewer
/// places it touches, the less it misses the cache.
fn search(slots: &[Slot], wanted: u64) -> bool {
    let guess = share(wanted, slots.len());
    let Some(there) = slots.get(guess).map(number) else {
        return false; // no slots at all
    };
    let off = share(wanted.abs_diff(there), slots.len());
    let guess = if there > wanted { guess.saturating_sub(off) } else { guess.saturating_add(off) };
    let (rest, above) = slots.split_at_checked(guess.saturating_add(NEAR)).unwrap_or((slots, &[]));
    let (below, near) = rest.split_at_checked(guess.saturating_sub(NEAR)).unwrap_or((rest, &[]));
    let may_start_with_it = |part: &&[Slot]| part.first().is_some_and(|slot| number(slot) <= wanted);
    let part = [above, near].into_iter().find(may_start_with_it).unwrap_or(below);
    part.binary_search_by_key(&wanted, number).is_ok()
}

/// `value` / 2^64 of `count`; below `count` unless that is 0.
fn share(value: u64, count: usize) -> usize {
    let (_, high) = value.carrying_mul(u64::try_from(count).unwrap_or_default(), 0);
    usize::try_from(high).unwrap_or_default()
}

const MAGIC: [u8; 7] = *b"sluicel";
const FORMAT: u8 = 1;
const HEADER_WORDS: usize = 3;
const NEAR: usize = 64;
