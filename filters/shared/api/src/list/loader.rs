//! From a fetched document to a table, in steps.

use super::{
    document::{Document, Item},
    invalid::InvalidList,
    sort::{Collected, Placing, Sorting},
    table::{Table, fingerprint},
};

/// A list on its way from a fetched document to a [`Table`].
///
/// The worker that fetched it also serves requests, so the work comes in steps: [`step`](Self::step) until it
/// says something else than [`Step::More`]. With 10 000 as the budget a million entries take 280 steps in wasm,
/// 0.2 ms as a rule and 1 ms for the one that allocates the table.
///
/// Memory: the document and 8 bytes an entry while it is read, then 16 bytes an entry, in the end 8.
pub struct Loader {
    phase: Phase,
    limits: Limits,
    seed: u64,
}

/// What a list may not exceed. The size of the document is limited by who fetches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries, repeated ones counted. One more and the whole document is refused.
    pub max_entries: usize,
}

/// How far a [`Loader`] got.
pub enum Step {
    /// Not there yet; step on.
    More(Loader),
    /// The whole document is in the table.
    Done(Table),
    /// The document is not a list; nothing of it may be used.
    Refused(InvalidList),
}

enum Phase {
    Reading(Document, Collected),
    Placing(Placing),
    Sorting(Sorting),
}

impl Loader {
    /// Takes over a document; see [the module](super) for `seed`.
    #[must_use]
    pub fn new(body: Vec<u8>, limits: Limits, seed: u64) -> Self {
        Self { phase: Phase::Reading(Document::new(body), Collected::new()), limits, seed }
    }

    /// Works on about `budget` entries (while reading: or 64 bytes for each), on a few thousand at least.
    ///
    /// A source that knows the seed can choose entries whose fingerprints are alike and make one step as long
    /// as sorting them all.
    #[must_use]
    pub fn step(self, budget: usize) -> Step {
        let Self { phase, limits, seed } = self;
        let phase = match phase {
            Phase::Reading(mut document, mut collected) => {
                match read(&mut document, &mut collected, limits, seed, budget) {
                    Err(problem) => return Step::Refused(problem),
                    Ok(false) => Phase::Reading(document, collected),
                    Ok(true) => {
                        drop(document); // the table may take its place in memory
                        Phase::Placing(collected.into_placing())
                    }
                }
            }
            Phase::Placing(mut placing) => {
                if placing.step(budget) {
                    Phase::Sorting(placing.into_sorting())
                } else {
                    Phase::Placing(placing)
                }
            }
            Phase::Sorting(mut sorting) => {
                if sorting.step(budget) {
                    return Step::Done(sorting.into_table(seed));
                }
                Phase::Sorting(sorting)
            }
        };
        Step::More(Self { phase, limits, seed })
    }
}

/// Reads on for one step. True when the document is at its end.
fn read(
    document: &mut Document,
    collected: &mut Collected,
    limits: Limits,
    seed: u64,
    budget: usize,
) -> Result<bool, InvalidList> {
    let stop = document.position().saturating_add(budget.saturating_mul(BYTES_AN_ENTRY));
    for _ in 0..budget.max(1) {
        match document.next()? {
            Item::Entry(_) if collected.len() >= limits.max_entries => {
                return Err(InvalidList::TooManyEntries { limit: limits.max_entries });
            }
            Item::Entry(entry) => collected.push(fingerprint(&entry, seed)),
            Item::Nothing => {}
            Item::End => return Ok(true),
        }
        if document.position() >= stop {
            break; // few entries, but long lines, comments or white space
        }
    }
    Ok(false)
}

const BYTES_AN_ENTRY: usize = 64;
