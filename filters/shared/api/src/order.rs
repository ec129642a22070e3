//! Sorting what is read once: one routine for all kinds of things, because every kind of its own takes 5 KiB of a module.

use std::cmp::Ordering;

/// The places of `len` things in ascending order; what is equal keeps its order.
pub(crate) fn ascending(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..len).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}
