//! A pattern as a table: one step a byte.

use super::MAX_TABLE_BYTES;
use super::budget::{Budget, TooLarge};
use super::byte_set::ByteSet;
use super::classes::Classes;
use super::kernels::Kernels;
use super::look::{Neighbor, Sight};
use super::nfa::{Closure, Nfa};

/// A deterministic automaton.
#[derive(Clone, Debug)]
pub(super) struct Dfa {
    classes: Classes,
    /// One row a state: the next state for each class of bytes, then, for the end of the value, whether it matches.
    table: Box<[u16]>,
}

impl Dfa {
    /// Subset construction: a state is the set of NFA states in which a value can be.
    pub(super) fn build(nfa: &Nfa, budget: &mut Budget) -> Result<Self, TooLarge> {
        budget.spend(nfa.sets.len().saturating_mul(STEPS_A_SET))?;
        let neighbors = nfa.sight.neighbors();
        let classes =
            Classes::new(nfa.sets.iter().copied().chain(neighbors.iter().map(|one| nfa.sight.bytes(*one))));
        let sides: Vec<_> = neighbors
            .iter()
            .map(|neighbor| Side { neighbor: *neighbor, classes: classes.within(nfa.sight.bytes(*neighbor)) })
            .collect();
        let mut builder = Builder {
            nfa,
            budget,
            sets: nfa.sets.iter().map(|set| classes.within(*set)).collect(),
            kernels: Kernels::new(),
            closure: Closure::new(nfa),
            targets: vec![Vec::new(); classes.count()],
            row_length: row_length(&classes),
            table: Vec::new(),
        };
        builder.add_row()?; // DEAD
        builder.kernels.number(&[nfa.start], nfa.sight.of_start(), builder.budget)?; // START
        // States are numbered as they are found, so their rows are added in order.
        let mut state = START;
        while builder.expand(state, &sides)? {
            state = state.checked_add(1).ok_or(TooLarge)?;
        }
        let table = builder.table.into_boxed_slice();
        Ok(Self { classes, table })
    }

    /// Whether the whole value matches.
    pub(super) fn accepts(&self, value: &[u8]) -> bool {
        let mut state = START;
        for byte in value {
            state = self.next(state, usize::from(self.classes.of(*byte)));
            if state == DEAD {
                return false;
            }
        }
        self.next(state, self.classes.count()) != DEAD
    }

    fn next(&self, state: u16, class: usize) -> u16 {
        let row = usize::from(state).wrapping_mul(row_length(&self.classes));
        self.table.get(row.wrapping_add(class)).copied().unwrap_or(DEAD)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.table)
    }
}

/// One entry a class and one for the end.
fn row_length(classes: &Classes) -> usize {
    classes.count().saturating_add(1)
}

/// What can follow a position, and the classes of the bytes that do.
struct Side {
    neighbor: Neighbor,
    classes: ByteSet,
}

struct Builder<'b> {
    nfa: &'b Nfa,
    budget: &'b mut Budget,
    /// The classes that make up each set of the NFA.
    sets: Vec<ByteSet>,
    kernels: Kernels,
    closure: Closure,
    /// Where the state at hand goes with a byte of each class: NFA states in ascending order.
    targets: Vec<Vec<u16>>,
    row_length: usize,
    table: Vec<u16>,
}

impl Builder<'_> {
    /// Adds the row of a state; `false` if there is no such state.
    fn expand(&mut self, state: u16, sides: &[Side]) -> Result<bool, TooLarge> {
        let Some((kernel, before)) = self.kernels.get(state) else { return Ok(false) };
        let kernel = kernel.to_vec();
        let row = self.add_row()?;
        for Side { neighbor, classes } in sides {
            self.closure.compute(self.nfa, &kernel, (before, *neighbor), self.budget)?;
            if *neighbor == Neighbor::Edge || self.nfa.sight == Sight::Nothing {
                let matches = if self.closure.matches { MATCH } else { DEAD };
                self.enter(row.wrapping_add(self.row_length).wrapping_sub(1), matches);
            }
            self.collect_targets(*classes)?;
            let mut left = *classes;
            while let Some(class) = left.pop().map(usize::from) {
                let Some(targets) = self.targets.get_mut(class).filter(|targets| !targets.is_empty()) else {
                    continue;
                };
                let next = self.kernels.number(targets, *neighbor, self.budget)?;
                targets.clear();
                self.enter(row.wrapping_add(class), next);
            }
        }
        Ok(true)
    }

    /// Sorts the closure's ways on by class.
    fn collect_targets(&mut self, classes: ByteSet) -> Result<(), TooLarge> {
        for (set, next) in &self.closure.steps {
            let Some(set) = self.sets.get(*set) else { continue };
            let mut reached = set.intersection(classes);
            while let Some(class) = reached.pop() {
                let Some(targets) = self.targets.get_mut(usize::from(class)) else { continue };
                let Err(at) = targets.binary_search(next) else { continue };
                let moved = targets.len().saturating_sub(at);
                self.budget.spend(1_usize.saturating_add(moved / MOVED_A_STEP))?;
                targets.insert(at, *next);
            }
        }
        Ok(())
    }

    /// Returns where the row starts. All of it is dead at first.
    fn add_row(&mut self) -> Result<usize, TooLarge> {
        let start = self.table.len();
        let end = start.saturating_add(self.row_length);
        if end.saturating_mul(size_of::<u16>()) > MAX_TABLE_BYTES {
            return Err(TooLarge);
        }
        self.budget.spend(1_usize.saturating_add(self.row_length / CLASSES_A_STEP))?;
        self.table.resize(end, DEAD);
        Ok(start)
    }

    fn enter(&mut self, at: usize, state: u16) {
        if let Some(entry) = self.table.get_mut(at) {
            *entry = state;
        }
    }
}

/// No way on: the state without NFA states.
const DEAD: u16 = 0;
/// The state before the first byte.
const START: u16 = 1;
/// At the end of a row: the value may end here. Any number but [`DEAD`].
const MATCH: u16 = 1;
/// What to split all classes by one set costs.
const STEPS_A_SET: usize = 64;
/// NFA states that are moved as cheaply as one is visited.
const MOVED_A_STEP: usize = 32;
/// Classes of a row without a target that cost as much as one visit.
const CLASSES_A_STEP: usize = 4;
