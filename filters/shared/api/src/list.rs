//! Named sets of many strings: the table behind the predicate `list`.
//!
//! A [`Loader`] turns a fetched document into a [`Table`] in small steps; a [`Table`] answers whether a string
//! is in it. The bytes of a table are its only form: the worker that loaded it puts them into Envoy's shared
//! data, and every other worker looks things up in what it takes from there, without parsing or copying again.
//!
//! # What a table can get wrong
//!
//! It keeps a fingerprint of 64 bits (XXH64) of each entry, 8 bytes however long the entry is. An entry is
//! always found. A string that is not an entry is taken for one with a probability of about n / 2^64: with a
//! million entries and a million look-ups a second, once in 200 days for strings that the sender cannot choose
//! by the seed. XXH64 does not withstand somebody who knows the seed and searches for a collision; where a list
//! guards more than the choice of a version, draw the seed. It travels in the table, so workers need not agree
//! on it.

mod document; // bytes -> entries
mod invalid; // what is refused
mod loader; // document -> table, a step at a time
mod sort; // fingerprints -> sorted fingerprints, a step at a time
mod table; // Table::contains
#[cfg(test)]
mod tests;

pub use invalid::{InvalidEntry, InvalidList, check_entry};
pub use loader::{Limits, Loader, Step};
pub use table::{InvalidTable, Table};
