//! How many requests one callback lets go on, or answers.
//!
//! The host does either after the callback. If a stream ends thereby, as it does with an answer, the host calls the module
//! again, and what else is to be done after the first callback is done inside that one: streams pile up on the stack.
//! Some three hundred deep, the stack of the VM ends, and the VM with it (pinned by e2e).

use std::cell::Cell;

/// What is left of it in this callback.
#[derive(Debug)]
pub(crate) struct Room(Cell<usize>);

/// Far from where it ends, also with other filters around.
const AT_ONCE: usize = 50;

impl Default for Room {
    fn default() -> Self {
        Self(Cell::new(AT_ONCE))
    }
}

impl Room {
    /// A callback begins.
    pub(crate) fn clear(&self) {
        self.0.set(AT_ONCE);
    }

    /// A request goes on or is answered.
    pub(crate) fn take(&self) {
        self.0.set(self.left().saturating_sub(1));
    }

    pub(crate) fn left(&self) -> usize {
        self.0.get()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.left() == 0
    }
}
