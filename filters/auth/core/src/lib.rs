//! Who is asking, and may they: tokens, client certificates, and the binding between them.
#![forbid(unsafe_code)]

mod memory; // verified tokens of one worker
mod path; // has :path one reading?
mod places; // from:

pub use memory::{MAX_BYTES, MAX_ENTRIES, Memory};
pub use path::{Ambiguous, judge};
pub use places::{Found, InvalidCredentials, Place, PlaceSet, Places};
