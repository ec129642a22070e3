//! Interior mutability that cannot panic.
//!
//! `RefCell::borrow` panics when the value is in use, and in a module a panic kills a worker. The host may call back
//! into the module in the middle of a host call, so "in use" is not only a programmer's mistake. Clippy bans the
//! panicking methods (`.clippy.toml`); this is what to use instead.

#[cfg(test)]
mod tests;

use std::cell::RefCell;

/// A value that is changed through a shared reference.
#[derive(Debug, Default)]
pub struct Slot<T>(RefCell<T>);

impl<T> Slot<T> {
    /// Starts with a value.
    pub const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    /// Looks at the value or changes it; `None` if it is in use further up the call stack.
    pub fn with<R>(&self, act: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.0.try_borrow_mut().ok().map(|mut value| act(&mut value))
    }

    /// Replaces the value; false if it is in use.
    pub fn set(&self, value: T) -> bool {
        self.with(|old| *old = value).is_some()
    }

    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}
